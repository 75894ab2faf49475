import { LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { TransactWriteCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { OWNER_TOPIC, TABLE, TOPIC } from './environment';
import { FakeDynamoDB } from './fake-dynamodb';
import { Decision, Fault, Interleaving, Process } from './interleaving';
import { BYTES, deliverEvent, execution as started, keepLink, rendered, SCHEDULE } from './runs';
import { claimOf, reportIdFor } from '../../../src/handlers/claim';
import { ExecutionStatusChange, handler as closeFailedRun } from '../../../src/handlers/close-failed-run.lambda';
import { handler as deliver } from '../../../src/handlers/deliver.lambda';
import { DeliveryItem, FailureStatus, Ledger, RunItem } from '../../../src/handlers/ledger';
import { handler as openRun } from '../../../src/handlers/open-run.lambda';
import { CLOSE_FAILED_RUN, OpenRunResult, REPORT_ERRORS, StartInput } from '../../../src/workflow/contract';

export interface Plan {
  readonly onUncertain: 'HOLD' | 'RESEND';
  readonly onUnchanged: 'SEND' | 'SKIP';
  /** Whether the schedules are paused until somebody lifts the pause. */
  readonly paused: boolean;
  readonly executions: readonly ExecutionPlan[];
  readonly decisions: readonly Decision[];
}

export interface ExecutionPlan {
  /**
   * What it claims: the same report as all others of the schedule (`alone`: unless another run of it goes on), the next one of the schedule, unless another
   * goes on or it is too late for it, the first one once more, or a request of its own.
   */
  readonly claim: 'schedule' | 'alone' | 'next' | 'rerun' | 'request';
  /** The rows that the report has, each time that it is rendered. */
  readonly rows: readonly number[];
  /** Somebody stops it, or it is out of time, after so many of its turns. */
  readonly stop?: { readonly after: number; readonly as: 'ABORTED' | 'TIMED_OUT' };
  /** How often it is redriven, unless it succeeds. */
  readonly redrives: number;
  /** How often EventBridge tells of each of its ends. Not at all is only possible where the workflow has told itself. */
  readonly events: number;
  /** By how many seconds the clocks of its functions are ahead, one after the other. */
  readonly skews: readonly number[];
}

/** A publish call, as SNS sees it. */
export interface Call {
  readonly topic: string;
  readonly reportId: string;
  readonly by: Invocation;
  readonly accepted: boolean;
  /** SNS said that it did not take the message. */
  readonly denied: boolean;
  /** The answer that SNS took it came to the function. */
  readonly answered: boolean;
}

/** The times that AWS gives: to the functions, to the execution. */
const SECONDS = { 'Open the run': 30, 'Deliver': 120, [CLOSE_FAILED_RUN]: 60, 'execution': 7200 };
const START = Date.parse('2026-11-21T06:00:04.500Z');
/** How often Step Functions and Lambda try again, each time after twice as long. */
const RETRIES = 2;

const iso = (time: number) => new Date(time).toISOString();
const text = (value: unknown) => ({ transformToString: () => JSON.stringify(value) });

/** An error of a function, as Step Functions hands it on. */
const caught = ({ name, message }: Error) => ({ error: name, cause: JSON.stringify({ errorType: name, errorMessage: message }) });

type State = 'Open the run' | 'Deliver' | typeof CLOSE_FAILED_RUN;

/** A call of a handler: a process of Lambda. */
export class Invocation extends Process {
  /** Something went wrong with it, or it was ended. */
  public troubled = false;

  /** @param closes the end of an execution attempt that it closes */
  public constructor(public readonly execution: Execution, what: string, skew: number, deadline: number, public readonly closes?: string) {
    super(`${execution.name} ${what}`, skew, deadline, () => execution.turnTaken?.());
  }
}

/** An execution of the state machine, as Step Functions knows it. */
export class Execution {
  public status: 'RUNNING' | 'SUCCEEDED' | FailureStatus = 'RUNNING';
  public redriveCount = 0;
  public state: State = 'Open the run';
  /** When it came to its state. */
  public enteredAt = '';
  public opened?: OpenRunResult;
  public rendered = rendered();
  public failure = { error: '', cause: '' };
  public readonly history: HistoryEvent[] = [];
  public readonly arn: string;
  public invocations = 0;
  public renders = 0;
  public turnTaken?: () => void;

  public constructor(
    public readonly name: string, public readonly input: StartInput, public readonly reportId: string, public readonly plan: ExecutionPlan,
  ) {
    this.arn = started(name).arn;
  }

  public get end(): string {
    return `${this.name}#${this.redriveCount}`;
  }

  public record(event: Omit<HistoryEvent, 'id' | 'previousEventId' | 'timestamp'>): void {
    const id = this.history.length + 1;
    this.history.push({ id, previousEventId: id - 1, timestamp: undefined, ...event });
  }
}

export const dynamodb = new FakeDynamoDB(TABLE);
const table = DynamoDBDocumentClient.prototype.send as any;
let world: World;

// The services, as the handlers reach them.
DynamoDBDocumentClient.prototype.send = async function (this: DynamoDBDocumentClient, command: any): Promise<any> {
  return world.dynamodb(command, async () => table.call(this, command));
} as any;
SNSClient.prototype.send = async (command: any): Promise<any> => command instanceof PublishCommand ? world.publish(command) : world.topicAttributes();
SFNClient.prototype.send = async (command: any): Promise<any> =>
  command instanceof DescribeExecutionCommand ? world.describe(command) : world.history(command);
LambdaClient.prototype.send = async (): Promise<any> => world.mintLink();
globalThis.fetch = async () => world.openLink();

/** Several executions, their functions, and the services between them. */
export class World {
  public readonly interleaving: Interleaving;
  public readonly executions: Execution[];
  public readonly calls: Call[] = [];
  /** Publish calls whose answer the function could not write down. */
  public readonly forgotten = new Set<Call>();
  /** Ends that two functions closed at the same time. */
  public readonly closedByTwo = new Set<string>();
  private readonly closing = new Map<string, number>();

  public constructor(public readonly plan: Plan) {
    this.interleaving = new Interleaving(START, plan.decisions);
    this.executions = plan.executions.map((executionPlan, n) => executionOf('abcd'[n], executionPlan));
  }

  /** Lets everything happen. */
  public async play(observe: () => void): Promise<void> {
    world = this;
    dynamodb.clear();
    table.resetHistory();
    await this.interleaving.play(() => this.begin(), observe);
  }

  public run(reportId: string): RunItem | undefined {
    return dynamodb.item(Ledger.key(reportId).pk, 'run') as RunItem | undefined;
  }

  public delivery(reportId: string): DeliveryItem | undefined {
    return dynamodb.item(Ledger.key(reportId).pk, `delivery#${TOPIC}`) as DeliveryItem | undefined;
  }

  private begin(): void {
    if (this.plan.paused) {
      dynamodb.seed({ ...Ledger.PAUSE });
      this.process('operator', async () => {
        await this.interleaving.turn('lifts the pause');
        dynamodb.remove(`${Ledger.PAUSE.pk} ${Ledger.PAUSE.sk}`);
      });
    }
    for (const execution of this.executions) {
      if (execution.plan.claim === 'request') {
        const { reportId } = execution;
        const leaseUntil = iso(START + 15 * 60 * 1000);
        dynamodb.seed({ ...Ledger.key(reportId), sk: 'run', reportId, status: 'REQUESTED', requestedAt: iso(START), leaseUntil });
      }
      this.process(`${execution.name} execution`, async () => this.live(execution));
    }
  }

  private process(name: string, code: () => Promise<void>): void {
    void this.interleaving.start(new Process(name), code);
  }

  /** From the start of an execution to its last end. */
  private async live(execution: Execution): Promise<void> {
    const { interleaving } = this;
    const { stop, redrives } = execution.plan;
    await interleaving.turn('starts');
    for (let turns = 0; ;) {
      const drive: Process = new Process(`${execution.name} workflow`, 0, interleaving.now + SECONDS.execution * 1000, () => execution.turnTaken?.());
      execution.turnTaken = () => {
        turns++;
        if (turns === stop?.after && execution.status === 'RUNNING') {
          interleaving.stop(drive, Object.assign(new Error('stopped'), { name: stop.as }));
        }
      };
      execution.status = 'RUNNING';
      execution.status = await interleaving.start(drive, async () => this.drive(execution))
        .catch(({ name }): Execution['status'] => name === 'ABORTED' ? 'ABORTED' : 'TIMED_OUT');
      interleaving.trace.push(`${execution.name} execution: ${execution.status} in "${execution.state}"`);
      if (execution.status === 'SUCCEEDED') {
        return;
      }
      this.tellOfEnd(execution);
      if (execution.redriveCount === redrives) {
        return;
      }
      await interleaving.turn('is redriven');
      execution.redriveCount++;
      execution.record({ type: 'ExecutionRedriven' });
    }
  }

  /** The workflow, from the state in which it is, to its end. */
  private async drive(execution: Execution): Promise<'SUCCEEDED' | 'FAILED'> {
    for (;;) {
      execution.enteredAt = iso(this.interleaving.now);
      execution.record({ type: 'TaskStateEntered', stateEnteredEventDetails: { name: execution.state } });
      try {
        const next = await this.state(execution);
        if (!next) {
          return 'SUCCEEDED';
        }
        execution.record({ type: 'TaskStateExited', stateExitedEventDetails: { name: execution.state } });
        execution.state = next;
      } catch (error) {
        if (execution.state === CLOSE_FAILED_RUN) {
          return 'FAILED';
        }
        execution.record({ type: 'TaskStateExited', stateExitedEventDetails: { name: execution.state } });
        execution.failure = caught(error as Error);
        execution.state = CLOSE_FAILED_RUN;
      }
    }
  }

  /** What a state does, and which is the next. */
  private async state(execution: Execution): Promise<State | undefined> {
    const { name, arn, input, redriveCount, failure, enteredAt, plan: { rows } } = execution;
    switch (execution.state) {
      case 'Open the run': {
        execution.opened = await this.task(execution, async () => openRun({ execution: started(name), input }));
        if (execution.opened.outcome === 'OPENED') {
          execution.rendered = rendered({ rows: rows[execution.renders++ % rows.length], dataSha256: 'cd'.repeat(32) });
          keepLink(dynamodb, execution.opened, this.linkExpiry());
          return 'Deliver';
        }
        return undefined;
      }
      case 'Deliver': {
        const event = deliverEvent(execution.opened!, name, {
          redriveCount,
          rendered: execution.rendered,
          link: { version: 1, links: [{ file: 'report.html', expiresAt: this.linkExpiry() }] },
        });
        await this.task(execution, async () => deliver(event));
        return undefined;
      }
      case CLOSE_FAILED_RUN:
        await this.task(execution, async () => closeFailedRun({ executionArn: arn, redriveCount, enteredAt, ...failure }), execution.end);
        return 'Open the run';
    }
  }

  /** A task of the workflow: what is no refusal is tried again. */
  private async task<T>(execution: Execution, code: () => Promise<T>, closes?: string): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        const answer = await this.invoke(execution, execution.state, code, closes);
        await this.interleaving.turn('sees the answer');
        execution.record({ type: 'TaskSucceeded' });
        return answer;
      } catch (error) {
        const { name, message } = error as Error;
        await this.interleaving.turn(`sees that "${execution.state}" failed with ${name}: ${message}`, 2000 * 2 ** tries);
        execution.record({ type: 'TaskFailed', taskFailedEventDetails: { resource: 'invoke', resourceType: 'lambda', ...caught(error as Error) } });
        if (tries === RETRIES || (REPORT_ERRORS as readonly string[]).includes(name)) {
          throw error;
        }
      }
    }
  }

  /** EventBridge tells of the end of an execution, at any time from now on. */
  private tellOfEnd(execution: Execution): void {
    const { name, arn, end, status, redriveCount, plan } = execution;
    const recorded = dynamodb.item(Ledger.key(execution.reportId).pk, `end#${end}`) !== undefined;
    const error = status === 'FAILED' ? { error: 'ReportFailed', cause: '{}' } : { error: null, cause: null };
    const event = { detail: { executionArn: arn, status, redriveCount, ...error } } as ExecutionStatusChange;
    for (let n = 0; n < Math.max(plan.events, recorded ? 0 : 1); n++) {
      this.process(`${name} event ${end}`, async () => {
        await this.interleaving.turn('arrives');
        // Lambda puts aside what it can not handle in three tries; there an alarm tells of it, and somebody hands it in again.
        for (;;) {
          try {
            await this.invoke(execution, `end ${end}`, async () => closeFailedRun(event), end);
            return;
          } catch (failure) {
            await this.interleaving.turn(`is told that ${(failure as Error).message}, and tries again`, 60_000);
          }
        }
      });
    }
  }

  private async invoke<T>(execution: Execution, what: string, code: () => Promise<T>, closes?: string): Promise<T> {
    const { skews } = execution.plan;
    const seconds = closes ? SECONDS[CLOSE_FAILED_RUN] : SECONDS[what as State];
    const skew = (skews[execution.invocations++ % skews.length] ?? 0) * 1000;
    const invocation = new Invocation(execution, what, skew, this.interleaving.now + seconds * 1000, closes);
    const answer = this.interleaving.start(invocation, async () => this.closingAlone(closes, code));
    return answer.catch(error => {
      invocation.troubled ||= !(REPORT_ERRORS as readonly string[]).includes(error.name);
      throw error;
    });
  }

  private async closingAlone<T>(end: string | undefined, code: () => Promise<T>): Promise<T> {
    if (!end) {
      return code();
    }
    const others = this.closing.get(end) ?? 0;
    this.closing.set(end, others + 1);
    if (others > 0) {
      this.closedByTwo.add(end);
    }
    try {
      return await code();
    } finally {
      this.closing.set(end, this.closing.get(end)! - 1);
    }
  }

  /** One operation of a handler with a service: others may come before it, and it may fail before or after it has happened. */
  private async operation<T>(what: string, happen: (fault: Fault) => Promise<T>): Promise<T> {
    const { interleaving } = this;
    const fault = await interleaving.turn(what);
    const invocation = interleaving.process as Invocation;
    invocation.troubled ||= fault !== 'none';
    switch (fault) {
      case 'crash before': return interleaving.crash();
      case 'crash after': await happen(fault).catch(() => undefined); return interleaving.crash();
      case 'detached':
        interleaving.trace.push('Step Functions loses the connection');
        invocation.end!(Object.assign(new Error('the connection was lost'), { name: 'Lambda.SdkClientException' }));
        return happen('none');
      case 'lost after': await happen(fault).catch(() => undefined); throw failed('TimeoutError');
      default: return happen(fault);
    }
  }

  public async dynamodb(command: any, send: () => Promise<any>): Promise<any> {
    const writes = command instanceof UpdateCommand || command instanceof TransactWriteCommand;
    const keys = (command.input.TransactItems ?? [{ Update: command.input }]).map(({ Update }: any) => Update.Key.sk.split('#')[0]);
    const invocation = this.interleaving.process as Invocation;
    const isSent = this.delivery(invocation.execution.reportId)?.status === 'SENT';
    const unwritten = this.calls.filter(({ by, answered }) => by === invocation && answered && !isSent);
    return this.operation(`${writes ? 'writes' : 'reads'} ${keys.join(' and ')}`, async fault => {
      if (['lost before', 'throttled', 'refused', 'failed', 'stale'].includes(fault)) {
        unwritten.forEach(call => this.forgotten.add(call));
        throw failed('InternalServerError', 500);
      }
      const answer = await send();
      if (fault === 'repeated' && command instanceof UpdateCommand) {
        await this.interleaving.turn('and again, because the SDK got no answer');
        return send();
      }
      return answer;
    });
  }

  public async publish({ input: { TopicArn: topic, Message } }: PublishCommand): Promise<{ MessageId: string }> {
    const by = this.interleaving.process as Invocation;
    const reportId = /Run: (\w+)/.exec(Message!)![1];
    return this.operation(`publishes to ${topic === OWNER_TOPIC ? 'the owner' : 'the readers'}`, async fault => {
      const denied = fault === 'throttled' || fault === 'refused';
      const accepted = !denied && fault !== 'lost before' && fault !== 'failed' && fault !== 'stale';
      this.calls.push({ topic: topic!, reportId, by, denied, accepted, answered: accepted && fault === 'none' });
      switch (fault) {
        case 'lost before': throw failed('ECONNREFUSED');
        case 'throttled': throw failed('ThrottledException', 429);
        case 'refused': throw failed('AuthorizationErrorException', 403);
        case 'failed':
        case 'stale':
        case 'repeated': throw failed('InternalErrorException', 500);
        default: return { MessageId: `m-${this.calls.length}` };
      }
    });
  }

  public async topicAttributes(): Promise<object> {
    return this.operation('asks for subscribers', async fault => {
      if (fault === 'throttled' || fault === 'lost before') {
        throw failed('ThrottledException', 429);
      }
      return { Attributes: { SubscriptionsConfirmed: fault === 'refused' ? '0' : '1' } };
    });
  }

  public async describe({ input: { executionArn } }: DescribeExecutionCommand): Promise<object> {
    return this.operation('describes the execution', async fault => {
      if (fault === 'throttled' || fault === 'lost before') {
        throw failed('ThrottlingException', 400);
      }
      const { name, input, status, redriveCount } = this.executions.find(({ arn }) => arn === executionArn)!;
      const seenCount = fault === 'stale' ? Math.max(redriveCount - 1, 0) : redriveCount; // it is eventually consistent
      return { executionArn, name, input: JSON.stringify(input), status, redriveCount: seenCount };
    });
  }

  public async history({ input: { executionArn } }: any): Promise<object> {
    return this.operation('reads the history', async fault => {
      if (fault === 'throttled' || fault === 'lost before') {
        throw failed('ThrottlingException', 400);
      }
      return { events: [...this.executions.find(({ arn }) => arn === executionArn)!.history].reverse() };
    });
  }

  public async mintLink(): Promise<object> {
    const { execution } = this.interleaving.process as Invocation;
    return this.operation('mints the link anew', async fault => {
      if (fault !== 'none') {
        return { FunctionError: 'Unhandled', Payload: text({ errorMessage: 'Rate exceeded' }) };
      }
      keepLink(dynamodb, execution.opened!, this.linkExpiry());
      return { Payload: text({ version: 1, links: [{ file: 'report.html', expiresAt: this.linkExpiry() }] }) };
    });
  }

  public async openLink(): Promise<Response> {
    return this.operation('opens the link', async fault => {
      if (fault === 'lost before') {
        throw new TypeError('fetch failed');
      }
      const status = ({ throttled: 503, failed: 503, refused: 403 } as Record<string, number>)[fault] ?? 206;
      return { status, headers: new Headers({ 'content-range': `bytes 0-0/${BYTES}` }), body: null } as Response;
    });
  }

  private linkExpiry(): string {
    return iso(this.interleaving.now + 3600_000);
  }
}

function executionOf(letter: string, plan: ExecutionPlan): Execution {
  const requested = reportIdFor('request', letter);
  const name = plan.claim === 'request' ? requested : letter;
  const input: StartInput = {
    schedule: { schedule: SCHEDULE },
    alone: { schedule: { ...SCHEDULE, onOverlap: 'SKIP' as const } },
    next: { schedule: { ...SCHEDULE, time: '2026-11-21T06:01:00Z', onOverlap: 'SKIP' as const, startingDeadlineSeconds: 600 } },
    rerun: { schedule: SCHEDULE, rerun: '1' },
    request: { request: { reportId: requested } },
  }[plan.claim];
  return new Execution(name, input, claimOf(started(name), input).reportId, plan);
}

const failed = (name: string, httpStatusCode?: number) => Object.assign(new Error(`${name} said`), { name, $metadata: { httpStatusCode } });
