import { checkedInput, claimOf } from './claim';
import { requireEnv } from './environment';
import { folderOf } from './folder';
import { Ledger, ledgerFromEnvironment } from './ledger';
import { periodOf } from './period';
import { OpenRunEvent, OpenRunResult, OutputFile, CONTRACT_VERSION } from '../workflow/contract';

const ledger = ledgerFromEnvironment();

/** Opens the run: checks the input, computes the period, and claims the report in the ledger. */
export async function handler(event: OpenRunEvent): Promise<OpenRunResult> {
  const { execution } = event;
  const input = checkedInput(execution, event.input);
  const claim = claimOf(execution, input);
  const timeZone = requireEnv('TIME_ZONE');

  const item = await ledger.open({
    reportId: claim.reportId,
    trigger: claim.trigger,
    executionArn: execution.arn,
    report: requireEnv('REPORT_NAME'),
    period: periodOf({ scheduledTime: input.schedule?.time, startTime: execution.startTime, timeZone: input.schedule?.timeZone ?? timeZone }),
    scheduledTime: input.schedule?.time,
    openedAt: new Date().toISOString(),
  });
  if (!item) {
    console.log({ message: 'duplicate', ...claim });
    return { outcome: 'DUPLICATE', reportId: claim.reportId };
  }
  console.log({ message: 'opened', ...claim, attempt: item.attempt });

  const attempt = item.attempt!;
  const own = { reportId: claim.reportId, attempt };
  const bucket = requireEnv('BUCKET_NAME');
  const files = (JSON.parse(requireEnv('FILES')) as Omit<OutputFile, 'bucket' | 'key'>[])
    .map(file => ({ ...file, bucket, key: `${folderOf(own, requireEnv('REPORTS_PREFIX'))}${file.name}` }));
  return {
    outcome: 'OPENED',
    run: {
      version: CONTRACT_VERSION,
      reportId: claim.reportId,
      attempt,
      report: item.report!,
      trigger: claim.trigger,
      period: item.period!,
      ...(item.scheduledTime && { scheduledTime: item.scheduledTime }),
      openedAt: item.openedAt!,
      locale: requireEnv('LOCALE'),
      timeZone,
      parameters: input.parameters ?? {},
    },
    output: { bucket, key: `${folderOf(own, requireEnv('DATA_PREFIX'))}rows.ndjson` },
    files,
    ledger: { table: requireEnv('TABLE_NAME'), ...Ledger.linkKey(claim.reportId, attempt) },
  };
}
