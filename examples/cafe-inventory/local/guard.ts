import { rmSync } from 'node:fs';

/**
 * Ends what a run of the café has started and removes its directories, once the run is gone.
 *
 * It is a process of its own, forked by `run.ts`. That the channel between the two closes is the signal, and it closes whichever way
 * the run ends, by `kill -9` too. Everything is killed without ceremony, because nothing in the directories is wanted again.
 */

/**
 * What the run tells its guard: a directory to remove, a process group that it has started, and one that has ended and whose number
 * may come to stand for another.
 */
export type GuardMessage = { readonly directory: string } | { readonly started: number } | { readonly ended: number };

const directories: string[] = [];
const groups = new Set<number>();

process.on('message', (message: GuardMessage) => {
  if ('directory' in message) {
    directories.push(message.directory);
  } else if ('started' in message) {
    groups.add(message.started);
  } else {
    groups.delete(message.ended);
  }
});
process.on('disconnect', end);
process.send!('ready');

function end(): void {
  for (const group of groups) {
    kill(group);
  }
  for (const directory of directories) {
    // The killed may still be about to write a file.
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') { // it has gone already
      throw error;
    }
  }
}
