import { AsyncLocalStorage } from 'node:async_hooks';
import type { Step } from './pipelines';
import { type Action, type Call, named, seconds } from './rules';

/** The invocation whose code is at work. */
const current = new AsyncLocalStorage<Invocation>();

/** A function at work. Once it has crashed or its time was up, its code does not go on: no call of it comes to an end. */
export class Invocation {
  /** That of the code which asks; none outside of functions. */
  public static get current(): Invocation | undefined {
    return current.getStore();
  }

  private gone = false;
  private fail!: (error: Error) => void;

  /**
   * @param step the state whose function it is
   * @param meet what happens to the calls that it makes
   */
  public constructor(private readonly step: Step, private readonly meet: Action) {}

  /** Answers as Lambda does to who invoked the function. */
  public async run(code: (payload: any) => Promise<unknown>, payload: unknown, timeoutSeconds: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.fail = error => {
        this.gone = true;
        reject(error);
      };
      setTimeout(() => this.fail(named('Sandbox.Timedout', `Task timed out after ${timeoutSeconds}.00 seconds`)), seconds(timeoutSeconds));
      current.run(this, async () => this.meet(this.callOf('run', payload), async () => code(payload))).then(resolve, reject);
    });
  }

  public async call(operation: string, input: unknown, forward: () => Promise<unknown>): Promise<unknown> {
    await this.alive();
    try {
      return await this.meet(this.callOf(operation, input), async () => {
        await this.alive();
        return forward();
      });
    } finally {
      await this.alive();
    }
  }

  private async alive(): Promise<void> {
    if (this.gone) {
      await new Promise(() => undefined);
    }
  }

  private callOf(operation: string, input: unknown): Call {
    return { by: this.step, operation, input, crash: () => this.fail(named('Runtime.ExitError', 'Runtime exited with error: signal: killed')) };
  }
}
