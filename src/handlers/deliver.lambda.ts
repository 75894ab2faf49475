import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand, PublishCommand, SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { fileName } from './file-name';
import { DeliveryItem, ledgerFromEnvironment, LinkItem, RunItem, SkipReason } from './ledger';
import { fill, regionOf } from './message';
import { publication } from './publication';
import { isWebAddress } from './rendering/cells';
import { repeatable } from './secrets';
import { validated } from './validation';
import { linkResult, linksToSend, renderResult } from './validators.generated';
import { formatCount, formatInstant, formatPeriod } from './wording';
import { DeliverEvent, DeliverResult, LinkEvent, LinkResult, LinksToSend, RenderResult } from '../workflow/contract';

const ledger = ledgerFromEnvironment();
const lambda = new LambdaClient({});
const region = regionOf(requireEnv('TOPIC_ARN'));
const sns = new SNSClient({ region });
// Publishing twice sends two messages: this client must not try again by itself. And a connection that was cut while the function was
// frozen would look like a call without an answer: each call has its own.
const publisher = new SNSClient({ region, maxAttempts: 1, requestHandler: { httpAgent: { keepAlive: false }, httpsAgent: { keepAlive: false } } });

/** A link that has less of its life left than this is minted anew before it is sent. */
const LEAST_REMAINING_LIFE = 0.9;
/** How long a delivery is claimed for. Who finds it claimed waits for so long, and then takes its outcome for unknown. */
const LEASE_MS = 30_000;
/** How long SNS has to answer: no call is begun for which the lease has less left. */
const PUBLISH_TIMEOUT_MS = 10_000;
/** With `onUncertain: RESEND`, the publish calls that there may be in all. */
const PUBLISHES_IF_UNKNOWN = 3;

type SendableLink = LinkItem & { readonly verifyUrl?: string };
interface DeliverableFile { readonly name: string; readonly bytes: number; readonly etag?: string; readonly link: SendableLink }

/** Delivers the report: once its files are proven to open through the very links that are sent, and at most once. */
export async function handler(event: DeliverEvent): Promise<DeliverResult> {
  const { reportId, executionArn, attempt } = event;
  const topicArn = requireEnv('TOPIC_ARN');
  const run = await ownRun(event);
  let sent = await ledger.delivery(reportId, topicArn);
  if (sent?.status !== 'SENT') {
    const rendered = checkedRender(event);
    const reason = await reasonToSkip(rendered, run);
    if (reason) {
      await ledger.skipped(reportId, executionArn, reason, rendered.rows, new Date().toISOString());
      console.log({ message: 'skipped', reportId, reason });
      return { status: 'SKIPPED', reportId };
    }
    const files = await withFreshLinks(event, rendered);
    await Promise.all(files.map(verifyOpens));
    await checkRecipients(topicArn);
    sent = await publishOnce(event, topicArn, rendered, files);
  }
  const { rows, messageId } = sent;
  await ledger.delivered(run, sent, new Date().toISOString());
  console.log({ message: 'delivered', reportId, attempt, rows });
  return { status: 'DELIVERED', reportId, messageId };
}

async function ownRun({ reportId, executionArn }: DeliverEvent): Promise<RunItem> {
  const run = await ledger.run(reportId);
  if (run?.executionArn !== executionArn) {
    throw new Error(`report ${reportId} belongs to another execution, which took it over`);
  }
  return run;
}

/** What the renderer says that it wrote: each file that was asked for, and no other. */
function checkedRender(event: DeliverEvent): RenderResult {
  const rendered = validated<RenderResult>(renderResult, event.rendered, 'the result of the renderer', 'InvalidRender');
  const wanted = event.files.map(file => file.name).sort().join(', ');
  const written = rendered.files.map(file => file.name).sort().join(', ');
  if (wanted !== written) {
    throw new ReportError('InvalidRender', `the renderer was asked for the files ${wanted} and says that it wrote ${written}`);
  }
  return rendered;
}

