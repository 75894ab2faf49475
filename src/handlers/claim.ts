import { createHash } from 'node:crypto';
import { ReportError } from './errors';
import { validated } from './validation';
import { PARAMETERS_LIMIT_BYTES, StartInput, Trigger } from '../workflow/contract';
import { startInput } from '../workflow/schema';

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
 * The claim of an execution: the schedule's ARN and scheduled time, the id that the API gave the request, or the execution itself.
 *
 * Scheduler delivers at least once, and its execution id differs with each attempt
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html): the scheduled time does not.
 */
export function claimOf(execution: { arn: string; name: string }, input: StartInput): Claim {
  if (input.schedule) {
    return { trigger: 'SCHEDULE', reportId: reportIdFor('schedule', input.schedule.arn, input.schedule.time) };
  }
  if (input.request) {
    return { trigger: 'REQUEST', reportId: input.request.reportId };
  }
  return { trigger: 'MANUAL', reportId: reportIdFor('execution', execution.arn) };
}

/** Checks the input of an execution before anything is done with it. */
export function checkedInput(execution: { name: string }, input: unknown): StartInput {
  const start = validated<StartInput>(startInput, input, 'the input of the execution', 'InvalidInput');
  if (start.request && start.request.reportId !== execution.name) {
    throw new ReportError('InvalidInput', `the execution is named ${execution.name}, and its request.reportId is ${start.request.reportId}; `
      + 'only the API makes requests, start an execution of your own without "request"');
  }
  const bytes = Buffer.byteLength(JSON.stringify(start.parameters ?? {}));
  if (bytes > PARAMETERS_LIMIT_BYTES) {
    throw new ReportError('InvalidInput', `the parameters have ${bytes} bytes of JSON, and at most ${PARAMETERS_LIMIT_BYTES} travel with a run; `
      + 'put what is larger where the data source can read it, and pass its address');
  }
  return start;
}
