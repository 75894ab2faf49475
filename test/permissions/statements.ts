import type { Template } from 'aws-cdk-lib/assertions';
import { flat as asNagWrites } from '../../src/workflow/acknowledge';

/** What a statement of a policy in a template says, with references to resources as the paths of their constructs. */
export interface Permission {
  /** Who may: a role of the template, a service of AWS, or what a resource's own policy says. */
  readonly principal: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: string[];
  readonly resources: string[];
  /** Those of the resources and actions with a wildcard, as cdk-nag writes them. */
  readonly wildcards: string[];
  /** As JSON; empty where there is none. */
  readonly condition: string;
  /** The resource whose policy it is in; none for the policy of a role. */
  readonly policyOf?: string;
}

/** All that the policies of a template permit and forbid. */
export function permissionsOf(template: Template): Permission[] {
  const { Resources } = template.toJSON();
  const text = (value: any) => flat(value, id => pathOf(id, Resources[id]));
  const list = (value: any): string[] => listed(value).map(text);

  const said = (statement: any, principals: string[], policyOf?: string): Permission[] => {
    refuseOthers('a statement', statement, ['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition']);
    return principals.map(principal => ({
      principal,
      effect: statement.Effect,
      actions: list(statement.Action).sort(),
      resources: statement.Resource === undefined ? [policyOf!] : list(statement.Resource).sort(),
      wildcards: [
        ...wildcardsIn('Action', statement.Action),
        ...wildcardsIn('Resource', statement.Resource ?? []),
      ],
      condition: statement.Condition ? text(statement.Condition) : '',
      ...(policyOf !== undefined && { policyOf }),
    }));
  };
  const principalsOf = ({ Principal }: any): string[] => typeof Principal === 'string'
    ? [Principal === '*' ? 'everyone' : Principal]
    : Object.values(Principal).flatMap(list).map(name => name === '*' ? 'everyone' : name);
  const rolePolicy = ({ Statement }: any, principals: string[]) => Statement.flatMap((each: any) => said(each, principals));
  const ownPolicy = ({ Statement }: any, resource: string) => Statement.flatMap((each: any) => said(each, principalsOf(each), resource));

  return Object.entries<any>(Resources).flatMap(([id, resource]) => {
    const { Type, Properties = {} } = resource;
    switch (Type) {
      case 'AWS::IAM::Policy':
        return rolePolicy(Properties.PolicyDocument, [...Properties.Roles ?? [], ...Properties.Users ?? [], ...Properties.Groups ?? []].map(text));
      case 'AWS::IAM::Role':
        return [
          ...ownPolicy(Properties.AssumeRolePolicyDocument, pathOf(id, resource)),
          ...(Properties.ManagedPolicyArns ?? []).flatMap((arn: any) => // the template does not tell what is in it
            said({ Effect: 'Allow', Action: `managed policy ${text(arn)}`, Resource: '*' }, [pathOf(id, resource)])),
          ...(Properties.Policies ?? []).flatMap(({ PolicyDocument }: any) => rolePolicy(PolicyDocument, [pathOf(id, resource)])),
        ];
      case 'AWS::S3::BucketPolicy':
        return ownPolicy(Properties.PolicyDocument, text(Properties.Bucket));
      case 'AWS::SNS::TopicPolicy':
        return ownPolicy(Properties.PolicyDocument, Properties.Topics.map(text).join(', '));
      case 'AWS::SQS::QueuePolicy':
        return ownPolicy(Properties.PolicyDocument, Properties.Queues.map(text).join(', '));
      case 'AWS::KMS::Key':
        return ownPolicy(Properties.KeyPolicy, pathOf(id, resource));
      case 'AWS::Lambda::Permission': {
        refuseOthers('AWS::Lambda::Permission', Properties, ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount']);
        const { Action, FunctionName, Principal, SourceArn, SourceAccount } = Properties;
        const Condition = {
          ...(SourceArn && { ArnLike: { 'aws:SourceArn': SourceArn } }),
          ...(SourceAccount && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
        };
        return ownPolicy({ Statement: [{ Effect: 'Allow', Principal, Action, Resource: FunctionName, Condition }] }, text(FunctionName));
      }
      default:
        refusePolicies(Type, Properties);
        return [];
    }
  });
}

/** What sounds as if it said who may do what. */
const SOUNDS_LIKE_POLICY = /Polic(y|ies)|Permission|^AccessControl$|^AWS::IAM::/;

/** What only sounds so. */
const NO_POLICIES: readonly RegExp[] = [
  /^AWS::IAM::User$/, // what it may do is attached to it, or a property of it
  /^AWS::S3::Bucket BlockPublicPolicy$/,
  /^AWS::Cognito::UserPool (Policies|PasswordPolicy)$/,
  /^AWS::CloudFront::(Distribution|ResponseHeadersPolicy)\b/, // what CloudFront keeps, and which headers it sets
  / (RetryPolicy|RedrivePolicy)$/,
];

/** Nothing that may say who may do what is passed over. */
function refusePolicies(type: string, properties: any): void {
  const unread = [[type, type], ...namesIn(properties).map(name => [name, `${type} ${name}`])]
    .filter(([name, where]) => SOUNDS_LIKE_POLICY.test(name) && !NO_POLICIES.some(pattern => pattern.test(where)));
  if (unread.length > 0) {
    throw new Error(`the receipt does not understand ${unread.map(([, where]) => where).join(', ')}: read it in test/permissions/statements.ts, or write down there that it says nothing of who may do what`);
  }
}

function refuseOthers(what: string, properties: object, understood: readonly string[]): void {
  const others = Object.keys(properties).filter(name => !understood.includes(name));
  if (others.length > 0) {
    throw new Error(`the receipt does not understand ${others.join(', ')} of ${what}: read it in test/permissions/statements.ts`);
  }
}

/** The names of properties, and of those in them. */
function namesIn(value: any): string[] {
  return typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, each]) => [...Array.isArray(value) ? [] : [name], ...namesIn(each)]);
}

function wildcardsIn(element: 'Action' | 'Resource', values: any): string[] {
  return listed(values).map(asNagWrites).filter(value => /[*?]/.test(value)).map(value => `${element}::${value}`);
}

function listed(value: any): any[] {
  return Array.isArray(value) ? value : [value];
}

/** The construct of a resource, without the stack and without the resource's own id. */
function pathOf(id: string, resource: any): string {
  const path: string | undefined = resource?.Metadata?.['aws:cdk:path'];
  return path === undefined ? id : path.split('/').slice(1).filter(part => part !== 'Resource').join('/');
}

function flat(value: any, path: (id: string) => string): string {
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  if ('Ref' in value) {
    return value.Ref.startsWith('AWS::') ? `\${${value.Ref.slice('AWS::'.length)}}` : path(value.Ref);
  }
  if ('Fn::GetAtt' in value) {
    return path(value['Fn::GetAtt'][0]);
  }
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'];
    return parts.map((part: any) => flat(part, path)).join(separator);
  }
  if ('Fn::Sub' in value) {
    return value['Fn::Sub'].replace(/\$\{AWS::/g, '${');
  }
  return Array.isArray(value)
    ? value.map(each => flat(each, path)).join(', ')
    : Object.entries(value).map(([name, each]) => `${name} ${flat(each, path)}`).join(' ');
}
