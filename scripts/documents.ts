/**
 * Tries every code block of the documents: TypeScript, Python and Java are run, within the fixture rosetta/<document>.<language>-fixture
 * if there is one; JSON and shell are parsed. What a block prints is a data source's result, and has to keep the contract.
 * jsii-rosetta compiles and translates the TypeScript of the README and of the API.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Ajv from 'ajv';
import { dataSourceResult } from '../src/workflow/schema';

const WORK = '.docs';
const HERE = /^(\/\/\/?|#) here$/m;

interface Block {
  readonly document: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

const keepsTheContract = new Ajv({ allowUnionTypes: true }).compile(dataSourceResult);

/** What is done with the blocks of a language. It throws what is wrong. */
const checks: Record<string, (block: Block) => void> = {
  ts: block => {
    if (block.document === 'README.md') return; // compiled by jsii-rosetta
    runs(['tsx', written(block, 'ts')]);
  },
  python: block => runs(['python3', written(block, 'py')]),
  java: block => runs(['java', written(block, 'java')]),
  json: block => JSON.parse(block.code),
  sh: block => run('bash', ['-n', written(block, 'sh')]),
  mermaid: () => {}, // a picture
};

function blocksOf(document: string): Block[] {
  const text = readFileSync(document, 'utf8');
  return [...text.matchAll(/^```(\S*).*\n([^]*?)^```$/gm)].map(({ 1: language, 2: code, index }) => (
    { document, line: text.slice(0, index).split('\n').length, language, code }
  ));
}

/** Writes a block as a file of its own, in its fixture. */
function written({ document, line, language, code }: Block, extension: string): string {
  const fixture = `rosetta/${basename(document, '.md')}.${language}-fixture`;
  const file = join(WORK, `${basename(document, '.md')}-${line}.${extension}`);
  writeFileSync(file, existsSync(fixture) ? readFileSync(fixture, 'utf8').replace(HERE, () => code) : code);
  return file;
}

/** Checks the types of all TypeScript that was written, at once: most of the time goes to what it imports. */
function checkTypes(): void {
  const tsconfig = join(WORK, 'tsconfig.json');
  writeFileSync(tsconfig, JSON.stringify({ extends: '../tsconfig.dev.json', compilerOptions: { rootDir: '..', moduleDetection: 'force' }, include: ['*.ts'] }));
  run('tsc', ['--noEmit', '--project', tsconfig]);
}

function runs([command, ...args]: string[]): void {
  const printed = run(command, args);
  if (printed && !keepsTheContract(JSON.parse(printed))) {
    throw new Error(`${printed} does not keep the contract: ${JSON.stringify(keepsTheContract.errors)}`);
  }
}

function run(command: string, args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  return stdout;
}

function report(what: string, check: () => void): void {
  try {
    check();
    console.log(`✓ ${what}`);
  } catch (error) {
    console.log(`✗ ${what}\n${(error as Error).message}`);
    process.exitCode = 1;
  }
}

rmSync(WORK, { recursive: true, force: true });
mkdirSync(WORK);
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.md', ':!API.md'], { encoding: 'utf8' }).trim().split('\n');
for (const block of documents.flatMap(blocksOf)) {
  const { document, line, language } = block;
  report(`${document}, line ${line}: ${language}`, () => {
    if (!checks[language]) throw new Error(`there is no check for ${language || 'a block without a language'}`);
    checks[language](block);
  });
}
report('the types of all TypeScript, each block as a file that has its line in its name', checkTypes);
rmSync(WORK, { recursive: true });
