import { createHash } from 'node:crypto';
import { ReportError } from './errors';
import { isInstant } from './rendering/iso-time';
import { validated } from './validation';
import { startInput } from './validators.generated';
import { Parameters, PARAMETERS_LIMIT_BYTES, StartInput, Trigger } from '../workflow/contract';

/** What an execution claims: the same claim is the same report, whoever starts it and however often. */
export interface Claim {
  readonly reportId: string;
  readonly trigger: Trigger;
}

/** The report's id for a claim key: 128 bits of its SHA-256, in hex, which is also a valid execution name. */
export function reportIdFor(...claimKey: string[]): string {
  return createHash('sha256').update(JSON.stringify(claimKey)).digest('hex').slice(0, 32);
}

/**
 * The claim of an execution: the schedule's ARN and scheduled time, the id that the API gave the request, the period with its parameters,
 * or the execution itself. What is made once more on purpose has the word for it in its claim.
 *
 * Scheduler delivers at least once, and its execution id differs with each attempt
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html): the scheduled time does not.
 */
export function claimOf(execution: { arn: string }, { schedule, request, period, rerun, parameters = {} }: StartInput): Claim {
  const again = rerun === undefined ? [] : ['rerun', rerun];
  if (schedule) {
    return { trigger: 'SCHEDULE', reportId: reportIdFor('schedule', schedule.arn, instant(schedule.time), ...again) };
  }
  if (request) {
    return { trigger: 'REQUEST', reportId: request.reportId };
  }
  if (period) {
    return { trigger: 'MANUAL', reportId: reportIdFor('period', instant(period.from), instant(period.to), canonicalJson(parameters), ...again) };
  }
  return { trigger: 'MANUAL', reportId: reportIdFor('execution', execution.arn) };
}

/** The same text for the same time, however it is written. */
function instant(time: string): string {
  return new Date(time).toISOString();
}

/** Checks the input of an execution before anything is done with it. */
export function checkedInput(execution: { name: string }, input: unknown): StartInput {
  const start = validated<StartInput>(startInput, input, 'the input of the execution', 'InvalidInput');
  if (start.request && start.request.reportId !== execution.name) {
    throw new ReportError('InvalidInput', `the execution is named ${execution.name}, and its request.reportId is ${start.request.reportId}; `
      + 'only the API makes requests, start an execution of your own without "request"');
  }
  if ([start.schedule, start.request, start.period].filter(Boolean).length > 1) {
    throw new ReportError('InvalidInput', 'the input has more than one of "schedule", "request" and "period"; each of them says what the report is about, give one');
  }
  if (start.rerender !== undefined && (start.schedule || start.period || start.parameters)) {
    throw new ReportError('InvalidInput', 'the input has "rerender", and a "schedule", a "period" or "parameters" beside it; '
      + 'a report that is rendered again is about what the earlier one was about, leave these out');
  }
  if (start.rerun !== undefined && !start.schedule && !start.period) {
    throw new ReportError('InvalidInput', 'the input has "rerun" and does not say of what; give the "schedule" or the "period" of the report that is to be made again');
  }
  checkTime('schedule.time', start.schedule?.time);
  checkTime('period.from', start.period?.from);
  checkTime('period.to', start.period?.to);
  if (start.period && Date.parse(start.period.from) >= Date.parse(start.period.to)) {
    throw new ReportError('InvalidInput', `the period begins at ${start.period.from} and ends at ${start.period.to}; give an end that is later than the beginning`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(start.parameters ?? {}));
  if (bytes > PARAMETERS_LIMIT_BYTES) {
    throw new ReportError('InvalidInput', `the parameters have ${bytes} bytes of JSON, and at most ${PARAMETERS_LIMIT_BYTES} travel with a run; `
      + 'put what is larger where the data source can read it, and pass its address');
  }
  return start;
}

function checkTime(place: string, time: string | undefined): void {
  if (time !== undefined && !isInstant(time)) {
    throw new ReportError('InvalidInput', `${place} is ${time}, a time that does not exist; give one such as "2026-11-20T07:00:00Z"`);
  }
}

/** The same text for the same parameters, in whatever order they come. */
function canonicalJson(parameters: Parameters): string {
  return JSON.stringify(parameters, (_, value) => typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1))
    : value);
}
