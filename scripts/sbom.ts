/**
 * `npm run sbom`: writes dist/sbom.cdx.json, a bill of materials of what the packages bring beside their own code. It is a part of each release.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { billOfMaterials } from './bill-of-materials';
import { HANDLERS, makeBundle } from './bundles';

const bill = billOfMaterials(HANDLERS.map(makeBundle));
mkdirSync('dist', { recursive: true });
writeFileSync(join('dist', 'sbom.cdx.json'), JSON.stringify(bill, undefined, 2));
console.log(`✓ bill of materials: ${bill.components.length} packages in ${HANDLERS.length} bundles, valid by the schema of CycloneDX`);
