/**
 * Tries the library with the ends of the range of aws-cdk-lib that it allows, each with and without the feature flags that CDK recommends
 * for new apps: types, tests of the constructs, and the café's synthesis. The floor without flags is what all other tests are made with: it is
 * not tried once more, and snapshots, which are of it, are not compared here.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { devDependencies, jest, name as library } from '../package.json';

const FLOOR = { 'aws-cdk-lib': devDependencies['aws-cdk-lib'], 'constructs': devDependencies.constructs };
/** The newest that was tried. Pinned, so that a commit that passes keeps passing: to try a newer one, change these lines. */
const NEWEST = { 'aws-cdk-lib': '2.276.0', 'constructs': '10.8.1' };

type Versions = typeof FLOOR;

/** Installs the versions in a folder of their own, and returns it. */
async function installed(versions: Versions): Promise<string> {
  const directory = resolve('.compat', versions['aws-cdk-lib']);
  if (!existsSync(join(directory, 'node_modules'))) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies: versions }));
    await succeeds('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefix', directory]);
  }
  return directory;
}

/** The project as TypeScript sees it, with these versions. */
function tsconfigOf(directory: string): string {
  const file = join(directory, 'tsconfig.json');
  const project = resolve('.');
  writeFileSync(file, JSON.stringify({
    extends: join(project, 'tsconfig.dev.json'),
    compilerOptions: {
      rootDir: project,
      paths: Object.fromEntries([
        [library, [join(project, 'src/index.ts')]],
        ...Object.keys(NEWEST).flatMap(dependency => ['', '/*'].map(rest => [`${dependency}${rest}`, [join(directory, 'node_modules', `${dependency}${rest}`)]])),
      ]),
    },
    include: ['src', 'test', 'examples'].map(each => join(project, each, '**/*.ts')),
  }));
  return file;
}

/** The tests of the constructs as jest runs them, with these versions. */
function jestArguments(directory: string): string[] {
  const config = {
    ...jest,
    rootDir: resolve('.'),
    reporters: ['summary'],
    moduleNameMapper: {
      ...jest.moduleNameMapper,
      [`^(${Object.keys(NEWEST).join('|')})(/.*)?$`]: join(directory, 'node_modules/$1$2'),
    },
  };
  return ['--ci', '--config', JSON.stringify(config), '--testNamePattern', '^(?!.*is this template$)', 'test/[^/]+\\.test\\.ts$', 'test/examples/'];
}

/** Whether a command does. What it prints is printed at its end, because others run at the same time. */
function succeeds(command: string, args: string[], env: object = {}): Promise<boolean> {
  return new Promise((resolveWith, reject) => {
    execFile(command, args, { env: { ...process.env, ...env }, maxBuffer: 2 ** 30 }, (error, stdout, stderr) => {
      process.stdout.write(stdout + stderr);
      if (typeof error?.code === 'string') return reject(error); // it did not start
      resolveWith(!error);
    });
  });
}

async function report(what: string, passes: Promise<boolean>): Promise<void> {
  const passed = await passes;
  console.log(`${passed ? '✓' : '✗'} ${what}`);
  if (!passed) process.exitCode = 1;
}

async function main(): Promise<void> {
  const [floor, newest] = await Promise.all([FLOOR, NEWEST].map(async versions => {
    const directory = await installed(versions);
    const flags: object = JSON.parse(readFileSync(join(directory, 'node_modules/aws-cdk-lib/recommended-feature-flags.json'), 'utf8'));
    return { directory, tsconfig: tsconfigOf(directory), version: `aws-cdk-lib ${versions['aws-cdk-lib']}`, flags };
  }));
  const tried = [
    { ...floor, context: floor.flags, what: `${floor.version}, the recommended feature flags` },
    { ...newest, context: {}, what: `${newest.version}, no feature flags` },
    { ...newest, context: newest.flags, what: `${newest.version}, the recommended feature flags` },
  ];
  // Each of these keeps one core busy, and jest all.
  await Promise.all([
    report(`types, ${newest.version}`, succeeds('tsc', ['--noEmit', '-p', newest.tsconfig])),
    ...tried.map(({ tsconfig, directory, context, what }, index) => report(`the café, ${what}`, succeeds('tsx', ['--tsconfig', tsconfig, 'examples/cafe-inventory/app.ts'], {
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_OUTDIR: join(directory, `cdk.out-${index}`),
    }))),
  ]);
  for (const { directory, context, what } of tried) {
    await report(`constructs, ${what}`, succeeds('jest', jestArguments(directory), {
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] }), // the café's functions are bundled above
      CDK_VALIDATION: 'false',
    }));
  }
}

void main();
