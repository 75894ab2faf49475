import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** The clients of AWS that each handler calls, and how long its bundle may become, in thousands of bytes. */
const BUDGETS: { readonly [handler: string]: { readonly clients: readonly string[]; readonly kilobytes: number } } = {
  'close-failed-run': { clients: ['dynamodb', 'sfn', 'sns'], kilobytes: 335 },
  'deliver': { clients: ['dynamodb', 'lambda', 'sns'], kilobytes: 385 },
  'erase-report': { clients: ['dynamodb', 's3'], kilobytes: 405 },
  'mint-link': { clients: ['dynamodb', 's3', 'sts'], kilobytes: 425 },
  'open-report': { clients: ['dynamodb', 's3', 'sts'], kilobytes: 425 },
  'open-run': { clients: ['dynamodb'], kilobytes: 335 },
  'presign': { clients: ['dynamodb', 's3', 'sts'], kilobytes: 420 },
  'render': { clients: ['s3'], kilobytes: 440 },
  'report-api': { clients: ['dynamodb', 's3', 'sfn', 'sts'], kilobytes: 480 },
  'watch-schedules': { clients: ['dynamodb', 'scheduler', 'sns'], kilobytes: 320 },
};

/** What would be loaded for nothing: schemas are compiled before, and credentials are in the environment. */
const NEEDLESS = /node_modules\/(ajv\/dist\/compile|@aws-sdk\/(credential-provider-(?!env)|nested-clients|token-providers))/;

test('each handler has a budget', () => {
  const handlers = readdirSync(join(ROOT, 'src/handlers')).flatMap(name => /^(.*)\.lambda\.ts$/.exec(name)?.[1] ?? []);
  expect(Object.keys(BUDGETS)).toEqual(handlers.sort());
});

test.each(Object.entries(BUDGETS))('%s carries the clients that it calls, and nothing that it does not need', (handler, budget) => {
  const { inputs, bytes } = bundled(handler);
  const clients = new Set(inputs.flatMap(path => /node_modules\/@aws-sdk\/client-([^/]+)\//.exec(path)?.[1] ?? []));
  expect([...clients].sort()).toEqual(budget.clients);
  expect(inputs.filter(path => NEEDLESS.test(path))).toEqual([]);
  expect(Math.ceil(bytes / 1000)).toBeLessThanOrEqual(budget.kilobytes);
});

/** What is in the bundle of a handler, made by the command that the build has for it. */
function bundled(handler: string): { inputs: string[]; bytes: number } {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, '.projen/tasks.json'), 'utf8'));
  const [esbuild, ...args] = tasks[`bundle:handlers/${handler}.lambda`].steps[0].execArgs;
  const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  try {
    const metafile = join(directory, 'meta.json');
    execFileSync(join(ROOT, 'node_modules/.bin', esbuild), [...args, `--outfile=${directory}/index.js`, `--metafile=${metafile}`, '--log-level=error'], { cwd: ROOT });
    const [{ inputs, bytes }] = Object.values<any>(JSON.parse(readFileSync(metafile, 'utf8')).outputs);
    return { inputs: Object.keys(inputs).filter(path => inputs[path].bytesInOutput > 0), bytes };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
