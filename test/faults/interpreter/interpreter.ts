import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import type { EventBridgeEvent } from 'aws-lambda';
import jsonata from 'jsonata';
import { Definition, Flow, isExpression, isText, isWaitingTime, refuseUnknownDefinition, Retrier, State, Transition } from './definition';

const ACCOUNT = '111111111111';
const REGION = 'eu-west-1';

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const LIMIT_BYTES = 262_144;

/** Invoked in the process with a task's payload and what `$states.context` is; what it throws is the task's error. */
export type TaskFunction = (payload: any, context: StateContext) => Promise<unknown>;

export interface StateContext {
  readonly Execution: {
    readonly Id: string;
    readonly Name: string;
    readonly Input: unknown;
    readonly StartTime: string;
    readonly RedriveCount: number;
  };
  readonly State: { readonly Name: string; readonly EnteredTime: string; readonly RetryCount: number };
  readonly StateMachine: { readonly Id: string; readonly Name: string };
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What EventBridge tells of the end of an execution, as far as anything here reads it. */
export type ExecutionStatusChange = EventBridgeEvent<'Step Functions Execution Status Change', {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startDate: number;
  readonly stopDate: number;
  readonly input: string;
  readonly output: string | null;
  readonly redriveCount: number;
  readonly error?: string;
  readonly cause?: string;
}>;

export interface StateMachineProps {
  readonly name: string;
  /** The functions by the names that the definition has for them. */
  readonly functions: { readonly [functionName: string]: TaskFunction };
  /** For jitter: at least 0, less than 1. */
  readonly random: () => number;
  /** Is told the end of each execution, and once more after each redrive. */
  readonly onEnd?: (event: ExecutionStatusChange) => void;
}

/** A machine, which runs a definition with functions of this process, at the time of whatever clock the process has. */
export class StateMachine {
  public readonly arn: string;
  public readonly executions = new Map<string, Execution>();