/** Decided from what the renderer counted and hashed, never from the size of a file. */
async function reasonToSkip(rendered: RenderResult, run: RunItem): Promise<SkipReason | undefined> {
  if ((rendered.totalRows ?? rendered.rows) === 0 && requireEnv('ON_EMPTY') !== 'SEND') {
    if (requireEnv('ON_EMPTY') === 'FAIL') {
      throw new ReportError('EmptyReport', 'the data source returned no rows, and onEmpty is FAIL; if nothing to report is no fault, set onEmpty to SEND or SKIP');
    }
    return 'EMPTY';
  }
  // Who requests a report, or makes one again, wants it, changed or not.
  if (run.scheduleArn && !run.rerun && requireEnv('ON_UNCHANGED') === 'SKIP') {
    if (!rendered.dataSha256) {
      throw new ReportError('InvalidRender', 'onUnchanged is SKIP, and the renderer did not return dataSha256, by which a change is seen; return it, or set onUnchanged to SEND');
    }
    const last = await ledger.lastDelivered(run.scheduleArn);
    // A twin of this function may have delivered this very report meanwhile: it is compared with those before it.
    const isEarlier = last !== undefined && last.scheduledTime < new Date(run.scheduledTime!).toISOString();
    return isEarlier && last.dataSha256 === rendered.dataSha256 ? 'UNCHANGED' : undefined;
  }
  return undefined;
}

/**
 * The files with their links. The function of the link is asked for them where the ledger does not keep them, or keeps one that has aged,
 * in a slow render or before a redrive.
 */
async function withFreshLinks(event: DeliverEvent, rendered: RenderResult): Promise<DeliverableFile[]> {
  const leastRemaining = Number(requireEnv('LINK_LIFETIME_SECONDS')) * 1000 * LEAST_REMAINING_LIFE;
  const names = rendered.files.map(({ name }) => name);
  const { links: told } = validated<LinkResult>(linkResult, event.link, 'the result of the link function', 'InvalidLink');
  const isFresh = told.every(link => Date.parse(link.expiresAt) - Date.now() >= leastRemaining);
  let links = isFresh ? await linksTo(names, told, event) : [];
  if (!isFresh || links.includes(undefined)) {
    links = await linksTo(names, await askForLinks(event), event);
  }
  return rendered.files.map(({ name, bytes, etag }, index) => {
    const link = links[index];
    if (!link || ![link.url, link.verifyUrl ?? link.url].every(isWebAddress) || Number.isNaN(Date.parse(link.expiresAt))) {
      throw new ReportError('InvalidLink', `the link function kept no link to ${name} in the ledger and returned none, or none with a url and an expiresAt`);
    }
    return { name, bytes, etag, link };
  });
}

/** The link to each file, as the function returned it, or else as it keeps it in the ledger. */
async function linksTo(names: string[], answered: LinksToSend['links'], event: DeliverEvent): Promise<(SendableLink | undefined)[]> {
  return Promise.all(names.map(async name => {
    const answer = answered.find(({ file }) => file === name);
    return answer?.url === undefined ? answer && ledger.link(event.reportId, event.attempt, name) : answer as SendableLink;
  }));
}

async function askForLinks(event: DeliverEvent): Promise<LinksToSend['links']> {
  const { rendered, link, executionArn, redriveCount, ...linkEvent } = event;
  const answer = await lambda.send(new InvokeCommand({
    FunctionName: requireEnv('LINK_FUNCTION_ARN'),
    Payload: JSON.stringify({ ...linkEvent, deliver: true } satisfies LinkEvent),
  }));
  const payload = JSON.parse(answer.Payload!.transformToString());
  if (answer.FunctionError) {
    throw new Error(`the links to send could not be made: ${repeatable(payload?.errorMessage ?? answer.FunctionError)}`);
  }
  return validated<LinksToSend>(linksToSend, payload, 'the result of the link function', 'InvalidLink').links;
}

