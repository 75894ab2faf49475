/**
 * `npm run bench`: how many rows each format writes in a second of CPU time, beside what else one would use, on the same input in the same
 * run; and how long the handlers take to start. It writes the tables of docs/benchmarks.md.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buildSync } from 'esbuild';
import { Group, GROUPS, RECODE } from './cases';
import { ndjson } from './data';

const ROOT = join(__dirname, '..');
/** The libraries to compare with are not among those of this project. */
const PEERS = join(__dirname, 'peers');
const BUILT = join(PEERS, '.build/measure.js');
/** That of the functions, whatever runs this. */
const NODE = join(PEERS, 'node_modules/node/bin/node');
/**
 * As Lambda starts it in a function of 512 MB: a tenth for young objects, in three spaces, and the rest for old ones
 * (https://dev.to/wonderfulsoap/deep-dive-into-aws-lambda-3-official-nodejs-runtime-analysis-43je). Otherwise it takes what the machine has.
 */
const HEAP = ['--max-semi-space-size=17', '--max-old-space-size=461'];
const DOCUMENT = join(ROOT, 'docs/benchmarks.md');
const HANDLERS = join(ROOT, 'assets/handlers');
const STARTS = 7;

interface Measured { readonly rowsPerSecond: number; readonly peakMegabytes: number; readonly bytes: number }

async function main(): Promise<void> {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: PEERS, stdio: 'inherit' });
  buildSync({ entryPoints: [join(__dirname, 'measure.ts')], bundle: true, platform: 'node', target: 'node20', packages: 'external', outfile: BUILT });
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const lines = [`Node.js ${node(['--version']).trim()}, ${cpus()[0].model}.`];
    for (const group of GROUPS) {
      const input = join(directory, `${group.rows}.ndjson`);
      await pipeline(Readable.from(ndjson(group.rows)), createWriteStream(input));
      lines.push('', ...formatTable(group, input));
    }
    lines.push('', ...startTable(directory));
    console.log(lines.join('\n'));
    const [before] = readFileSync(DOCUMENT, 'utf8').split(/(?<=<!-- measured -->\n)/); // the tables are the end of the page
    writeFileSync(DOCUMENT, `${before}${lines.join('\n')}\n`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function formatTable(group: Group, input: string): string[] {
  const { title, ours, peers, rows, runs } = group;
  // One after the other, so that whatever else the machine does slows all of them.
  const names = [ours, ...peers, RECODE];
  const results = names.map((): Measured[] => []);
  for (let round = 0; round < runs; round += 1) {
    names.forEach((name, index) => results[index].push(measure(name, input, rows)));
  }
  const [own, ...others] = results.map(of => median(of, one => one.rowsPerSecond));
  const recode = others.pop()!;
  const row = (name: string, { rowsPerSecond, peakMegabytes }: Measured, ratio: string) =>
    `| ${name} | ${Math.round(rowsPerSecond / 1000).toLocaleString('en')},000 | ${ratio} | ${peakMegabytes.toFixed(0)} MB |`;
  const limit = recode.rowsPerSecond * recode.bytes / own.bytes;
  return [
    `| ${title}, ${rows.toLocaleString('en')} rows | rows in a CPU second | this library | peak memory |`,
    '|---|---:|---:|---:|',
    row('this library', own, ''),
    ...peers.map((name, index) => row(name, others[index], `${(own.rowsPerSecond / others[index].rowsPerSecond).toFixed(1)} times as fast`)),
    ...ours === 'xlsx' ? [] : [`| decoding and encoding as many bytes | ${Math.round(limit / 1000).toLocaleString('en')},000 | ${(own.rowsPerSecond / limit * 100).toFixed(0)} % of it | |`],
  ];
}

function measure(name: string, input: string, rows: number): Measured {
  const { cpuSeconds, ...measured } = JSON.parse(node([BUILT, name, input]));
  return { rowsPerSecond: rows / cpuSeconds, ...measured };
}

/** What loading the bundle of each handler takes, more than loading an empty one. */
function startTable(directory: string): string[] {
  const empty = join(directory, 'empty.js');
  writeFileSync(empty, 'exports.handler = async () => {};\n');
  const handlers = readdirSync(HANDLERS).filter(name => name.endsWith('.lambda')).sort();
  const files = [empty, ...handlers.map(name => join(HANDLERS, name, 'index.js'))];
  const milliseconds = files.map((): number[] => []);
  for (let round = 0; round < STARTS; round += 1) {
    files.forEach((file, index) => milliseconds[index].push(Number(node(['-e', LOAD, file]))));
  }
  const [base, ...loads] = milliseconds.map(of => median(of, one => one));
  return [
    '| Handler | bundle | CPU time to load it |',
    '|---|---:|---:|',
    `| an empty one | | ${base.toFixed(0)} ms |`,
    ...handlers.map((name, index) => `| ${name.replace('.lambda', '')} | ${Math.round(statSync(files[index + 1]).size / 1000)} kB | ${loads[index].toFixed(0)} ms |`),
  ];
}

const LOAD = `
  const before = process.cpuUsage();
  require(process.argv[1]);
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 1000);`;

/** What the handlers read when they are loaded. */
const ENVIRONMENT = {
  AWS_REGION: 'eu-west-1',
  TABLE_NAME: 'ledger',
  TOPIC_ARN: 'arn:aws:sns:eu-west-1:111111111111:readers',
  OWNER_TOPIC_ARN: 'arn:aws:sns:eu-west-1:111111111111:owners',
  LEDGER_RETENTION_SECONDS: '1',
  LINK_LIFETIME_SECONDS: '1',
};

function node(args: string[]): string {
  return execFileSync(NODE, [...HEAP, ...args], { encoding: 'utf8', env: { ...ENVIRONMENT, PATH: process.env.PATH, NODE_NO_WARNINGS: '1' } });
}

function median<T>(values: T[], by: (value: T) => number): T {
  return [...values].sort((one, other) => by(one) - by(other))[Math.floor(values.length / 2)];
}

void main();
