import { runSimulation } from '@cloud-copilot/iam-simulate';
import { ACCOUNT, Permission } from './deployment';

/** Something that somebody asks of AWS. */
export interface Call {
  /** The ARN of a role or a user, or the name of a service. */
  readonly by: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: { readonly [key: string]: string | string[] };
  /** Whose the resource is, where its ARN does not say so. Default: the account of the tests. */
  readonly account?: string;
  /** The policy of the session in which it is asked. */
  readonly session?: object;
}

/** Whether the permissions allow a call: everything else that may say no, an organization's policies for instance, says yes. */
export async function isAllowed(call: Call, permissions: readonly Permission[]): Promise<boolean> {
  const { by, action, resource, context, account = ACCOUNT, session } = call;
  const policy = (kind: Permission['kind'], of: string) => ({
    Version: '2012-10-17',
    Statement: permissions.filter(each => each.kind === kind && each.of === of).map(({ statement }) => known(statement)),
  });
  const own = policy('resource', withPolicy(resource));
  const answer = await runSimulation({
    request: {
      principal: by,
      action,
      resource: { resource, accountId: resource.split(':')[4] || account },
      contextVariables: known({ 'aws:SecureTransport': 'true', 'aws:SourceAccount': ACCOUNT, ...context }),
    },
    identityPolicies: [{ name: 'identity', policy: policy('identity', by) }],
    resourcePolicy: own.Statement.length > 0 || HAS_POLICY.test(action) ? own : undefined,
    sessionPolicy: session,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, {});
  if (answer.resultType !== 'single' || answer.result.ignoredContextKeys!.length > 0) {
    throw new Error(`${action} on ${resource} can not be simulated: ${JSON.stringify(answer, null, 1).slice(0, 2000)}`);
  }
  return answer.overallResult === 'Allowed';
}

/** Those of the calls that the permissions do not allow. */
export async function denied(calls: readonly Call[], permissions: readonly Permission[]): Promise<Call[]> {
  const found: Call[] = [];
  for (const call of calls) {
    if (!await isAllowed(call, permissions)) found.push(call);
  }
  return found;
}

/** A role and a key have a policy in any case: without a statement in it, nobody may do anything. */
const HAS_POLICY = /^(sts|kms):/;

/** The resource that has the policy: of an object, it is the bucket. */
export function withPolicy(resource: string): string {
  return resource.startsWith('arn:aws:s3:::') ? resource.split('/')[0] : resource;
}

/** The simulator does not know the keys of an encryption context: they pass as tags, of which it knows that they have any name. */
function known<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('"kms:EncryptionContext:', '"aws:PrincipalTag/'));
}