/** Opens the file through its link, as a reader will or as that link will be signed, and compares its length and its ETag with what was written. */
async function verifyOpens({ name, bytes, etag, link }: DeliverableFile): Promise<void> {
  const response = await fetch(link.verifyUrl ?? link.url, { headers: { range: 'bytes=0-0' }, signal: AbortSignal.timeout(10_000) }).catch((error: Error & { cause?: { code?: string } }) => {
    throw new Error(`the link to ${name} could not be opened: ${error.cause?.code ?? error.name}`);
  });
  await response.body?.cancel();
  const length = Number(response.headers.get('content-range')?.split('/')[1]);
  if (response.status !== 206 || Number.isNaN(length)) {
    const said = `the link to ${name} answers ${response.status} where its first byte was asked for, and a link that opens answers 206 and the length`;
    throw response.status >= 500 ? new Error(said) : new ReportError('InvalidLink', said);
  }
  if (length !== bytes) {
    throw new ReportError('InvalidRender', `${name} has ${length} bytes in S3, and the renderer wrote ${bytes}; it was replaced or cut short`);
  }
  if (etag !== undefined && response.headers.get('etag') !== etag) {
    throw new ReportError('InvalidRender', `${name} is no longer what the renderer wrote: it was replaced in S3 by something of the same length`);
  }
}

/** A message to a topic without subscribers is accepted and reaches nobody. */
async function checkRecipients(topicArn: string): Promise<void> {
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn: topicArn })).catch((error: SNSServiceException) => {
    const said = `the topic ${topicArn} does not tell whether it has subscribers: ${error.name}: ${error.message}`;
    throw isRefusal(error) && !isThrottling(error) ? new ReportError('DeliveryRefused', `${said}; the topic must be there, and permit sns:GetTopicAttributes and sns:Publish`) : new Error(said);
  });
  if (Attributes?.SubscriptionsConfirmed === '0') {
    throw new ReportError('NoRecipient', `the topic ${topicArn} has no confirmed subscription, so that the message would reach nobody; `
      + 'subscribe somebody, and let them confirm what SNS asks by email');
  }
}

/**
 * Publishes the message at most once: the delivery is claimed before the call, and recorded after its answer. Without an answer
 * it is UNKNOWN whether SNS took the message; what then happens, the owner has decided.
 */
async function publishOnce(event: DeliverEvent, topicArn: string, rendered: RenderResult, files: DeliverableFile[]): Promise<DeliveryItem> {
  const { reportId, executionArn } = event;
  const { rows, totalRows } = rendered;
  const dataSha256 = requireEnv('ON_UNCHANGED') === 'SKIP' ? rendered.dataSha256 : undefined;
  const linkExpiresAt = files.map(file => file.link.expiresAt).sort((one, other) => Date.parse(one) - Date.parse(other))[0];
  const message = new PublishCommand(worded(event, topicArn, rendered, files, linkExpiresAt));
  const publishesIfUnknown = requireEnv('ON_UNCERTAIN') === 'RESEND' ? PUBLISHES_IF_UNKNOWN : 0;

  for (;;) {
    const until = Date.now() + LEASE_MS;
    const lease = { now: new Date().toISOString(), until: new Date(until).toISOString(), publishesIfUnknown, redriven: event.redriveCount > 0 };
    if (await ledger.beginDelivery(reportId, executionArn, topicArn, lease)) {
      const { reason, ...outcome } = await publish(message, until);
      const sentFiles = event.files.map(file => ({ ...file, fileName: fileName(event, file) }));
      const delivery: DeliveryItem = outcome.status === 'SENT' ? { ...outcome, rows, totalRows, dataSha256, linkExpiresAt, files: sentFiles } : outcome;
      await ledger.endDelivery(reportId, executionArn, topicArn, lease.until, delivery, new Date().toISOString());
      switch (delivery.status) {
        case 'SENT': return delivery;
        case 'PENDING': throw new Error(`SNS did not take the message: ${reason}`);
        case 'REFUSED': throw new ReportError('DeliveryRefused', `SNS refused the message: ${reason}`);
        default: console.log({ message: 'uncertain', reportId, reason });
      }
    }
    const found = await ledger.settledDelivery(reportId, topicArn, new Date().toISOString());
    if (found?.status === 'SENT') {
      return found;
    }
    if (found?.status === 'UNKNOWN' && found.publishes! >= publishesIfUnknown) {
      throw new ReportError('DeliveryUncertain', 'it is not known whether the report was delivered: SNS was asked to publish it, and there was no answer; '
        + 'it is not sent again by itself');
    }
    if (found?.status === 'SENDING') {
      await new Promise(resolve => setTimeout(resolve, 1000)); // a twin of this function is at it
    }
  }
}

