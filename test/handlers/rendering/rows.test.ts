import * as fc from 'fast-check';
import { checkColumns, checkedTotals, Rows } from '../../../src/handlers/rendering/rows';
import { Column, ColumnType } from '../../../src/workflow/contract';
import { runs } from '../support/fuzz';

async function read(columns: Column[], rows: object[]): Promise<number> {
  const checked = new Rows(columns, [rows]);
  for await (const _batch of checked) { /* reading is checking */ }
  return checked.count;
}

const supplier: Column = { name: 'supplier', type: 'text' };
const kilos: Column = { name: 'kilos', type: 'integer' };

test('good rows are counted, and null stands for no value', async () => {
  await expect(read([supplier, kilos], [{ supplier: 'a', kilos: 1 }, { kilos: null, supplier: null }])).resolves.toBe(2);
});

test.each<[ColumnType, unknown, string]>([
  ['text', 42, 'a string, and got a number'],
  ['integer', 1.5, 'a whole number, or a string of digits where it is above 2^53, and got a number'],
  ['decimal', 'secret', 'a number, or a string such as "12.50" where each digit counts, and got a string'],
  ['currency', true, 'a number, or a string such as "12.50" where each digit counts, and got a boolean'],
  ['date', '2026-02-30', 'a day such as "2026-11-20", and got a string'],
  ['datetime', { secret: 1 }, 'a time with its offset such as "2026-11-20T07:00:00Z", and got an object'],
  ['boolean', ['secret'], 'true or false, and got an array'],
  ['link', 'javascript:secret', 'an http or https URL without a password, and got a string'],
])('a bad %s is told by its place and kind', async (type, value, expected) => {
  await expect(read([{ name: 'c', type, currency: 'EUR' }], [{ c: null }, { c: value }])).rejects.toEqual(expect.objectContaining({
    name: 'InvalidData', message: `row 2, column "c": expected ${expected}`,
  }));
});

test('a column may not be left out', async () => {
  const message = 'row 1, column "kilos": there is no value; write null where there is none';
  await expect(read([supplier, kilos], [{ supplier: 'a' }])).rejects.toThrow(message);
  await expect(read([supplier, kilos], [{ supplier: 'a', kilos: undefined }])).rejects.toThrow(message);
});

test('a value without a column is not passed over', async () => {
  await expect(read([supplier], [{ supplier: 'a', kilos: 1 }]))
    .rejects.toThrow('row 1 has "kilos", which is not a column; add the column, or leave out the value');
});

test('cells are in the order of the columns, in whatever order each row names them', async () => {
  const columns = ['a', '2', '__proto__', '1', 'é'].map((name): Column => ({ name, type: 'text' }));
  const names = fc.oneof(fc.shuffledSubarray(columns.map(({ name }) => name), { minLength: 5 }), fc.subarray(['a', '2', '__proto__', '1', 'é', 'toString', '3']));
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(names, fc.boolean()), { maxLength: 6 }), async rows => {
    const texts = rows.map(([some, isNull], index) => `{${some.map(name => `${JSON.stringify(name)}:${isNull ? null : JSON.stringify(`${index}${name}`)}`)}}`);
    const isGood = rows.map(([some]) => columns.every(({ name }) => some.includes(name)) && some.length === columns.length);
    const bad = isGood.indexOf(false);
    const good: unknown[] = [];
    const reading = (async () => {
      for await (const batch of new Rows(columns, texts.map(text => [JSON.parse(text)]))) {
        good.push(...batch);
      }
      return 'good';
    })().catch(error => error.message.split(/,| has/)[0]);
    expect(await reading).toBe(bad < 0 ? 'good' : `row ${bad + 1}`);
    expect(good).toEqual(rows.slice(0, bad < 0 ? rows.length : bad).map(([, isNull], index) => columns.map(({ name }) => isNull ? null : `${index}${name}`)));
  }), runs(500));
});

describe('names that objects inherit', () => {
  test('are columns like any other', async () => {
    const columns = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((name): Column => ({ name, type: 'text' }));
    const row = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c","hasOwnProperty":"d"}');
    await expect(read(columns, [row])).resolves.toBe(1);
  });

  test('are not there unless the row has them itself', async () => {
    await expect(read([{ name: 'constructor', type: 'text' }], [{}])).rejects.toThrow('row 1, column "constructor": there is no value');
    await expect(read([supplier], [JSON.parse('{"supplier":"a","__proto__":{"kilos":1}}')])).rejects.toThrow('row 1 has "__proto__", which is not a column');
    expect(({} as { kilos?: number }).kilos).toBeUndefined();
  });
});

test('columns have names of their own', () => {
  expect(() => checkColumns([supplier, kilos, supplier])).toThrow('two columns have the name "supplier"; give each a name of its own');
});

test('totals are cells of some of the columns', () => {
  expect(checkedTotals({ kilos: 3 }, [supplier, kilos])).toEqual([undefined, 3]);
  expect(() => checkedTotals({ kilos: 'many' }, [supplier, kilos]))
    .toThrow('totals, column "kilos": expected a whole number, or a string of digits where it is above 2^53, and got a string');
  expect(() => checkedTotals({ tons: 3 }, [supplier, kilos])).toThrow('totals has "tons", which is not a column');
});
