const UNTOUCHED = ['nextTick', 'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval', 'queueMicrotask', 'performance', 'hrtime'] as const;

/** Sets the clock; timers run as they do. */
export function setClock(iso: string): void {
  jest.useFakeTimers({ now: new Date(iso), doNotFake: [...UNTOUCHED, 'setTimeout', 'clearTimeout'] });
}

/** Sets the clock; it goes on, and with it timers, only while `passing` waits. */
export function setClockAndTimers(iso: string): void {
  jest.useFakeTimers({ now: new Date(iso), doNotFake: [...UNTOUCHED] });
}

/** Lets time pass, a tenth of a second at once, until the promise is settled. */
export async function passing<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const settle = () => { settled = true; };
  promise.then(settle, settle);
  while (!settled) {
    await jest.advanceTimersByTimeAsync(100);
  }
  return promise;
}
