/**
 * `npm run receipt`: who may do what in the minimal pipeline, what each option adds, and what stands in the café, with a reason for each.
 * Writes docs/permissions.md, and fails where nobody has written down a reason, or that of a wildcard, and where a template says something that it does not understand.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Line, lacks, linesOf } from './lines';
import { OPTIONS, stackWith } from './options';
import { CafeDatabase } from '../../examples/cafe-inventory/cafe-database';
import { CafeStack } from '../../examples/cafe-inventory/cafe-stack';
import { CafeWebsite } from '../../examples/cafe-inventory/cafe-website';

const PAGE = 'docs/permissions.md';
const PATHS = { context: { 'aws:cdk:enable-path-metadata': true } };

function table(lines: Line[]): string[] {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const row = ({ effect, principal, actions, resources, condition, reason, wildcardReason }: Line) => [
    `${effect === 'Deny' ? '**not** ' : ''}\`${principal}\``,
    actions.map(action => `\`${action}\``).join(' '),
    resources.map(resource => `\`${resource}\``).join(' '),
    condition && `\`${condition}\``,
    [reason, wildcardReason].filter(Boolean).join('. '),
  ].map(cell).join(' | ');
  return ['| who | may | on | if | because |', '|---|---|---|---|---|', ...lines.map(line => `| ${row(line)} |`)];
}

/** What an option adds. */
function section({ name, beside, lines }: { name: string; beside: readonly string[]; lines: Line[] }): string[] {
  const others = beside.length > 0 ? ` beside what comes ${beside.map(other => `with ${other}`).join('; ')}` : '';
  return ['', `## With ${name}`, '', ...lines.length === 0 ? [`Nothing${others}.`] : [...others ? [`This${others}:`, ''] : [], ...table(lines)]];
}

const base = linesOf(stackWith());
const sections = Object.entries(OPTIONS).map(([name, option]) => {
  const { beside = [] } = option;
  const said = new Set([base, ...beside.map(other => linesOf(stackWith(OPTIONS[other])))].flat().map(line => JSON.stringify(line)));
  return { name, beside, lines: linesOf(stackWith(option)).filter(line => !said.has(JSON.stringify(line))) };
});
const cafe = linesOf(new CafeStack(new App(PATHS), 'Cafe', { database: CafeDatabase.aurora(), website: CafeWebsite.cloudFront() }));

const page = [
  '# Permissions',
  '',
  '`npm run receipt` writes this page from synthesized templates: who may do what, on what, and why. It fails where a reason is missing,',
  'and where a template says something of permissions that it does not understand.',
  'Names are those of constructs; the pipeline is `Report`, its data source `Lookup`.',
  '',
  '## A pipeline with the three required props',
  '',
  ...table(base),
  ...sections.flatMap(section),
  '',
  '## The café',
  '',
  'The [example](../examples/cafe-inventory/README.md), its own functions, users and website included.',
  '',
  ...table(cafe),
  '',
].join('\n');
const before = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
writeFileSync(PAGE, page);

const lacking = [base, ...sections.map(({ lines }) => lines), cafe].flatMap(lines => lines.flatMap(lacks));
for (const complaint of new Set(lacking)) {
  console.log(`✗ ${complaint}`);
}
const all = [base, ...sections.map(({ lines }) => lines), cafe].flat();
console.log(`${lacking.length === 0 ? '✓' : '✗'} ${all.length - lacking.length} of ${all.length} permissions have a reason`);
console.log(page === before ? `✓ ${PAGE} says so` : `✗ ${PAGE} said something else, and is written anew`);
process.exitCode = lacking.length > 0 || page !== before ? 1 : 0;