  public constructor(public readonly definition: Definition, public readonly props: StateMachineProps) {
    this.arn = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${props.name}`;
    refuseUnknownDefinition(definition, Object.keys(props.functions));
  }

  public start({ name, input }: { name: string; input: unknown }): Execution {
    const existing = this.executions.get(name);
    if (existing?.status === 'RUNNING' && JSON.stringify(existing.input) === JSON.stringify(input)) {
      return existing;
    }
    if (existing) {
      throw Object.assign(new Error(`There is an execution '${name}' already.`), { name: 'ExecutionAlreadyExists' });
    }
    if (bytesOf(input) > LIMIT_BYTES) {
      throw Object.assign(new Error(`The input of '${name}' is too large.`), { name: 'ValidationException' });
    }
    const execution = new Execution(this, name, copyOf(input));
    this.executions.set(name, execution);
    return execution;
  }
}

/** How far the execution, or a branch of it, has come: a redrive goes on from here. */
interface Position {
  readonly flow: Flow;
  variables: { readonly [name: string]: unknown };
  /** The state to run; none at the end of the flow, whose output is then `input`. */
  state?: string;
  input: unknown;
  entered: boolean;
  branches?: Position[];
  lastEventId: number;
  /** Aborted when the execution has ended, or the Parallel of this branch has failed. */
  readonly signal: AbortSignal;
}

interface Bindings {
  readonly input: unknown;
  readonly context: StateContext;
  readonly result?: unknown;
  readonly errorOutput?: unknown;
}

interface Outcome {
  readonly next?: string;
  readonly output: unknown;
  readonly assigned: { [name: string]: unknown };
}

/** An error of the Amazon States Language, as against a fault of this interpreter. */
class StateError {
  public constructor(public readonly error: string, public readonly cause?: string) {}
}

export class Execution {
  public readonly arn: string;
  public readonly startDate = new Date();
  public status: ExecutionStatus = 'RUNNING';
  public output?: unknown;
  public error?: string;
  public cause?: string;
  public stopDate?: Date;
  public redriveCount = 0;
  /** Settles at the end; after a redrive, it is another. */
  public ended!: Promise<Execution>;
  private readonly events: HistoryEvent[] = [];
  private root: Position;
  private close!: () => void;

  public constructor(private readonly machine: StateMachine, public readonly name: string, public readonly input: unknown) {
    this.arn = `arn:aws:states:${REGION}:${ACCOUNT}:execution:${machine.props.name}:${name}`;
    this.record(0, 'ExecutionStarted', { executionStartedEventDetails: { input: JSON.stringify(input) } });
    this.root = positionAt(machine.definition, input, {}, new AbortController().signal);
    this.run();
  }

  /** Oldest first. */
  public history(): HistoryEvent[] {
    return [...this.events];
  }

  public stop(cause: string): void {
    this.end('ABORTED', { cause });
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html */
  public redrive(): void {
    if (this.status === 'RUNNING' || this.status === 'SUCCEEDED') {
      throw Object.assign(new Error(`'${this.name}' is ${this.status}: it cannot be redriven.`), { name: 'ExecutionNotRedrivable' });
    }
    this.redriveCount++;
    this.status = 'RUNNING';
    this.error = this.cause = this.stopDate = undefined;
    this.record(this.events.length, 'ExecutionRedriven', { executionRedrivenEventDetails: { redriveCount: this.redriveCount } });
    this.run();
  }

  private run(): void {
    const { TimeoutSeconds } = this.machine.definition;
    const controller = new AbortController();
    const timer = TimeoutSeconds === undefined ? undefined : setTimeout(() => this.end('TIMED_OUT', {}), TimeoutSeconds * 1000);
    this.ended = new Promise((resolve, reject) => {
      this.close = () => {
        clearTimeout(timer);
        controller.abort();
        resolve(this);
      };
      // A copy: what runs on of an earlier run keeps its own position, with the signal that ended it.
      this.root = { ...this.root, lastEventId: this.events.length, signal: controller.signal };
      this.follow(this.root).then(
        output => this.end('SUCCEEDED', { output }),
        (failure: unknown) => {
          if (failure instanceof StateError) {
            this.end('FAILED', failure);
          } else if (!controller.signal.aborted) {
            reject(failure);
          }
        },
      );
    });
  }

  private end(status: Exclude<ExecutionStatus, 'RUNNING'>, { output, error, cause }: { output?: unknown; error?: string; cause?: string }): void {
    if (this.status !== 'RUNNING') return;
    Object.assign(this, { status, output, error, cause, stopDate: new Date() });
    const details = { output: JSON.stringify(output), error, cause };
    switch (status) {
      case 'SUCCEEDED': this.record(this.root.lastEventId, 'ExecutionSucceeded', { executionSucceededEventDetails: details }); break;
      case 'FAILED': this.record(this.root.lastEventId, 'ExecutionFailed', { executionFailedEventDetails: details }); break;
      case 'TIMED_OUT': this.record(0, 'ExecutionTimedOut', { executionTimedOutEventDetails: details }); break;
      case 'ABORTED': this.record(0, 'ExecutionAborted', { executionAbortedEventDetails: details }); break;
    }
    this.close();
    this.machine.props.onEnd?.(this.statusChange());
  }

  private statusChange(): ExecutionStatusChange {
    const { arn, name, status, startDate, stopDate, input, output, redriveCount, error, cause } = this;
    return {
      'version': '0',
      'id': `${name}#${redriveCount}`,
      'detail-type': 'Step Functions Execution Status Change',
      'source': 'aws.states',
      'account': ACCOUNT,
      'time': stopDate!.toISOString(),
      'region': REGION,
      'resources': [arn],
      'detail': {
        executionArn: arn,
        stateMachineArn: this.machine.arn,
        name,
        status,
        startDate: startDate.getTime(),
        stopDate: stopDate!.getTime(),
        input: JSON.stringify(input),
        output: output === undefined ? null : JSON.stringify(output),
        redriveCount,
        error,
        cause,
      },
    };
  }

