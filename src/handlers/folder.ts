import { Run } from '../workflow/contract';

/** Where the files of a run are, below a prefix: each attempt has a folder of its own. */
export function folderOf(run: Pick<Run, 'reportId' | 'attempt'>, prefix: string): string {
  return `${prefix}${run.reportId}/${run.attempt}/`;
}

/** The key of another file in the same folder. */
export function siblingOf(key: string, name: string): string {
  return `${key.slice(0, key.lastIndexOf('/') + 1)}${name}`;
}

/** A key in S3 is no path, and ".." means nothing in it, but whatever shows it may take it for one. */
export function isWithin(folder: string, key: string): boolean {
  return key.startsWith(folder) && key.slice(folder.length).split('/').every(segment => !['', '.', '..'].includes(segment));
}
