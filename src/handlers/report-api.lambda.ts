import { randomUUID, createHash } from 'node:crypto';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { reportIdFor } from './claim';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { ledgerFromEnvironment, RunItem, seenStatus } from './ledger';
import { linkTokensFromEnvironment } from './link-tokens';
import { validated } from './validation';
import { Parameters, PARAMETERS_LIMIT_BYTES, StartInput } from '../workflow/contract';
import { createReportBody } from '../workflow/schema';

const ledger = ledgerFromEnvironment();
const tokens = linkTokensFromEnvironment();
const sfn = new SFNClient({});

/** What else than the parameters fits in a body: the idempotency key and the braces. */
const BODY_LIMIT_BYTES = PARAMETERS_LIMIT_BYTES + 1024;

interface CreateReportBody { readonly parameters?: Parameters; readonly idempotencyKey?: string }

/** Within so long a request is started, or it never will be by itself: the repeat of the request starts it. */
const START_LEASE_MS = 15 * 60 * 1000;

/** An answer other than success. */
class Refusal extends Error {
  public constructor(public readonly statusCode: number, message: string) {
    super(message);
  }
}

/** The REST API of the pipeline: request a report, and see how it is getting on. */
export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  try {
    switch (`${event.httpMethod} ${event.resource}`) {
      case 'POST /create_report': return answer(event, 202, await createReport(event));
      case 'GET /reports/{id}': return answer(event, 200, await getReport(event));
      case 'DELETE /reports/{id}/link': return answer(event, 204, await revokeLinks(event));
      default: throw new Refusal(404, `there is no ${event.httpMethod} ${event.resource}`);
    }
  } catch (error) {
    if (error instanceof Refusal) {
      return answer(event, error.statusCode, { message: error.message });
    }
    console.error({ message: 'request failed', error: (error as Error).name, reason: (error as Error).message });
    return answer(event, 500, { message: 'The request failed here, and nothing was lost: try again, with the same idempotencyKey.' });
  }
}

async function createReport(event: APIGatewayProxyEvent) {
  const { parameters = {}, idempotencyKey = randomUUID() } = checkedBody(event);
  const requester = callerOf(event);
  const reportId = reportIdFor('request', requester, idempotencyKey);
  const bodyHash = createHash('sha256').update(JSON.stringify(parameters)).digest('hex');

  const now = new Date();
  const leaseUntil = new Date(now.getTime() + START_LEASE_MS).toISOString();
  const earlier = await ledger.request({ reportId, requester, bodyHash, requestedAt: now.toISOString(), leaseUntil });
  if (earlier && earlier.bodyHash !== bodyHash) {
    throw new Refusal(409, 'The idempotencyKey was used before with other parameters; take a new one for another report.');
  }
  // A request that was recorded but not started, because this function ended between the two, is started by the repeat.
  const isStarted = (!earlier || earlier.status === 'REQUESTED') && await start(reportId, parameters);
  return { reportId, status: !earlier || isStarted ? 'REQUESTED' : seenStatus(earlier, now.toISOString()) };
}

/** Whether it was started now: an execution of an earlier try has done what was asked for. */
async function start(reportId: string, parameters: Parameters): Promise<boolean> {
  const input: StartInput = { request: { reportId }, parameters };
  try {
    await sfn.send(new StartExecutionCommand({
      stateMachineArn: requireEnv('STATE_MACHINE_ARN'),
      name: reportId,
      input: JSON.stringify(input),
    }));
    return true;
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) {
      return false;
    }
    throw error;
  }
}

/** Status, period, rows and expiry. */
async function getReport(event: APIGatewayProxyEvent) {
  return described(await ownReport(event));
}

/** Revokes all links to the report, as often as it is asked to. */
async function revokeLinks(event: APIGatewayProxyEvent): Promise<void> {
  const { reportId } = await ownReport(event);
  if (await tokens.revokeAll(reportId, new Date().toISOString()) === 0) {
    throw new Refusal(409, 'There is no link to revoke: this report was not sent yet, or as a link that opens until it expires and can not be revoked.');
  }
}

/** The report, to who asked for it; to everyone else the same answer as for one that does not exist. */
async function ownReport(event: APIGatewayProxyEvent): Promise<RunItem> {
  const reportId = event.pathParameters?.id ?? '';
  const item = /^[0-9a-f]{32}$/.test(reportId) ? await ledger.run(reportId) : undefined;
  if (!item || item.requester !== callerOf(event)) {
    throw new Refusal(404, 'There is no report with this id that you requested.');
  }
  return item;
}

function described(item: RunItem) {
  const { reportId, report, reason, period, rows, totalRows, requestedAt, linkExpiresAt } = item;
  return { reportId, report, status: seenStatus(item, new Date().toISOString()), reason, period, rows, totalRows, requestedAt, linkExpiresAt };
}

function checkedBody(event: APIGatewayProxyEvent): CreateReportBody {
  const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (text.length > BODY_LIMIT_BYTES) {
    throw new Refusal(413, `The body has ${text.length} bytes, and at most ${BODY_LIMIT_BYTES} are taken.`);
  }
  let body: unknown;
  try {
    body = text.length === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
    JSON.stringify(body); // which a nest that is too deep does not survive
  } catch (error) {
    throw new Refusal(400, 'The body is not JSON in UTF-8, or it is nested too deep.');
  }
  try {
    const checked = validated<CreateReportBody>(createReportBody, body, 'the body', 'InvalidInput');
    const bytes = Buffer.byteLength(JSON.stringify(checked.parameters ?? {}));
    if (bytes > PARAMETERS_LIMIT_BYTES) {
      throw new Refusal(413, `The parameters have ${bytes} bytes of JSON, and at most ${PARAMETERS_LIMIT_BYTES} are taken.`);
    }
    return checked;
  } catch (error) {
    if (error instanceof ReportError) {
      throw new Refusal(400, error.message);
    }
    throw error;
  }
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

function answer(event: APIGatewayProxyEvent, statusCode: number, body?: object | void): APIGatewayProxyResult {
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
