import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Audit, judge } from '../../scripts/advisories';

const ROOT = join(__dirname, '../..');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));

test('the lock file has a hash for each package, and names no registry, so that it installs from that of whoever uses it', () => {
  const unsafe = Object.entries<any>(packages).filter(([path]) => path !== '').filter(([, { integrity, inBundle, resolved }]) =>
    !(inBundle || integrity?.startsWith('sha512-')) || resolved !== undefined);
  expect(unsafe.map(([path]) => path)).toEqual([]);
});

test('who installs the package gets the CDK with it, nothing else, and nothing that runs', () => {
  expect(Object.keys(manifest.peerDependencies).sort()).toEqual(['aws-cdk-lib', 'constructs']);
  expect(manifest).not.toHaveProperty('dependencies');
  expect(manifest).not.toHaveProperty('optionalDependencies');
  expect(Object.keys(manifest.scripts).filter(script => script.includes('install'))).toEqual([]);
});

describe('advisories', () => {
  const luxon = {
    name: 'luxon', title: 'Luxon is late', url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc', severity: 'low', range: '<4',
  };
  const audit = (...advisories: typeof luxon[]): Audit => ({
    vulnerabilities: Object.fromEntries(advisories.flatMap(advisory => [
      [advisory.name, { via: [advisory], nodes: [`node_modules/${advisory.name}`] }],
      [`uses-${advisory.name}`, { via: [advisory.name], nodes: [`node_modules/uses-${advisory.name}`] }],
    ])),
    metadata: { dependencies: { total: 953 } },
  });
  const reason = 'no time is read from what a stranger sends';

  test('there are none', () => {
    expect(judge(audit(), ['luxon'], [])).toEqual(['✓ no advisory against the 953 packages of the lock file']);
  });

  test('each needs a reason, however slight it is', () => {
    expect(judge(audit(luxon), ['luxon'], [])).toEqual([expect.stringMatching(/^✗ GHSA-aaaa-bbbb-cccc, low: luxon <4, which is in the bundles: Luxon is late/)]);
    expect(judge(audit(luxon), ['papaparse'], [])).toEqual([expect.stringMatching(/^✗ GHSA-aaaa-bbbb-cccc, low: luxon <4, a tool: Luxon is late/)]);
    expect(judge(audit(luxon), ['luxon'], [{ advisory: 'GHSA-aaaa-bbbb-cccc', reason }])).toEqual([expect.stringMatching(`^✓ GHSA-aaaa-bbbb-cccc, .*${reason}$`)]);
  });

  test('a reason for one is none for another, and goes with it', () => {
    const other = { ...luxon, name: 'ajv', url: 'https://github.com/advisories/GHSA-dddd-eeee-ffff' };
    const marks = (...found: typeof luxon[]) => judge(audit(...found), [], [{ advisory: 'GHSA-aaaa-bbbb-cccc', reason }]).map(line => line.slice(0, 21));
    expect(marks(luxon, other)).toEqual(['✓ GHSA-aaaa-bbbb-cccc', '✗ GHSA-dddd-eeee-ffff']);
    expect(marks(other)).toEqual(['✗ GHSA-dddd-eeee-ffff', '✗ GHSA-aaaa-bbbb-cccc']);
    expect(marks()).toEqual(['✗ GHSA-aaaa-bbbb-cccc']);
  });

  test('a registry that can not be asked is not taken for one that knows of none', async () => {
    const registry = createServer((request, response) => {
      request.resume();
      response.writeHead(405).end();
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
    const run = (...options: string[]) => new Promise<{ code: unknown; stdout: string }>(resolve => execFile(
      'node_modules/.bin/tsx', ['--tsconfig', 'tsconfig.dev.json', 'scripts/advisories.ts', ...options],
      { cwd: ROOT, env: { ...process.env, npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}` } },
      (error, stdout) => resolve({ code: error?.code ?? 0, stdout }),
    ));
    try {
      const [strict, tolerant] = await Promise.all([run(), run('--where-possible')]);
      expect(strict).toEqual({ code: 1, stdout: expect.stringMatching(/^✗ NOT AUDITED: .* 405 /) });
      expect(tolerant).toEqual({ code: 0, stdout: expect.stringMatching(/^○ NOT AUDITED: .* 405 /) });
    } finally {
      registry.close();
    }
  });
});