  private record(previousEventId: number, type: HistoryEventType, details: Partial<HistoryEvent> = {}): void {
    this.events.push({ id: this.events.length + 1, previousEventId, timestamp: new Date(), type, ...details });
  }

  /** Records an event of a flow. One that was abandoned ends here: nothing it does later reaches the execution. */
  private recordAt(position: Position, type: HistoryEventType, details?: Partial<HistoryEvent>): void {
    position.signal.throwIfAborted();
    this.record(position.lastEventId, type, details);
    position.lastEventId = this.events.length;
  }

  private async follow(position: Position): Promise<unknown> {
    while (position.state !== undefined) {
      const name = position.state;
      const state = position.flow.States[name];
      // A state that is redriven is rescheduled where it stands; only a Fail state is known to be entered again.
      if (!position.entered || !['Task', 'Parallel'].includes(state.Type)) {
        this.recordAt(position, `${state.Type}StateEntered`, { stateEnteredEventDetails: { name, input: JSON.stringify(position.input) } });
        position.entered = true;
      }
      const { next, output, assigned } = await this.perform(position, name, state);
      this.recordAt(position, `${state.Type}StateExited` as HistoryEventType, { stateExitedEventDetails: { name, output: JSON.stringify(output) } });
      const variables = { ...position.variables, ...assigned };
      Object.assign(position, { variables, state: next, input: output, entered: false, branches: undefined });
    }
    return position.input;
  }

  /** Runs a state with its Retry and its Catch. */
  private async perform(position: Position, name: string, state: State): Promise<Outcome> {
    const enteredTime = new Date().toISOString();
    const retries = new Map<Retrier, number>();
    for (let retryCount = 0; ; retryCount++) {
      const bindings = { input: position.input, context: this.context(name, enteredTime, retryCount) };
      try {
        return await this.attempt(position, state, bindings);
      } catch (failure) {
        position.signal.throwIfAborted();
        if (!(failure instanceof StateError)) {
          throw failure;
        }
        const matches = ({ ErrorEquals }: { ErrorEquals: string[] }) => ErrorEquals.some(pattern => fits(pattern, failure.error));
        const retrier = state.Retry?.find(matches);
        const retried = retrier && retries.get(retrier) || 0;
        if (retrier && retried < (retrier.MaxAttempts ?? 3)) {
          retries.set(retrier, retried + 1);
          await this.sleep(position, delayOf(retrier, retried, this.machine.props.random));
          position.branches = undefined;
          continue;
        }
        const catcher = state.Catch?.find(matches);
        if (!catcher) {
          throw failure;
        }
        const errorOutput = { Error: failure.error, ...(failure.cause !== undefined && { Cause: failure.cause }) };
        return this.leave(position, catcher, { ...bindings, errorOutput }, errorOutput);
      }
    }
  }

  private async attempt(position: Position, state: State, bindings: Bindings): Promise<Outcome> {
    const leave = async (transition: Transition, result?: unknown) =>
      this.leave(position, transition, { ...bindings, result }, result === undefined ? bindings.input : result);
    switch (state.Type) {
      case 'Task':
        return leave(state, await this.invoke(position, state, bindings));
      case 'Parallel':
        return leave(state, await this.branch(position, state, bindings));
      case 'Wait':
        await this.sleep(position, 1000 * await this.evaluate<number>(position, state.Seconds, bindings, isWaitingTime));
        return leave(state);
      case 'Choice':
        for (const rule of state.Choices!) {
          if (await this.evaluate<boolean>(position, rule.Condition, bindings, value => typeof value === 'boolean')) {
            return leave(rule);
          }
        }
        if (!state.Default) {
          throw new StateError('States.NoChoiceMatched', 'No rule matched, and there is no default.');
        }
        return leave({ ...state, Next: state.Default });
      case 'Fail':
        throw new StateError(
          await this.evaluate(position, state.Error, bindings, isText),
          state.Cause && await this.evaluate<string>(position, state.Cause, bindings, isText),
        );
      default:
        return leave(state);
    }
  }

