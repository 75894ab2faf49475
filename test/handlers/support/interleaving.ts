import { AsyncLocalStorage } from 'node:async_hooks';

/** What may go wrong with one operation of a process; what it means is for who plays the service to say. */
export const FAULTS = [
  'lost before', 'lost after', 'repeated', 'throttled', 'refused', 'failed', 'crash before', 'crash after', 'detached', 'stale',
] as const;
export type Fault = typeof FAULTS[number] | 'none';

/** Who takes the next turn, what goes wrong with it, and how many seconds pass before it. */
export interface Decision {
  /** The place in the row of those who wait, in which who went last stands first. */
  readonly who: number;
  readonly fault: Fault;
  readonly pass: number;
}

/** When there are no decisions left, everybody goes on to the end, one after the other, and nothing goes wrong. */
const CALM: Decision = { who: 0, fault: 'none', pass: 0 };
/** How long any operation takes, in milliseconds. */
const OPERATION = 10;
/** A story that is longer than this does not end. */
const LONGEST = 5000;

/** Something that runs beside others: a function, an execution, an event on its way. */
export class Process {
  public gone = false;
  /** Tells whoever waits for it that it has failed. */
  public end?: (error: Error) => void;

  /**
   * @param name what the trace calls it
   * @param skew by how many milliseconds its clock is ahead of the others
   * @param deadline when it is ended, in milliseconds since 1970
   * @param turnTaken called when it takes a turn
   */
  public constructor(
    public readonly name: string, public readonly skew = 0, public readonly deadline = Infinity, public readonly turnTaken?: () => void,
  ) {}
}

interface Waiting { readonly process: Process; readonly what: string; readonly due: number; readonly proceed: (fault: Fault) => void }

/** The process whose code runs. One for all stories: each that was ever used costs time for ever after. */
const running = new AsyncLocalStorage<Process>();

/**
 * Runs processes one turn at a time, in an order that is decided from outside: a turn is one operation, before which any other
 * process may take its own. Time passes only here, and each process reads it from its own clock.
 */
export class Interleaving {
  /** What happened, in order. */
  public readonly trace: string[] = [];
  private readonly deadlines = new Set<Process>();
  private waiting: Waiting[] = [];
  private last?: Process;

  public constructor(public now: number, private readonly decisions: readonly Decision[]) {}

  /** The process whose code asks. */
  public get process(): Process {
    return running.getStore()!;
  }

  /** Runs code as a process. The promise is that of the code, unless the process is ended before: then it fails, and the code goes no further. */
  public async start<T>(process: Process, code: () => Promise<T>): Promise<T> {
    this.deadlines.add(process);
    return new Promise<T>((resolve, reject) => {
      process.end = reject;
      running.run(process, code).then(resolve, reject).finally(() => this.deadlines.delete(process));
    });
  }

  /** Waits until it is this process's turn, and says what goes wrong with it. */
  public async turn(what: string, wait = 0): Promise<Fault> {
    const { process } = this;
    return new Promise(proceed => {
      if (!process.gone) {
        this.waiting.push({ process, what, due: this.now + wait, proceed });
      }
    });
  }

  /** Ends a process where it is. Whoever waits for it is told so, if there is an error to tell. */
  public stop(process: Process, error?: Error): void {
    process.gone = true;
    this.deadlines.delete(process);
    this.waiting = this.waiting.filter(waiting => waiting.process !== process);
    if (error) {
      this.trace.push(`${process.name}: ${error.name}`);
      process.end?.(error);
    }
  }

  /** Ends the process that asks: its code never goes on. */
  public async crash(): Promise<never> {
    this.stop(this.process, Object.assign(new Error('the process exited'), { name: 'Runtime.ExitError' }));
    return new Promise(() => undefined);
  }

  /** Lets all processes take their turns until none is left; calls `observe` after each. */
  public async play(begin: () => void, observe: () => void): Promise<void> {
    const restore = this.replaceTime();
    try {
      begin();
      await settled();
      observe();
      for (let n = 0; this.waiting.length > 0; n++) {
        if (n > LONGEST) {
          throw new Error('it does not come to an end');
        }
        this.proceed(this.decisions[n] ?? CALM);
        await settled();
        observe();
      }
    } finally {
      restore();
    }
  }

  private proceed({ who, fault, pass }: Decision): void {
    const ready = this.waiting.filter(({ due }) => due <= this.now);
    // Nobody is in a hurry: who sleeps goes on when nobody else is awake, or when it is chosen.
    const row = [...ready, ...this.waiting.filter(({ due }) => due > this.now).sort((one, other) => one.due - other.due)];
    const first = ready.findIndex(({ process }) => process === this.last);
    const order = first > 0 ? [row[first], ...row.slice(0, first), ...row.slice(first + 1)] : row;
    const chosen = order[who % order.length];

    this.now = Math.max(this.now + OPERATION, chosen.due) + pass * 1000;
    for (const process of [...this.deadlines].filter(({ deadline }) => deadline < this.now)) {
      this.stop(process, Object.assign(new Error('it took longer than it is given'), { name: 'Sandbox.Timedout' }));
    }
    if (chosen.process.gone) {
      return;
    }
    this.last = chosen.process;
    this.waiting.splice(this.waiting.indexOf(chosen), 1);
    this.trace.push(`${new Date(this.now).toISOString().slice(11, 23)} ${chosen.process.name}: ${chosen.what}${fault === 'none' ? '' : ` (${fault})`}`);
    chosen.process.turnTaken?.();
    if (!chosen.process.gone) {
      chosen.proceed(fault);
    }
  }

  private replaceTime(): () => void {
    const { Date: RealDate, setTimeout: realSetTimeout } = globalThis;
    const realTimeout = AbortSignal.timeout;
    const read = () => this.now + (running.getStore()?.skew ?? 0);
    globalThis.Date = class extends RealDate {
      public static now = read;
      public constructor(...time: []) {
        super(...(time.length > 0 ? time : [read()]) as []);
      }
    } as DateConstructor;
    globalThis.setTimeout = ((action: () => void, wait: number) => void this.turn('waits', wait).then(action)) as unknown as typeof setTimeout;
    AbortSignal.timeout = () => new AbortController().signal; // a call that takes too long is a fault like any other
    return () => {
      globalThis.Date = RealDate;
      globalThis.setTimeout = realSetTimeout;
      AbortSignal.timeout = realTimeout;
    };
  }
}

/** Until everybody waits for a turn. */
const settled = async () => new Promise(resolve => setImmediate(resolve));
