import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { DataDigest } from '../../../src/handlers/rendering/data-digest';
import { storedRows } from '../../../src/handlers/rendering/stored-rows';
import { Column, DataReference, Row } from '../../../src/workflow/contract';
import { runs } from '../support/fuzz';

const COLUMNS: Column[] = [
  { name: 'supplier', label: 'Supplier', type: 'text' },
  { name: 'price', type: 'currency', currency: 'EUR', decimals: 2 },
  { name: '__proto__', type: 'boolean' },
];
const COLUMNS_LINE = '[["supplier","text","Supplier",null,null],["price","currency",null,"EUR",2],["__proto__","boolean",null,null,null]]\n';

const rowOf = (supplier: unknown, price: unknown, last: unknown): Row =>
  Object.fromEntries([['supplier', supplier], ['price', price], ['__proto__', last]]);
const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
const inline = (rows: Row[], columns = COLUMNS, totals?: Row) =>
  new DataDigest({ columns, rows, totals: totals as { [column: string]: string } }).dataSha256;

async function stored(bytes: Uint8Array, size = bytes.length || 1, format: DataReference['format'] = 'NDJSON'): Promise<string> {
  const digest = new DataDigest({ columns: COLUMNS });
  const pieces = (async function* () {
    for (let start = 0; start < bytes.length; start += size) {
      yield bytes.subarray(start, start + size);
    }
  })();
  for await (const _rows of storedRows(pieces, format, COLUMNS, digest)) { /* reading is adding */ }
  return digest.dataSha256;
}

const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null));
const row = fc.tuple(cell, cell, cell);
const ndjson = (rows: Row[]) => rows.map(one => `${JSON.stringify(one)}\n`).join('');

test('it is the hash of the lines that the data contract describes', () => {
  const rows = [rowOf('Cenfrocafé "a"\n', '14.90', true), rowOf(null, 1e21, false)];
  const digest = new DataDigest({ columns: COLUMNS, rows, totals: { price: '14.90' } });
  expect(digest.dataSha256).toBe(sha256(`${COLUMNS_LINE}[["price","14.90"]]
{"supplier":"Cenfrocafé \\"a\\"\\n","price":"14.90","__proto__":true}
{"supplier":null,"price":1e+21,"__proto__":false}
`));
  expect(digest.columnsSha256).toBe(sha256(COLUMNS_LINE));
});

test.each<[DataReference['format'], string]>([
  ['NDJSON', '{ "supplier": "ñ" }\r\n\n{}'], ['JSON', ' [ {"supplier":"ñ"} ]\n'], ['CSV', 'supplier,price\n"ñ",1\n'], ['NDJSON', ''], ['NDJSON', '\ufeff{}\n'],
])('of rows that were written, it is that of their bytes, wherever they are cut, packed or not: %s %j', async (format, text) => {
  const bytes = Buffer.from(text);
  const expected = sha256(`${COLUMNS_LINE}null\n${text}`);
  for (let size = 1; size <= bytes.length + 1; size += 1) {
    expect(await stored(bytes, size, format)).toBe(expected);
  }
  expect(await stored(gzipSync(bytes), 5, format)).toBe(expected);
  expect(await stored(gzipSync(bytes, { level: 0 }), 7, format)).toBe(expected);
});

test('rows that are inline count as if each were written on a line, in the order of the columns', async () => {
  await fc.assert(fc.asyncProperty(fc.array(row, { maxLength: 5 }), fc.integer({ min: 1, max: 100 }), async (cells, size) => {
    const rows = cells.map(values => rowOf(...values));
    expect(await stored(Buffer.from(ndjson(rows)), size)).toBe(inline(rows));
    const reversed = rows.map(one => Object.fromEntries(Object.entries(one).reverse()));
    expect(inline(reversed)).toBe(inline(rows));
  }), runs(300));
});

test('it depends on each cell, by value and type', () => {
  fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(2), cell, (rows, place, column, other) => {
    const changed = rows.map(cells => [...cells] as typeof rows[number]);
    const target = changed[place % rows.length];
    fc.pre(JSON.stringify(target[column]) !== JSON.stringify(other));
    target[column] = other;
    expect(inline(changed.map(cells => rowOf(...cells)))).not.toBe(inline(rows.map(cells => rowOf(...cells))));
  }));
  const one = (value: unknown) => inline([rowOf(value, null, null)]);
  expect(new Set([1, '1', true, 'true', null, 'null', '', '1.0', ' 1', 'é', 'e\u0301', '\ud800', '\udfff', '\ufffd'].map(one)).size).toBe(14);
});

test('it depends on the order of the rows and on where one ends', () => {
  const [a, b] = [rowOf('a', 1, null), rowOf('b', 2, null)];
  expect(new Set([[], [a], [a, a], [a, b], [b, a]].map(rows => inline(rows))).size).toBe(5);
});

test('it depends on the columns and the totals, and not on the order in which totals are named', () => {
  const [supplier, price, last] = COLUMNS;
  const digests = [
    COLUMNS, [price, supplier, last], [supplier, price], [{ ...supplier, label: 'Name' }, price, last], [{ ...supplier, type: 'link' as const }, price, last],
    [supplier, { ...price, currency: 'USD' }, last], [supplier, { ...price, decimals: 3 }, last], [supplier, { name: 'price', type: 'currency' as const, currency: 'EUR' }, last],
  ].map(columns => inline([], columns));
  const totals = [{}, { price: 1 }, { price: '1' }, { price: null }, { supplier: 1 }].map(some => inline([], COLUMNS, some));
  expect(new Set([...digests, ...totals]).size).toBe(13);
  expect(inline([], COLUMNS, { supplier: 'a', price: 1 })).toBe(inline([], COLUMNS, { price: 1, supplier: 'a' }));
});
