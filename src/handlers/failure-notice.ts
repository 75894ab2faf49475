import { reportIdFor } from './claim';
import { DeliveryItem, FailureStatus, RunItem, seenStatus } from './ledger';
import { formatPeriod } from './wording';

export interface Failure {
  readonly report: string;
  readonly locale: string;
  readonly run?: RunItem;
  readonly delivery?: DeliveryItem;
  readonly reportId: string;
  readonly executionArn: string;
  readonly status: FailureStatus | 'NO_RECIPIENT';
  readonly step?: string;
  readonly error: string;
  readonly cause: string;
}

/** The longest cause that is quoted; Step Functions keeps the whole. */
const LONGEST_QUOTE = 600;

/** Tells the owner, in words, which report failed, where, why, and what to do. */
export function failureNotice(failure: Failure): { subject: string; body: string } {
  const { run } = failure;
  const attempt = isOwn(failure) && run?.attempt;
  const period = run?.period && formatPeriod(run.period, failure.locale);
  const { what, remedy } = explain(failure);
  const toDo = isDone(failure) ? 'Nothing for this report. The cause may matter to the next one.' : isUncertain(failure) ? askAReader(failure) : remedy;
  return {
    subject: `${headline(failure)}: ${failure.report}${period ? `, ${period}` : ''}`,
    body: [
      `The report "${failure.report}"${period ? ` for ${period}` : ''} ${outcome(failure)}.`,
      '',
      `Step: ${failure.step ?? 'not known'}`,
      `What happened: ${what}`,
      ...(toDo ? [`What to do: ${toDo}`] : []),
      '',
      `Run: ${failure.reportId}${attempt ? ` (attempt ${attempt})` : ''}`,
      `Execution: ${failure.executionArn}`,
      `In the console: ${consoleAddress(failure.executionArn)}`,
    ].join('\n'),
  };
}

/** A duplicate that fails before it could be told apart, or after it was overtaken, speaks for itself and not for the run that it repeats. */
function isOwn({ run, executionArn }: Failure): boolean {
  return run?.executionArn === executionArn;
}

function headline(failure: Failure): string {
  if (isUncertain(failure)) {
    return 'UNCERTAIN';
  }
  return failure.delivery?.status === 'SENT' && isOwn(failure) ? 'DELIVERED WITH AN ERROR' : failure.status.replace('_', ' ');
}

function outcome(failure: Failure): string {
  const { run, delivery } = failure;
  if (run && !isOwn(failure)) {
    return `belongs to another execution, where it is ${seenStatus(run, new Date().toISOString())}; only this execution failed`;
  }
  if (isUncertain(failure)) {
    return 'may or may not have been delivered';
  }
  return delivery?.status === 'SENT' ? 'was delivered, but its run did not end well' : 'was not delivered';
}

/** The readers have it, or there was nothing for them: another start could send it a second time. */
function isDone(failure: Failure): boolean {
  return isOwn(failure) && (failure.delivery?.status === 'SENT' || failure.run?.status === 'SKIPPED');
}

function isUncertain(failure: Failure): boolean {
  const { delivery } = failure;
  return isOwn(failure) && (delivery?.status === 'SENDING' || delivery?.status === 'UNKNOWN');
}

/** What is known of an error: in plain words, and with the remedy where there is one. */
function explain(failure: Failure): { what: string; remedy?: string } {
  const { status, step, error, cause } = failure;
  const { name, message } = thrown(error, cause);
  const again = `redrive the execution${orStartAgain(failure)}`;
  const rerun = `When the cause is mended, ${again}.`;
  if (status === 'TIMED_OUT') {
    return { what: 'The run as a whole took longer than it is given (runTimeout).', remedy: rerun };
  }
  if (status === 'ABORTED') {
    return { what: message ? `The execution was stopped: ${message}` : 'The execution was stopped by somebody.', remedy: `To make the report all the same, ${again}.` };
  }
  switch (name) {
    case 'InvalidInput':
      return { what: message, remedy: 'Start the pipeline again with an input that it takes; the data contract of cdk-scheduled-report-pipeline shows it.' };
    case 'InvalidData':
      return { what: message, remedy: `Correct the data source, and ${again}; nothing was written at the report's address.` };
    case 'DataNotReady':
      return { what: message, remedy: `When the data is there, ${again}.` };
    case 'InvalidRender':
    case 'InvalidLink':
    case 'LimitExceeded':
    case 'DeliveryRefused':
      return { what: message, remedy: rerun };
    case 'NoRecipient':
      return { what: message, remedy: `When somebody has subscribed, ${again}.` };
    case 'DataGone':
    case 'EmptyReport':
      return { what: message };
    case 'DeliveryUncertain':
      return { what: message, remedy: askAReader(failure) };
    case 'States.DataLimitExceeded':
      return {
        what: `More than 256 KB came to pass through ${step ? `the step "${step}"` : 'a step'}, and Step Functions passes on no more.`,
        remedy: 'Let the data source write its rows to event.output and return a reference to them: at most 200 KB travel inline.',
      };
    case 'States.Timeout':
    case 'Sandbox.Timedout':
      return { what: `${step ?? 'A step'} took longer than it is given.`, remedy: `Make it faster or give it more time. ${rerun}` };
    case 'States.Permissions':
      return { what: `The workflow may not do this: ${message}`, remedy: `Grant it. ${rerun}` };
    case 'Lambda.TooManyRequestsException':
      return { what: 'Lambda had no capacity left for this account, and several tries did not help.', remedy: `Raise the account's concurrency or spread the schedules. ${rerun}` };
  }
  return { what: message ? `${name}: ${message}` : name, remedy: rerun };
}

/** What else makes this very report: a plain start claims another one, and so does a request with another key. */
function orStartAgain(failure: Failure): string {
  return failure.run?.requester || isPlainStart(failure) ? '' : ', or start the pipeline again with its input';
}

/** Whatever was the cause: a delivery that was begun is not begun again under the same claim. */
function askAReader(failure: Failure): string {
  const { run, executionArn } = failure;
  const word = reportIdFor('rerun', executionArn).slice(0, 8); // another one in each execution
  const again = run?.requester ? 'have it requested again, with a new idempotencyKey'
    : isPlainStart(failure) ? `start the pipeline again with the parameters of this execution and "period": ${JSON.stringify(run?.period)}`
      : `start the pipeline again with the input of this execution, and "rerun": "${word}" in it`;
  return `Ask a reader whether the message arrived. If not, ${again}.`;
}

function isPlainStart({ reportId, executionArn }: Failure): boolean {
  return reportId === reportIdFor('execution', executionArn);
}

/** The error that a function threw, which Step Functions hands on as JSON in the cause. */
export function thrown(error: string, cause: string): { name: string; message: string } {
  let name = error;
  let message = cause;
  if (cause.startsWith('{')) {
    try {
      const { errorType, errorMessage } = JSON.parse(cause);
      name = errorType ?? error;
      message = errorMessage ?? cause;
    } catch (notJson) {
      message = cause; // a cause that only looks like JSON is quoted as it is
    }
  }
  return { name, message: message.length > LONGEST_QUOTE ? `${message.slice(0, LONGEST_QUOTE)} ... (more in the console)` : message };
}

export function consoleAddress(executionArn: string): string {
  const [, partition, , region] = executionArn.split(':');
  const domain: Record<string, string> = { 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' };
  return `https://${region}.${domain[partition] ?? 'console.aws.amazon.com'}/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}
