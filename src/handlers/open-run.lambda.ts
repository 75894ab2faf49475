import { checkedInput, claimOf } from './claim';
import { readerGroupsFromEnvironment, requireEnv } from './environment';
import { ReportError } from './errors';
import { folderOf } from './folder';
import { Ledger, ledgerFromEnvironment, mayBeMadeAgain, RunItem, SkipReason } from './ledger';
import { flawOfParameters } from './parameters';
import { dateIn, periodOf } from './period';
import { CONTRACT_VERSION, KEPT_DATA_NAME, OpenRunEvent, OpenRunResult, OutputFile, Period, ScheduledStart, StartInput } from '../workflow/contract';

const ledger = ledgerFromEnvironment();

/** Opens the run: checks the input, computes the period, sees a pause, claims the report in the ledger, and sees whether it is to be skipped. */
export async function handler(event: OpenRunEvent): Promise<OpenRunResult> {
  const { execution } = event;
  const input = checkedInput(execution, event.input);
  const flaw = input.rerender === undefined && flawOfParameters(input.parameters ?? {}); // what is rendered again has none
  if (flaw) {
    throw new ReportError('InvalidInput', `${flaw}, which the parametersSchema of the pipeline asks for`);
  }
  const { schedule } = input;
  const claim = claimOf(execution, input);
  const { reportId, trigger } = claim;
  const bySchedule = schedule && !input.rerun; // who makes a report again wants it
  const timeZone = requireEnv('TIME_ZONE');
  const readerGroups = readerGroupsFromEnvironment();
  const original = input.rerender === undefined ? undefined : await earlierRun(input.rerender);
  const now = new Date();
  const opening = {
    reportId,
    trigger,
    executionArn: execution.arn,
    report: requireEnv('REPORT_NAME'),
    period: original?.period ?? await periodFor(reportId, event.execution, input),
    scheduleArn: schedule?.arn,
    scheduledTime: schedule?.time,
    rerun: input.rerun,
    rerenderOf: input.rerender,
    ...(readerGroups.length > 0 && { readerGroups }),
    openedAt: now.toISOString(),
    leaseUntil: new Date(now.getTime() + Number(requireEnv('RUN_LEASE_SECONDS')) * 1000).toISOString(),
  };

  if (bySchedule) {
    await ledger.fired(schedule.arn, schedule.time, reportId);
  }
  // A pause is for what runs by itself: who requests a report, or makes one again, wants it; and what was begun goes on.
  if (bySchedule && await ledger.isPaused()) {
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
  const reason = bySchedule && await reasonToSkip(schedule, item);
  if (reason) {
    await ledger.skipped(reportId, execution.arn, reason, undefined, now.toISOString());
    console.log({ message: 'skipped', ...claim, reason });
    return { outcome: 'SKIPPED', reportId };
  }
  console.log({ message: 'opened', ...claim, attempt: item.attempt });

  const attempt = item.attempt!;
  const own = { reportId, attempt };
  const bucket = requireEnv('BUCKET_NAME');
  const files = (JSON.parse(requireEnv('FILES')) as Omit<OutputFile, 'bucket' | 'key'>[])
    .map(file => ({ ...file, bucket, key: `${folderOf(own, requireEnv('REPORTS_PREFIX'))}${file.name}` }));
  const opened = {
    run: {
      version: CONTRACT_VERSION as typeof CONTRACT_VERSION,
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
  if (original) {
    const kept = { bucket, key: `${folderOf(original, requireEnv('REPORTS_PREFIX'))}${KEPT_DATA_NAME}` };
    return { outcome: 'RERENDER', ...opened, kept };
  }
  return { outcome: 'OPENED', ...opened };
}

/** The run of a report that is to be rendered again. Whether its data is still there, the renderer sees. */
async function earlierRun(reportId: string): Promise<Required<Pick<RunItem, 'reportId' | 'attempt' | 'period'>>> {
  const { attempt, period } = await ledger.run(reportId) ?? {};
  if (attempt === undefined || period === undefined) {
    throw new ReportError('InvalidInput', `the report ${reportId} is to be rendered again, and there is none with this id that was ever made; give the id of one that was`);
  }
  return { reportId, attempt, period };
}

/**
 * The period of the report. What was delivered last is another one when a run is late, or is made again: the period that was recorded
 * with the first attempt stays.
 */
async function periodFor(reportId: string, execution: OpenRunEvent['execution'], input: StartInput): Promise<Period> {
  const { schedule, rerun } = input;
  const timeZone = requireEnv('TIME_ZONE');
  if (schedule?.period !== 'SINCE_LAST_RUN') {
    return periodOf(input, execution.startTime, timeZone);
  }
  const run = await ledger.run(reportId) ?? (rerun ? await ledger.run(claimOf(execution, { schedule }).reportId) : undefined);
  return run?.period ?? periodOf(input, execution.startTime, timeZone, (await ledger.lastDelivered(schedule.arn))?.to);
}

/** Why a run is not made at its first attempt; what was begun goes on when it is made again. */
async function reasonToSkip(schedule: ScheduledStart, { reportId, attempt, openedAt }: RunItem): Promise<SkipReason | undefined> {
  const { arn, time, timeZone, holidays = [], startingDeadlineSeconds = Infinity, onOverlap } = schedule;
  const isTurn = onOverlap !== 'SKIP' || await ledger.takeTurn(arn, reportId, openedAt!);
  if (attempt! > 1) {
    return undefined;
  }
  if (holidays.includes(dateIn(timeZone, time))) {
    return 'HOLIDAY';
  }
  if (Date.parse(openedAt!) - Date.parse(time) > startingDeadlineSeconds * 1000) {
    return 'TOO_LATE';
  }
  return isTurn ? undefined : 'OVERLAP';
}
