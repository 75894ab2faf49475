import { DescribeExecutionCommand, GetExecutionHistoryCommand, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { EventBridgeEvent } from 'aws-lambda';
import { claimOf } from './claim';
import { requireEnv } from './environment';
import { Failure, failureNotice } from './failure-notice';
import { FailureStatus, ledgerFromEnvironment } from './ledger';
import { asciiSubject } from './message';
import { FailureEvent, StartInput } from '../workflow/contract';

const ledger = ledgerFromEnvironment();
const sfn = new SFNClient({});
const sns = new SNSClient({});

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
  const { executionArn, ...told } = 'detail' in event ? event.detail : event;
  const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  const error = told.error ?? execution.error ?? execution.status!;
  const cause = told.cause ?? execution.cause ?? '';
  const redriveCount = execution.redriveCount ?? 0;

  if ('detail' in event && (execution.status === 'RUNNING' || (event.detail.redriveCount ?? 0) < redriveCount)) {
    console.log({ message: 'the execution was redriven since this event', executionArn });
    return { error, cause };
  }

  const { reportId } = claimOf({ arn: executionArn, name: execution.name! }, startInputOf(execution.input));
  const status = 'detail' in event ? execution.status as FailureStatus : 'FAILED';
  const step = await failedStep(executionArn);
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
      // A duplicate that fails before it could be told apart speaks for itself, not for the run that it repeats.
      run: run?.executionArn === executionArn ? run : undefined,
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
function startInputOf(input: string | undefined): StartInput {
  const parsed: unknown = JSON.parse(input ?? '{}');
  const { schedule, request } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as StartInput;
  return {
    ...(typeof schedule?.arn === 'string' && typeof schedule.time === 'string' && { schedule }),
    ...(/^[0-9a-f]{32}$/.test(request?.reportId ?? '') && { request }),
  };
}

/** The state in which the execution failed: the one that the newest failure in its history belongs to. */
async function failedStep(executionArn: string): Promise<string | undefined> {
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({
    executionArn, reverseOrder: true, includeExecutionData: false, maxResults: 200,
  }));
  const newest = (pattern: RegExp) => events.find(({ type }) => pattern.test(type ?? ''));
  // A failed task tells more than the Parallel around it, and that more than the execution, which tells where a run was aborted.
  let event: HistoryEvent | undefined = newest(/^(Task|LambdaFunction|Evaluation).*(Failed|TimedOut)$/)
    ?? newest(/^(Parallel|Map).*Failed$/)
    ?? newest(/^Execution(Failed|TimedOut|Aborted)$/);
  while (event && !event.stateEnteredEventDetails) {
    // Branches interleave: an event's predecessor is the one that it names. Where that is not known, it is the one before it.
    const { previousEventId } = event;
    event = events.find(({ id }) => id === previousEventId) ?? events[events.indexOf(event) + 1];
  }
  return event?.stateEnteredEventDetails?.name;
}
