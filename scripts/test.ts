/**
 * All that there is to check, in stages: `npm test`, or `npm test -- unit lint` for some of them.
 * A stage prints as it goes; at the end a table shows all of them, and the last line counts.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Result { readonly passed: number; readonly failed: number; readonly skipped?: number }
interface Stage { readonly what: string; run(): Promise<Result> }

const TSX = ['npx', 'tsx', '--tsconfig', 'tsconfig.dev.json'];

/** Bundles the handlers, once for all stages that deploy or synthesize them. */
let bundling: Promise<void> | undefined;
const bundle = () => bundling ??= mustSucceed(['npx', 'projen', 'bundle']);

const stages: Record<string, Stage> = {
  lint: {
    what: 'types and style',
    run: async () => sum(...await Promise.all([
      checks(['npx', 'tsc', '--noEmit', '-p', 'tsconfig.dev.json'], ['npx', 'tsc', '--noEmit', '-p', 'examples/cafe-inventory/website/tsconfig.json']),
      checks(['npx', 'eslint', '--max-warnings', '0', '--ext', '.ts', 'src', 'test', 'examples', 'scripts', 'benchmarks']),
    ])),
  },
  unit: {
    what: 'constructs, workflow, handlers, snapshots',
    run: async () => {
      await bundle();
      return jest();
    },
  },
  api: {
    what: 'compiled by jsii, API.md and contract schema current, examples translated, nobody broken unawares',
    run: async () => sum(
      await checks(
        ['npx', 'projen', 'compile'],
        ['npx', 'projen', 'post-compile'],
      ),
      await steps([...TSX, 'scripts/public-api.ts']),
    ),
  },
  docs: {
    what: 'every code block of the documents',
    run: async () => {
      await bundle();
      return steps([...TSX, 'scripts/documents.ts']);
    },
  },
  formats: {
    what: 'what is rendered, read back by tools that no one here wrote',
    run: () => steps([...TSX, 'test/formats/formats.ts']),
  },
  memory: {
    what: 'a million rows in processes that get no more memory',
    run: async () => {
      await bundle();
      return steps([...TSX, 'test/memory/memory.ts']);
    },
  },
  integ: {
    what: 'templates of the minimal pipeline and of the café, as they were',
    run: async () => {
      await bundle();
      return checks([...TSX, 'scripts/integ.ts']);
    },
  },
  compat: {
    what: 'the oldest and the newest aws-cdk-lib, feature flags off and on',
    run: async () => {
      await bundle();
      return steps([...TSX, 'scripts/compat.ts']);
    },
  },
  receipt: {
    what: 'who may do what, and why',
    run: async () => {
      await bundle();
      return steps([...TSX, 'test/permissions/receipt.ts']);
    },
  },
  reviewers: {
    what: 'what cfn-lint and cfn-guard, with the controls of AWS Control Tower, find in the templates',
    run: async () => {
      await bundle();
      return steps([...TSX, 'test/reviewers/reviewers.ts']);
    },
  },
  supply: {
    what: 'known weaknesses of what is in the lock file, and whether bundles come out the same elsewhere',
    run: async () => {
      await bundle();
      return sum(await steps([...TSX, 'scripts/advisories.ts', '--where-possible']), await steps([...TSX, 'scripts/reproducible.ts']));
    },
  },
  consumers: {
    what: 'packaged, and used from each language',
    run: async () => sum(await steps(['npm', 'run', '--silent', 'package']), await steps([...TSX, 'scripts/consumers.ts'])),
  },
  faults: {
    what: 'the fault table: what goes wrong, on a local emulator and in an interpreter of the workflow',
    run: async () => {
      await bundle();
      return steps([...TSX, 'test/faults/faults.ts']);
    },
  },
  fuzz: {
    what: 'the café, deployed to a local emulator, and all that nobody should ask of it',
    run: () => steps([...TSX, 'test/fuzz/fuzz.ts']),
  },
  cafe: {
    what: 'the café, deployed to a local emulator and used, its website in a browser',
    run: () => steps([...TSX, 'examples/cafe-inventory/local/cafe.ts', '--check']),
  },
};

/** Commands that each are one check. */
async function checks(...commands: string[][]): Promise<Result> {
  const codes: number[] = [];
  for (const command of commands) {
    codes.push((await execute(command)).code);
  }
  return { passed: codes.filter(code => code === 0).length, failed: codes.filter(code => code !== 0).length };
}

async function jest(): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'jest-'));
  try {
    const report = join(directory, 'report.json');
    const { code } = await execute(['npx', 'jest', '--ci', '--json', `--outputFile=${report}`], { CDK_VALIDATION: 'false' }, 'stderr');
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = Math.max(numFailedTests, numFailedTestSuites);
    return { passed: numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function sum(...results: Result[]): Result {
  return results.reduce((one, other) => ({
    passed: one.passed + other.passed, failed: one.failed + other.failed, skipped: (one.skipped ?? 0) + (other.skipped ?? 0),
  }));
}

/** A command that prints ✓ for each step that went well, ✗ for the one that did not, and ○ for what can not be done here. */
async function steps(command: string[]): Promise<Result> {
  const { code, output } = await execute(command);
  const count = (mark: string) => output.split('\n').filter(line => line.startsWith(mark)).length;
  return { passed: count('✓'), failed: code === 0 ? count('✗') : Math.max(1, count('✗')), skipped: count('○') };
}

async function mustSucceed(command: string[]): Promise<void> {
  const { code } = await execute(command);
  if (code !== 0) {
    throw new Error(`${command.join(' ')} ended with ${code}`);
  }
}

/** Runs a command, shows what it prints, and returns it, too. */
function execute([file, ...args]: string[], env: object = {}, shown: 'both' | 'stderr' = 'both'): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(file, args, { env: { ...process.env, ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1', ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (shown === 'both') {
        process.stdout.write(text);
      }
    });
    child.on('error', reject).on('close', code => resolve({ code: code ?? 1, output }));
  });
}

function skipped({ skipped: count }: Result): string {
  return count ? `, ${count} skipped` : '';
}

async function main(names: string[]): Promise<void> {
  const unknown = names.filter(name => !stages[name]);
  if (unknown.length > 0) {
    throw new Error(`there is no stage ${unknown.join(', ')}; the stages are ${Object.keys(stages).join(', ')}`);
  }
  const rows: string[] = [];
  let total: Result = { passed: 0, failed: 0 };
  for (const name of names.length > 0 ? names : Object.keys(stages)) {
    console.log(`\n━━ ${name}: ${stages[name].what}`);
    const begun = Date.now();
    const result = await stages[name].run().catch((error): Result => {
      console.error(error);
      return { passed: 0, failed: 1 };
    });
    const { passed, failed } = result;
    rows.push(`${failed === 0 ? '✓' : '✗'} ${name.padEnd(9)} ${String(passed).padStart(4)} passed ${String(failed).padStart(3)} failed ${((Date.now() - begun) / 1000).toFixed(0).padStart(5)} s${skipped(result)}`);
    total = sum(total, result);
  }
  console.log(`\n${rows.join('\n')}\n\n${total.passed} passed, ${total.failed} failed${skipped(total)}`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

void main(process.argv.slice(2));
