import { strFromU8, unzipSync } from 'fflate';
import { reportOf } from '../../../src/handlers/rendering/report';
import { Column, ColumnType, Row } from '../../../src/workflow/contract';
import { FileOptions } from '../../../src/workflow/file-options';
import { RUN } from '../support/run';
import { Source, written, writtenBatches } from '../support/written';

/*
 * `npm test -- formats` lets openpyxl and LibreOffice read workbooks; here is what they do not tell.
 */

const text: Column = { name: 'text', label: 'Text', type: 'text' };
const kilos: Column = { name: 'kilos', label: 'Kilos', type: 'integer' };

async function parts(source: Source, options: Partial<FileOptions> = {}): Promise<Record<string, string>> {
  const { bytes } = await written({ format: 'xlsx', ...options }, source);
  return Object.fromEntries(Object.entries(unzipSync(bytes)).map(([path, content]) => [path, strFromU8(content)]));
}

/** The cells of a sheet below its headings: what they hold, a text in quotes, and their style. */
function cells(sheet: string): { reference: string; value: string; style: number }[] {
  return [...sheet.matchAll(/<c r="([A-Z]+\d+)" s="(\d+)"(?: t="(\w+)")?(?:\/>|>(.*?)<\/c>)/gs)].filter(([, reference]) => !/^[A-Z]+1$/.test(reference))
    .map(([, reference, style, type, content = '']) => {
      const value = content.replace(/<[^>]*>/g, '');
      return { reference, value: type === 'inlineStr' ? JSON.stringify(value) : value, style: Number(style) };
    });
}

