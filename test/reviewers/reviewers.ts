/**
 * `npm run reviewers`: what cfn-lint, and cfn-guard with the proactive controls of AWS Control Tower, find in the templates of the minimal
 * pipeline, of one with all options, and of the café. It fails where a finding has no written reason, and where a reason has no finding.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ACCEPTED } from './accepted';
import { CafeDatabase } from '../../examples/cafe-inventory/cafe-database';
import { CafeStack } from '../../examples/cafe-inventory/cafe-stack';
import { CafeWebsite } from '../../examples/cafe-inventory/cafe-website';
import { OPTIONS } from '../permissions/options';
import { TestStack } from '../support/synth';

/** A rule, and the resource that breaks it: by the path of its construct. */
interface Finding { readonly rule: string; readonly resource: string }

type Resources = { readonly [id: string]: { readonly Metadata?: any } };

/** Pinned exactly, because each version knows other rules. */
const CFN_LINT = 'cfn-lint==1.58.0';
const INSTALLED = join(__dirname, '..', '..', '.reviewers');
const VENV = join(INSTALLED, CFN_LINT.replace('==', '-'));

const GUARD = dirname(require.resolve('@cdklabs/cdk-validator-cfnguard/package.json'));
const GUARD_BINARY = join(GUARD, 'bin', process.platform === 'darwin' ? 'macos' : 'ubuntu', process.arch === 'arm64' ? 'aarch64' : 'x86_64', 'cfn-guard');

function run(command: string, args: string[], codes: number[] = [0]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (error || !codes.includes(status!)) {
    throw error ?? new Error(`${command} ended with ${status}: ${stderr.slice(0, 2000)}`);
  }
  return stdout;
}

/** Installs cfn-lint into a virtual environment of this repository: complete, or not at all. */
function installCfnLint(): void {
  if (!existsSync(VENV)) {
    mkdirSync(INSTALLED, { recursive: true });
    const unfinished = mkdtempSync(join(INSTALLED, 'unfinished-'));
    run('python3', ['-m', 'venv', unfinished]);
    run(join(unfinished, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', CFN_LINT]);
    renameSync(unfinished, VENV);
  }
}

/** Errors and warnings. */
function cfnLint(template: string): { rule: string; id: string }[] {
  const found = run(join(VENV, 'bin', 'python'), [join(VENV, 'bin', 'cfn-lint'), '--regions', 'eu-west-1', '--format', 'json', '--', template], [0, 2, 4, 6]);
  return JSON.parse(found).map(({ Rule, Location }: any) => ({ rule: Rule.Id, id: String(Location.Path[1]) }));
}

function cfnGuard(template: string): { rule: string; id: string }[] {
  const options = ['--output-format', 'json', '--show-summary', 'none', '--structured'];
  const [{ not_compliant }] = JSON.parse(run(GUARD_BINARY, ['validate', '--data', template, '--rules', join(GUARD, 'rules', 'control-tower'), ...options], [0, 19]));
  return not_compliant.flatMap(({ Rule }: any) => resourcesIn(Rule).map(id => ({ rule: Rule.name, id })));
}

/** The resources that a finding points to, wherever it does. */
function resourcesIn(finding: any): string[] {
  if (typeof finding !== 'object' || finding === null) {
    return [];
  }
  return Object.entries(finding).flatMap(([key, value]) =>
    key === 'path' && typeof value === 'string' && value.startsWith('/Resources/') ? [value.split('/')[2]] : resourcesIn(value));
}

function templates(): { [name: string]: Stack } {
  const app = () => new App({ context: { 'aws:cdk:enable-path-metadata': true } });
  const minimal = new TestStack(app());
  minimal.pipeline();
  const all = new TestStack(app());
  const options = ['`schedule`', '`ownerTopic`', '`ReportLink.onClick()`', '`encryptionKey`'].map(name => OPTIONS[name].props!(all));
  OPTIONS['`new ReportApi()`'].use!(all, all.pipeline(Object.assign({}, ...options)));
  return {
    'the minimal pipeline': minimal,
    'a pipeline with all options': all,
    'the café': new CafeStack(app(), 'Cafe', { database: CafeDatabase.aurora(), website: CafeWebsite.cloudFront() }),
  };
}

function findingsIn(reviewer: (template: string) => { rule: string; id: string }[], file: string, resources: Resources): Finding[] {
  const pathOf = (id: string) => {
    const path: string = resources[id]?.Metadata?.['aws:cdk:path'] ?? id;
    return path.split('/').slice(1).filter(part => part !== 'Resource').join('/') || id;
  };
  const found = reviewer(file).map(({ rule, id }) => ({ rule, resource: pathOf(id) }));
  return [...new Map(found.map(finding => [JSON.stringify(finding), finding])).values()];
}

const isAccepted = ({ rule, resource }: Finding) => ACCEPTED.find(accepted => accepted.rule === rule && accepted.resources.test(resource));

installCfnLint();
const directory = mkdtempSync(join(tmpdir(), 'reviewers-'));
let failed = false;
const tell = (isGood: boolean, what: string) => {
  failed ||= !isGood;
  console.log(`${isGood ? '✓' : '✗'} ${what}`);
};
try {
  const used = new Set<typeof ACCEPTED[number]>();
  for (const [name, stack] of Object.entries(templates())) {
    const template = Template.fromStack(stack).toJSON();
    const file = join(directory, 'template.json');
    writeFileSync(file, JSON.stringify(template));
    for (const [tool, reviewer] of Object.entries({ 'cfn-lint': cfnLint, 'cfn-guard': cfnGuard })) {
      const findings = findingsIn(reviewer, file, template.Resources);
      findings.map(isAccepted).forEach(accepted => accepted && used.add(accepted));
      const open = findings.filter(finding => !isAccepted(finding));
      open.forEach(({ rule, resource }) => tell(false, `${tool}, ${name}: ${rule} ${resource}: mend it, or write down why not (test/reviewers/accepted.ts)`));
      tell(open.length === 0, `${tool}, ${name}: ${findings.length} findings, ${findings.length - open.length} of them with a reason`);
    }
  }
  ACCEPTED.filter(accepted => !used.has(accepted)).forEach(({ rule, resources }) => tell(false, `${rule} ${resources.source} is accepted, and nobody finds it any more`));
} finally {
  rmSync(directory, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
