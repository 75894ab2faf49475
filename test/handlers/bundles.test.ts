import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { billOfMaterials } from '../../scripts/bill-of-materials';
import { type Bundle, HANDLERS, HANDLERS_NOTICES, makeBundle, WEBSITE, WEBSITE_NOTICES } from '../../scripts/bundles';

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
  const sources = readdirSync(join(ROOT, 'src/handlers')).flatMap(name => /^(.*)\.lambda\.ts$/.exec(name)?.[1] ?? []);
  expect(Object.keys(BUDGETS)).toEqual(sources.sort());
});

/** Who uses the packages may do with what is in them what their own licence, Apache-2.0, permits. */
const PERMITTED_LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

const handlers: { readonly [handler: string]: Bundle } = Object.fromEntries(HANDLERS.map(task => [/handlers\/(.+?)(\.lambda)?$/.exec(task)![1], makeBundle(task)]));

test.each(Object.entries(BUDGETS))('%s carries the clients that it calls, and nothing that it does not need', (handler, budget) => {
  const inputs = inputsOf(handlers[handler]);
  const clients = new Set(inputs.flatMap(path => /node_modules\/@aws-sdk\/client-([^/]+)\//.exec(path)?.[1] ?? []));
  expect([...clients].sort()).toEqual(budget.clients);
  expect(inputs.filter(path => NEEDLESS.test(path))).toEqual([]);
  expect(inputs.some(path => COMPILER.test(path))).toBe(budget.checks === true);
  expect(loadingOfValidator(handlers[handler])).toEqual(budget.checks ? ['require-call'] : []);
  const [{ bytes }] = Object.values(handlers[handler].metafile.outputs);
  expect(Math.ceil(bytes / 1000)).toBeLessThanOrEqual(budget.kilobytes);
});

describe.each([
  ['the handlers', HANDLERS_NOTICES, () => Object.values(handlers)],
  ['the café\'s website', WEBSITE_NOTICES, () => [makeBundle(WEBSITE)]],
])('the packages in the bundles of %s', (_, file, make) => {
  const bundles = make();
  const packages = packagesIn(bundles);
  const [list, ...texts] = readFileSync(join(ROOT, file), 'utf8').split(/\n\n-{80}\n\n/);

  test('are of a licence that may be passed on', () => {
    expect(packages.filter(({ license }) => !PERMITTED_LICENCES.includes(license))).toEqual([]);
  });

  test(`are those in ${file}`, () => {
    expect(list.split('\n').slice(2)).toEqual(packages.map(({ name, version, license }) => `  ${name} ${version} (${license})`));
  });

  test('are there with the texts of their licences', () => {
    for (const { name, version, directory } of packages) {
      const [licence] = readdirSync(directory).filter(each => /^licen[cs]e/i.test(each));
      const text = readFileSync(licence ? join(directory, licence) : join(ROOT, 'LICENSE'), 'utf8').replaceAll('\r\n', '\n').trim();
      const under = texts.filter(each => each.split('\n\n')[0].split('\n').includes(`${name} ${version}`));
      expect(under).toContainEqual(expect.stringContaining(text));
    }
  });

  test('are those of the bill of materials', () => {
    const { components } = billOfMaterials(bundles);
    expect(components.filter(({ scope }) => scope === 'required').map(({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`).sort())
      .toEqual(packages.map(({ name, version }) => `${name} ${version}`));
  });
});

/** How a bundle loads the validator of parameters: by a call, not at the start. */
function loadingOfValidator({ metafile }: Bundle): string[] {
  return Object.values(metafile.inputs).flatMap(({ imports }) => imports).filter(({ path }) => path === 'src/handlers/json-schema.ts').map(({ kind }) => kind);
}

/** The files of which there is something in a bundle. */
function inputsOf({ metafile }: Bundle): string[] {
  return Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs).filter(path => inputs[path].bytesInOutput > 0));
}

interface Package { readonly name: string; readonly version: string; readonly license: string; readonly directory: string }

/** The packages that these files are of. */
function packagesIn(bundles: readonly Bundle[]): Package[] {
  const directories = new Set(bundles.flatMap(bundle => inputsOf(bundle).flatMap(path => {
    const [directory] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path) ?? [];
    return directory ? [join(bundle.directory, directory)] : [];
  })));
  return [...directories].map(directory => {
    const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    return { name, version, license, directory };
  }).sort((one, other) => `${one.name} ${one.version}` < `${other.name} ${other.version}` ? -1 : 1);
}