async function report(source: Source, options: Partial<FileOptions> = {}) {
  const all = await parts(source, options);
  const styles = [.../<cellXfs.*<\/cellXfs>/s.exec(all['xl/styles.xml'])![0].matchAll(/<xf numFmtId="(\d+)" fontId="(\d+)"/g)];
  const formats = Object.fromEntries([...all['xl/styles.xml'].matchAll(/numFmtId="(\d+)" formatCode="([^"]*)"/g)].map(([, id, code]) => [id, code.replaceAll('&quot;', '"')]));
  const sheet = all['xl/worksheets/sheet1.xml'];
  return { all, sheet, cells: cells(sheet).map(one => ({ ...one, format: formats[styles[one.style][1]], font: styles[one.style][2] })) };
}

async function cell(type: ColumnType, value: unknown, column: Partial<Column> = {}, run = RUN) {
  const [{ value: content, format }] = (await report({ run, columns: [{ name: 'c', type, ...column }], rows: [{ c: value }] })).cells;
  return [content, format];
}

describe('numbers', () => {
  test('are numbers as long as Excel keeps their digits, and texts from then on', async () => {
    expect(await cell('integer', 999_999_999_999_999)).toEqual(['999999999999999', '#,##0']);
    expect(await cell('integer', 1_000_000_000_000_000)).toEqual(['"1000000000000000"', undefined]);
    expect(await cell('integer', '-123456789012345')).toEqual(['-123456789012345', '#,##0']);
    expect(await cell('decimal', '12345678901234.5')).toEqual(['12345678901234.5', '#,##0.0']);
    expect(await cell('decimal', '12345678901234.56')).toEqual(['"12345678901234.56"', undefined]);
    expect(await cell('decimal', '0.00000000000000000000125')).toEqual(['0.00000000000000000000125', `#,##0.${'0'.repeat(23)}`]);
    expect(await cell('currency', '1.0000000000000000', { currency: 'EUR' })).toEqual(['1.0000000000000000', '[$€]#,##0.00']);
  });

  test('have as many decimals as the value, or as the column says', async () => {
    expect(await cell('decimal', '12.50')).toEqual(['12.50', '#,##0.00']);
    expect(await cell('decimal', 1.5e-7)).toEqual(['1.5e-7', '#,##0.00000000']);
    expect(await cell('decimal', 3)).toEqual(['3', '#,##0']);
    expect(await cell('decimal', 3, { decimals: 1 })).toEqual(['3', '#,##0.0']);
  });

  test('have their currency where readers expect it', async () => {
    expect(await cell('currency', 9.9, { currency: 'EUR' }, { ...RUN, locale: 'de-DE' })).toEqual(['9.9', '#,##0.00"\u00a0"[$€]']);
    expect(await cell('currency', 9, { currency: 'JPY' })).toEqual(['9', '[$JP¥]#,##0']);
  });
});

describe('times', () => {
  test('are days since Excel began to count, and as late as it is where the readers are', async () => {
    expect(await cell('date', '2026-11-20')).toEqual(['46346', 'd mmm yyyy']);
    expect(await cell('datetime', '2026-07-01T12:00:00+01:00')).toEqual([String(46204 + 13 / 24), 'd mmm yyyy, hh:mm']);
    expect((await report({ columns: [{ name: 'at', label: 'Counted', type: 'datetime' }], rows: [] })).sheet).toContain('Counted (Europe/Madrid)');
  });

  test('are texts before March 1900, of which programs disagree', async () => {
    expect(await cell('date', '1900-03-01')).toEqual(['61', 'd mmm yyyy']);
    expect(await cell('date', '1900-02-28')).toEqual(['"1900-02-28"', undefined]);
    expect(await cell('datetime', '0001-01-01T00:00:00Z')).toEqual(['"0001-01-01T00:00:00Z"', undefined]);
  });

  test.each([['en-US', 'mmm d, yyyy', 'mmm d, yyyy, hh:mm" "AM/PM'], ['ja-JP', 'yyyy"年"m"月"d"日"', 'yyyy"年"m"月"d"日" hh:mm'], ['th-TH', 'd mmm yyyy', 'd mmm yyyy hh:mm']])(
    'are in the order of %s', async (locale, date, datetime) => {
      const run = { ...RUN, locale };
      expect((await cell('date', '2026-11-20', {}, run))[1]).toBe(date);
      expect((await cell('datetime', '2026-11-20T07:00:00Z', {}, run))[1]!.replace(/[\u202f\u00a0]/g, ' ')).toBe(datetime);
    });
});

test('texts stay texts, whatever they look like', async () => {
  const texts = ['=1+1', '0123', 'TRUE', '<b>&"', '_x0041_', 'a\ud800b\u0000\ufffe', ' a '];
  const found = await report({ columns: [text], rows: texts.map(one => ({ text: one })) });
  expect(found.cells.map(({ value }) => JSON.parse(value))).toEqual(['=1+1', '0123', 'TRUE', '&lt;b&gt;&amp;&quot;', '_x005F_x0041_', 'a\ufffdb\ufffd\ufffd', ' a ']);
  expect(found.sheet).not.toContain('<f>');
});

test('a row is as high as its lines', async () => {
  const { sheet } = await report({ columns: [text], rows: [{ text: 'one' }, { text: 'one\ntwo\nthree' }, { text: '\n'.repeat(100) }] });
  expect([...sheet.matchAll(/<row r="\d+"(?: ht="(\d+)")?/g)].map(match => match[1])).toEqual(['21', undefined, '45', '409']);
});

test('a text that is too long for a cell is refused', async () => {
  const rows = [{ text: 'a'.repeat(32_767) }, { text: 'a'.repeat(32_768) }];
  await expect(parts({ columns: [text], rows: rows.slice(0, 1) })).resolves.toBeDefined();
  await expect(parts({ columns: [text], rows })).rejects.toMatchObject({ name: 'InvalidData', message: expect.stringMatching(/^row 2, column "text": the text has 32768 characters/) });
});

test('what is below its limit stands out, and so do totals, which the filter leaves alone', async () => {
  const level: Column = { name: 'level', label: 'Level', type: 'integer' };
  const options = { emphasis: [{ column: 'kilos', belowColumn: 'level' }], totals: { sum: ['kilos'] } };
  const found = await report({ columns: [text, kilos, level], rows: [{ text: 'a', kilos: 5, level: 9 }, { text: 'b', kilos: 10, level: 9 }] }, options);
  const font = Object.fromEntries(found.cells.map(one => [one.reference, one.font]));
  expect(font).toEqual({ A2: '0', B2: '2', C2: '0', A3: '0', B3: '0', C3: '0', A4: '1', B4: '1', C4: '1' });
  expect(found.cells.slice(-3).map(({ value }) => value)).toEqual(['"Total"', '15', '']);
  expect(found.sheet).toContain('<autoFilter ref="A1:C3"/>');
});

test('rows that were left out are said to be, in the sheet and on the last one', async () => {
  const rows = [1, 2, 3].map(one => ({ kilos: one }));
  const { all } = await report({ columns: [kilos], rows }, { maxRows: 2, onLimit: 'NOTICE' });
  expect(cells(all['xl/worksheets/sheet1.xml']).map(({ value }) => value)).toEqual(['1', '2', '"1 more row is not in this report"']);
  expect(all['xl/worksheets/sheet2.xml']).toContain('Cut short: these are the first 2 of 3 rows');
});

test('a workbook without rows says so', async () => {
  const { all } = await report({ columns: [kilos], rows: [] });
  expect(all['xl/worksheets/sheet1.xml']).toContain('There is nothing to report for 20 Nov 2026.');
  expect(all['xl/worksheets/sheet2.xml']).toContain('0 rows');
});

test('a workbook that becomes longer than it may is refused', async () => {
  const rows = Array.from({ length: 5000 }, (_, index) => ({ text: Math.sin(index).toString(36).repeat(20) }));
  await expect(parts({ columns: [text], rows }, { maxBytes: 65_536 })).rejects.toMatchObject({
    name: 'LimitExceeded', message: expect.stringMatching(/^the workbook is longer than its maxBytes, 65536 bytes, at row \d+; raise maxBytes/),
  });
});

test('the same rows become the same bytes, in whatever batches they come', async () => {
  const rows: Row[] = Array.from({ length: 4000 }, (_, index) => ({ text: `row ${index} ${'x'.repeat(index % 300)}`, kilos: index }));
  const bytes = async (batch: number) => {
    const batches = Array.from({ length: Math.ceil(rows.length / batch) }, (_, index) => rows.slice(index * batch, (index + 1) * batch));
    return (await writtenBatches(reportOf(RUN, RUN.openedAt, { columns: [text, kilos] }, { name: 'report', format: 'xlsx' }), batches)).bytes;
  };
  const whole = await bytes(4000);
  expect((await bytes(1)).equals(whole)).toBe(true);
  expect((await bytes(777)).equals(whole)).toBe(true);
});

test('what does not fit on one sheet goes on on the next, with its headings', async () => {
  const all = await parts({ columns: [kilos], rows: new Array(1_048_580).fill({ kilos: 1 }) });
  expect([...all['xl/workbook.xml'].matchAll(/<sheet name="([^"]+)"/g)].map(match => match[1])).toEqual(['Report', 'Report 2', 'About']);
  const [first, second] = [1, 2].map(number => all[`xl/worksheets/sheet${number}.xml`]);
  expect(first).toContain('<row r="1048576">');
  expect(first).not.toContain('<row r="1048577">');
  expect(cells(second)).toHaveLength(5);
  expect([first, second].every(sheet => sheet.includes('>Kilos<'))).toBe(true);
});
