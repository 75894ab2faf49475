/**
 * `npm run reproducible`: bundles a copy of the sources in another folder, with packages that are installed there as the lock file has
 * them, in another time zone and language. Each file has to have the bytes that it has here.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HANDLERS_NOTICES, packagesListedIn, WEBSITE_NOTICES } from './bundles';

/** What the build writes before anything is compiled. */
const MADE = ['assets/handlers', 'examples/cafe-inventory/website/dist', 'src/handlers/validators.generated.ts'];

/** What the build is run and bundles with. */
const TOOLS = ['constructs', 'esbuild', 'projen', 'tsx'];

function copySources(directory: string): void {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  for (const file of files.split('\0').filter(path => path !== '' && existsSync(path))) {
    cpSync(file, join(directory, file));
  }
}

/** Installs of the packages what bundling needs: all of them take longer than all the rest. */
function installPackages(directory: string): void {
  const file = join(directory, 'package.json');
  const whole = readFileSync(file, 'utf8');
  const { peerDependencies, devDependencies, ...manifest } = JSON.parse(whole);
  const needed = [...TOOLS, ...packagesListedIn(HANDLERS_NOTICES), ...packagesListedIn(WEBSITE_NOTICES)];
  const rest = Object.fromEntries(Object.entries(devDependencies).filter(([name]) => needed.includes(name)));
  writeFileSync(file, JSON.stringify({ ...manifest, devDependencies: rest }));
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], directory);
  writeFileSync(file, whole); // it is bundled, too: reports tell the version that made them
}

function run(command: string, args: string[], cwd: string): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (error || status !== 0) {
    throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  }
}

/** The files that were made, with what they hold. */
function made(directory: string): Map<string, string> {
  const files = MADE.flatMap(path => path.endsWith('.ts') ? [path] : (readdirSync(join(directory, path), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))));
  return new Map(files.sort().map(file => [file, createHash('sha256').update(readFileSync(join(directory, file))).digest('hex')]));
}

const root = dirname(__dirname);
const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'a rather longer folder ')));
try {
  copySources(elsewhere);
  installPackages(elsewhere);
  run('npx', ['projen', 'bundle'], elsewhere);
  const [here, there] = [made(root), made(elsewhere)];
  for (const file of new Set([...here.keys(), ...there.keys()])) {
    const isSame = here.get(file) === there.get(file);
    console.log(`${isSame ? '✓' : '✗'} ${file}${isSame ? '' : ': another in another folder'}`);
    if (!isSame) process.exitCode = 1;
  }
} finally {
  rmSync(elsewhere, { recursive: true });
}
