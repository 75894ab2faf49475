import { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { reportOf } from '../../../src/handlers/rendering/report';
import { ReportFile } from '../../../src/handlers/rendering/report-file';
import { Rows } from '../../../src/handlers/rendering/rows';
import { TextFile, TextFormat } from '../../../src/handlers/rendering/text-file';
import { Column } from '../../../src/workflow/contract';
import { FileOptions } from '../../../src/workflow/file-options';
import { runs } from '../support/fuzz';
import { RUN } from '../support/run';

type Limits = Pick<FileOptions, 'maxRows' | 'maxBytes' | 'onLimit'>;

const COLUMNS: Column[] = [{ name: 'c', type: 'text' }];

/** The least that a format has to do. Its ending is longer where rows were left out, and longest for the largest counts. */
const FORMAT: TextFormat = {
  begin: out => out.text('begin\n'),
  row: ([cell], out) => out.text(`${cell}\n`),
  end: ({ shown, total }, out) => out.text(shown === total ? `all ${total}\n` : `only the first ${shown} of ${total}\n`),
};
const bytesOf = (text: string) => Buffer.byteLength(text, 'utf8');
const RESERVED = bytesOf(`only the first ${Number.MAX_SAFE_INTEGER - 1} of ${Number.MAX_SAFE_INTEGER}\n`);

async function write(cells: Iterable<string>, limits: Limits = {}, out?: Writable): Promise<{ text: string; shown: number; total: number }> {
  const chunks: Buffer[] = [];
  const report = reportOf(RUN, RUN.openedAt, { columns: COLUMNS }, { name: 'report', format: 'csv', ...limits });
  const sink = out ?? new Writable({ write: (chunk, _encoding, done) => { chunks.push(chunk); done(); } });
  const file = new ReportFile(new TextFile(FORMAT, report, sink), report);
  const rows = new Rows(COLUMNS, (function* () {
    for (const c of cells) {
      yield [{ c }];
    }
  })());
  for await (const batch of rows) {
    await file.write(batch);
  }
  await file.end();
  return { text: Buffer.concat(chunks).toString(), shown: file.shown, total: rows.count };
}

const refusal = (cells: Iterable<string>, limits: Limits) => write(cells, limits).then(() => 'no error', error => `${error.name}: ${error.message}`);

describe('maxRows', () => {
  test.each([0, 1, 3])('lets %i rows pass that are not more than 3', async count => {
    const cells = ['a', 'b', 'c'].slice(0, count);
    for (const onLimit of ['FAIL', 'NOTICE'] as const) {
      expect(await write(cells, { maxRows: 3, onLimit })).toEqual(await write(cells));
    }
  });

  test('fails at one more, without reading on', async () => {
    let read = 0;
    const endless = (function* () {
      for (;;) {
        read += 1;
        yield 'secret';
      }
    })();
    expect(await refusal(endless, { maxRows: 1000 })).toBe(
      'LimitExceeded: the report has more rows than its maxRows, 1000; raise maxRows, let the data source return fewer rows, '
      + 'or set onLimit to NOTICE, so that the report shows the first rows and says so');
    expect(read).toBe(1001);
  });

  test('leaves out what is above it, and all rows are counted', async () => {
    expect(await write(['a', 'b', 'c', 'd'], { maxRows: 3, onLimit: 'NOTICE' })).toEqual({ text: 'begin\na\nb\nc\nonly the first 3 of 4\n', shown: 3, total: 4 });
  });

  test('rows that are left out are checked all the same', async () => {
    expect(await refusal(['a', 1 as unknown as string], { maxRows: 1, onLimit: 'NOTICE' })).toContain('InvalidData: row 2, column "c": expected a string');
  });
});

describe('maxBytes', () => {
  const cells = ['é'.repeat(50), '\u{1f600}'.repeat(50), 'a'.repeat(100), 'ñ'];
  const whole = bytesOf(`begin\n${cells.join('\n')}\nall 4\n`);

  test.each(['FAIL', 'NOTICE'] as const)('%s: a report of exactly so many bytes is whole', async onLimit => {
    const written = await write(cells, { maxBytes: whole, onLimit });
    expect(written).toEqual(await write(cells));
    expect(bytesOf(written.text)).toBe(whole);
  });

  test('one byte less fails', async () => {
    expect(await refusal(cells, { maxBytes: whole - 1 })).toBe(
      `LimitExceeded: the report is longer than its maxBytes, ${whole - 1} bytes, at row 4; raise maxBytes, let the data source return fewer rows, `
      + 'or set onLimit to NOTICE, so that the report shows the first rows and says so');
  });

  test('one byte less leaves out rows, so that there is room for the notice', async () => {
    const { text, shown } = await write(cells, { maxBytes: whole - 1, onLimit: 'NOTICE' });
    expect(text).toBe(`begin\n${cells.slice(0, 2).join('\n')}\nonly the first 2 of 4\n`);
    expect(shown).toBe(2);
  });

  test('no later row takes the place of one that is left out', async () => {
    const { text } = await write(['a', 'b'.repeat(500), 'c'], { maxBytes: 200, onLimit: 'NOTICE' });
    expect(text).toBe('begin\na\nonly the first 1 of 3\n');
  });

  test('a first row without room fails even with a notice: nothing would be seen of the data', async () => {
    const message = (maxBytes: number) => `LimitExceeded: the report has no room for its first row in its maxBytes, ${maxBytes} bytes; raise maxBytes`;
    expect(await refusal(['secret'.repeat(1024 * 1024), 'b'], { maxBytes: 65536, onLimit: 'NOTICE' })).toBe(message(65536));
    // There is room for the row, but not for the notice as well.
    expect(await refusal(['a'.repeat(60), 'b'.repeat(60)], { maxBytes: 100, onLimit: 'NOTICE' })).toBe(message(100));
    expect(await refusal(['a'.repeat(60), 'b'], { maxBytes: 100, maxRows: 1, onLimit: 'NOTICE' })).toBe(message(100));
  });

  test('a report without rows is as long as it is', async () => {
    const empty = bytesOf('begin\nall 0\n');
    expect(await write([], { maxBytes: empty })).toMatchObject({ text: 'begin\nall 0\n', shown: 0 });
    for (const onLimit of ['FAIL', 'NOTICE'] as const) {
      expect(await refusal([], { maxBytes: empty - 1, onLimit })).toBe(
        `LimitExceeded: the report is longer than its maxBytes, ${empty - 1} bytes, without any row; raise maxBytes, or shorten headings and totals`);
    }
  });
});

test('with both limits the first that is reached counts', async () => {
  const cells = Array.from({ length: 100 }, () => 'a'.repeat(9));
  expect((await write(cells, { maxRows: 5, maxBytes: 10_000, onLimit: 'NOTICE' })).text).toMatch(/only the first 5 of 100\n$/);
  expect((await write(cells, { maxRows: 90, maxBytes: 200, onLimit: 'NOTICE' })).shown).toBe(Math.floor((200 - 6 - RESERVED) / 10));
  expect(await refusal(cells, { maxRows: 5, maxBytes: 10_000 })).toContain('more rows than its maxRows, 5;');
  expect(await refusal(cells, { maxRows: 90, maxBytes: 200 })).toContain('longer than its maxBytes, 200 bytes, at row 20;');
});

test('whatever the rows are: what fits is whole, and what does not is the first rows that fit, never a byte too long', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 100, max: 2500 }), fc.option(fc.integer({ min: 1, max: 30 })),
    async (cells, maxBytes, maxRows) => {
      const whole = await write(cells);
      const isWithin = bytesOf(whole.text) <= maxBytes && cells.length <= (maxRows ?? Infinity);
      const limits: Limits = { maxBytes, maxRows: maxRows ?? undefined, onLimit: 'NOTICE' };
      const written = await write(cells, limits).catch(error => error);
      const longest = (shown: number) => bytesOf(`begin\n${cells.slice(0, shown).map(cell => `${cell}\n`).join('')}`) + RESERVED;

      expect(await refusal(cells, { ...limits, onLimit: 'FAIL' })).toMatch(isWithin ? /^no error$/ : /^LimitExceeded: /);
      if (isWithin) {
        expect(written).toEqual(whole);
      } else if (longest(1) > maxBytes) {
        expect(written.name).toBe('LimitExceeded');
      } else {
        const { text, shown } = written;
        expect(text).toBe(`begin\n${cells.slice(0, shown).map(cell => `${cell}\n`).join('')}only the first ${shown} of ${cells.length}\n`);
        expect(bytesOf(text)).toBeLessThanOrEqual(maxBytes);
        expect(shown === maxRows || longest(shown + 1) > maxBytes).toBe(true);
      }
    },
  ), runs(500));
});

