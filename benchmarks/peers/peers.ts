import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { storedRows } from '../../src/handlers/rendering/stored-rows';
import { COLUMNS } from '../data';

/*
 * What else one would write, with the libraries in package.json: as their documentation says, in their fastest way of streaming, with the
 * formats of `Intl` made once.
 */
type Rows = AsyncIterable<{ readonly [column: string]: any }[]>;
export type Rendering = (rows: Rows, out: Writable) => Promise<void>;

const ROWS_AT_ONCE = 500;

/** One line after another, as Node.js reads them. */
export async function* withReadline(input: Readable): Rows {
  let rows = [];
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    rows.push(JSON.parse(line));
    if (rows.length === ROWS_AT_ONCE) {
      yield rows;
      rows = [];
    }
  }
  yield rows;
}

/** The reader of this library, so that only the writing differs. */
export function withOurReader(input: AsyncIterable<Uint8Array>): Rows {
  return storedRows(input, 'NDJSON', COLUMNS) as Rows;
}

const integer = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 20 });
const currency = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const instant = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short', timeZone: 'Europe/Madrid',
});
const FORMATS: { readonly [type: string]: (value: any) => string } = {
  text: String,
  integer: value => integer.format(value),
  decimal: value => decimal.format(value),
  currency: value => currency.format(value),
  date: value => day.format(new Date(value)),
  datetime: value => instant.format(new Date(value)),
};

export async function eta(rows: Rows, out: Writable): Promise<void> {
  const { Eta } = require('eta'); // eslint-disable-line @typescript-eslint/no-require-imports
  const engine = new Eta({ autoEscape: true });
  const columns = COLUMNS.map(({ name, type }) => ({ name, type, format: FORMATS[type] }));
  engine.loadTemplate('@rows', '<% for (const row of it.rows) { %><tr><% for (const { name, type, format } of it.columns) { %>'
    + '<td class="<%= type %>"><%= row[name] === null ? "–" : format(row[name]) %></td><% } %></tr>\n<% } %>');
  for await (const some of rows) {
    await write(out, engine.render('@rows', { rows: some, columns }));
  }
}

export async function papaparse(rows: Rows, out: Writable): Promise<void> {
  const { unparse } = require('papaparse'); // eslint-disable-line @typescript-eslint/no-require-imports
  const columns = COLUMNS.map(({ name }) => name);
  for await (const some of rows) {
    await write(out, `${unparse(some, { columns, header: false, escapeFormulae: true })}\r\n`);
  }
}

export async function stringify(rows: Rows, out: Writable): Promise<void> {
  for await (const some of rows) {
    await write(out, some.map(row => `${JSON.stringify(row)}\n`).join(''));
  }
}

export async function exceljs(rows: Rows, out: Writable): Promise<void> {
  const { stream } = require('exceljs'); // eslint-disable-line @typescript-eslint/no-require-imports
  const workbook = new stream.xlsx.WorkbookWriter({ stream: out, useStyles: true, useSharedStrings: false });
  const sheet = workbook.addWorksheet('Report');
  const numFmts: { readonly [type: string]: string } = { integer: '#,##0', currency: '[$€]#,##0.00', date: 'd mmm yyyy', datetime: 'd mmm yyyy, hh:mm' };
  sheet.columns = COLUMNS.map(({ name, label, type }) => ({ key: name, header: label, width: 20, style: { numFmt: numFmts[type] } }));
  for await (const some of rows) {
    for (const row of some) {
      sheet.addRow(COLUMNS.map(({ name, type }) => type.startsWith('date') ? new Date(row[name]) : row[name])).commit();
    }
  }
  await workbook.commit();
}

async function write(out: Writable, text: string): Promise<void> {
  if (!out.write(Buffer.from(text))) {
    await once(out, 'drain');
  }
}
