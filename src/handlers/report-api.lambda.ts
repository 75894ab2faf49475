import { randomUUID, createHash } from 'node:crypto';
import { ExecutionAlreadyExists, GetExecutionHistoryCommand, HistoryEvent, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { reportIdFor } from './claim';
import { readerGroupsFromEnvironment, requireEnv } from './environment';
import { ReportError } from './errors';
import { groupReader, ledgerFromEnvironment, RunItem, seenStatus } from './ledger';
import { linkTokensFromEnvironment } from './link-tokens';
import { LAST_EVENTS, stepsOf } from './progress';
import { ReportList, reportListFromEnvironment } from './report-list';
import { assumeSigner, signedUrl, signingTime } from './signing';
import { validated } from './validation';
import { createReportBody } from './validators.generated';
import { Parameters, PARAMETERS_LIMIT_BYTES, StartInput } from '../workflow/contract';

const ledger = ledgerFromEnvironment();
const tokens = linkTokensFromEnvironment();
const list = reportListFromEnvironment();
const sfn = new SFNClient({});

/** What else than the parameters fits in a body: the idempotency key and the braces. */
const BODY_LIMIT_BYTES = PARAMETERS_LIMIT_BYTES + 1024;

interface CreateReportBody { readonly parameters?: Parameters; readonly idempotencyKey?: string }

/** Within so long a request is started, or it never will be by itself: the repeat of the request starts it. */
const START_LEASE_MS = 15 * 60 * 1000;

/** Who asks for a link waits for S3 as long as this. */
const OPEN_TIMEOUT_MS = 5000;

/** An answer other than success. */
class Refusal extends Error {
  public constructor(public readonly statusCode: number, message: string) {
    super(message);
  }
}

/** The most reports on a page, and those of a page of which nobody said how many. */
const LARGEST_PAGE = 100;
const USUAL_PAGE = 20;

/** The REST API of the pipeline: request a report, see how it is getting on, and open it. */
export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  try {
    switch (`${event.httpMethod} ${event.resource}`) {
      case 'POST /create_report': return answer(event, 202, await createReport(event));
      case 'GET /reports': return answer(event, 200, await listReports(event));
      case 'GET /reports/{id}': return answer(event, 200, await getReport(event));
      case 'GET /reports/{id}/link': return answer(event, 200, await getLink(event));
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

/** The reports that the caller may see, the newest first. */
async function listReports(event: APIGatewayProxyEvent) {
  const { limit = `${USUAL_PAGE}`, next } = event.queryStringParameters ?? {};
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > LARGEST_PAGE) {
    throw new Refusal(400, `limit is ${JSON.stringify(limit.slice(0, 20))}; ask for 1 to ${LARGEST_PAGE} reports at a time.`);
  }
  const before = next === undefined ? undefined : Buffer.from(next, 'base64url').toString();
  if (before !== undefined && !ReportList.isPosition(before)) {
    throw new Refusal(400, 'next is not what this list answered; leave it out to begin with the newest report.');
  }
  const caller = callerOf(event);
  const page = await list.page([caller, ...groupsOf(event).map(groupReader)], Number(limit), before);
  return {
    reports: page.runs.filter(run => isRequester(event, run) || isReader(event, run)).map(described),
    ...(page.next !== undefined && { next: Buffer.from(page.next).toString('base64url') }),
  };
}

/** Status, period, rows and expiry, and how far it is. */
async function getReport(event: APIGatewayProxyEvent) {
  const run = await visibleReport(event);
  const description = described(run);
  const lastEvents = description.status === 'RUNNING' ? await lastEventsOf(run.executionArn!) : [];
  return { ...description, steps: stepsOf(description.status, run, lastEvents) };
}

async function lastEventsOf(executionArn: string): Promise<HistoryEvent[]> {
  const { events } = await sfn.send(new GetExecutionHistoryCommand({
    executionArn, reverseOrder: true, maxResults: LAST_EVENTS, includeExecutionData: false,
  }));
  return events!;
}

/** URLs that open the files of the report at once, for who is signed in now: nobody else can use them for long. */
async function getLink(event: APIGatewayProxyEvent) {
  const run = await visibleReport(event);
  const { reportId, status } = described(run);
  if (status !== 'DELIVERED') {
    throw new Refusal(409, `This report can not be opened: it is ${status}. Only what was delivered can be.`);
  }
  const files = run.files!; // recorded with the delivery
  const seconds = Number(requireEnv('LINK_SECONDS'));
  const signer = await assumeSigner(reportId, files.map(({ key }) => key), seconds);
  const signedAt = signingTime();
  const expiresAt = new Date(Math.min(signedAt.getTime() + seconds * 1000, signer.expiration.getTime())).toISOString();
  const links = await Promise.all(files.map(async file => ({ file: file.name, url: await signedUrl(signer, file, signedAt, seconds), expiresAt })));
  await Promise.all(links.map(async ({ file, url }) => checkOpens(reportId, file, url)));
  console.log({ message: 'link given', reportId });
  return { links };
}

/** Nobody is given a dead link: reports are deleted before their record is. */
async function checkOpens(reportId: string, file: string, url: string): Promise<void> {
  const response = await fetch(url, { headers: { range: 'bytes=0-0' }, signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) });
  await response.body?.cancel();
  if (response.status >= 500) {
    throw new Error(`S3 answers ${response.status} for ${file} of report ${reportId}`);
  }
  if (response.status !== 206) {
    console.error({ message: 'a report does not open', reportId, file, status: response.status }); // S3 tells of what is gone as of what is forbidden
    throw new Refusal(410, 'The files of this report are not there any more. Request a new report.');
  }
}

/** Revokes all links to the report that were sent, as often as it is asked to. */
async function revokeLinks(event: APIGatewayProxyEvent): Promise<void> {
  const run = await visibleReport(event);
  if (!isRequester(event, run)) {
    throw new Refusal(403, 'Only who requested a report revokes the links to it.');
  }
  const { reportId } = run;
  if (await tokens.revokeAll(reportId, new Date().toISOString()) === 0) {
    throw new Refusal(409, 'There is no link to revoke: this report was not sent yet, or as a link that opens until it expires and can not be revoked.');
  }
}

/**
 * The report, to who requested it, and to the groups that may see it. To everyone else the same answer as for one that does not exist,
 * after the same look-up.
 */
async function visibleReport(event: APIGatewayProxyEvent): Promise<RunItem> {
  const reportId = event.pathParameters?.id ?? '';
  const run = /^[0-9a-f]{32}$/.test(reportId) ? await ledger.run(reportId) : undefined;
  if (!run || !(isRequester(event, run) || isReader(event, run))) {
    throw new Refusal(404, 'There is no report with this id that you may see.');
  }
  return run;
}

function isRequester(event: APIGatewayProxyEvent, { requester }: RunItem): boolean {
  return requester === callerOf(event);
}

function isReader(event: APIGatewayProxyEvent, { readerGroups = [] }: RunItem): boolean {
  return groupsOf(event).some(group => readerGroups.includes(group));
}

function described(run: RunItem) {
  const { reportId, report, reason, period, rows, totalRows, createdAt, requestedAt, linkExpiresAt } = run;
  const status = seenStatus(run, new Date().toISOString());
  return { reportId, report, status, reason, period, rows, totalRows, createdAt, requestedAt, linkExpiresAt };
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

/**
 * The groups of the caller that may see reports of this pipeline: of Cognito those in the token, of a custom authorizer those that its
 * context names as `groups`, each a list with commas. A group that may no longer see reports does not see the earlier ones either.
 */
export function groupsOf({ requestContext: { authorizer } }: Pick<APIGatewayProxyEvent, 'requestContext'>): string[] {
  const groups = authorizer?.principalId ? authorizer.groups : authorizer?.claims?.['cognito:groups'];
  return typeof groups === 'string' ? readerGroupsFromEnvironment().filter(group => groups.split(',').includes(group)) : [];
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
