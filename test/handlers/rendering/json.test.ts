import * as fc from 'fast-check';
import { Column } from '../../../src/workflow/contract';
import { FileOptions } from '../../../src/workflow/file-options';
import { runs } from '../support/fuzz';
import { written } from '../support/written';

const COLUMNS: Column[] = [{ name: '"text"\n', type: 'text' }, { name: '__proto__', type: 'decimal' }];

async function json(rows: object[], lines = false, options: Partial<FileOptions> = {}, columns = COLUMNS): Promise<string> {
  return (await written({ format: 'json', json: { lines }, ...options }, { columns, rows })).bytes.toString();
}

const row = fc.tuple(fc.option(fc.string({ unit: 'binary' })), fc.option(fc.double({ noNaN: true, max: 2 ** 53 - 1, min: 1 - 2 ** 53 })));

test.each([false, true])('a parser of JSON gives back each row, by lines: %s', async lines => {
  await fc.assert(fc.asyncProperty(fc.array(row, { maxLength: 5 }), async cells => {
    const rows = cells.map(values => Object.fromEntries(values.map((value, index) => [COLUMNS[index].name, value])));
    const made = await json(rows, lines);
    const slow = rows.map(one => JSON.stringify(one));
    expect(made).toBe(lines ? slow.map(line => `${line}\n`).join('') : rows.length === 0 ? '[\n]\n' : `[\n${slow.join(',\n')}\n]\n`);
  }), runs(300));
});

test('values have their types', async () => {
  const columns = (['integer', 'boolean', 'date', 'link'] as const).map((type): Column => ({ name: type, type }));
  expect(await json([{ integer: 7, boolean: false, date: '2026-11-20', link: 'https://example.com' }, { integer: null, boolean: null, date: null, link: null }], true, {}, columns))
    .toBe('{"integer":7,"boolean":false,"date":"2026-11-20","link":"https://example.com"}\n{"integer":null,"boolean":null,"date":null,"link":null}\n');
});

test.each([
  ['12.50', '12.50'], ['-0.1', '-0.1'], ['0', '0'], ['123456789012345', '123456789012345'],
  ['1234567890123456', '"1234567890123456"'], ['0.1234567890123456', '"0.1234567890123456"'], ['007', '"007"'], ['-007.5', '"-007.5"'], ['9'.repeat(40), `"${'9'.repeat(40)}"`],
])('the digits %s are %s', async (value, expected) => {
  expect(await json([{ n: value }], true, {}, [{ name: 'n', type: 'decimal' }])).toBe(`{"n":${expected}}\n`);
});

test('a number in place of digits is the same number', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.stringMatching(/^\d{0,9}$/), async (whole, fraction) => {
    const digits = fraction === '' ? `${whole}` : `${whole}.${fraction}`;
    const [{ n }] = JSON.parse(await json([{ n: digits }], false, {}, [{ name: 'n', type: 'decimal' }]));
    expect(typeof n === 'string' ? n : n.toFixed(fraction.length)).toBe(digits === '-0' ? '0' : digits);
  }), runs(200));
});

test('columns are chosen and put in order, by their names', async () => {
  const columns: Column[] = [{ name: 'a', label: 'A', type: 'text' }, { name: 'b', label: 'B', type: 'text' }];
  expect(await json([{ a: 'x', b: 'y' }], true, { columns: [{ name: 'b', label: 'other' }, { name: 'a' }] }, columns)).toBe('{"b":"y","a":"x"}\n');
});
