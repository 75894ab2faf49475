import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import Papa from 'papaparse';
import { storedRows } from '../../../src/handlers/rendering/stored-rows';
import { Column, DataReference } from '../../../src/workflow/contract';
import { runs } from '../support/fuzz';

const COLUMNS: Column[] = [{ name: 'a', type: 'text' }, { name: 'b', type: 'decimal' }];

async function read(format: DataReference['format'], bytes: Uint8Array | string, size = 65_536, columns = COLUMNS): Promise<object[]> {
  const rows: object[] = [];
  for await (const some of storedRows(pieces(Buffer.from(bytes as string), size), format, columns)) {
    rows.push(...some);
  }
  return rows;
}

async function* pieces(bytes: Buffer, size: number) {
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
  }
}

const refusal = (...how: Parameters<typeof read>) => read(...how).then(rows => `${rows.length} rows`, error => {
  expect(inspect(error)).not.toContain('secret');
  return `${error.name}: ${error.message}`;
});

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.constantFrom('"', '\\', ',', '[', ']', '{', '}', '\n', '\r', ' ', 'ñ', '\u{1f600}', '\u2028', '\ufeff')).map(all => all.join('')));
const row = fc.record({ a: fc.oneof(text, fc.constant(null)), b: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)) });
const nested = fc.dictionary(text, fc.jsonValue());
const blank = fc.array(fc.constantFrom(' ', '\n', '\r\n', '\t')).map(all => all.join(''));

describe('a JSON array', () => {
  test('is read as JSON.parse reads it, however it is spaced and wherever it is cut', async () => {
    const blankTexts = fc.array(blank, { minLength: 12, maxLength: 12 });
    await fc.assert(fc.asyncProperty(fc.array(nested, { maxLength: 5 }), blankTexts, fc.integer({ min: 1, max: 40 }), async (rows, blanks, size) => {
      const spaced = rows.map((one, index) => `${blanks[index]}${JSON.stringify(one, undefined, index % 2)}${blanks[index + 5]}`).join(',');
      const json = `${blanks[10]}[${spaced}${rows.length === 0 ? blanks[0] : ''}]${blanks[11]}`;
      expect(await read('JSON', json, size)).toEqual(JSON.parse(json));
    }), runs(500));
  });

  test('that is damaged is refused whenever JSON.parse refuses it', async () => {
    await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 3 }), fc.nat(), fc.constantFrom('', ',', '[', ']', '{', '}', '"', '\\', 'x', ' ', '\n'), fc.boolean(), async (rows, at, sign, isInserted) => {
      const json = JSON.stringify(rows);
      const place = at % (json.length + 1);
      const damaged = Buffer.from(json.slice(0, place) + sign + json.slice(isInserted ? place : place + 1)).toString();
      const slow = (() => { try { return JSON.parse(damaged); } catch { return undefined; } })();
      const isArrayOfObjects = Array.isArray(slow) && slow.every(one => typeof one === 'object' && one !== null && !Array.isArray(one));
      const result = await read('JSON', damaged, 7).catch(error => error.name);
      expect(result).toEqual(isArrayOfObjects ? slow : 'InvalidData');
    }), runs(2000));
  });

  test.each([
    ['', 'InvalidData: the rows are not one JSON array of objects; write "[", the rows with commas between them, and "]"'],
    ['{"rows":[]}', 'InvalidData: the rows are not one JSON array of objects; write "[", the rows with commas between them, and "]"'],
    ['[{"a":1}', 'InvalidData: the rows are not one JSON array of objects; write "[", the rows with commas between them, and "]"'],
    ['[{"a":1}]]', 'InvalidData: the rows are not one JSON array of objects; write "[", the rows with commas between them, and "]"'],
    ['[{"a":1},"secret"]', 'InvalidData: element 2 of the rows is not a JSON object in UTF-8; write one array of objects'],
    ['[{"a":1},{"a":secret}]', 'InvalidData: element 2 of the rows is not a JSON object in UTF-8; write one array of objects'],
    ['[{"a":1},]', 'InvalidData: element 2 of the rows is not a JSON object in UTF-8; write one array of objects'],
    ['[,]', 'InvalidData: element 1 of the rows is not a JSON object in UTF-8; write one array of objects'],
  ])('%j is refused', async (json, message) => {
    expect(await refusal('JSON', json)).toBe(message);
  });

  test('may begin with a byte order mark', async () => {
    expect(await read('JSON', '\ufeff[{"a":"\ufeff"}]')).toEqual([{ a: '\ufeff' }]);
  });

  test('has no element of more than 16 MB', async () => {
    expect(await refusal('JSON', `[{"a":"${'secret'.repeat(3 * 1024 * 1024)}"}]`)).toBe('InvalidData: element 1 of the rows is longer than 16 MB; write one array of objects');
  });
});