type Outcome = DeliveryItem & { readonly reason?: string };

/** One publish call that may be accepted; only a call that SNS says it throttled, and so did not accept, is tried again. */
async function publish(message: PublishCommand, leaseUntil: number): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { MessageId: messageId } = await publisher.send(message, { abortSignal: AbortSignal.timeout(PUBLISH_TIMEOUT_MS) });
      return { status: 'SENT', messageId };
    } catch (error) {
      const { name, message: said } = error as SNSServiceException;
      if (!isThrottling(error as SNSServiceException)) {
        return isRefusal(error as SNSServiceException)
          ? { status: 'REFUSED', reason: `${name}: ${said}` }
          : { status: 'UNKNOWN', reason: `the publish call ended with ${name} and without an answer` };
      }
      const wait = Math.random() * 250 * 2 ** attempt;
      if (Date.now() + wait + PUBLISH_TIMEOUT_MS > leaseUntil) {
        return { status: 'PENDING', reason: `${name}: ${said}` };
      }
      await new Promise(resolve => setTimeout(resolve, wait));
    }
  }
}

function worded(event: DeliverEvent, topicArn: string, rendered: RenderResult, files: DeliverableFile[], linkExpiresAt: string) {
  const { reportId, attempt, report, trigger, period, scheduledTime, readerGroups, locale, timeZone } = event;
  const { rows, totalRows = rows, truncated = false, asOf } = rendered;
  const shown = totalRows > rows ? `${formatCount(rows, locale)} of ${formatCount(totalRows, locale)}` : formatCount(rows, locale);
  const values = {
    report,
    period: formatPeriod(period, locale),
    asOf: formatInstant(asOf, locale, timeZone),
    rows: shown,
    link: files.map(file => files.length === 1 ? file.link.url : `${file.name}:\n${file.link.url}`).join('\n\n'),
    expiry: formatInstant(linkExpiresAt, locale, timeZone),
    runId: reportId,
  };
  // Whatever the owner's own text says or leaves out.
  const leftOut = truncated ? `Rows were left out of this report: it shows the first ${shown}.\n\n` : '';
  return publication(topicArn, fill(requireEnv('MESSAGE_SUBJECT'), values), leftOut + fill(requireEnv('MESSAGE_BODY'), values), {
    kind: 'REPORT',
    status: truncated ? 'TRUNCATED' : 'COMPLETE',
    reportId,
    attempt,
    report,
    trigger,
    period,
    scheduledTime,
    readerGroups,
    asOf,
    rows,
    totalRows,
    links: files.map(({ name, link: { url, expiresAt } }) => ({ file: name, url, expiresAt })),
  });
}

function isThrottling({ name, $metadata }: SNSServiceException): boolean {
  return $metadata?.httpStatusCode === 429 || /Throttl|^TooManyRequests|^RequestLimitExceeded/.test(name);
}

/** An answer that says no; without an answer, or where SNS itself failed, nobody knows. */
function isRefusal({ $metadata }: SNSServiceException): boolean {
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}
