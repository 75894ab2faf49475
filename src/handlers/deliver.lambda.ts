import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { DeliveryItem, ledgerFromEnvironment, LinkItem } from './ledger';
import { asciiSubject, fill, regionOf } from './message';
import { isWebAddress } from './rendering/cells';
import { validated } from './validation';
import { formatCount, formatInstant, formatPeriod } from './wording';
import { DeliverEvent, DeliverResult, LinkEvent, LinkResult, RenderResult } from '../workflow/contract';
import { linkResult, renderResult } from '../workflow/schema';

const ledger = ledgerFromEnvironment();
const lambda = new LambdaClient({});
// Publishing twice sends two messages: the client must not try again by itself.
const sns = new SNSClient({ maxAttempts: 1, region: regionOf(requireEnv('TOPIC_ARN')) });

/** A link that has less of its life left than this is minted anew before it is sent. */
const LEAST_REMAINING_LIFE = 0.9;
const PUBLISH_ATTEMPTS_WHEN_THROTTLED = 5;

interface DeliverableFile { readonly name: string; readonly bytes: number; readonly link: LinkItem }

/** Delivers the report: once its files are proven to open through the very links that are sent, and at most once. */
export async function handler(event: DeliverEvent): Promise<DeliverResult> {
  const { reportId, executionArn } = event;
  const rendered = checkedRender(event);
  if (rendered.rows === 0 && requireEnv('ON_EMPTY') !== 'SEND') {
    return skipEmpty(event);
  }

  const files = await withFreshLinks(event, rendered);
  await Promise.all(files.map(verifyOpens));
  const linkExpiresAt = files.map(file => file.link.expiresAt).sort((one, other) => Date.parse(one) - Date.parse(other))[0];

  const sent = await publishOnce(event, rendered, files, linkExpiresAt);
  await ledger.complete(reportId, executionArn, 'DELIVERED', { rows: rendered.rows, linkExpiresAt: sent.linkExpiresAt, closedAt: new Date().toISOString() });
  console.log({ message: 'delivered', reportId, attempt: event.attempt, rows: rendered.rows });
  return { status: 'DELIVERED', reportId, messageId: sent.messageId };
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

async function skipEmpty(event: DeliverEvent): Promise<DeliverResult> {
  if (requireEnv('ON_EMPTY') === 'FAIL') {
    throw new ReportError('EmptyReport', 'the data source returned no rows, and onEmpty is FAIL; if nothing to report is no fault, set onEmpty to SEND or SKIP');
  }
  await ledger.complete(event.reportId, event.executionArn, 'SKIPPED', { rows: 0, closedAt: new Date().toISOString() });
  console.log({ message: 'skipped', reportId: event.reportId, reason: 'no rows' });
  return { status: 'SKIPPED', reportId: event.reportId };
}

/** The files with their links; a link that has aged, in a slow render or before a redrive, is minted anew by the function that made it. */
async function withFreshLinks(event: DeliverEvent, rendered: RenderResult): Promise<DeliverableFile[]> {
  const leastRemaining = Number(requireEnv('LINK_LIFETIME_SECONDS')) * 1000 * LEAST_REMAINING_LIFE;
  let links = validated<LinkResult>(linkResult, event.link, 'the result of the link function', 'InvalidLink').links;
  if (links.some(link => Date.parse(link.expiresAt) - Date.now() < leastRemaining)) {
    links = await mintAnew(event);
  }
  return Promise.all(rendered.files.map(async ({ name, bytes }) => {
    const link = await ledger.link(event.reportId, event.attempt, name);
    if (!links.some(({ file }) => file === name) || !link || !isWebAddress(link.url) || Number.isNaN(Date.parse(link.expiresAt))) {
      throw new ReportError('InvalidLink', `the link function kept no link to ${name} in the ledger, or none with a url and an expiresAt`);
    }
    return { name, bytes, link };
  }));
}

async function mintAnew(event: DeliverEvent): Promise<LinkResult['links']> {
  const { rendered, link, executionArn, ...linkEvent } = event;
  const answer = await lambda.send(new InvokeCommand({
    FunctionName: requireEnv('LINK_FUNCTION_ARN'),
    Payload: JSON.stringify(linkEvent satisfies LinkEvent),
  }));
  const payload = JSON.parse(answer.Payload!.transformToString());
  if (answer.FunctionError) {
    throw new Error(`the link had aged and could not be made anew: ${payload?.errorMessage ?? answer.FunctionError}`);
  }
  return validated<LinkResult>(linkResult, payload, 'the result of the link function', 'InvalidLink').links;
}

/** Opens the file through its link, as a reader will, and compares its length with what was rendered. */
async function verifyOpens({ name, bytes, link }: DeliverableFile): Promise<void> {
  const response = await fetch(link.url, { headers: { range: 'bytes=0-0' }, signal: AbortSignal.timeout(10_000) }).catch((error: Error & { cause?: { code?: string } }) => {
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
}

/**
 * Publishes the message at most once: the delivery is claimed before the call, and recorded after its answer. Without an answer
 * it is UNKNOWN whether SNS took the message, which nobody but the owner can find out.
 */
async function publishOnce(event: DeliverEvent, rendered: RenderResult, files: DeliverableFile[], linkExpiresAt: string): Promise<DeliveryItem> {
  const { reportId, executionArn } = event;
  const topicArn = requireEnv('TOPIC_ARN');
  const message = new PublishCommand({ TopicArn: topicArn, ...wordedMessage(event, rendered, files, linkExpiresAt) });
  const claimed = await ledger.beginDelivery(reportId, executionArn, topicArn, new Date().toISOString());
  if (!claimed) {
    const earlier = await ledger.delivery(reportId, topicArn);
    if (earlier?.status === 'SENT') {
      return earlier;
    }
  }
  const outcome: Outcome = claimed
    ? await publish(message)
    : { status: 'UNKNOWN', reason: 'an earlier try to publish ended without an answer' };

  const { reason, ...delivery } = outcome;
  const recorded = delivery.status === 'SENT' ? { ...delivery, linkExpiresAt } : delivery;
  await ledger.endDelivery(reportId, executionArn, topicArn, recorded, new Date().toISOString());
  switch (recorded.status) {
    case 'SENT': return recorded;
    case 'REFUSED': throw new ReportError('DeliveryRefused', `SNS refused the message: ${reason}`);
    default: throw new ReportError('DeliveryUncertain', `it is not known whether the report was delivered: ${reason}; it is not sent again by itself`);
  }
}

type Outcome = DeliveryItem & { readonly reason?: string };

/** One publish call that may be accepted; only a call that SNS says it throttled, and so did not accept, is tried again. */
async function publish(message: PublishCommand): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { MessageId: messageId } = await sns.send(message);
      return { status: 'SENT', messageId };
    } catch (error) {
      const { name, message: said, $metadata } = error as SNSServiceException;
      const throttled = isThrottling(name, $metadata?.httpStatusCode);
      if (throttled && attempt < PUBLISH_ATTEMPTS_WHEN_THROTTLED) {
        await new Promise(resolve => setTimeout(resolve, Math.random() * 250 * 2 ** attempt));
        continue;
      }
      const status = $metadata?.httpStatusCode ?? 0;
      return throttled || (status >= 400 && status < 500)
        ? { status: 'REFUSED', reason: `${name}: ${said}` }
        : { status: 'UNKNOWN', reason: `the publish call ended with ${name} and without an answer` };
    }
  }
}

function wordedMessage(event: DeliverEvent, rendered: RenderResult, files: DeliverableFile[], linkExpiresAt: string) {
  const { locale, timeZone } = event;
  const values = {
    report: event.report,
    period: formatPeriod(event.period, locale),
    asOf: formatInstant(rendered.asOf, locale, timeZone),
    rows: formatCount(rendered.rows, locale),
    link: files.map(file => files.length === 1 ? file.link.url : `${file.name}:\n${file.link.url}`).join('\n\n'),
    expiry: formatInstant(linkExpiresAt, locale, timeZone),
    runId: event.reportId,
  };
  return {
    Subject: asciiSubject(fill(requireEnv('MESSAGE_SUBJECT'), values)),
    Message: fill(requireEnv('MESSAGE_BODY'), values),
  };
}

function isThrottling(name: string, httpStatusCode: number | undefined): boolean {
  return httpStatusCode === 429 || /^(Throttl|TooManyRequests|RequestLimitExceeded)/.test(name);
}
