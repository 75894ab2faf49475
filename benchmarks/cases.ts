import { Writable } from 'node:stream';
import { render } from './ours';
import { eta, exceljs, papaparse, Rendering, stringify, withOurReader, withReadline } from './peers/peers';

export type Case = (input: AsyncIterable<Uint8Array>, out: Writable) => Promise<void>;

const readline = (rendering: Rendering): Case => (input, out) => rendering(withReadline(input), out);
const ourReader = (rendering: Rendering): Case => (input, out) => rendering(withOurReader(input), out);

/** Nothing that reads texts and writes texts takes less than this does. */
const recode: Case = async (input, out) => {
  for await (const chunk of input) {
    out.write(Buffer.from((chunk as Buffer).toString('utf8')));
  }
};

export const RECODE = 'recode';

export const CASES: { readonly [name: string]: Case } = {
  [RECODE]: recode,
  'html': render('html'),
  'readline + eta': readline(eta),
  'our reader + eta': ourReader(eta),
  'csv': render('csv'),
  'readline + papaparse': readline(papaparse),
  'our reader + papaparse': ourReader(papaparse),
  'json': render('json'),
  'readline + JSON.stringify': readline(stringify),
  'xlsx': render('xlsx'),
  'our reader + exceljs': ourReader(exceljs),
};

export interface Group {
  readonly title: string;
  readonly ours: string;
  readonly peers: readonly string[];
  readonly rows: number;
  readonly runs: number;
}

export const GROUPS: readonly Group[] = [
  { title: 'HTML', ours: 'html', peers: ['readline + eta', 'our reader + eta'], rows: 200_000, runs: 3 },
  { title: 'CSV, guarded against formulas', ours: 'csv', peers: ['readline + papaparse', 'our reader + papaparse'], rows: 200_000, runs: 3 },
  { title: 'JSON', ours: 'json', peers: ['readline + JSON.stringify'], rows: 200_000, runs: 3 },
  // Once, with as many rows as it takes to see who keeps them in memory.
  { title: 'XLSX', ours: 'xlsx', peers: ['our reader + exceljs'], rows: 1_000_000, runs: 1 },
];
