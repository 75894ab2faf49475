/**
 * Uses what `npm run package` made as its users do: installs it into fresh projects of each language, and synthesizes with it
 * the app of test/consumers and the café. The templates have to be the ones that TypeScript makes, and so have the sentences with
 * which bad props are refused.
 *
 * What is downloaded is kept in .consumers/ between runs; the artefacts themselves are installed anew each time.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { isDeepStrictEqual, promisify, stripVTControlCharacters } from 'node:util';
import { devDependencies, jsii } from '../package.json';

/** Templates are compared at the oldest versions that the library works with: every registry has these. */
const CDK = devDependencies['aws-cdk-lib'];
const CONSTRUCTS = devDependencies.constructs;

const WORK = resolve('.consumers');
const CAFE = resolve('examples/cafe-inventory');
const ORDERS = resolve('test/consumers');
/** `cdk`, and the esbuild with which it bundles the café's functions. */
const TOOLS = resolve('node_modules/.bin');

/** What may differ from TypeScript's templates, and why. */
const EXPECTED_DIFFERENCES: { readonly why: string; matches(difference: Difference): boolean }[] = [
  {
    why: 'the CDK tells AWS in which language an app is written',
    matches: ({ path }) => path.endsWith('CDKMetadata/Properties/Analytics'),
  },
];

interface Consumer {
  readonly language: string;
  /** Installs the artefact, and returns which version of the language uses it. */
  install(): Promise<string>;
  /** Synthesizes the app of test/consumers, and returns what it prints: how bad props are refused. */
  orders(output: string): Promise<string>;
  /** Synthesizes the café, where it exists. */
  cafe?(output: string): Promise<unknown>;
}

/** What a language makes of the apps. */
interface Made {
  /** The templates of each app, by stack. */
  readonly templates: Record<string, Record<string, Template>>;
  readonly refusals: readonly string[];
}

interface Template {
  readonly Resources: object;
}

interface Difference {
  readonly path: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** Another package with the library in its dependencies, as CommonJS and as ES modules, from the same source. */
function typescript(): Consumer[] {
  const project = join(WORK, 'typescript');
  const modules = { CommonJS: 'commonjs', ESM: 'module' };
  // The café is copied, so that it finds this project's packages. Those of its functions it finds in the repository, further up.
  const cafe = join(project, 'cafe');

  async function install() {
    rmSync(project, { recursive: true, force: true });
    for (const [name, type] of Object.entries(modules)) {
      cpSync(join(ORDERS, 'typescript'), join(project, name), { recursive: true });
      writeFileSync(join(project, name, 'package.json'), JSON.stringify({ type }));
    }
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ extends: './CommonJS/tsconfig.json', include: Object.keys(modules) }));
    cpSync(CAFE, cafe, { recursive: true });
    writeFileSync(join(cafe, 'cdk.json'), JSON.stringify({ app: 'tsx app.ts' }));
    const tarball = readdirSync('dist/js').map(file => resolve('dist/js', file));
    // Without a lock file, because the café's functions are bundled with what the repository's says.
    await run(['npm', 'install', '--no-package-lock', '--prefer-offline', ...tarball, `aws-cdk-lib@${CDK}`, `constructs@${CONSTRUCTS}`], { cwd: project });
    await run(['tsc', '--project', project, '--typeRoots', resolve('node_modules/@types')]);
  }

  let installed: Promise<void> | undefined;
  return Object.keys(modules).map(name => ({
    language: `TypeScript, ${name}`,
    install: async () => {
      await (installed ??= install());
      return `Node.js ${process.versions.node}`;
    },
    orders: output => run(['node', 'app.js'], { cwd: join(project, name), env: { CDK_OUTDIR: output } }),
    // The café is CommonJS. The variable would lead `tsx` to the library's sources, as it does for this script.
    ...(name === 'CommonJS' && { cafe: output => synthesizeCafe(cafe, output, { TSX_TSCONFIG_PATH: undefined }) }),
  }));
}

function python(): Consumer {
  const venv = join(WORK, `python-${CDK}`);
  const env = { PATH: [join(venv, 'bin'), TOOLS, process.env.PATH].join(delimiter) };
  return {
    language: 'Python',
    install: async () => {
      if (!existsSync(venv)) await run(['python3', '-m', 'venv', venv]);
      await run(['pip', 'uninstall', '--yes', jsii.targets.python.distName], { env });
      await run([
        'pip', 'install', '--find-links', 'dist/python', `aws-cdk-lib==${CDK}`, `constructs==${CONSTRUCTS}`,
        '-r', join(CAFE, 'python', 'requirements.txt'), '-r', join(ORDERS, 'python', 'requirements.txt'),
      ], { env });
      return (await run(['python3', '--version'], { env })).trim();
    },
    orders: output => run(['python3', 'app.py'], { cwd: join(ORDERS, 'python'), env: { ...env, CDK_OUTDIR: output } }),
    cafe: output => synthesizeCafe(join(CAFE, 'python'), output, env),
  };
}

function java(): Consumer {
  const repository = join(WORK, 'm2');
  const env = { MAVEN_OPTS: `-Dmaven.repo.local=${repository}` }; // the versions are in the pom.xml
  return {
    language: 'Java',
    install: async () => {
      rmSync(join(repository, ...jsii.targets.java.maven.groupId.split('.')), { recursive: true, force: true });
      await run(['mvn', '-q', '-B', 'clean', 'compile'], { cwd: join(ORDERS, 'java'), env });
      return `Java ${/[\d.]+/.exec(await run(['java', '--version']))}`;
    },
    orders: output => run(['mvn', '-q', '-B', 'exec:java'], { cwd: join(ORDERS, 'java'), env: { ...env, CDK_OUTDIR: output } }),
    cafe: output => synthesizeCafe(join(CAFE, 'java'), output, env),
  };
}

