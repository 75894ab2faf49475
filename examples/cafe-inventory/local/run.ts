import { type ChildProcess, fork, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuardMessage } from './guard';

/** Somebody pressed Ctrl-C, or asked in another way for the run to end. */
export class Interrupted extends Error {}

/**
 * One run of the café: a directory of its own, the processes that it starts, and their certain end.
 *
 * Nothing is shared between runs but what is installed, so that two may go on at once. What ends a run is another process, the
 * guard, which outlives this one: `kill -9` too leaves nothing behind.
 */
export class Run {
  /** Does the work, and ends what it has started when it is done, fails, is interrupted, or loses something it depends on. */
  public static async during<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const run = new Run();
    try {
      return await Promise.race([run.prepare().then(() => work(run)), run.broken]);
    } finally {
      await run.end();
    }
  }

  /** For the files of the run. */
  public directory!: string;

  private readonly guard: ChildProcess;
  private readonly guardEnded: Promise<unknown>;
  private readonly broken: Promise<never>;
  private break!: (reason: Error) => void;
  private ending = false;

  private constructor() {
    this.broken = new Promise((_, reject) => this.break = reject);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => this.break(new Interrupted(`interrupted by ${signal}`)));
    }
    // A parent that was killed has passed on no signal.
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || this.break(new Interrupted('the process that started it is gone')), 1000).unref();

    // Detached, so that the Ctrl-C in the terminal does not reach it.
    this.guard = fork(join(__dirname, 'guard.ts'), { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.guardEnded = once(this.guard, 'exit').then(() => this.break(new Error('the guard of this run has ended')));
  }

  private async prepare(): Promise<void> {
    await once(this.guard, 'message'); // it is listening: from now on, things may be started
    this.directory = await this.temporaryDirectory(tmpdir());
  }

  /** A directory that is removed when the run ends. */
  public async temporaryDirectory(parent: string): Promise<string> {
    const directory = await mkdtemp(join(parent, 'cafe-'));
    this.tell({ directory });
    return directory;
  }

  /** Starts what the run needs until its end. The run breaks if it ends before. */
  public service(name: string, command: string, args: string[], env: NodeJS.ProcessEnv): void {
    const log = join(this.directory, `${name}.log`);
    const output = openSync(log, 'w');
    const child = this.spawn(command, args, env, ['ignore', output, output]);
    closeSync(output);
    child.once('error', error => this.break(error));
    child.once('exit', (code, signal) => {
      if (this.ending) return;
      this.break(new Error(`${name} ended by itself (${signal ?? `exit code ${code}`}). Its last words:\n${lastLines(readFileSync(log, 'utf8'))}`));
    });
  }

  /** Runs a command to its end. Returns what it printed. */
  public async command(command: string, args: string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<string> {
    const child = this.spawn(command, args, env, ['ignore', 'pipe', 'pipe'], cwd);
    let output = '';
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', text => output += text);
    }
    const [code, signal] = await once(child, 'close');
    this.tell({ ended: child.pid! });
    if (code !== 0) {
      throw new Error(`${[command, ...args].join(' ')} failed (${signal ?? `exit code ${code}`}):\n${lastLines(output)}`);
    }
    return output;
  }

  /** Work that goes on beside the rest; the run breaks if it fails. */
  public inBackground(work: Promise<void>): void {
    work.catch(error => this.break(error));
  }

  /** Until somebody asks for the end, which `during` then reports as `Interrupted`. */
  public async untilInterrupted(): Promise<never> {
    return this.broken;
  }

  private spawn(command: string, args: string[], env: NodeJS.ProcessEnv, stdio: StdioOptions, cwd?: string): ChildProcess {
    // Detached makes it the leader of a process group, which is how the guard finds the children that it starts itself.
    const child = spawn(command, args, { env, stdio, cwd, detached: true });
    if (child.pid !== undefined) { // or else it is not there, as its event `error` will say
      this.tell({ started: child.pid });
    }
    return child;
  }

  private tell(message: GuardMessage): void {
    if (this.guard.connected) {
      this.guard.send(message);
    }
  }

  private async end(): Promise<void> {
    this.ending = true;
    if (this.guard.connected) {
      this.guard.disconnect();
    }
    await this.guardEnded;
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-40).join('\n');
}
