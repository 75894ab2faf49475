/**
 * `npm run advisories`: what `npm audit` knows against the packages of the lock file, those in the bundles and those that build and test them.
 * It fails where an advisory has no reason below, where a reason has no advisory, and where the registry can not be asked; with
 * `--where-possible` it only says so then.
 */
import { spawnSync } from 'node:child_process';
import { HANDLERS_NOTICES, packagesListedIn } from './bundles';

/** An advisory that stays, and why it does no harm here. */
export interface Explained {
  readonly advisory: string;
  readonly reason: string;
}

const EXPLAINED: readonly Explained[] = [];

/** What `npm audit --json` prints: as far as it is read here. */
export interface Audit {
  readonly vulnerabilities: { readonly [name: string]: { readonly via: readonly (string | Advisory)[]; readonly nodes: readonly string[] } };
  readonly metadata: { readonly dependencies: { readonly total: number } };
}

interface Advisory {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly severity: string;
  readonly range: string;
}

/** What is said of each advisory, ✓ or ✗. The packages are those of the bundles. */
export function judge({ vulnerabilities, metadata }: Audit, packages: readonly string[], explained: readonly Explained[]): string[] {
  const advisories = new Map(Object.values(vulnerabilities)
    .flatMap(({ via }) => via.filter(cause => typeof cause !== 'string'))
    .map(advisory => [advisory.url.split('/').at(-1)!, advisory]));
  const found = [...advisories].map(([id, { name, title, url, severity, range }]) => {
    const what = `${id}, ${severity}: ${name} ${range}, ${packages.includes(name) ? 'which is in the bundles' : 'a tool'}: ${title} (${url})`;
    const reason = explained.find(({ advisory }) => advisory === id)?.reason;
    return reason ? `✓ ${what}: ${reason}` : `✗ ${what}: take a version without it, or write down why it does no harm (scripts/advisories.ts)`;
  });
  const stale = explained.filter(({ advisory }) => !advisories.has(advisory)).map(({ advisory }) => `✗ ${advisory} is explained, and nobody reports it any more`);
  return found.length + stale.length > 0 ? [...found, ...stale] : [`✓ no advisory against the ${metadata.dependencies.total} packages of the lock file`];
}

/** Asks the registry. What it answers to something else than the question is told as a reason. */
function audit(): Audit | string {
  const { stdout, stderr, error } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (error) throw error;
  const report = JSON.parse(stdout);
  if (report.auditReportVersion === 2) return report;
  if (report.message?.includes('/npm/v1/security/')) return report.message;
  throw new Error(`npm audit: ${report.error?.summary || report.message || stderr}`);
}

if (require.main === module) {
  const answer = audit();
  const lines = typeof answer === 'string'
    ? [`${process.argv.includes('--where-possible') ? '○' : '✗'} NOT AUDITED: nobody knows of advisories here, because the registry can not be asked for them: ${answer}`]
    : judge(answer, packagesListedIn(HANDLERS_NOTICES), EXPLAINED);
  console.log(lines.join('\n'));
  process.exitCode = lines.some(line => line.startsWith('✗')) ? 1 : 0;
}
