/**
 * Writes THIRD-PARTY-NOTICES, which is in the packages, and that of the café's website, which is beside its pages: the packages that are in
 * the bundles, with their licences.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Component, billOfMaterials } from './bill-of-materials';
import { type Bundle, HANDLERS, HANDLERS_NOTICES, makeBundle, WEBSITE, WEBSITE_NOTICES } from './bundles';

const RULE = '-'.repeat(80);

function notices(what: string, bundles: readonly Bundle[]): string {
  const components = billOfMaterials(bundles).components.filter(({ scope }) => scope === 'required')
    .sort((one, other) => nameOf(one) < nameOf(other) ? -1 : 1);
  const byText = new Map<string, string[]>();
  for (const component of components) {
    for (const text of licenceTexts(component)) {
      byText.set(text, [...byText.get(text) ?? [], nameOf(component)]);
    }
  }
  return [
    `${what} contain code of these packages:\n\n${components.map(component => `  ${nameOf(component)} (${licenceOf(component)})`).join('\n')}`,
    ...[...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}`),
  ].join(`\n\n${RULE}\n\n`) + '\n';
}

function nameOf({ group, name, version }: Component): string {
  return `${group ? `${group}/` : ''}${name} ${version}`;
}

function licenceOf({ licenses = [] }: Component): string | undefined {
  return licenses[0]?.license?.id ?? licenses[0]?.expression;
}

/** The files that a package has about its licence. Some have none, and name a licence whose text is always the same. */
function licenceTexts(component: Component): string[] {
  const files = component.evidence?.licenses?.map(({ license }) => Buffer.from(license.text.content, 'base64').toString()) ?? [];
  if (files.length === 0 && licenceOf(component) !== 'Apache-2.0') {
    throw new Error(`${nameOf(component)} has no text of its licence, ${licenceOf(component)}: look for another package, or for its text`);
  }
  return (files.length > 0 ? files : [readFileSync('LICENSE', 'utf8')]).map(text => text.replaceAll('\r\n', '\n').replace(/^\n+|\s+$/g, ''));
}

writeFileSync(HANDLERS_NOTICES, notices('The functions of this package (assets/handlers)', HANDLERS.map(makeBundle)));
writeFileSync(WEBSITE_NOTICES, notices('The scripts of this website', [makeBundle(WEBSITE)]));
