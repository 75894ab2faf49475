import * as fc from 'fast-check';
import Papa from 'papaparse';
import { Column } from '../../../src/workflow/contract';
import { CsvOptions, FileOptions } from '../../../src/workflow/file-options';
import { runs } from '../support/fuzz';
import { written } from '../support/written';

const text: Column = { name: 'text', label: 'Text', type: 'text' };
const number: Column = { name: 'number', label: 'Number', type: 'decimal' };

async function csv(columns: Column[], rows: object[], options: CsvOptions = {}, more: Partial<FileOptions> = {}): Promise<string> {
  return (await written({ format: 'csv', csv: options, ...more }, { columns, rows })).bytes.toString();
}

/** The obvious way to write a field, without the guard. */
function slowField(value: string | null, delimiter: string): string {
  const needsQuotes = value !== null && (value === '' || /^ | $/.test(value) || [delimiter, '"', '\r', '\n', '\t'].some(character => value.includes(character)));
  return needsQuotes ? `"${value.replace(/"/g, '""')}"` : value ?? '';
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }), fc.array(fc.constantFrom('"', ',', ';', '\t', '|', '\r', '\n', ' ', '=', '-', "'", 'a', 'ñ', '\u{1f600}', '\ud800', '\udfff', '\u2028', '\ufeff')).map(all => all.join('')),
);

test('a line of headings, then the rows, as RFC 4180 has them', async () => {
  expect(await csv([text, number], [{ text: 'Finca La Esperanza', number: 1.5 }, { text: null, number: '12.50' }, { text: '', number: null }, { text: 'Cauca ', number: -2 }]))
    .toBe('Text,Number\r\nFinca La Esperanza,1.5\r\n,12.50\r\n"",\r\n"Cauca ",-2\r\n');
  expect(await csv([text], [])).toBe('Text\r\n');
});

test('values are as programs read them', async () => {
  const columns = (['integer', 'decimal', 'currency', 'date', 'datetime', 'boolean', 'link'] as const).map((type): Column => ({ name: type, type, currency: 'EUR', decimals: 1 }));
  const row = { integer: -1234, decimal: '-0.125', currency: 99.994, date: '2026-11-20', datetime: '2026-11-20T07:00:00+01:00', boolean: true, link: 'https://example.com/a?b=1,2' };
  expect((await csv(columns, [row])).split('\r\n')[1]).toBe('-1234,-0.125,99.994,2026-11-20,2026-11-20T07:00:00+01:00,true,"https://example.com/a?b=1,2"');
});

test('money needs no currency, because none is shown', async () => {
  expect(await csv([{ name: 'price', type: 'currency' }], [{ price: '12.50' }])).toBe('price\r\n12.50\r\n');
});

test('columns are chosen, put in order and named', async () => {
  const columns = [{ name: 'number', label: 'Zahl; genau' }, { name: 'text' }];
  expect(await csv([text, number], [{ text: 'a', number: 1 }], { delimiter: ';', byteOrderMark: true }, { columns })).toBe('\ufeff"Zahl; genau";Text\r\n1;a\r\n');
});

test.each([',', ';', '\t', '|'])('what is written with %j between fields, a reader of CSV reads back', async delimiter => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(hostile, fc.option(hostile)), { maxLength: 8 }), async cells => {
    const columns: Column[] = [{ name: 'a', type: 'text' }, { name: 'b', type: 'text' }];
    const made = await csv(columns, cells.map(([a, b]) => ({ a, b })), { delimiter, formulaGuard: false });
    const seen = cells.map(record => record.map(cell => cell === null ? null : Buffer.from(cell).toString())); // halves of a pair can not be written
    expect(made).toBe([['a', 'b'], ...seen].map(record => `${record.map(cell => slowField(cell, delimiter)).join(delimiter)}\r\n`).join(''));
    expect(Papa.parse<string[]>(made.slice(0, -2), { delimiter, newline: '\r\n', quoteChar: '"' }).data).toEqual([['a', 'b'], ...seen.map(record => record.map(cell => cell ?? ''))]);
  }), runs(300));
});

describe('the guard against formulas', () => {
  const guarded = async (value: string, column = text) => Papa.parse<string[]>((await csv([column], [{ text: value }])).slice(0, -2), { delimiter: ',', newline: '\r\n' }).data[1][0];

  test.each([
    '=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\ttext', '\rtext', '\uff1d1+1', '\uff0b1', '\uff0d1', '\uff20A', ' =1', '\u00a0=1', '\u200b=1', '\ufeff=1', '\x00=1', '=cmd|\' /C calc\'!A0',
    '="a"&"b"', '-',
  ])('%j is a text', async value => {
    expect(await guarded(value)).toBe(`'${value}`);
  });

  test.each(['a=1', "'=1", 'é=1', '1-1', '(=1)', '', '1', 'e+1', '\u{1f600}=1'])('%j is not changed', async value => {
    expect(await guarded(value)).toBe(value);
  });

  test('is for headings and links, too', async () => {
    expect(await csv([{ name: 'text', label: '=1', type: 'link' }], [])).toBe("'=1\r\n");
  });

  test('leaves numbers and times as they are', async () => {
    expect(await guarded('-12.50', { ...number, name: 'text' })).toBe('-12.50');
    expect((await csv([number], [{ number: -0.5 }])).split('\r\n')[1]).toBe('-0.5');
  });

  test('finds whatever a slow look finds', async () => {
    await fc.assert(fc.asyncProperty(hostile, async value => {
      const isFormula = /^[\s\p{C}]*[=+\-@＝＋－＠]/u.test(value.replace(/[\p{Cs}\p{Co}\p{Cn}]/gu, 'x')) || /^[\t\r\n]/.test(value);
      const [, made] = (await csv([text], [{ text: value }])).split(/\r\n(.*)/s);
      expect(made.replace(/^"/, '').startsWith("'")).toBe(isFormula || value.startsWith("'"));
    }), runs(500));
  });
});

test('a megabyte in one cell is all there', async () => {
  const long = '"é\u{1f600}'.repeat(256 * 1024);
  expect((await csv([text], [{ text: long }])).length).toBe('Text\r\n'.length + long.length + 256 * 1024 + 4);
});