test('a long report is handed on in pieces, with a limit in bytes, too', async () => {
  for (const limits of [{}, { maxBytes: 100_000_000 }]) {
    const pieces: number[] = [];
    const out = new Writable({ write: (chunk, _encoding, done) => { pieces.push(chunk.length); done(); } });
    await write(Array.from({ length: 3000 }, () => 'x'.repeat(1000)), limits, out);
    expect(pieces.length).toBeGreaterThan(8);
    expect(Math.max(...pieces)).toBeLessThan(300_000);
  }
});

test('no more is written than the taker takes', async () => {
  let taken = () => { /* nothing yet */ };
  let isTaken = Promise.resolve();
  let given = 0;
  const out = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => { given += 1; taken = done; },
  });
  let read = 0;
  const cells = (function* () {
    for (; read < 3000; read += 1) {
      yield 'x'.repeat(1000);
    }
  })();
  const writing = write(cells, {}, out);
  await new Promise(resolve => setImmediate(resolve));
  await isTaken;
  for (let pieces = 1; pieces < 12; pieces += 1) {
    expect(given).toBe(pieces);
    expect(read).toBeLessThan(pieces * 270);
    taken();
    isTaken = new Promise(resolve => setImmediate(resolve));
    await isTaken;
  }
  taken();
  await writing;
});

test('what the taker has refused ends the writing, with its reason', async () => {
  const out = new Writable({ highWaterMark: 1, write: () => { /* it takes no more */ } });
  out.on('error', () => { /* it is looked at below */ });
  const endless = (function* () {
    for (;;) {
      yield 'x'.repeat(1000);
    }
  })();
  const writing = write(endless, {}, out);
  setImmediate(() => out.destroy(new Error('S3 is away')));
  await expect(writing).rejects.toThrow('S3 is away');
});
