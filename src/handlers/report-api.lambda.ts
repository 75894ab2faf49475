import { randomUUID, createHash } from 'node:crypto';
import { ExecutionAlreadyExists, GetExecutionHistoryCommand, HistoryEvent, InvalidExecutionInput, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { answering, callerOf, groupsOf, isReader, isRequester, Refusal, visibleReport } from './api-request';
import { reportIdFor } from './claim';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { siblingOf } from './folder';
import { DeliveredFile, groupReader, ledgerFromEnvironment, RunItem, seenStatus } from './ledger';
import { linkTokensFromEnvironment } from './link-tokens';
import { flawOfParameters } from './parameters';
import { LAST_EVENTS, stepsOf } from './progress';
import { ReportList, reportListFromEnvironment } from './report-list';
import { assumeSigner, signedUrl, signingTime } from './signing';
import { validated, Validator } from './validation';
import { createReportBody, rerenderBody } from './validators.generated';
import { KEPT_DATA_NAME, Parameters, PARAMETERS_LIMIT_BYTES, StartInput } from '../workflow/contract';

const ledger = ledgerFromEnvironment();
const tokens = linkTokensFromEnvironment();
const list = reportListFromEnvironment();
const sfn = new SFNClient({});

/** What else than the parameters fits in a body: the idempotency key and the braces. */
const BODY_LIMIT_BYTES = PARAMETERS_LIMIT_BYTES + 1024;

/** Readers of JSON have limits of their own: Python's, for one, ends at about a thousand levels. */
const DEEPEST_NEST = 100;

interface RerenderBody { readonly idempotencyKey?: string }
interface CreateReportBody extends RerenderBody { readonly parameters?: Parameters }

/** Within so long a request is started, or it never will be by itself: the repeat of the request starts it. */
const START_LEASE_MS = 15 * 60 * 1000;

/** Who asks for a link waits for S3 as long as this. */
const OPEN_TIMEOUT_MS = 5000;

/** The most reports on a page, and those of a page of which nobody said how many. */
const LARGEST_PAGE = 100;
const USUAL_PAGE = 20;

/** The REST API of the pipeline: request a report, see how it is getting on, open it, and have it rendered again. */
export const handler = answering(async event => {
  switch (`${event.httpMethod} ${event.resource}`) {
    case 'POST /create_report': return { statusCode: 202, body: await createReport(event) };
    case 'GET /reports': return { statusCode: 200, body: await listReports(event) };
    case 'GET /reports/{id}': return { statusCode: 200, body: await getReport(event) };
    case 'POST /reports/{id}/rerender': return { statusCode: 202, body: await rerenderReport(event) };
    case 'GET /reports/{id}/link': return { statusCode: 200, body: await getLink(event) };
    case 'DELETE /reports/{id}/link': await revokeLinks(event); return { statusCode: 204 };
    default: throw new Refusal(404, `there is no ${event.httpMethod} ${event.resource}`);
  }
});

async function createReport(event: APIGatewayProxyEvent) {
  const { parameters = {}, idempotencyKey } = checkedBody<CreateReportBody>(event, createReportBody);
  const bytes = Buffer.byteLength(JSON.stringify(parameters));
  if (bytes > PARAMETERS_LIMIT_BYTES) {
    throw new Refusal(413, `The parameters have ${bytes} bytes of JSON, and at most ${PARAMETERS_LIMIT_BYTES} are taken.`);
  }
  const flaw = flawOfParameters(parameters);
  if (flaw) {
    throw new Refusal(400, `The request is refused: ${flaw}.`);
  }
  return request(callerOf(event), { parameters }, parameters, idempotencyKey);
}

/** Another report with the files of an earlier one, made again as they would be made now. */
async function rerenderReport(event: APIGatewayProxyEvent) {
  const { idempotencyKey } = checkedBody<RerenderBody>(event, rerenderBody);
  const { reportId, files: [file] } = await deliveredReport(event, 'rendered again');
  await linksTo(reportId, [{ ...file, name: KEPT_DATA_NAME, key: siblingOf(file.key, KEPT_DATA_NAME) }]);
  return request(callerOf(event), { rerender: reportId }, ['rerender', reportId], idempotencyKey);
}

/** Records the request for a report, and starts it. `content` is what a repeat with the same key has to ask for, too. */
async function request(requester: string, input: Pick<StartInput, 'parameters' | 'rerender'>, content: unknown, idempotencyKey: string = randomUUID()) {
  const reportId = reportIdFor('request', requester, idempotencyKey);
  const bodyHash = createHash('sha256').update(JSON.stringify(content)).digest('hex');

  const now = new Date();
  const leaseUntil = new Date(now.getTime() + START_LEASE_MS).toISOString();
  const earlier = await ledger.request({ reportId, requester, bodyHash, rerenderOf: input.rerender, requestedAt: now.toISOString(), leaseUntil });
  if (earlier?.status === 'ERASED') {
    throw new Refusal(410, 'The report with this idempotencyKey was deleted; take a new one for another report.');
  }
  if (earlier && earlier.bodyHash !== bodyHash) {
    throw new Refusal(409, `The idempotencyKey was used before ${input.rerender ? 'for something else' : 'with other parameters'}; take a new one for another report.`);
  }
  // A request that was recorded but not started, because this function ended between the two, is started by the repeat.
  const isStarted = (!earlier || earlier.status === 'REQUESTED') && await start({ request: { reportId }, ...input });
  return { reportId, status: !earlier || isStarted ? 'REQUESTED' : seenStatus(earlier, now.toISOString()) };
}

/** Whether it was started now: an execution of an earlier try has done what was asked for. */
async function start(input: StartInput & Required<Pick<StartInput, 'request'>>): Promise<boolean> {
  try {
    await sfn.send(new StartExecutionCommand({
      stateMachineArn: requireEnv('STATE_MACHINE_ARN'),
      name: input.request.reportId,
      input: JSON.stringify(input),
    }));
    return true;
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) {
      return false;
    }
    if (error instanceof InvalidExecutionInput) { // whose message quotes them
      throw new Refusal(400, 'Step Functions does not take these parameters: they are nested too deep, or hold a text that is not Unicode.');
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
  const run = await visibleReport(ledger, event);
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
  const { reportId, files } = await deliveredReport(event, 'opened');
  const links = await linksTo(reportId, files);
  console.log({ message: 'link given', reportId });
  return { links };
}

/** The report, if it was delivered: then its files were recorded. */
async function deliveredReport(event: APIGatewayProxyEvent, what: string): Promise<RunItem & { readonly files: DeliveredFile[] }> {
  const run = await visibleReport(ledger, event);
  const { status } = described(run);
  if (status !== 'DELIVERED') {
    throw new Refusal(409, `This report can not be ${what}: it is ${status}. Only what was delivered can be.`);
  }
  return { ...run, files: run.files! };
}

/** URLs that open files of a report, each of which was opened. */
async function linksTo(reportId: string, files: readonly DeliveredFile[]) {
  const seconds = Number(requireEnv('LINK_SECONDS'));
  const signer = await assumeSigner(reportId, files.map(({ key }) => key), seconds);
  const signedAt = signingTime();
  const expiresAt = new Date(Math.min(signedAt.getTime() + seconds * 1000, signer.expiration.getTime())).toISOString();
  const links = await Promise.all(files.map(async file => ({ file: file.name, url: await signedUrl(signer, file, signedAt, seconds), expiresAt })));
  await Promise.all(links.map(async ({ file, url }) => checkOpens(reportId, file, url)));
  return links;
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
  const run = await visibleReport(ledger, event);
  if (!isRequester(event, run)) {
    throw new Refusal(403, 'Only who requested a report revokes the links to it.');
  }
  const { reportId } = run;
  if (await tokens.revokeAll(reportId, new Date().toISOString()) === 0) {
    throw new Refusal(409, 'There is no link to revoke: this report was not sent yet, or as a link that opens until it expires and can not be revoked.');
  }
}

function described(run: RunItem) {
  const { reportId, report, error, period, rows, totalRows, createdAt, requestedAt, rerenderOf, linkExpiresAt } = run;
  const reason = error === 'DataGone' ? 'DATA_GONE' : run.reason; // any other error is its owner's business
  const status = seenStatus(run, new Date().toISOString());
  return { reportId, report, status, reason, period, rows, totalRows, createdAt, requestedAt, rerenderOf, linkExpiresAt };
}

function checkedBody<T>(event: APIGatewayProxyEvent, isValid: Validator): T {
  const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (text.length > BODY_LIMIT_BYTES) {
    throw new Refusal(413, `The body has ${text.length} bytes, and at most ${BODY_LIMIT_BYTES} are taken.`);
  }
  let body: unknown;
  try {
    body = text.length === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (error) {
    throw new Refusal(400, 'The body is not JSON in UTF-8.');
  }
  checkCanBeHandedOn(body);
  try {
    return validated<T>(isValid, body, 'the body', 'InvalidInput');
  } catch (error) {
    if (error instanceof ReportError) {
      throw new Refusal(400, `The request is refused: ${error.message}.`);
    }
    throw error;
  }
}

/** What JSON can say, and who reads it further on would not get, is refused rather than changed or lost on the way. */
function checkCanBeHandedOn(value: unknown, level = 1): void {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) {
    throw new Refusal(400, 'The body has a text with half of a character in it, which is not Unicode; send the whole character.');
  }
  if (value === Infinity || value === -Infinity) {
    throw new Refusal(400, 'The body has a number that is too large for a computer; send it as a text.');
  }
  if (typeof value === 'object' && value !== null) {
    if (level > DEEPEST_NEST) {
      throw new Refusal(400, `The body is nested too deep; at most ${DEEPEST_NEST} levels are taken.`);
    }
    Object.entries(value).flat().forEach(each => checkCanBeHandedOn(each, level + 1));
  }
}
