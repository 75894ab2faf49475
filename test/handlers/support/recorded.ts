import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeExecutionCommand, DescribeExecutionOutput, GetExecutionHistoryCommand, HistoryEvent } from '@aws-sdk/client-sfn';
import { AwsStub } from 'aws-sdk-client-mock';
import { ExecutionStatusChange } from '../../../src/handlers/close-failed-run.lambda';
import { FailureEvent } from '../../../src/workflow/contract';

/**
 * An execution that failed: what EventBridge and Step Functions tell of it. The files in `recorded/` are written after the
 * documentation of AWS, and after what ministack answers; they were not recorded from an account of AWS.
 */
export interface Recording {
  /** What the workflow's Catch handed over, and how many events the history had by then. */
  readonly caught?: { readonly error: string; readonly cause: string; readonly events: number };
  readonly event: ExecutionStatusChange;
  readonly execution: DescribeExecutionOutput & { readonly name: string; readonly executionArn: string };
  readonly history: HistoryEvent[];
}

export function recording(name: string): Recording {
  return JSON.parse(readFileSync(join(__dirname, 'recorded', `${name}.json`), 'utf8'));
}

/** Lets Step Functions tell what the recording says, at the time of its Catch or after its end; `changes` are what it says otherwise. */
export function replay(sfn: AwsStub<any, any, any>, recorded: Recording, when: 'caught' | 'ended', changes: Partial<DescribeExecutionOutput> = {}): void {
  const { caught, execution, history } = recorded;
  const running = { ...execution, status: 'RUNNING' as const, error: undefined, cause: undefined };
  sfn.on(DescribeExecutionCommand as any, { executionArn: execution.executionArn }).resolves({ ...(when === 'caught' ? running : execution), ...changes });
  sfn.on(GetExecutionHistoryCommand as any, { executionArn: execution.executionArn }).callsFake(({ reverseOrder, maxResults }) => {
    const events = when === 'caught' ? history.slice(0, caught!.events) : [...history];
    return { events: (reverseOrder ? events.reverse() : events).slice(0, maxResults) };
  });
}

export function failureEvent({ caught, execution }: Recording): FailureEvent {
  const { error, cause } = caught!;
  return { executionArn: execution.executionArn, redriveCount: execution.redriveCount ?? 0, enteredAt: '2026-11-21T06:00:31.000Z', error, cause };
}
