import type { Step } from './pipelines';

/** The calls that a rule is for. */
export interface Calls {
  /** The function that makes the call. */
  readonly by?: Step;
  /**
   * The name of a command without that word, for instance Publish; `Open` where a link is opened. Of the function itself it is `run` where its
   * code begins, and `answer` where Lambda is between it and who has invoked it.
   */
  readonly operation: string;
  /** What the JSON of its input must hold. */
  readonly about?: readonly string[];
  /** So many of them; default: all. */
  readonly times?: number;
}

export interface Call {
  readonly by?: Step;
  readonly operation: string;
  readonly input: any;
  /** Ends the function that makes the call: its code does not go on. */
  readonly crash?: () => void;
}

/** What happens to a call. */
export type Action = (call: Call, forward: () => Promise<unknown>) => Promise<unknown>;

/** How long a client waits for an answer. */
const CLIENT_TIMEOUT_MS = 10_000;

export const seconds = (count: number) => count * 1000;
export const minutes = (count: number) => count * seconds(60);
export const hours = (count: number) => count * minutes(60);
export const sleep = async (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

/** An error as a function or a service throws it. */
export function named(name: string, message = name, httpStatusCode?: number): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

export const throws = (name: string, message?: string): Action => async () => { throw named(name, message); };

/** The service says no. */
export const refused = (status: number, name: string, message?: string): Action => async () => { throw named(name, message, status); };

/** It has been done, or has failed, and something else is answered. */
export const answers = (value: unknown): Action => async (_, forward) => forward().then(() => value, () => value);

export const hangs: Action = async () => new Promise(() => undefined);

/** The call does not reach the service. */
export const unreached: Action = async () => {
  await sleep(CLIENT_TIMEOUT_MS);
  throw named('TimeoutError');
};

/** The service has done what was asked, and nobody hears of it. */
export const answerLost: Action = async (call, forward) => {
  await forward();
  return unreached(call, forward);
};

/** Something else happens first. */
export const after = (work: () => unknown): Action => async (_, forward) => {
  await work();
  return forward();
};

/** Something else happens while the answer is under way. */
export const followedBy = (work: () => unknown): Action => async (_, forward) => {
  const answer = await forward();
  await work();
  return answer;
};

export const late = (milliseconds: number): Action => after(() => sleep(milliseconds));

/** The function dies with the call: it was not made. */
export const crashesBefore: Action = async (call, forward) => {
  call.crash?.();
  return hangs(call, forward);
};

/** The function dies with the call: it was made, and nobody hears the answer. */
export const crashesAfter: Action = async (call, forward) => {
  await forward();
  return crashesBefore(call, forward);
};

/** Who has made the call does not wait for its answer, and it goes on. */
export const unheard: Action = async (call, forward) => {
  forward().catch(() => undefined);
  return hangs(call, forward);
};

/** Who has made the call hears of an error of Lambda and gives it up, and it goes on. */
export const givenUp: Action = async (_, forward) => {
  forward().catch(() => undefined);
  throw named('Lambda.SdkClientException', 'Connection reset');
};

/** The call says the time of a clock that is an hour fast. */
export const fastClock: Action = async ({ input }, forward) => {
  const values = input.ExpressionAttributeValues;
  values[':now'] = new Date(Date.parse(values[':now']) + hours(1)).toISOString();
  return forward();
};

/** A rule, which counts the calls that it met. */
export class Rule {
  public met = 0;
  private ended = false;

  public constructor(public readonly calls: Calls, private readonly action: Action) {}

  public end(): void {
    this.ended = true;
  }

  public isFor({ by, operation, input }: Call): boolean {
    const { about = [], times = Infinity } = this.calls;
    const text = () => JSON.stringify(input, (key, value) => key === 'Body' ? undefined : value);
    return !this.ended && this.met < times && operation === this.calls.operation && [undefined, by].includes(this.calls.by)
      && (about.length === 0 || about.every(part => text().includes(part)));
  }

  public async meet(call: Call, forward: () => Promise<unknown>): Promise<unknown> {
    this.met++;
    return this.action(call, forward);
  }
}
