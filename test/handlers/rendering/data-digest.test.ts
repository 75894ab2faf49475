import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { DataDigest } from '../../../src/handlers/rendering/data-digest';
import { Cells } from '../../../src/handlers/rendering/format';
import { Rows } from '../../../src/handlers/rendering/rows';
import { Column, Row } from '../../../src/workflow/contract';
import { runs } from '../support/fuzz';

const COLUMNS: Column[] = [
  { name: 'supplier', label: 'Supplier', type: 'text' },
  { name: 'price', type: 'currency', currency: 'EUR', decimals: 2 },
  { name: '__proto__', type: 'boolean' },
];

const rowOf = (supplier: unknown, price: unknown, last: unknown, order = [0, 1, 2]): Row => {
  const entries = [['supplier', supplier], ['price', price], ['__proto__', last]];
  return Object.fromEntries(order.map(index => entries[index]));
};

const cellsOf = (row: Row, columns = COLUMNS) => columns.map(({ name }) => row[name]) as Cells;

function digestOf(rows: Row[], columns = COLUMNS, totals?: Row): string {
  const digest = new DataDigest(columns, totals);
  digest.add(rows.map(row => cellsOf(row, columns)));
  return digest.dataSha256;
}

const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null));
const row = fc.tuple(cell, cell, cell);
const order = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });

test('it is the hash of the lines that the data contract describes', () => {
  const lines = [
    '[["supplier","text","Supplier",null,null],["price","currency",null,"EUR",2],["__proto__","boolean",null,null,null]]',
    '[["price","14.90"]]',
    '["Cenfrocaf\u00e9 \\"a\\"\\n","14.90",true]',
    '[null,1e+21,false]',
  ];
  const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');
  const digest = new DataDigest(COLUMNS, { price: '14.90' });
  digest.add([cellsOf(rowOf('Cenfrocafé "a"\n', '14.90', true))]);
  digest.add([cellsOf(rowOf(null, 1e21, false))]);
  expect(digest.dataSha256).toBe(sha256(lines.map(line => `${line}\n`).join('')));
  expect(digest.columnsSha256).toBe(sha256(`${lines[0]}\n`));
});

test('it does not depend on the order of the keys, nor on how many rows are read at a time', async () => {
  const texts: Column[] = COLUMNS.map(column => ({ ...column, type: 'text' }));
  const text = fc.string({ unit: 'binary' });
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(text, text, text, order)), fc.nat(10), async (rows, first) => {
    const shuffled = rows.map(([a, b, c, keys]) => rowOf(a, b, c, keys));
    const digest = new DataDigest(texts);
    for await (const _batch of new Rows(texts, [shuffled.slice(0, first), shuffled.slice(first)], digest)) { /* reading is adding */ }
    expect(digest.dataSha256).toBe(digestOf(rows.map(([a, b, c]) => rowOf(a, b, c)), texts));
  }));
  expect(digestOf([], COLUMNS, { supplier: 'a', price: 1 })).toBe(digestOf([], COLUMNS, { price: 1, supplier: 'a' }));
});

test('rows are written as JSON.stringify writes them', () => {
  fc.assert(fc.property(fc.array(row, { maxLength: 5 }), rows => {
    const columns = COLUMNS.map(({ name, type, label = null, currency = null, decimals = null }) => [name, type, label, currency, decimals]);
    const lines = [columns, null, ...rows];
    const slow = createHash('sha256').update(lines.map(line => `${JSON.stringify(line)}\n`).join('')).digest('hex');
    expect(digestOf(rows.map(cells => rowOf(...cells)))).toBe(slow);
  }), runs(500));
});

test('it depends on each cell, by value and type', () => {
  fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(2), cell, (rows, place, column, other) => {
    const changed = rows.map(cells => [...cells] as typeof rows[number]);
    const target = changed[place % rows.length];
    fc.pre(JSON.stringify(target[column]) !== JSON.stringify(other));
    target[column] = other;
    expect(digestOf(changed.map(cells => rowOf(...cells)))).not.toBe(digestOf(rows.map(cells => rowOf(...cells))));
  }));
  const one = (value: unknown) => digestOf([rowOf(value, null, null)]);
  expect(new Set([1, '1', true, 'true', null, 'null', '', '1.0', ' 1', 'é', 'e\u0301', '\ud800', '\udfff', '\ufffd'].map(one)).size).toBe(14);
  expect(one(JSON.parse('1.0'))).toBe(one(1));
});

test('it depends on the order of the rows and on where one ends', () => {
  const [a, b] = [rowOf('a', 1, null), rowOf('b', 2, null)];
  expect(new Set([[], [a], [a, a], [a, b], [b, a]].map(rows => digestOf(rows))).size).toBe(5);
});

test('it depends on the columns and the totals', () => {
  const [supplier, price, last] = COLUMNS;
  const digests = [
    COLUMNS, [price, supplier, last], [supplier, price], [{ ...supplier, label: 'Name' }, price, last], [{ ...supplier, type: 'link' as const }, price, last],
    [supplier, { ...price, currency: 'USD' }, last], [supplier, { ...price, decimals: 3 }, last], [supplier, { name: 'price', type: 'currency' as const, currency: 'EUR' }, last],
  ].map(columns => digestOf([], columns));
  const totals = [{}, { price: 1 }, { price: '1' }, { price: null }, { supplier: 1 }].map(some => digestOf([], COLUMNS, some));
  expect(new Set([...digests, ...totals]).size).toBe(13);
});