  private async leave(position: Position, { Next, Output, Assign = {} }: Transition, bindings: Bindings, fallback: unknown): Promise<Outcome> {
    const output = Output === undefined ? withinLimit(fallback) : await this.evaluate(position, Output, bindings);
    return { next: Next, output, assigned: await this.evaluate(position, Assign, bindings) };
  }

  private async invoke(position: Position, state: State, bindings: Bindings): Promise<unknown> {
    const { FunctionName, Payload } = await this.evaluate<any>(position, state.Arguments, bindings);
    const task = { resourceType: 'lambda', resource: 'invoke' };
    this.recordAt(position, 'TaskScheduled', {
      taskScheduledEventDetails: { ...task, region: REGION, parameters: '', timeoutInSeconds: state.TimeoutSeconds },
    });
    this.recordAt(position, 'TaskStarted', { taskStartedEventDetails: task });
    const invocation = (async () => this.machine.props.functions[FunctionName](Payload, bindings.context))();
    let answer: unknown;
    try {
      answer = await unlessAbandoned(position.signal, invocation, state.TimeoutSeconds);
    } catch (thrown) {
      position.signal.throwIfAborted();
      const failure = failureOf(thrown);
      if (failure.error === 'States.Timeout') {
        this.recordAt(position, 'TaskTimedOut', { taskTimedOutEventDetails: { ...task, ...failure } });
      } else {
        this.recordAt(position, 'TaskFailed', { taskFailedEventDetails: { ...task, ...failure } });
      }
      throw failure;
    }
    this.recordAt(position, 'TaskSucceeded', { taskSucceededEventDetails: task });
    return withinLimit({ ExecutedVersion: '$LATEST', Payload: copyOf(answer ?? null), StatusCode: 200 });
  }

  private async branch(position: Position, state: State, bindings: Bindings): Promise<unknown> {
    const controller = new AbortController();
    const abandon = () => controller.abort();
    position.signal.addEventListener('abort', abandon, { once: true });
    try {
      if (!position.branches) {
        const input = state.Arguments === undefined ? bindings.input : await this.evaluate(position, state.Arguments, bindings);
        this.recordAt(position, 'ParallelStateStarted');
        position.branches = state.Branches!.map(flow => positionAt(flow, input, position.variables, controller.signal));
      }
      position.branches = position.branches.map(branch => ({ ...branch, lastEventId: position.lastEventId, signal: controller.signal }));
      const outputs = await Promise.all(position.branches.map(async branch => {
        try {
          return await this.follow(branch);
        } catch (failure) {
          abandon();
          throw failure;
        } finally {
          // Where the branches meet again, the last event of any is the one before.
          position.lastEventId = Math.max(position.lastEventId, branch.lastEventId);
        }
      }));
      this.recordAt(position, 'ParallelStateSucceeded');
      return withinLimit(outputs);
    } catch (failure) {
      position.signal.throwIfAborted();
      this.recordAt(position, 'ParallelStateFailed');
      // https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-behavior-states
      if (failure instanceof StateError && failure.error === 'States.DataLimitExceeded') {
        position.branches = undefined;
      }
      throw failure;
    } finally {
      position.signal.removeEventListener('abort', abandon);
    }
  }

