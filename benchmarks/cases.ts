import { Readable, Writable } from 'node:stream';
import { checkedRows, render } from './ours';
import { eta, exceljs, papaparse, Rendering, stringify, withOurReader, withReadline } from './peers/peers';
import { FormatName } from '../src/workflow/file-options';

/** Gets ready, and returns what is measured. */
export type Case = (input: Readable, out: Writable) => Promise<() => Promise<void>>;

const streamed = (format: FormatName): Case => async (input, out) => () => render(checkedRows(input), format, out);
const readline = (rendering: Rendering): Case => async (input, out) => () => rendering(withReadline(input), out);
const ourReader = (rendering: Rendering): Case => async (input, out) => () => rendering(withOurReader(input), out);

const ready = (format: FormatName): Case => async (input, out) => {
  const rows = await collected(checkedRows(input));
  return () => render(rows, format, out);
};
const peerReady = (rendering: Rendering): Case => async (input, out) => {
  const rows = await collected(withOurReader(input));
  return () => rendering(rows, out);
};

async function collected<T>(batches: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const all: T[] = [];
  for await (const batch of batches) {
    all.push(batch);
  }
  return Readable.from(all);
}

/** Nothing that reads texts and writes texts takes less than this does. */
const recode: Case = async (input, out) => async () => {
  for await (const chunk of input) {
    out.write(Buffer.from((chunk as Buffer).toString('utf8')));
  }
};

export const RECODE = 'recode';

export const CASES: { readonly [name: string]: Case } = {
  [RECODE]: recode,
  'html': streamed('html'),
  'readline + eta': readline(eta),
  'our reader + eta': ourReader(eta),
  'html of rows in memory': ready('html'),
  'eta': peerReady(eta),
  'csv': streamed('csv'),
  'readline + papaparse': readline(papaparse),
  'our reader + papaparse': ourReader(papaparse),
  'csv of rows in memory': ready('csv'),
  'papaparse': peerReady(papaparse),
  'json': streamed('json'),
  'readline + JSON.stringify': readline(stringify),
  'xlsx': streamed('xlsx'),
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
  { title: 'HTML', ours: 'html', peers: ['readline + eta', 'our reader + eta'], rows: 1_000_000, runs: 3 },
  { title: 'HTML of rows in memory', ours: 'html of rows in memory', peers: ['eta'], rows: 100_000, runs: 3 },
  { title: 'CSV, guarded against formulas', ours: 'csv', peers: ['readline + papaparse', 'our reader + papaparse'], rows: 1_000_000, runs: 3 },
  { title: 'CSV of rows in memory', ours: 'csv of rows in memory', peers: ['papaparse'], rows: 100_000, runs: 3 },
  { title: 'JSON', ours: 'json', peers: ['readline + JSON.stringify'], rows: 1_000_000, runs: 3 },
  // Once, since it takes minutes.
  { title: 'XLSX', ours: 'xlsx', peers: ['our reader + exceljs'], rows: 1_000_000, runs: 1 },
];
