/**
 * Runs integ-runner with the arguments that it gets:
 * without any, it compares the templates of test/integ with their snapshots;
 * `--update-on-failed --dry-run` writes the snapshots anew;
 * `--update-on-failed --force` deploys the stacks into your AWS account, checks what they do, and removes them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = 'test/integ';

/**
 * Leaves of the snapshots what says how a template has changed. Bundles and trees are megabytes, and metadata hold the paths of the machine:
 * their files must be there to be read, and may be empty.
 */
function trim(snapshot: string): void {
  for (const name of readdirSync(snapshot)) {
    if (name.startsWith('asset.') || name === 'tree.json') {
      rmSync(join(snapshot, name), { recursive: true });
    } else if (name.endsWith('.metadata.json')) {
      writeFileSync(join(snapshot, name), '{}\n');
    }
  }
}

const app = 'npx tsx --tsconfig tsconfig.dev.json {filePath}';
const { error, status } = spawnSync('npx', ['integ-runner', '--directory', DIRECTORY, '--language', 'typescript', '--app', app, ...process.argv.slice(2)], { stdio: 'inherit' });
if (error) throw error;
for (const name of readdirSync(DIRECTORY).filter(each => each.endsWith('.snapshot'))) {
  trim(join(DIRECTORY, name));
}
process.exitCode = status ?? 1;
