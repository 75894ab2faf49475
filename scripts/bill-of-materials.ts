import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Bundle } from './bundles';

/** As far as it is read here: https://cyclonedx.org/docs/1.6/json/ */
export interface BillOfMaterials {
  readonly components: readonly Component[];
}

export interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly scope: 'required' | 'excluded';
  readonly licenses?: readonly { readonly license?: { readonly id?: string }; readonly expression?: string }[];
  readonly evidence?: { readonly licenses?: readonly { readonly license: { readonly text: { readonly content: string } } }[] };
}

const GENERATOR = resolve(__dirname, '..', 'node_modules', '.bin', 'cyclonedx-esbuild');

/** The packages in bundles of one directory, with their licences: valid by the schema of CycloneDX, and the same for the same bundles. */
export function billOfMaterials(bundles: readonly Bundle[]): BillOfMaterials {
  const made = mkdtempSync(join(tmpdir(), 'bill-of-materials-'));
  try {
    const metafile = join(made, 'meta.json');
    writeFileSync(metafile, JSON.stringify({
      inputs: Object.assign({}, ...bundles.map(bundle => bundle.metafile.inputs)),
      outputs: Object.assign({}, ...bundles.map(bundle => bundle.metafile.outputs)),
    }));
    const options = ['--mc-type', 'library', '--gather-license-texts', '--output-reproducible', '--validate'];
    return JSON.parse(execFileSync(GENERATOR, [metafile, '--bwd', bundles[0].directory, ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 30,
    }));
  } finally {
    rmSync(made, { recursive: true });
  }
}
