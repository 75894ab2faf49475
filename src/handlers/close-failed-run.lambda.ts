import { DescribeExecutionCommand, DescribeExecutionOutput, GetExecutionHistoryCommand, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { EventBridgeEvent } from 'aws-lambda';
import { claimOf } from './claim';
import { requireEnv } from './environment';
import { Failure, failureNotice } from './failure-notice';
import { FailureStatus, ledgerFromEnvironment } from './ledger';
import { asciiSubject, regionOf } from './message';
import { CLOSE_FAILED_RUN, FailureEvent, StartInput } from '../workflow/contract';

const ledger = ledgerFromEnvironment();
const sfn = new SFNClient({});
const sns = new SNSClient({ region: process.env.OWNER_TOPIC_ARN && regionOf(process.env.OWNER_TOPIC_ARN) });

/** What EventBridge tells of the end of an execution, as far as it is used here. */
export type ExecutionStatusChange = EventBridgeEvent<'Step Functions Execution Status Change', {
  readonly executionArn: string;
  readonly status: string;
  readonly redriveCount?: number;
  readonly error?: string;
  readonly cause?: string;
}>;

/**
 * Closes a run that failed: its ledger item says so, and its owner is told.
 *
 * The workflow calls it from its Catch; EventBridge calls it after the end of every execution that did not succeed, because
 * some ends no Catch sees (States.Runtime, States.DataLimitExceeded, a timeout or an abort of the execution). The second call
 * finds the notice of the first and does nothing. The notice is sent before it is recorded: after a crash between the two it is
 * sent again, because silence is worse than a repeat.
 */
export async function handler(event: FailureEvent | ExecutionStatusChange): Promise<{ error: string; cause: string }> {
  const ended = 'detail' in event ? event.detail : undefined;
  const { executionArn, ...told } = ended ?? event as FailureEvent;
  const status = ended ? ended.status as FailureStatus : 'FAILED';
  // What it says of an execution may lag behind: of its end the event knows better.
  const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  const redriveCount = ended?.redriveCount ?? execution.redriveCount ?? 0;

  if (redriveCount < (execution.redriveCount ?? 0)) {
    console.log({ message: 'the execution was redriven since this event', executionArn });
    return { error: told.error ?? status, cause: told.cause ?? '' };
  }

  const { reportId } = claimOf({ arn: executionArn, name: execution.name! }, startInputOf(execution));
  const { step, ...found } = await findFailure(executionArn);
  const error = found.error ?? told.error ?? execution.error ?? status;
  const cause = found.cause ?? told.cause ?? execution.cause ?? '';
  const now = new Date().toISOString();

  await ledger.fail(reportId, executionArn, status, { step, error, closedAt: now });
  console.log({ message: 'closed', reportId, status, step, error });

  const executionAttempt = `${execution.name}#${redriveCount}`;
  const ownerTopicArn = process.env.OWNER_TOPIC_ARN;
  if (ownerTopicArn && !await ledger.noticeSent(reportId, executionAttempt)) {
    const run = await ledger.run(reportId);
    const delivery = await ledger.delivery(reportId, requireEnv('TOPIC_ARN'));
    const failure: Failure = {
      report: requireEnv('REPORT_NAME'),
      locale: requireEnv('LOCALE'),
      run,
      delivery,
      reportId,
      executionArn,
      status,
      step,
      error,
      cause,
    };
    const { subject, body } = failureNotice(failure);
    const { MessageId: messageId } = await sns.send(new PublishCommand({ TopicArn: ownerTopicArn, Subject: asciiSubject(subject), Message: body }));
    await ledger.recordNotice(reportId, executionAttempt, { messageId, sentAt: now });
  }
  return { error, cause };
}

/** The input as it can be used to find the run: what opening the run refused stands for the execution itself. */
function startInputOf({ name, input }: DescribeExecutionOutput): StartInput {
  const parsed: unknown = JSON.parse(input ?? '{}');
  const { schedule, request } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as StartInput;
  return {
    ...(typeof schedule?.arn === 'string' && !Number.isNaN(Date.parse(schedule.time)) && { schedule }),
    ...(request?.reportId === name && { request }),
  };
}

/**
 * The state that failed, as far as the history tells. Where this function was called by that execution before, and failed itself,
 * the execution ended with its error, and the history tells the one that is to be closed.
 */
async function findFailure(executionArn: string): Promise<{ step?: string; error?: string; cause?: string }> {
  const { events: newestFirst = [] } = await sfn.send(new GetExecutionHistoryCommand({
    executionArn, reverseOrder: true, includeExecutionData: false, maxResults: 200,
  }));
  const events = newestFirst.map(event => ({ ...event, state: enteredState(newestFirst, event) }));
  const steps = events.filter(({ state }) => state !== CLOSE_FAILED_RUN);
  const stepsOf = (type: RegExp) => steps.filter(event => type.test(event.type ?? ''));

  // A failure counts unless a retry succeeded. A task that failed tells more than the Parallel around it.
  const failures = [...stepsOf(/^(Task|LambdaFunction|Activity|Evaluation).*(Failed|TimedOut)$/), ...stepsOf(/^(Parallel|Map).*Failed$/)];
  const failure = failures.find(failed => !stepsOf(/Succeeded$/).some(({ id, state }) => id! > failed.id! && state === failed.state));
  // Nothing that failed: the state in which the execution was ended.
  const unfinished = stepsOf(/^(?!Fail).*StateEntered$/).find(({ state }) => !steps.some(({ stateExitedEventDetails }) => stateExitedEventDetails?.name === state));
  const { state: step, taskFailedEventDetails, taskTimedOutEventDetails } = failure ?? unfinished ?? failures[0] ?? {} as typeof events[number];
  const { error, cause } = taskFailedEventDetails ?? taskTimedOutEventDetails ?? {};
  return { step, ...(steps.length < events.length && { error, cause }) };
}

/** The name of the state that an event belongs to. */
function enteredState(newestFirst: HistoryEvent[], event: HistoryEvent | undefined): string | undefined {
  while (event && !event.stateEnteredEventDetails) {
    // Branches interleave: an event's predecessor is the one that it names. Where that is not known, it is the one before it.
    const { previousEventId }: HistoryEvent = event;
    event = newestFirst.find(({ id }) => id === previousEventId) ?? newestFirst[newestFirst.indexOf(event) + 1];
  }
  return event?.stateEnteredEventDetails?.name;
}
