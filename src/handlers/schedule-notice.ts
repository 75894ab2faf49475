import { formatInstant } from './wording';
import { ExpectedSchedule, MissedRun, ScheduleMessage } from '../workflow/contract';

export interface ScheduleTrouble {
  readonly report: string;
  readonly schedule: ExpectedSchedule;
  readonly status: ScheduleMessage['status'];
  readonly runs: readonly MissedRun[];
  /** What Scheduler has instead of what was deployed, or the same. */
  readonly deployedExpression?: string;
  readonly locale: string;
  readonly deadLetterQueue: string;
}

/** So many runs are listed; programs get all. */
const LISTED = 20;

/** Tells the owner, in words, which runs of a schedule are missing, and what to do. */
export function scheduleNotice(trouble: ScheduleTrouble): { subject: string; body: string } {
  const { report, schedule, status } = trouble;
  const { what, toDo } = status === 'MISSED' ? missed(trouble) : switchedOff(trouble);
  return {
    subject: `${status === 'MISSED' ? 'MISSED' : `SCHEDULE ${status}`}: ${report}, schedule ${schedule.name}`,
    body: [
      ...what,
      '',
      ...toDo.map(step => `What to do: ${step}`),
      '',
      `Schedule: ${schedule.arn}`,
      `When: ${schedule.expression} in ${schedule.timeZone}`,
    ].join('\n'),
  };
}

function switchedOff({ report, schedule, status }: ScheduleTrouble): { what: string[]; toDo: string[] } {
  const pause = 'To stop reports on purpose, pause the pipeline instead: then nobody is told, and a deployment does not undo it.';
  return status === 'DISABLED'
    ? { what: [`The schedule "${schedule.name}" of the report "${report}" is disabled in Scheduler. Until it is enabled, it makes no report.`], toDo: [`Enable it. ${pause}`] }
    : { what: [`The schedule "${schedule.name}" of the report "${report}" is not there any more. It makes no report.`], toDo: [`Deploy its stack anew, so that it is made again. ${pause}`] };
}

function missed({ report, schedule, runs, deployedExpression, locale, deadLetterQueue }: ScheduleTrouble): { what: string[]; toDo: string[] } {
  const time = (iso: string) => formatInstant(iso, locale, schedule.timeZone);
  const line = ({ scheduledTime, reportId, status, executionArn }: MissedRun) => `- ${time(scheduledTime)}: ${{
    NONE: 'was not started',
    RUNNING: `is still under way, in ${executionArn}`,
    TIMED_OUT: `was begun, and nobody works on it any more; it was in ${executionArn}`,
  }[status]} (run ${reportId})`;
  const has = (status: MissedRun['status']) => runs.some(run => run.status === status);
  const withInput = 'start the pipeline with the input of its target, in which "arn" and "time" are those of the schedule and the missing run';
  return {
    what: [
      `The report "${report}" was not finished ${duration(schedule.deadlineSeconds)} after its time, as the deadline of the schedule "${schedule.name}" asks:`,
      ...runs.slice(0, LISTED).map(line),
      ...(runs.length > LISTED ? [`- and ${runs.length - LISTED} more`] : []),
    ],
    toDo: [
      ...(has('NONE') && deployedExpression !== schedule.expression ? [`The schedule is ${deployedExpression} in Scheduler, which is not what was deployed. Deploy its stack anew.`] : []),
      ...(has('NONE') ? [`A start that Scheduler has given up is in the dead-letter queue ${deadLetterQueue}, with the reason. When that is mended, ${withInput}.`] : []),
      ...(has('RUNNING') ? ['Look what the execution waits for. If it hangs, stop it, and redrive it.'] : []),
      ...(has('TIMED_OUT') ? [`Redrive the execution, or ${withInput}: it takes the run over.`] : []),
    ],
  };
}

/** "3 hours 15 minutes" */
function duration(seconds: number): string {
  const parts = [[Math.floor(seconds / 86_400), 'day'], [Math.floor(seconds / 3600) % 24, 'hour'], [Math.floor(seconds / 60) % 60, 'minute'], [seconds % 60, 'second']] as const;
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ');
}
