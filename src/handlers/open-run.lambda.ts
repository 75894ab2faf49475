import { checkedInput, claimOf } from './claim';
import { readerGroupsFromEnvironment, requireEnv } from './environment';
import { folderOf } from './folder';
import { Ledger, ledgerFromEnvironment, mayBeMadeAgain } from './ledger';
import { periodOf } from './period';
import { OpenRunEvent, OpenRunResult, OutputFile, CONTRACT_VERSION } from '../workflow/contract';

const ledger = ledgerFromEnvironment();

/** Opens the run: checks the input, computes the period, sees a pause, and claims the report in the ledger. */
export async function handler(event: OpenRunEvent): Promise<OpenRunResult> {
  const { execution } = event;
  const input = checkedInput(execution, event.input);
  const claim = claimOf(execution, input);
  const { reportId, trigger } = claim;
  const timeZone = requireEnv('TIME_ZONE');
  const readerGroups = readerGroupsFromEnvironment();
  const now = new Date();
  const opening = {
    reportId,
    trigger,
    executionArn: execution.arn,
    report: requireEnv('REPORT_NAME'),
    period: periodOf(input, execution.startTime, timeZone),
    scheduleArn: input.schedule?.arn,
    scheduledTime: input.schedule?.time,
    rerun: input.rerun,
    ...(readerGroups.length > 0 && { readerGroups }),
    openedAt: now.toISOString(),
    leaseUntil: new Date(now.getTime() + Number(requireEnv('RUN_LEASE_SECONDS')) * 1000).toISOString(),
  };

  // A pause is for what runs by itself: who requests a report, or makes one again, wants it; and what was begun goes on.
  if (trigger === 'SCHEDULE' && !input.rerun && await ledger.isPaused()) {
    const held = await ledger.pause(opening) ? undefined : await ledger.run(reportId);
    if (!held || (held.executionArn !== execution.arn && mayBeMadeAgain(held, opening.openedAt))) {
      console.log({ message: 'paused', ...claim });
      return { outcome: 'PAUSED', reportId };
    }
  }
  const item = await ledger.open(opening);
  if (!item) {
    console.log({ message: 'duplicate', ...claim });
    return { outcome: 'DUPLICATE', reportId };
  }
  console.log({ message: 'opened', ...claim, attempt: item.attempt });

  const attempt = item.attempt!;
  const own = { reportId, attempt };
  const bucket = requireEnv('BUCKET_NAME');
  const files = (JSON.parse(requireEnv('FILES')) as Omit<OutputFile, 'bucket' | 'key'>[])
    .map(file => ({ ...file, bucket, key: `${folderOf(own, requireEnv('REPORTS_PREFIX'))}${file.name}` }));
  return {
    outcome: 'OPENED',
    run: {
      version: CONTRACT_VERSION,
      ...own,
      report: item.report!,
      trigger,
      period: item.period!,
      ...(item.scheduledTime && { scheduledTime: item.scheduledTime }),
      openedAt: item.openedAt!,
      locale: requireEnv('LOCALE'),
      timeZone,
      parameters: input.parameters ?? {},
      ...(item.readerGroups && { readerGroups: item.readerGroups }),
    },
    output: { bucket, key: `${folderOf(own, requireEnv('DATA_PREFIX'))}rows.ndjson` },
    files,
    ledger: { table: requireEnv('TABLE_NAME'), ...Ledger.linkKey(reportId, attempt) },
  };
}
