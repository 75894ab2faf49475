const FIRST_PAUSE_MS = 700;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Asks until the answer is yes, with pauses that grow. While nobody sees the page it does not ask; when she comes back, or her connection does, it
 * asks at once.
 */
export async function poll(ask: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; !await ask() && !signal.aborted; pause = Math.min(pause * 1.3, LONGEST_PAUSE_MS)) {
    await nextTurn(pause, signal);
    if (signal.aborted) return;
  }
}

function nextTurn(pause: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const over = new AbortController();
    const end = () => {
      over.abort();
      clearTimeout(timer);
      resolve();
    };
    const endIfSeen = () => document.hidden || end();
    const timer = setTimeout(endIfSeen, pause);
    document.addEventListener('visibilitychange', endIfSeen, { signal: over.signal });
    window.addEventListener('online', endIfSeen, { signal: over.signal });
    signal.addEventListener('abort', end, { signal: over.signal });
  });
}
