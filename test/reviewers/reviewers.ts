/**
 * `npm run reviewers`: what cfn-lint, and cfn-guard with the proactive controls of AWS Control Tower, find in the templates of the minimal
 * pipeline, of one with each option that the receipt shows, and of the café. It fails where a finding has no written reason, and where a reason has no finding.
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
import { OPTIONS, stackWith } from '../permissions/options';

/** A rule, and the resource that breaks it: by the path of its construct. */
interface Finding { readonly stack: string; readonly rule: string; readonly resource: string }

/** The same as a reviewer says it: by the file of the template, and the logical id there. */
interface Raw { readonly file: string; readonly rule: string; readonly id: string }

interface ReviewedTemplate {
  readonly name: string;
  readonly file: string;
  readonly resources: { readonly [id: string]: { readonly Metadata?: any } };
}

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
function cfnLint(files: string[]): Raw[] {
  const found = run(join(VENV, 'bin', 'python'), [join(VENV, 'bin', 'cfn-lint'), '--regions', 'eu-west-1', '--format', 'json', '--', ...files], [0, 2, 4, 6]);
  return JSON.parse(found).map(({ Filename, Rule, Location }: any) => ({ file: Filename, rule: Rule.Id, id: String(Location.Path[1]) }));
}

function cfnGuard(files: string[]): Raw[] {
  const options = ['--output-format', 'json', '--show-summary', 'none', '--structured'];
  const reports = JSON.parse(run(GUARD_BINARY, ['validate', '--data', ...files, '--rules', join(GUARD, 'rules', 'control-tower'), ...options], [0, 19]));
  return reports.flatMap(({ name: file, not_compliant }: any) =>
    not_compliant.flatMap(({ Rule }: any) => resourcesIn(Rule).map(id => ({ file, rule: Rule.name, id }))));
}

/** The resources that a finding points to, wherever it does. */
function resourcesIn(finding: any): string[] {
  if (typeof finding !== 'object' || finding === null) {
    return [];
  }
  return Object.entries(finding).flatMap(([key, value]) =>
    key === 'path' && typeof value === 'string' && value.startsWith('/Resources/') ? [value.split('/')[2]] : resourcesIn(value));
}

function stacks(): { [name: string]: Stack } {
  const app = new App({ context: { 'aws:cdk:enable-path-metadata': true } });
  return {
    'the minimal pipeline': stackWith(),
    ...Object.fromEntries(Object.entries(OPTIONS).map(([name, option]) => [`with ${name}`, stackWith(option)])),
    'the café': new CafeStack(app, 'Cafe', { database: CafeDatabase.aurora(), website: CafeWebsite.cloudFront() }),
  };
}

/** Each finding once, however often a reviewer speaks of it. */
function findingsIn(templates: readonly ReviewedTemplate[], found: Raw[]): Finding[] {
  const findings = found.map(({ file, rule, id }): Finding => {
    const { name, resources } = templates.find(template => template.file === file)!;
    const path: string = resources[id]?.Metadata?.['aws:cdk:path'] ?? id;
    return { stack: name, rule, resource: path.split('/').slice(1).filter(part => part !== 'Resource').join('/') || id };
  });
  return [...new Map(findings.map(finding => [JSON.stringify(finding), finding])).values()];
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
  const templates = Object.entries(stacks()).map(([name, stack], index): ReviewedTemplate => {
    const template = Template.fromStack(stack).toJSON();
    const file = join(directory, `${index}.json`);
    writeFileSync(file, JSON.stringify(template));
    return { name, file, resources: template.Resources };
  });
  const used = new Set<typeof ACCEPTED[number]>();
  for (const [tool, reviewer] of Object.entries({ 'cfn-lint': cfnLint, 'cfn-guard': cfnGuard })) {
    const findings = findingsIn(templates, reviewer(templates.map(({ file }) => file)));
    findings.map(isAccepted).forEach(accepted => accepted && used.add(accepted));
    for (const { name } of templates) {
      const own = findings.filter(({ stack }) => stack === name);
      const open = own.filter(finding => !isAccepted(finding));
      open.forEach(({ rule, resource }) => tell(false, `${tool}, ${name}: ${rule} ${resource}: mend it, or write down why not (test/reviewers/accepted.ts)`));
      tell(open.length === 0, `${tool}, ${name}: ${own.length} findings, ${own.length - open.length} of them with a reason`);
    }
  }
  ACCEPTED.filter(accepted => !used.has(accepted)).forEach(({ rule, resources }) => tell(false, `${rule} ${resources.source} is accepted, and nobody finds it any more`));
} finally {
  rmSync(directory, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
