import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { readerGroupsFromEnvironment } from './environment';
import { Ledger, RunItem } from './ledger';

/** An answer other than success. */
export class Refusal extends Error {
  public constructor(public readonly statusCode: number, message: string) {
    super(message);
  }
}

/** What is answered where nothing is wrong. */
export interface Answer {
  readonly statusCode: number;
  readonly body?: object;
}

/** A handler behind the REST API. What it refuses is told the caller; what fails is logged, and told nobody else. */
export function answering(respond: (event: APIGatewayProxyEvent) => Promise<Answer>) {
  return async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    try {
      return result(event, await respond(event));
    } catch (error) {
      if (error instanceof Refusal) {
        return result(event, { statusCode: error.statusCode, body: { message: error.message } });
      }
      console.error({ message: 'request failed', error: (error as Error).name, reason: (error as Error).message });
      return result(event, { statusCode: 500, body: { message: 'The request failed here, and nothing was lost: try again, with the same idempotencyKey.' } });
    }
  };
}

/**
 * The report, to who requested it, and to the groups that may see it. To everyone else the same answer as for one that does not exist,
 * after the same look-up.
 */
export async function visibleReport(ledger: Ledger, event: APIGatewayProxyEvent): Promise<RunItem> {
  const reportId = event.pathParameters?.id ?? '';
  const run = /^[0-9a-f]{32}$/.test(reportId) ? await ledger.run(reportId) : undefined;
  if (!run || !(isRequester(event, run) || isReader(event, run))) {
    throw new Refusal(404, 'There is no report with this id that you may see.');
  }
  return run;
}

export function isRequester(event: APIGatewayProxyEvent, { requester }: RunItem): boolean {
  return requester === callerOf(event);
}

export function isReader(event: APIGatewayProxyEvent, { readerGroups = [] }: RunItem): boolean {
  return groupsOf(event).some(group => readerGroups.includes(group));
}

/**
 * Who calls: the Cognito user, what the custom authorizer names, or the IAM principal without the name of its session. All users
 * of an identity pool have one principal, and an id each.
 */
export function callerOf({ requestContext: { authorizer, identity } }: Pick<APIGatewayProxyEvent, 'requestContext'>): string {
  if (authorizer?.principalId) {
    return `authorizer|${authorizer.principalId}`; // first, because a custom authorizer may pass on whatever it likes as claims
  }
  if (authorizer?.claims) {
    return `cognito|${authorizer.claims.iss}|${authorizer.claims.sub}`;
  }
  if (identity?.userArn) {
    const principal = identity.userArn.replace(/^(arn:[^:]+:sts::\d+:assumed-role\/[^/]+)\/.*$/, '$1');
    return `iam|${principal}${identity.cognitoIdentityId ? `|${identity.cognitoIdentityId}` : ''}`;
  }
  return 'public';
}

/**
 * The groups of the caller that may see reports of this pipeline: of Cognito those in the token, of a custom authorizer those that its
 * context names as `groups`, each a list with commas. A group that may no longer see reports does not see the earlier ones either.
 */
export function groupsOf({ requestContext: { authorizer } }: Pick<APIGatewayProxyEvent, 'requestContext'>): string[] {
  const groups = authorizer?.principalId ? authorizer.groups : authorizer?.claims?.['cognito:groups'];
  return typeof groups === 'string' ? readerGroupsFromEnvironment().filter(group => groups.split(',').includes(group)) : [];
}

function result(event: APIGatewayProxyEvent, { statusCode, body }: Answer): APIGatewayProxyResult {
  const origin = event.headers?.origin ?? event.headers?.Origin ?? '';
  const allowed = origin !== '' && (process.env.ALLOWED_ORIGINS ?? '').split(',').some(known => known === origin || known === '*');
  return {
    statusCode,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(allowed && { 'access-control-allow-origin': origin, 'vary': 'Origin' }),
    },
    body: body ? JSON.stringify(body) : '',
  };
}