function synthesizeCafe(cwd: string, output: string, env: object): Promise<string> {
  const emails = ['-c', 'bookkeeperEmail=frank@example.com', '-c', 'ownerEmail=owner@example.com'];
  return run(['cdk', 'synth', '--quiet', '--no-notices', '--output', output, ...emails], { cwd, env });
}

async function synthesize(consumer: Consumer): Promise<Made> {
  const output = join(WORK, 'out', consumer.language);
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const printed = await consumer.orders(join(output, 'orders'));
  await consumer.cafe?.(join(output, 'cafe'));
  return {
    templates: Object.fromEntries(readdirSync(output).map(app => [app, templatesIn(join(output, app))])),
    // jsii puts the error's class before what a method throws, and not before what a constructor throws. Maven resets the colours.
    refusals: stripVTControlCharacters(printed).trim().split('\n').map(line => line.replace(': Error: ', ': ')),
  };
}

function templatesIn(assembly: string): Record<string, Template> {
  const suffix = '.template.json';
  const files = readdirSync(assembly).filter(file => file.endsWith(suffix));
  return Object.fromEntries(files.map(file => [file.replace(suffix, ''), JSON.parse(readFileSync(join(assembly, file), 'utf8'))]));
}

/** Runs a command and returns what it prints. If it fails, the error tells the last of what it printed. */
async function run([file, ...args]: string[], { cwd, env }: { cwd?: string; env?: object } = {}): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, args, {
      cwd,
      env: { ...process.env, PATH: [TOOLS, process.env.PATH].join(delimiter), JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: 'true', ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    const last = `${stdout}\n${stderr}`.trim().split('\n').slice(-40).map(line => `      ${line.slice(0, 400)}`);
    throw new Error([[file, ...args].join(' '), ...last].join('\n'));
  }
}

function differences(theirs: unknown, ours: unknown, path: string): Difference[] {
  if (isObject(theirs) && isObject(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
    return [...keys].flatMap(key => differences(theirs[key], ours[key], `${path}/${key}`));
  }
  return isDeepStrictEqual(theirs, ours) ? [] : [{ path, theirs, ours }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Prints one line per check, and below it what is to be known about it. */
function report(what: string, problems: string[], remarks: string[] = []): boolean {
  console.log([`${problems.length === 0 ? '✓' : '✗'} ${what}`, ...problems, ...remarks].join('\n    '));
  return problems.length === 0;
}

/** Compares what a language made with what TypeScript made. */
function compare(language: string, made: Made, reference: Made): boolean {
  const results = Object.entries(made.templates).flatMap(([app, templates]) => Object.entries(reference.templates[app]).map(([stack, theirs]) => {
    const found = differences(theirs, templates[stack], stack).map(difference => ({
      ...difference,
      why: EXPECTED_DIFFERENCES.find(expected => expected.matches(difference))?.why,
    }));
    return report(
      `${language}: ${stack} is TypeScript's, ${Object.keys(theirs.Resources).length} resources`,
      found.filter(({ why }) => !why).map(({ path, ...values }) => `${path}${sideBySide(JSON.stringify(values.theirs), JSON.stringify(values.ours))}`),
      found.filter(({ why }) => why).map(({ path, why }) => `but for ${path}: ${why}`),
    );
  }));
  const sentences = differences(reference.refusals, made.refusals, 'sentence').map(({ path, theirs, ours }) => `${path}${sideBySide(theirs, ours)}`);
  results.push(report(`${language}: ${reference.refusals.length} bad props are refused with TypeScript's sentences`, sentences));
  return results.every(good => good);
}

function sideBySide(theirs: unknown, ours: unknown): string {
  return `\n      TypeScript: ${theirs}\n      here:       ${ours}`;
}

interface Trial {
  readonly language: string;
  /** Of the language. Empty if the artefact could not be installed. */
  readonly version: string;
  readonly seconds: number;
  readonly made?: Made;
  readonly error?: Error;
}

async function tried(consumer: Consumer): Promise<Trial> {
  const { language } = consumer;
  const begun = Date.now();
  const seconds = () => (Date.now() - begun) / 1000;
  let version = '';
  try {
    version = await consumer.install();
    const made = await synthesize(consumer);
    return { language, version, made, seconds: seconds() };
  } catch (error) {
    return { language, version, error: error as Error, seconds: seconds() };
  }
}

/** Tells what there is to say of a language, and whether it is good. */
function judge({ language, version, made, error }: Trial, reference: Made | undefined): boolean {
  if (version) report(`${language}: installed`, []);
  if (!made) return report(`${language}: stopped`, [error!.message]);
  if (!reference) return report(`${language}: stopped`, ['there is nothing to compare it with']);
  if (made === reference) return report(`${language}: synthesized, and bad props are refused`, made.refusals.filter(line => line.endsWith('not refused')));
  return compare(language, made, reference);
}

async function main(): Promise<void> {
  // At the same time, because each waits for long: for a registry, or for a process that uses one core.
  const trials = await Promise.all([...typescript(), python(), java()].map(tried));
  const reference = trials[0].made;
  const rows = trials.map(trial => {
    const good = judge(trial, reference);
    if (!good) process.exitCode = 1;
    return [good ? '✓' : '✗', trial.language.padEnd(21), trial.version.padEnd(16), `aws-cdk-lib ${CDK}`, `${trial.seconds.toFixed(0)} s`.padStart(6)].join('  ');
  });
  console.log(`\n${rows.map(row => `  ${row}`).join('\n')}`);
}

void main();
