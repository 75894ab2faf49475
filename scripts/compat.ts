/**
 * Tries the library with the ends of the range of aws-cdk-lib that it allows, each with and without the feature flags that CDK recommends
 * for new apps: types, tests of the constructs, and the café's synthesis. Snapshots are of the floor without flags, and not compared here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { devDependencies, jest, name as library } from '../package.json';

const FLOOR = { 'aws-cdk-lib': devDependencies['aws-cdk-lib'], 'constructs': devDependencies.constructs };
/** The newest that was tried. Pinned, so that a commit that passes keeps passing: to try a newer one, change these lines. */
const NEWEST = { 'aws-cdk-lib': '2.276.0', 'constructs': '10.8.1' };

type Versions = typeof FLOOR;

/** Installs the versions in a folder of their own, and returns it. */
function installed(versions: Versions): string {
  const directory = resolve('.compat', versions['aws-cdk-lib']);
  if (!existsSync(join(directory, 'node_modules'))) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies: versions }));
    succeed('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefix', directory]);
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

function succeed(command: string, args: string[], env: object = {}): boolean {
  const { error, status } = spawnSync(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw error;
  return status === 0;
}

function report(what: string, passed: boolean): void {
  console.log(`${passed ? '✓' : '✗'} ${what}`);
  if (!passed) process.exitCode = 1;
}

for (const versions of [FLOOR, NEWEST]) {
  const directory = installed(versions);
  const tsconfig = tsconfigOf(directory);
  const version = `aws-cdk-lib ${versions['aws-cdk-lib']}`;
  const recommended: object = JSON.parse(readFileSync(join(directory, 'node_modules/aws-cdk-lib/recommended-feature-flags.json'), 'utf8'));
  report(`types, ${version}`, succeed('npx', ['tsc', '--noEmit', '-p', tsconfig]));
  for (const [flags, context] of [['no feature flags', {}], ['the recommended feature flags', recommended]] as const) {
    report(`constructs, ${version}, ${flags}`, succeed('npx', ['jest', ...jestArguments(directory)], {
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] }), // the café's functions are bundled below
      CDK_VALIDATION: 'false',
    }));
    report(`the café, ${version}, ${flags}`, succeed('npx', ['tsx', '--tsconfig', tsconfig, 'examples/cafe-inventory/app.ts'], {
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_OUTDIR: join(directory, 'cdk.out'),
    }));
  }
}
