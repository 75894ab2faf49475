import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import { tasks } from '../.projen/tasks.json';

/** What esbuild put into a bundle, and where from. */
export interface Bundle {
  /** What the paths in the metafile begin at. */
  readonly directory: string;
  /** https://esbuild.github.io/api/#metafile */
  readonly metafile: Metafile;
}

interface Task {
  readonly steps: readonly { readonly cwd?: string; readonly exec?: string; readonly execArgs?: readonly string[] }[];
}

const ROOT = resolve(__dirname, '..');

/** The tasks of the build that make what the packages bring, and the one that makes the café's website. */
export const HANDLERS = Object.keys(tasks).filter(task => /^bundle:handlers\/[^:]+$/.test(task));
export const WEBSITE = 'bundle:website';

/** The files that list the packages in the bundles of the handlers, and in those of the website. */
export const HANDLERS_NOTICES = 'THIRD-PARTY-NOTICES';
export const WEBSITE_NOTICES = 'examples/cafe-inventory/website/third-party-notices.txt';

/** The names of the packages that such a file lists. */
export function packagesListedIn(notices: string): string[] {
  return [...readFileSync(join(ROOT, notices), 'utf8').matchAll(/^ {2}(\S+) \S+ \(/gm)].map(([, name]) => name);
}

/** Makes a bundle once more, by the command that the build has for it, and keeps nothing of it but what is in it. */
export function makeBundle(task: string): Bundle {
  const { steps: [{ cwd = '.', exec, execArgs }] } = (tasks as Record<string, Task>)[task];
  const command = exec ?? execArgs!.join(' ');
  const made = mkdtempSync(join(tmpdir(), 'bundle-'));
  const directory = resolve(ROOT, cwd);
  try {
    const metafile = join(made, 'meta.json');
    const output = command.includes('--outdir=') ? `--outdir=${made}` : `--outfile=${made}/index.js`; // the last one counts
    execFileSync('sh', ['-c', `${command} ${output} --metafile=${metafile} --log-level=error`], {
      cwd: directory,
      env: { ...process.env, PATH: [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter) },
    });
    return { directory, metafile: JSON.parse(readFileSync(metafile, 'utf8')) };
  } finally {
    rmSync(made, { recursive: true });
  }
}
