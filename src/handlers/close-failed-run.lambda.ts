import { DescribeExecutionCommand, DescribeExecutionOutput, GetExecutionHistoryCommand, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { EventBridgeEvent } from 'aws-lambda';
import { checkedInput, claimOf } from './claim';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { consoleAddress, Failure, failureNotice, thrown } from './failure-notice';
import { FailureStatus, ledgerFromEnvironment } from './ledger';
import { regionOf } from './message';
import { publication } from './publication';
import { repeatable } from './secrets';
import { CLOSE_FAILED_RUN, FailureEvent, OPEN_RUN, REPORT_ERRORS } from '../workflow/contract';

const ledger = ledgerFromEnvironment();
const sfn = new SFNClient({});
const sns = new SNSClient({ region: process.env.OWNER_TOPIC_ARN && regionOf(process.env.OWNER_TOPIC_ARN) });

/** What EventBridge tells of the end of an execution, as far as it is used here. */
export type ExecutionStatusChange = EventBridgeEvent<'Step Functions Execution Status Change', {
  readonly executionArn: string;
  readonly status: string;
  readonly redriveCount?: number;
  readonly error?: string | null;
  readonly cause?: string | null;
}>;

/**
 * Closes a run that failed: its ledger item says so, and its owner is told.
 *
 * The workflow calls it from its Catch; EventBridge calls it after the end of every execution that did not succeed, because
 * some ends no Catch sees (States.Runtime, States.DataLimitExceeded, a timeout or an abort of the execution). The second call
 * finds the end that the first recorded and does nothing. The notice is sent before the end is recorded: after a crash between the
 * two it is sent again, because silence is worse than a repeat.
 *
 * Called by the workflow, it fails in its turn, so that the execution ends as failed in this state, in which a redrive enters it again:
 * then it returns, and the workflow opens the run once more.
 */
export async function handler(event: FailureEvent | ExecutionStatusChange): Promise<void> {
  const { executionArn } = 'detail' in event ? event.detail : event;
  const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  if ('detail' in event) {
    await closeEnded(execution, event.detail);
  } else if (!await isResumed(execution, event)) {
    const { error, cause } = await close(execution, { ...event, status: 'FAILED', from: 'Catch' });
    const { name, message } = thrown(error, cause);
    // Lambda logs what is thrown here. What others said may quote rows: the owner's notice and the history have it.
    const isOurs = name !== 'DataNotReady' && REPORT_ERRORS.some(known => known === name);
    throw new ReportError('ReportFailed', isOurs ? `${name}: ${message}` : `${name}; what it said is in the history of the execution, at the step that failed`);
  }
}

/** An end of an execution attempt that is to be closed. */
interface End {
  readonly executionArn: string;
  readonly redriveCount: number;
  readonly status: FailureStatus;
  readonly error?: string;
  readonly cause?: string;
  readonly from: 'Catch' | 'EventBridge';
}

async function closeEnded(execution: DescribeExecutionOutput, ended: ExecutionStatusChange['detail']): Promise<void> {
  const { executionArn, status, redriveCount = 0 } = ended;
  if (redriveCount < (execution.redriveCount ?? 0)) {
    console.log({ message: 'the execution was redriven since this event', executionArn });
  } else {
    await close(execution, { executionArn, redriveCount, status: status as FailureStatus, from: 'EventBridge', error: ended.error ?? undefined, cause: ended.cause ?? undefined });
  }
}

/** Whether the execution is here because it was redriven after it had ended here. The next time in the same redrive it has failed again. */
async function isResumed(execution: DescribeExecutionOutput, { redriveCount, enteredAt }: FailureEvent): Promise<boolean> {
  const reportId = reportOf(execution);
  const before = redriveCount > 0 ? await ledger.end(reportId, `${execution.name}#${redriveCount - 1}`) : undefined;
  const resumed = before?.endedHere === true && await ledger.resume(reportId, `${execution.name}#${redriveCount}`, enteredAt);
  if (resumed) {
    console.log({ message: 'resumed', reportId, redriveCount });
  }
  return resumed;
}

async function close(execution: DescribeExecutionOutput, end: End): Promise<{ error: string; cause: string }> {
  const { executionArn } = end;
  const reportId = reportOf(execution);
  const executionAttempt = `${execution.name}#${end.redriveCount}`;
  const { step, endedHere, ...found } = await findFailure(executionArn);
  // An execution that failed here failed with the error of this function: the history tells what led to it.
  const { error = end.status, cause: said = '' } = end.from === 'EventBridge' && end.status === 'FAILED' && endedHere ? found : end;
  // What opening the run says quotes no parameter, and who stopped an execution knows none.
  const cause = end.status !== 'FAILED' || step === OPEN_RUN ? said : repeatable(said);
  if (await ledger.end(reportId, executionAttempt)) {
    return { error, cause }; // closed before, and the run may have moved on since
  }

  const held = await ledger.run(reportId);
  if (held?.status === 'ERASING' || held?.status === 'ERASED') {
    console.log({ message: 'the report was deleted meanwhile', reportId });
    return { error, cause };
  }

  const now = new Date().toISOString();
  const status = thrown(error, cause).name === 'NoRecipient' ? 'NO_RECIPIENT' : end.status;
  const delivery = await ledger.settledDelivery(reportId, requireEnv('TOPIC_ARN'), now);
  if (delivery?.status === 'SENT' && held?.executionArn === executionArn && held.status !== 'SKIPPED') {
    await ledger.delivered(held, delivery, now); // what failed came after it
  } else {
    await ledger.fail(reportId, executionArn, status, { step, error, closedAt: now });
  }
  console.log({ message: 'closed', reportId, status, step, error });

  const report = requireEnv('REPORT_NAME');
  const locale = requireEnv('LOCALE');
  const run = await ledger.run(reportId);
  const noticeId = await tellOwner({ report, locale, run, delivery, reportId, executionArn, status, step, error, cause });
  await ledger.recordEnd(reportId, executionAttempt, { endedHere: end.from === 'Catch' || endedHere, endedAt: now, noticeId });
  return { error, cause };
}

async function tellOwner(failure: Failure): Promise<string | undefined> {
  const ownerTopicArn = process.env.OWNER_TOPIC_ARN;
  if (!ownerTopicArn) {
    return undefined;
  }
  const { subject, body } = failureNotice(failure);
  const { report, status, reportId, executionArn, step, error, run, delivery } = failure;
  const { MessageId } = await sns.send(new PublishCommand(publication(ownerTopicArn, subject, body, {
    kind: 'FAILURE', status, delivery: delivery?.status, reportId, report, period: run?.period, step, error, executionArn, console: consoleAddress(executionArn),
  })));
  return MessageId;
}

/** The report that an execution has claimed. What opening the run refused stands for the execution itself. */
function reportOf({ executionArn, name, input }: DescribeExecutionOutput): string {
  const execution = { arn: executionArn!, name: name! };
  try {
    return claimOf(execution, checkedInput(execution, JSON.parse(input ?? '{}'))).reportId;
  } catch (error) {
    if (error instanceof ReportError) {
      return claimOf(execution, {}).reportId;
    }
    throw error;
  }
}

/** The state that failed since the execution was started or redriven, as far as the history tells, and whether it came to this function. */
async function findFailure(executionArn: string): Promise<{ step?: string; endedHere: boolean; error?: string; cause?: string }> {
  const { events: newestFirst = [] } = await sfn.send(new GetExecutionHistoryCommand({
    executionArn, reverseOrder: true, includeExecutionData: false, maxResults: 200,
  }));
  const redriven = newestFirst.findIndex(({ type }) => type === 'ExecutionRedriven');
  const events = newestFirst.slice(0, redriven < 0 ? undefined : redriven)
    .filter(({ type }) => !type?.startsWith('Execution'))
    .map(event => ({ ...event, state: enteredState(newestFirst, event) }));
  const steps = events.filter(({ state }) => state !== CLOSE_FAILED_RUN);
  const stepsOf = (type: RegExp) => steps.filter(event => type.test(event.type ?? ''));

  // A failure counts unless a retry succeeded. A task that failed tells more than the Parallel around it.
  const failures = [...stepsOf(/^(Task|LambdaFunction|Activity|Evaluation).*(Failed|TimedOut)$/), ...stepsOf(/^(Parallel|Map).*Failed$/)];
  const failure = failures.find(failed => !stepsOf(/Succeeded$/).some(({ id, state }) => id! > failed.id! && state === failed.state));
  // Nothing that failed: the state in which the execution was ended.
  const unfinished = stepsOf(/StateEntered$/).find(entered => !stepsOf(/StateExited$/).some(exited => exited.id! > entered.id! && exited.stateExitedEventDetails?.name === entered.state));
  const { state: step, taskFailedEventDetails, taskTimedOutEventDetails } = failure ?? unfinished ?? failures[0] ?? {} as typeof events[number];
  return { step, endedHere: events[0]?.state === CLOSE_FAILED_RUN, ...(taskFailedEventDetails ?? taskTimedOutEventDetails) };
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
