import { isUtf8 } from 'node:buffer';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { parseNdjson } from '../../../src/handlers/rendering/json-rows';
import { runs } from '../support/fuzz';

async function parse(...chunks: (string | Uint8Array)[]): Promise<unknown[]> {
  const objects = [];
  for await (const some of parseNdjson(stream(chunks))) {
    objects.push(...some);
  }
  return objects;
}

async function* stream(chunks: (string | Uint8Array)[]) {
  for (const chunk of chunks) {
    yield Buffer.from(chunk as string);
  }
}

test.each([
  ['with a line feed at the end', '{"a":1}\n{"a":2}\n'],
  ['without one', '{"a":1}\n{"a":2}'],
  ['with CRLF and blank lines', '{"a":1}\r\n\r\n{"a":2}\r\n\n'],
  ['with a byte order mark', '\ufeff{"a":1}\n{"a":2}'],
])('reads lines %s', async (_what, text) => {
  await expect(parse(text)).resolves.toEqual([{ a: 1 }, { a: 2 }]);
});

test('an empty stream has no objects', async () => {
  await expect(parse()).resolves.toEqual([]);
  await expect(parse('')).resolves.toEqual([]);
});

test('it does not matter where the stream is cut', async () => {
  const bytes = Buffer.from('{"a":"ñ €"}\n{"a":"\u{1f600}\u2028\u2029"}\r\n');
  for (let size = 1; size < bytes.length; size += 1) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
    await expect(parse(...chunks)).resolves.toEqual([{ a: 'ñ €' }, { a: '\u{1f600}\u2028\u2029' }]);
  }
});

test.each([
  ['broken', '{"secret":'],
  ['an array', '["secret"]'],
  ['null', 'null'],
  ['a string', '"secret"'],
  ['not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)],
])('names the line that is %s, and does not quote it', async (_what, line) => {
  const error = await parse('{"a":1}\n', line, '\n').catch(thrown => thrown);
  expect(error).toMatchObject({ name: 'InvalidData', message: 'line 2 of the rows is not a JSON object in UTF-8; write one object on each line' });
  expect(inspect(error)).not.toContain('secret');
});

test('blank lines count, also where the stream is cut at one', async () => {
  await expect(parse('\n', '\r\n', '{"a":1}\n\n', '\n', '{')).rejects.toThrow('line 6 of the rows');
});

test('it reads what JSON.parse reads of each line, and names the first that it does not read', async () => {
  const row = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map(one => Buffer.from(JSON.stringify(one)));
  const ascii = fc.dictionary(fc.string({ unit: 'grapheme-ascii' }), fc.integer()).map(one => Buffer.from(JSON.stringify(one)));
  const other = fc.constantFrom(...['', ' ', '\r', '{"a":1},', '{"a":1}{', '1,2', '},{', '[{}]', '"\u2028"', '\ufeff{}', '\ufffd'].map(text => Buffer.from(text)),
    Buffer.from([0xff]), Buffer.from([0xe2, 0x82]), Buffer.from([0x7b, 0x7d, 0xc3]), Buffer.from([0xed, 0xa0, 0x80]));
  const line = fc.oneof({ weight: 6, arbitrary: row }, { weight: 3, arbitrary: ascii }, { weight: 1, arbitrary: other });
  await fc.assert(fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 60 }), async (lines, size) => {
    const bytes = Buffer.concat(lines.flatMap(one => [one, Buffer.from('\n')]));
    const read: unknown[] = [];
    let bad = 0;
    for (const [index, one] of lines.entries()) {
      const text = index === 0 ? one.toString().replace(/^\ufeff/, '') : one.toString();
      const value = text.trim() === '' ? 'nothing' : (() => { try { return JSON.parse(text); } catch { return undefined; } })();
      if (!isUtf8(one) || value === undefined || value === null || Array.isArray(value) || (typeof value !== 'object' && value !== 'nothing')) {
        bad = index + 1;
        break;
      }
      read.push(...value === 'nothing' ? [] : [value]);
    }
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
    expect(await parse(...chunks).catch(error => error.message.split(' of ')[0])).toEqual(bad > 0 ? `line ${bad}` : read);
  }), runs(1000));
});

test('a line without end is not gathered without end', async () => {
  let chunks = 0;
  async function* endless() {
    for (;;) {
      chunks += 1;
      yield Buffer.alloc(1024 * 1024, 'x');
    }
  }
  const read = async () => { for await (const _some of parseNdjson(endless())) { /* on */ } };
  await expect(read()).rejects.toThrow('line 1 of the rows is longer than 16 MB; write one object on each line');
  expect(chunks).toBe(17);
});