  private async sleep({ signal }: Position, milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await unlessAbandoned(signal, new Promise(resolve => { timer = setTimeout(resolve, milliseconds); }));
    } finally {
      clearTimeout(timer);
    }
  }

  /** What a template says, as JSON. */
  private async evaluate<T = any>(position: Position, template: unknown, states: Bindings, valid = (_: unknown) => true): Promise<T> {
    const resolve = async (part: unknown): Promise<unknown> => {
      if (isExpression(part)) {
        const value = await jsonata(part.slice(2, -2)).evaluate(undefined, { ...position.variables, states });
        if (value === undefined || value?._jsonata_function || value?._jsonata_lambda) {
          throw new Error(`The expression '${part}' has no value.`);
        }
        return copyOf(value);
      }
      if (Array.isArray(part)) {
        return Promise.all(part.map(resolve));
      }
      if (typeof part === 'object' && part !== null) {
        return Object.fromEntries(await Promise.all(Object.entries(part).map(async ([name, value]) => [name, await resolve(value)])));
      }
      return part;
    };
    try {
      const value = await resolve(template);
      if (!valid(value)) {
        throw new Error(`'${template}' has a value of the wrong type.`);
      }
      return withinLimit(value) as T;
    } catch (fault) {
      if (fault instanceof StateError) {
        throw fault;
      }
      const failure = { error: 'States.QueryEvaluationError', cause: (fault as Error).message };
      this.recordAt(position, 'EvaluationFailed', { evaluationFailedEventDetails: { ...failure, state: states.context.State.Name } });
      throw new StateError(failure.error, failure.cause);
    }
  }

  private context(state: string, enteredTime: string, retryCount: number): StateContext {
    return {
      Execution: { Id: this.arn, Name: this.name, Input: this.input, StartTime: this.startDate.toISOString(), RedriveCount: this.redriveCount },
      State: { Name: state, EnteredTime: enteredTime, RetryCount: retryCount },
      StateMachine: { Id: this.machine.arn, Name: this.machine.props.name },
    };
  }
}

function positionAt(flow: Flow, input: unknown, variables: Position['variables'], signal: AbortSignal): Position {
  return { flow, variables, state: flow.StartAt, input, entered: false, lastEventId: 0, signal };
}

/** Waits for a promise until it is abandoned or its time is up: what comes of it later is ignored. */
async function unlessAbandoned<T>(signal: AbortSignal, promise: Promise<T>, timeoutSeconds?: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = timeoutSeconds === undefined ? undefined : setTimeout(() => finish(() => reject(new StateError('States.Timeout'))), timeoutSeconds * 1000);
    const abandon = () => finish(() => reject(signal.reason));
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
      settle();
    };
    signal.addEventListener('abort', abandon);
    promise.then(value => finish(() => resolve(value)), (error: unknown) => finish(() => reject(error)));
    // What runs may have ended the execution that it runs for.
    if (signal.aborted) abandon();
  });
}

/** What Step Functions makes of an error that a function of Node.js throws. */
function failureOf(thrown: unknown): StateError {
  if (thrown instanceof StateError) {
    return thrown;
  }
  const { name, message } = thrown as Error;
  return new StateError(name, JSON.stringify({ errorType: name, errorMessage: message, trace: [] }));
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation */
function fits(pattern: string, error: string): boolean {
  if (error === 'States.DataLimitExceeded' || error === 'States.Runtime') {
    return false;
  }
  return pattern === error || pattern === 'States.ALL' || pattern === 'States.TaskFailed' && error !== 'States.Timeout';
}

/** In milliseconds. */
function delayOf(retrier: Retrier, retried: number, random: () => number): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity, JitterStrategy } = retrier;
  const delay = 1000 * Math.min(IntervalSeconds * BackoffRate ** retried, MaxDelaySeconds);
  return JitterStrategy === 'FULL' ? Math.floor(random() * delay) : delay;
}

function withinLimit<T>(value: T): T {
  if (bytesOf(value) > LIMIT_BYTES) {
    throw new StateError('States.DataLimitExceeded', `The size of a payload, a result or an output exceeds ${LIMIT_BYTES} bytes.`);
  }
  return value;
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const copyOf = (value: unknown) => JSON.parse(JSON.stringify(value));
