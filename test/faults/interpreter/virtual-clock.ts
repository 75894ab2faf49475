import { Clock, install } from '@sinonjs/fake-timers';

/** The turns of the event loop after which what runs in the process is taken to wait for a timer. */
const TURNS = 30;

/**
 * A clock for all that runs in the process: `Date` and `setTimeout` are its own until it is uninstalled.
 *
 * Its time stands still while anything runs, and jumps to the next timer when everything waits for one: hours pass in
 * milliseconds, and the same timers always fire in the same order.
 */
export class VirtualClock {
  private readonly timers: Clock;
  private driven = false;

  public constructor(start: string) {
    // What streams and promises run on stays real: it takes no time.
    this.timers = install({ now: new Date(start), toFake: ['Date', 'setTimeout', 'clearTimeout'], shouldClearNativeTimers: true });
  }

  public uninstall(): void {
    this.timers.uninstall();
  }

  /** Lets time pass until the promise is settled, and answers as it does. */
  public async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => { settled = true; };
    promise.then(settle, settle);
    await this.drive(() => settled);
    if (!settled) {
      throw new Error(`The promise was not settled by ${new Date().toISOString()}, and no timer is left that could settle it.`);
    }
    return promise;
  }

  /** Lets time pass until no timer is left: for what still runs although nobody waits for it. */
  public async untilIdle(): Promise<void> {
    await this.drive(() => false);
  }

  private async drive(reached: () => boolean): Promise<void> {
    if (this.driven) {
      throw new Error('The clock is driven already: wait for one promise of all that is to happen.');
    }
    this.driven = true;
    try {
      while (await this.idle(reached) && this.timers.countTimers() > 0) {
        this.timers.next();
      }
    } finally {
      this.driven = false;
    }
  }

  /** Gives the event loop turns until nothing is left to run, and says so, or until `reached`. */
  private async idle(reached: () => boolean): Promise<boolean> {
    for (let turn = 0; turn < TURNS && !reached(); turn = filesAreBusy() ? 0 : turn + 1) {
      await new Promise(resolve => setImmediate(resolve));
    }
    return !reached();
  }
}

/** Files are read by other threads: how many turns that takes is not the same each time. */
function filesAreBusy(): boolean {
  return process.getActiveResourcesInfo().some(resource => resource.startsWith('FSReq'));
}
