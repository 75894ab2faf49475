import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** The clients of AWS that each handler calls, how long its bundle may become, in thousands of bytes, and whether it checks parameters by a schema. */
const BUDGETS: { readonly [handler: string]: { readonly clients: readonly string[]; readonly kilobytes: number; readonly checks?: true } } = {
  'close-failed-run': { clients: ['dynamodb', 'sfn', 'sns'], kilobytes: 335 },
  'deliver': { clients: ['dynamodb', 'lambda', 'sns'], kilobytes: 385 },
  'erase-report': { clients: ['dynamodb', 's3'], kilobytes: 405 },
  'mint-link': { clients: ['dynamodb', 's3', 'sts'], kilobytes: 425 },
  'open-report': { clients: ['dynamodb', 's3', 'sts'], kilobytes: 425 },
  'open-run': { clients: ['dynamodb'], kilobytes: 490, checks: true },
  'presign': { clients: ['dynamodb', 's3', 'sts'], kilobytes: 420 },
  'render': { clients: ['s3'], kilobytes: 440 },
  'report-api': { clients: ['dynamodb', 's3', 'sfn', 'sts'], kilobytes: 640, checks: true },
  'watch-schedules': { clients: ['dynamodb', 'scheduler', 'sns'], kilobytes: 320 },
};

/** What would be loaded for nothing: credentials are in the environment, and the schemas of the library are compiled before. Those of users are not. */
const NEEDLESS = /node_modules\/@aws-sdk\/(credential-provider-(?!env)|nested-clients|token-providers)/;
const COMPILER = /node_modules\/ajv\/dist\/compile/;

test('each handler has a budget', () => {
  const handlers = readdirSync(join(ROOT, 'src/handlers')).flatMap(name => /^(.*)\.lambda\.ts$/.exec(name)?.[1] ?? []);
  expect(Object.keys(BUDGETS)).toEqual(handlers.sort());
});

test.each(Object.entries(BUDGETS))('%s carries the clients that it calls, and nothing that it does not need', (handler, budget) => {
  const { inputs, bytes, validator } = bundled(handler);
  const clients = new Set(inputs.flatMap(path => /node_modules\/@aws-sdk\/client-([^/]+)\//.exec(path)?.[1] ?? []));
  expect([...clients].sort()).toEqual(budget.clients);
  expect(inputs.filter(path => NEEDLESS.test(path))).toEqual([]);
  expect(inputs.some(path => COMPILER.test(path))).toBe(budget.checks === true);
  expect(validator).toEqual(budget.checks ? ['require-call'] : []);
  expect(Math.ceil(bytes / 1000)).toBeLessThanOrEqual(budget.kilobytes);
});

/** What is in the bundle of a handler, made by the command that the build has for it, and how the validator is loaded: by a call, not at the start. */
function bundled(handler: string): { inputs: string[]; bytes: number; validator: string[] } {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, '.projen/tasks.json'), 'utf8'));
  const [esbuild, ...args] = tasks[`bundle:handlers/${handler}.lambda`].steps[0].execArgs;
  const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  try {
    const metafile = join(directory, 'meta.json');
    execFileSync(join(ROOT, 'node_modules/.bin', esbuild), [...args, `--outfile=${directory}/index.js`, `--metafile=${metafile}`, '--log-level=error'], { cwd: ROOT });
    const meta = JSON.parse(readFileSync(metafile, 'utf8'));
    const [{ inputs, bytes }] = Object.values<any>(meta.outputs);
    const imports = Object.values<any>(meta.inputs).flatMap(input => input.imports);
    return {
      inputs: Object.keys(inputs).filter(path => inputs[path].bytesInOutput > 0),
      bytes,
      validator: imports.filter(({ path }) => path === 'src/handlers/json-schema.ts').map(({ kind }) => kind),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
