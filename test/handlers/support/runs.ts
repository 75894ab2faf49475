import { FakeDynamoDB } from './fake-dynamodb';
import { SECRET } from './logs';
import { DeliverEvent, LinkEvent, OpenRunEvent, OpenRunResult, RenderResult, StartInput } from '../../../src/workflow/contract';

/** What runs are made of, in the tests: a report of the stock, every day at 07:00 in Madrid. */
export const SCHEDULE = { arn: 'arn:aws:scheduler:eu-west-1:111111111111:schedule/reports/Stock', time: '2026-11-21T06:00:00Z', timeZone: 'Europe/Madrid' };
export const NOW = '2026-11-21T06:00:04.500Z';
export const LINK_URL = `https://reports.s3.eu-west-1.amazonaws.com/report.html?X-Amz-Signature=${SECRET}`;
export const PARAMETERS = { supplier: `${SECRET} beans` };

export function execution(name: string): OpenRunEvent['execution'] {
  return { name, arn: `arn:aws:states:eu-west-1:111111111111:execution:Stock:${name}`, startTime: '2026-11-21T06:00:01.200Z' };
}

export function openEvent(name: string, input: StartInput = { schedule: SCHEDULE, parameters: PARAMETERS }): OpenRunEvent {
  return { execution: execution(name), input };
}

export const BYTES = 1234;

export function rendered(changes: Partial<RenderResult> = {}): RenderResult {
  return { version: 1, rows: 1200, asOf: '2026-11-21T06:00:02Z', files: [{ name: 'report.html', bytes: BYTES, sha256: 'ab'.repeat(32) }], ...changes };
}

/** What Deliver is invoked with in the execution of that name, after its other states did well. */
export function deliverEvent(opened: OpenRunResult, name: string, changes: Partial<DeliverEvent> = {}): DeliverEvent {
  const { run, files, ledger } = openedRun(opened);
  return { ...run, files, ledger, executionArn: execution(name).arn, redriveCount: 0, rendered: rendered(), link: { version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-21T07:00:03.000Z' }] }, ...changes };
}

export function linkEvent(opened: OpenRunResult): LinkEvent {
  const { run, files, ledger } = openedRun(opened);
  return { ...run, files, ledger };
}

/** Keeps a link in the ledger, as the function of a link does. */
export function keepLink(dynamodb: FakeDynamoDB, opened: OpenRunResult, expiresAt = '2026-11-21T07:00:03.000Z', url = LINK_URL): void {
  const { ledger } = openedRun(opened);
  dynamodb.seed({ pk: ledger.pk, sk: `${ledger.sk}report.html`, url, expiresAt });
}

export function openedRun(opened: OpenRunResult): Extract<OpenRunResult, { outcome: 'OPENED' }> {
  if (opened.outcome !== 'OPENED') {
    throw new Error(`the run was not opened: it is a ${opened.outcome}`);
  }
  return opened;
}
