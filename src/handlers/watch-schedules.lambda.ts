import { GetScheduleCommand, GetScheduleOutput, ResourceNotFoundException, SchedulerClient } from '@aws-sdk/client-scheduler';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { claimOf } from './claim';
import { requireEnv } from './environment';
import { ledgerFromEnvironment, seenStatus } from './ledger';
import { regionOf } from './message';
import { publication } from './publication';
import { scheduleNotice } from './schedule-notice';
import { ExpectedSchedule, MissedRun, ScheduleMessage, WatchSchedulesEvent } from '../workflow/contract';
import { fireTimes } from '../workflow/fire-times';
import { parseSchedule } from '../workflow/schedule-expression';

const ledger = ledgerFromEnvironment();
const scheduler = new SchedulerClient({});
const sns = new SNSClient({ region: regionOf(requireEnv('OWNER_TOPIC_ARN')) });

/** Scheduler fires within the minute: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
const PRECISION_MS = 60_000;

/**
 * The dead man's switch: looks whether each run that the schedules promise has ended by its deadline, and tells the owner of those that
 * have not, and of a schedule that somebody has switched off.
 *
 * It goes through the times of a schedule once. The owner is told before the ledger is: after a crash between the two she is told again, because
 * silence is worse than a repeat.
 */
export async function handler({ schedules }: WatchSchedulesEvent): Promise<void> {
  const now = new Date();
  const paused = await ledger.isPaused();
  const looks = await Promise.allSettled(schedules.map(async schedule => look(schedule, now, paused)));
  const failed = looks.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed) {
    throw failed.reason; // once the other schedules have been looked at
  }
}

async function look(schedule: ExpectedSchedule, now: Date, paused: boolean): Promise<void> {
  const { arn, expression, timeZone, start, end, deadlineSeconds } = schedule;
  const deployed = await deployedSchedule(arn);
  const state = deployed?.State ?? 'DELETED';
  const expectation = JSON.stringify([expression, timeZone, start, end, state]);
  const watched = await ledger.watched(arn);
  if (watched?.expectation !== expectation) {
    // What it should have done before this was asked of it, nobody knows.
    if (state !== 'ENABLED') {
      if (paused) return;
      await tell(schedule, state, [], deployed);
    }
    await ledger.recordWatched(arn, { expectation, until: now.toISOString() });
    return;
  }
  if (state !== 'ENABLED') {
    return; // as the owner was told
  }
  const due = await dueTimes(schedule, new Date(watched.until), new Date(now.getTime() - deadlineSeconds * 1000));
  const runs = await Promise.all(due.map(async time => missedRun(schedule, time, now)));
  const missed = runs.filter(run => run !== undefined);
  if (missed.length > 0 && !paused) {
    await tell(schedule, 'MISSED', missed, deployed);
  }
  if (due.length > 0) {
    await ledger.recordWatched(arn, { expectation, until: due.at(-1)!.toISOString() });
  }
}

/** The times after the one and up to the other for which a run was promised, the earliest first. */
async function dueTimes({ arn, expression, timeZone, start, end }: ExpectedSchedule, after: Date, until: Date): Promise<Date[]> {
  const rule = parseSchedule(expression);
  if (rule.kind !== 'rate') {
    return [...fireTimes(rule, { timeZone, after, until, start: start ? new Date(start) : undefined, end: end ? new Date(end) : undefined })];
  }
  // Nobody knows when a rate began. It goes on from each time for which it fired.
  const fired = until > after ? await ledger.firedTimes(arn, after.toISOString(), until.toISOString()) : [];
  const latest = Math.min(until.getTime(), end ? Date.parse(end) : Infinity);
  const due: number[] = [];
  let last = Math.max(after.getTime(), start ? Date.parse(start) - rule.interval : -Infinity);
  for (const time of [...fired.map(Date.parse), Infinity]) {
    while (last + rule.interval + PRECISION_MS < Math.min(time, latest)) {
      due.push(last += rule.interval);
    }
    if (time < Infinity) {
      due.push(last = time);
    }
  }
  return due.map(time => new Date(time));
}

/** The run for a time, unless it has ended. */
async function missedRun({ arn, timeZone }: ExpectedSchedule, at: Date, now: Date): Promise<MissedRun | undefined> {
  const time = at.toISOString();
  const { reportId } = claimOf({ arn }, { schedule: { arn, time, timeZone } });
  const run = await ledger.run(reportId);
  if (!run) {
    return { scheduledTime: time, reportId, status: 'NONE' };
  }
  const status = seenStatus(run, now.toISOString());
  return run.status === 'RUNNING' ? { scheduledTime: time, reportId, status: status as 'RUNNING' | 'TIMED_OUT', executionArn: run.executionArn } : undefined;
}

async function tell(schedule: ExpectedSchedule, status: ScheduleMessage['status'], runs: MissedRun[], deployed: GetScheduleOutput | undefined): Promise<void> {
  const { arn, name, expression, timeZone } = schedule;
  const report = requireEnv('REPORT_NAME');
  const { subject, body } = scheduleNotice({
    report, schedule, status, runs, deployedExpression: deployed?.ScheduleExpression, locale: requireEnv('LOCALE'), deadLetterQueue: requireEnv('DEAD_LETTER_QUEUE_NAME'),
  });
  await sns.send(new PublishCommand(publication(requireEnv('OWNER_TOPIC_ARN'), subject, body, {
    kind: 'SCHEDULE', status, report, schedule: { arn, name, expression, timeZone }, runs,
  })));
  console.log({ message: 'told', schedule: arn, status, runs: runs.map(({ reportId }) => reportId) });
}

/** The schedule as Scheduler has it now, if it is there. */
async function deployedSchedule(arn: string): Promise<GetScheduleOutput | undefined> {
  const [, GroupName, Name] = arn.split('/');
  try {
    return await scheduler.send(new GetScheduleCommand({ GroupName, Name }));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) {
      return undefined;
    }
    throw error;
  }
}
