/**
 * `npm run receipt`: who may do what in the minimal pipeline, what each option adds, and what stands in the café, with a reason for each.
 * Writes docs/permissions.md, and fails where nobody has written down a reason, or that of a wildcard.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Option, OPTIONS } from './options';
import { reasonFor, reasonForWildcard } from './reasons';
import { Permission, permissionsOf } from './statements';
import { CafeDatabase } from '../../examples/cafe-inventory/cafe-database';
import { CafeStack } from '../../examples/cafe-inventory/cafe-stack';
import { CafeWebsite } from '../../examples/cafe-inventory/cafe-website';
import { TestStack } from '../support/synth';

const PAGE = 'docs/permissions.md';
const PATHS = { context: { 'aws:cdk:enable-path-metadata': true } };

interface Line extends Permission {
  readonly reason?: string;
  /** Why there is a wildcard in it, where there is one. */
  readonly wildcardReason?: string;
}

function minimal({ props, use }: Option = {}): TestStack {
  const stack = new TestStack(new App(PATHS));
  const pipeline = stack.pipeline(props?.(stack));
  use?.(stack, pipeline);
  return stack;
}

function linesOf(stack: Stack): Line[] {
  // What a library says of its wildcards, it says beside them, for cdk-nag.
  const acknowledged = stack.node.findAll().flatMap(({ node: { path, metadata } }) => metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries<string>(data).map(([rule, reason]) => ({ path: path.split('/').slice(1).join('/'), rule, reason }))));
  return permissionsOf(Template.fromStack(stack)).map(permission => {
    const { effect, principal, wildcards } = permission;
    const reasons = effect === 'Deny' ? [] : wildcards.map(wildcard => reasonForWildcard(permission, wildcard)
      ?? acknowledged.find(({ path, rule }) => `${principal}/`.startsWith(`${path}/`) && rule === `AwsSolutions-IAM5[${wildcard}]`)?.reason);
    return {
      ...permission,
      reason: reasonFor(permission),
      ...(reasons.length > 0 && { wildcardReason: reasons.includes(undefined) ? undefined : [...new Set(reasons)].join(' ') }),
    };
  });
}

function lacks(line: Line): string[] {
  const what = `${line.principal} may ${line.actions.join(', ')} on ${line.resources.join(', ')}`;
  return [
    ...(line.reason === undefined ? [`${what}: nobody has written down why (test/permissions/reasons.ts)`] : []),
    ...('wildcardReason' in line && line.wildcardReason === undefined ? [`${what}: nobody has written down why there is a wildcard`] : []),
  ];
}

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

/** The same permission is one line, however often the template says it. */
function distinct(lines: Line[]): Line[] {
  return [...new Map(lines.map(line => [JSON.stringify(line), line])).values()];
}

const base = distinct(linesOf(minimal()));
const sections = Object.entries(OPTIONS).map(([name, option]) => {
  const known = new Set(base.map(line => JSON.stringify(line)));
  return { name, lines: distinct(linesOf(minimal(option))).filter(line => !known.has(JSON.stringify(line))) };
});
const cafe = distinct(linesOf(new CafeStack(new App(PATHS), 'Cafe', { database: CafeDatabase.aurora(), website: CafeWebsite.cloudFront() })));

const page = [
  '# Permissions',
  '',
  '`npm run receipt` writes this page from synthesized templates: who may do what, on what, and why. It fails where a reason is missing.',
  'Names are those of constructs; the pipeline is `Report`, its data source `Lookup`.',
  '',
  '## A pipeline with the three required props',
  '',
  ...table(base),
  ...sections.flatMap(({ name, lines }) => ['', `## With ${name}`, '', ...table(lines)]),
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
