import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Run } from './run';

/** Python packages in a virtual environment of this repository, whose name says which they are. */
export class Venv {
  private readonly directory: string;

  /** @param parent a directory at the top of the repository */
  public constructor(parent: string, private readonly requirements: readonly string[]) {
    this.directory = join(__dirname, '..', '..', '..', parent, ['venv', ...requirements].join('-').replaceAll('==', '-'));
  }

  public get isInstalled(): boolean {
    return existsSync(this.directory);
  }

  public async install(run: Run): Promise<void> {
    await mkdir(dirname(this.directory), { recursive: true });
    const unfinished = await run.temporaryDirectory(dirname(this.directory));
    await run.command('python3', ['-m', 'venv', unfinished], process.env);
    await run.command(python(unfinished), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...this.requirements], process.env);
    try {
      await rename(unfinished, this.directory); // complete or not there at all
    } catch (error) {
      if (!this.isInstalled) throw error; // another run was faster
    }
  }

  public get python(): string {
    return python(this.directory);
  }
}

function python(directory: string): string {
  return join(directory, 'bin', 'python');
}
