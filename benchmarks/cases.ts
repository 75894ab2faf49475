import { Writable } from 'node:stream';
import { render } from './ours';
import { eta, exceljs, papaparse, Rendering, stringify, withOurReader, withReadline } from './peers';

export type Case = (input: AsyncIterable<Uint8Array>, out: Writable) => Promise<void>;

const readline = (rendering: Rendering): Case => (input, out) => rendering(withReadline(input), out);
const ourReader = (rendering: Rendering): Case => (input, out) => rendering(withOurReader(input), out);

/** Reads all of the input, and encodes it once more: nothing that reads and writes texts of this length takes less. */
const encoding: Case = async (input, out) => {
  for await (const chunk of input) {
    out.write(Buffer.from((chunk as Buffer).toString('utf8'), 'utf8'));
  }
};

export const CASES: { readonly [name: string]: Case } = {
  'html': render('html'),
  'html: readline + eta': readline(eta),
  'html: same reader + eta': ourReader(eta),
  'csv': render('csv'),
  'csv: readline + papaparse': readline(papaparse),
  'csv: same reader + papaparse': ourReader(papaparse),
  'json': render('json'),
  'json: readline + JSON.stringify': readline(stringify),
  'xlsx': render('xlsx'),
  'xlsx: same reader + exceljs': ourReader(exceljs),
  'limit: decode and encode the input': encoding,
};