describe('CSV', () => {
  test.each(['\r\n', '\n'])('with %j between records is read back, wherever it is cut', async newline => {
    const cell = text.filter(value => value !== '').map(value => Buffer.from(value).toString());
    const record = fc.tuple(fc.option(cell), fc.option(fc.integer().map(String)));
    await fc.assert(fc.asyncProperty(fc.array(record, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), async (cells, size) => {
      const csv = Papa.unparse({ fields: ['a', 'b'], data: cells }, { newline });
      const rows = cells.map(([a, b]) => ({ a, b }));
      // A record of empty fields is no blank line, as long as there are two.
      expect((await read('CSV', csv, size)).map(one => ({ ...one }))).toEqual(rows);
      expect((await read('CSV', `\ufeff${csv}${newline}`, size)).map(one => ({ ...one }))).toEqual(rows);
    }), runs(300));
  });

  test('as Athena writes its results', async () => {
    const columns: Column[] = [
      { name: 'supplier', type: 'text' }, { name: 'kilos', type: 'integer' }, { name: 'share', type: 'decimal' }, { name: 'organic', type: 'boolean' },
      { name: 'delivered', type: 'date' }, { name: 'checked', type: 'datetime' },
    ];
    const csv = '"supplier","kilos","share","organic","delivered","checked"\n'
      + '"Finca ""La, Esperanza""","1200","1.5E-4","true","2026-11-20","2026-11-20 07:00:00.000 UTC"\n,,,,,\n"x","-3","1.0E7","false","2026-11-21","2026-11-20T07:00:00Z"\n';
    expect(await read('CSV', csv, 9, columns)).toEqual([
      { supplier: 'Finca "La, Esperanza"', kilos: '1200', share: 0.00015, organic: true, delivered: '2026-11-20', checked: '2026-11-20T07:00:00.000Z' },
      { supplier: null, kilos: null, share: null, organic: null, delivered: null, checked: null },
      { supplier: 'x', kilos: '-3', share: 1e7, organic: false, delivered: '2026-11-21', checked: '2026-11-20T07:00:00Z' },
    ].map(one => Object.assign(Object.create(null), one)));
  });

  test.each([
    ['"a","b"\n"secret","1","2"\n', 'InvalidData: record 1 of the rows has 3 fields, and the heading 2; write each record with as many'],
    ['"a","b"\n"x","1"\n"secret"\n', 'InvalidData: record 2 of the rows has 1 fields, and the heading 2; write each record with as many'],
    ['"a","b"\n"secret,1\n', 'InvalidData: the rows are not comma-separated values as RFC 4180 has them: a quote is not closed, or not doubled within a field'],
    ['"a","b"\n"sec"ret","1"\n', 'InvalidData: the rows are not comma-separated values as RFC 4180 has them: a quote is not closed, or not doubled within a field'],
    ['"a","a"\n"secret","1"\n', 'InvalidData: the heading of the rows names "a" twice; give each column a name of its own'],
  ])('%j is refused', async (csv, message) => {
    expect(await refusal('CSV', csv)).toContain(message);
    expect(await refusal('CSV', csv, 3)).toContain(message);
  });

  test('that is not UTF-8 is refused', async () => {
    expect(await refusal('CSV', Buffer.from('a,b\ncaf\xe9,1\n', 'latin1'))).toBe('InvalidData: the rows are not text in UTF-8; write them in UTF-8');
  });

  test('columns may have any name', async () => {
    const [one] = await read('CSV', '__proto__,toString\nx,y\n', 65_536, [{ name: '__proto__', type: 'text' }, { name: 'toString', type: 'text' }]);
    expect(Object.entries(one)).toEqual([['__proto__', 'x'], ['toString', 'y']]);
  });

  test('a record without end is not gathered without end', async () => {
    expect(await refusal('CSV', `a,b\n"${'secret'.repeat(3 * 1024 * 1024)}`, 1024 * 1024)).toContain('a record of the rows is longer than 16 million characters');
  });
});

describe('what is packed with gzip', () => {
  test.each([['NDJSON', '{"a":"ñ","b":1}\n'], ['JSON', '[{"a":"ñ","b":1}]'], ['CSV', 'a,b\nñ,1\n']] as const)('is unpacked: %s', async (format, content) => {
    const rows = await read(format, content);
    expect(rows).toHaveLength(1);
    for (const size of [1, 2, 3, 100]) {
      expect(await read(format, gzipSync(content), size)).toEqual(rows);
      expect(await read(format, Buffer.concat([gzipSync(content.slice(0, 3)), gzipSync(content.slice(3))]), size)).toEqual(rows);
    }
  });

  test('and damaged is refused', async () => {
    const packed = gzipSync('{"a":"secret"}\n'.repeat(1000));
    const message = 'InvalidData: the rows begin as gzip does, and can not be unpacked to their end; write them again';
    expect(await refusal('NDJSON', packed.subarray(0, -4))).toBe(message);
    packed[packed.length - 6] = 255 - packed[packed.length - 6];
    expect(await refusal('NDJSON', packed)).toBe(message);
  });
});

test('an error of the stream is not taken for one of the data', async () => {
  for (const begin of ['[{"a":1},', gzipSync('[{"a":1},')]) {
    const failing = (async function* () {
      yield Buffer.from(begin);
      throw new Error('the connection was reset');
    })();
    await expect(async () => { for await (const _some of storedRows(failing, 'JSON', COLUMNS)) { /* on */ } }).rejects.toThrow('the connection was reset');
  }
});
