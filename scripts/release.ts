/**
 * Builds and verifies everything that a release publishes, and publishes nothing: `npm run release:verify`,
 * or `npm run release:verify -- v1.2.3` for a tag, whose version everything then has to be of. The artefacts are in dist/.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { version } from '../package.json';

function check(what: string, passed: boolean): void {
  console.log(`${passed ? '✓' : '✗'} ${what}`);
  if (!passed) process.exitCode = 1;
}

const [tag] = process.argv.slice(2);
if (tag) {
  check(`the tag ${tag} is of the version ${version}`, tag === `v${version}`);
  check(`CHANGELOG.md has a chapter ${version}`, readFileSync('CHANGELOG.md', 'utf8').split('\n').some(line => line.startsWith(`## ${version} `)));
  check('the API that is guarded from now on is that of this version', JSON.parse(readFileSync('api/released.json', 'utf8')).version === version);
}
check('what is released is committed', execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' }) === '');
if (process.exitCode === undefined) {
  check('all tests, those of the packages among them', spawnSync('npm', ['test'], { stdio: 'inherit' }).status === 0);
}
