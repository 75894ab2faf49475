import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { RUN } from './support/run';
import { version } from '../../package.json';
import { handler } from '../../src/handlers/render.lambda';
import { DataSourceResult, RenderEvent } from '../../src/workflow/contract';
import { FileOptions } from '../../src/workflow/file-options';

const s3 = mockClient(S3Client);
const ID = RUN.reportId;
const FOLDER = `data/${ID}/1/`;

const REPORT = `reports/${ID}/1/report.html`;
const MANIFEST = `reports/${ID}/1/manifest.json`;
const KEPT_DATA = `reports/${ID}/1/data.json`;

/** What S3 holds, by key: an object is there once it was put, or once all its parts were completed. */
let objects: Map<string, Buffer>;
let parts: Buffer[];

function store({ Key, IfNoneMatch }: { Key: string; IfNoneMatch?: string }, content: Buffer): { ETag: string } {
  if (IfNoneMatch === '*' && objects.has(Key)) {
    throw Object.assign(new Error('At least one of the pre-conditions you specified did not hold'), { name: 'PreconditionFailed' });
  }
  objects.set(Key, content);
  return { ETag: etagOf(content) };
}

const etagOf = (content: Buffer) => `"${createHash('md5').update(content).digest('hex')}"`;
const sha256Of = (content: Buffer) => createHash('sha256').update(content).digest('hex');

function deploy(...files: Omit<FileOptions, 'name'>[]): void {
  process.env.FILE_OPTIONS = JSON.stringify(files.map(file => ({ name: `report.${file.format}`, ...file })));
}

beforeEach(() => {
  process.env = { ...process.env, AWS_REGION: 'eu-west-1', BUCKET_NAME: 'reports', DATA_PREFIX: 'data/' };
  deploy({ format: 'html', title: 'Coffee supplier inventory' });
  objects = new Map();
  parts = [];
  s3.reset();
  s3.on(PutObjectCommand).callsFake(input => store(input, Buffer.from(input.Body)));
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'upload' });
  s3.on(UploadPartCommand).callsFake(({ PartNumber, Body }) => { parts[PartNumber - 1] = Buffer.from(Body); return { ETag: `${PartNumber}` }; });
  s3.on(CompleteMultipartUploadCommand).callsFake(input => store(input, Buffer.concat(parts)));
  s3.on(GetObjectCommand, { Key: REPORT }).callsFake(() => ({ Body: Readable.from([objects.get(REPORT)!]), ETag: etagOf(objects.get(REPORT)!) }));
  s3.on(AbortMultipartUploadCommand).resolves({});
});

function eventOf(data: Partial<DataSourceResult>): RenderEvent {
  return {
    ...RUN,
    data: { version: 1, columns: [{ name: 'supplier', type: 'text' }, { name: 'kilos', type: 'integer' }], ...data },
    files: [{ name: 'report.html', bucket: 'reports', key: REPORT, contentType: 'text/html; charset=utf-8' }],
  };
}

const reference = (name = 'rows.ndjson'): Partial<DataSourceResult> => ({ data: { key: `${FOLDER}${name}`, format: 'NDJSON' } });

function storeRows(source: Iterable<string> | AsyncIterable<string>): void {
  s3.on(GetObjectCommand, { Key: `${FOLDER}rows.ndjson` }).callsFake(() => ({ Body: Readable.from(source, { objectMode: true }).map(text => Buffer.from(text)) }));
}

const LONG_NAME = 'of very fine coffee '.repeat(10);

/** Many rows of more than 250 bytes, as NDJSON in pieces of 1,000; `bad` is the number of one whose kilos are no number. */
function* manyRows(count: number, bad?: number, onPiece: (rows: number) => void = () => {}): Generator<string> {
  for (let first = 1; first <= count; first += 1000) {
    let piece = '';
    for (let row = first; row < first + 1000; row += 1) {
      piece += `{"supplier":"Supplier ${row} ${LONG_NAME}","kilos":${row === bad ? '"secret"' : row}}\n`;
    }
    onPiece(first + 999);
    yield piece;
  }
}

test('inline rows become a page, and the answer says what was written', async () => {
  const event = eventOf({ rows: [{ supplier: 'Finca La Esperanza', kilos: 1200 }, { supplier: 'Cenfrocafé', kilos: null }], asOf: '2026-11-21T05:59:00Z' });
  const result = await handler(event);

  const page = objects.get(REPORT)!;
  expect(result).toEqual({
    version: 1,
    rows: 2,
    truncated: false,
    totalRows: 2,
    dataSha256: sha256Of(Buffer.from([
      '[["supplier","text",null,null,null],["kilos","integer",null,null,null]]', 'null', '{"supplier":"Finca La Esperanza","kilos":1200}', '{"supplier":"Cenfrocafé","kilos":null}', '',
    ].join('\n'))),
    asOf: '2026-11-21T05:59:00Z',
    files: [{ name: 'report.html', bytes: page.length, sha256: sha256Of(page), etag: etagOf(page) }],
  });
  expect(page.toString()).toContain('<h1>Coffee supplier inventory</h1>');
  expect(page.toString()).toContain('Finca La Esperanza');
  expect(s3.commandCalls(PutObjectCommand)[0].args[0].input).toEqual({
    Bucket: 'reports',
    Key: REPORT,
    Body: expect.anything(),
    ContentType: 'text/html; charset=utf-8',
    CacheControl: 'private, no-store',
    IfNoneMatch: '*',
  });
});

test('without a time of its own, the data is as of when the run was opened; without a title, the report’s name stands', async () => {
  deploy({ format: 'html' });
  const event = eventOf({ rows: [] });
  await expect(handler(event)).resolves.toMatchObject({ rows: 0, asOf: '2026-11-21T06:00:04Z' });
  expect(objects.get(REPORT)!.toString()).toContain('<h1>inventory</h1>');
});

test('the manifest says what was made of which data', async () => {
  const result = await handler({ ...eventOf({ rows: [{ supplier: 'a', kilos: 1 }] }), attempt: 1 });
  expect(JSON.parse(objects.get(MANIFEST)!.toString())).toEqual({
    version: 1,
    reportId: ID,
    attempt: 1,
    report: 'inventory',
    period: RUN.period,
    asOf: '2026-11-21T06:00:04Z',
    rows: 1,
    totalRows: 1,
    truncated: false,
    dataSha256: result.dataSha256,
    columnsSha256: sha256Of(Buffer.from('[["supplier","text",null,null,null],["kilos","integer",null,null,null]]\n')),
    files: [{ name: 'report.html', contentType: 'text/html; charset=utf-8', bytes: result.files[0].bytes, sha256: result.files[0].sha256 }],
    renderer: { name: 'html', version },
  });
  expect(s3.commandCalls(PutObjectCommand).map(call => call.args[0].input.Key)).toEqual([REPORT, KEPT_DATA, MANIFEST]);
  expect(s3.commandCalls(PutObjectCommand)[2].args[0].input).toEqual({
    Bucket: 'reports', Key: MANIFEST, Body: expect.any(String), ContentType: 'application/json', CacheControl: 'private, no-store',
  });
});

describe('the same event and rows give the same bytes', () => {
  const rows = [{ supplier: 'a', kilos: 1 }, { supplier: 'b', kilos: 2 }];
  // What is kept to render it again is as it came.
  const make = async (data: Partial<DataSourceResult>) => {
    const result = await handler(eventOf(data));
    return { result, written: new Map([...objects].filter(([key]) => key !== KEPT_DATA)) };
  };

  test.each<[string, Partial<DataSourceResult>]>([
    ['inline', { rows }], ['with keys in another order', { rows: rows.map(({ supplier, kilos }) => ({ kilos, supplier })) }], ['by reference', reference()],
  ])('%s, whether or not they were written before', async (_how, data) => {
    storeRows(rows.map(row => `${JSON.stringify(row)}\n`));
    const first = await make({ rows });
    expect([...first.written.keys()]).toEqual([REPORT, MANIFEST]);
    expect(await make(data)).toEqual(first);
    objects.clear();
    expect(await make(data)).toEqual(first);
  });

  test('also where the rows are written in another way, but for the hash of the data', async () => {
    const first = await make({ rows });
    storeRows(rows.map(({ supplier, kilos }) => `${JSON.stringify({ kilos, supplier })}\r\n`));
    objects.clear();
    const other = await make(reference());
    expect(other.result.files).toEqual(first.result.files);
    expect(other.result.dataSha256).not.toBe(first.result.dataSha256);
  });

  test('and the hash of the data does not depend on its time, nor on the attempt', async () => {
    const { result } = await make({ rows });
    objects.clear();
    const other = await handler({ ...eventOf({ rows, asOf: '2026-11-21T05:00:00Z' }), attempt: 2, openedAt: '2026-11-22T06:00:00Z' });
    expect(other.dataSha256).toBe(result.dataSha256);
    expect(other.files[0].sha256).not.toBe(result.files[0].sha256);
  });
});

describe('what an earlier try has written', () => {
  const data = (kilos: number) => eventOf({ rows: [{ supplier: 'secret', kilos }] });

  test('stays as it is when the data has changed since, its manifest too', async () => {
    await handler(data(1));
    const written = new Map(objects);
    await expect(handler(data(23))).rejects.toEqual(expect.objectContaining({
      name: 'InvalidRender',
      message: expect.stringMatching(/^report.html of this attempt is there already with other content \(\d+ bytes, and now \d+\), because the data changed/),
    }));
    expect(objects).toEqual(written);
  });

  test('is the result of a try that was too late, after several parts too', async () => {
    storeRows({ [Symbol.iterator]: () => manyRows(30_000) });
    const first = await handler(eventOf(reference()));
    parts = [];
    await expect(handler(eventOf(reference()))).resolves.toEqual(first);
    expect(first.files[0].bytes).toBeGreaterThan(5 * 1024 * 1024);
    expect(s3.commandCalls(CompleteMultipartUploadCommand).map(call => call.args[0].input.IfNoneMatch)).toEqual(['*', '*']);
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
  });

  test('gets its manifest from the next try, if the first did not come so far', async () => {
    s3.on(PutObjectCommand, { Key: MANIFEST }).rejectsOnce(Object.assign(new Error('Please reduce your request rate.'), { name: 'SlowDown' }));
    await expect(handler(data(1))).rejects.toMatchObject({ name: 'SlowDown' });
    expect([...objects.keys()]).toEqual([REPORT, KEPT_DATA]);
    s3.on(PutObjectCommand, { Key: MANIFEST }).callsFake(input => store(input, Buffer.from(input.Body)));
    await handler(data(1));
    expect([...objects.keys()]).toEqual([REPORT, KEPT_DATA, MANIFEST]);
  });
});

describe('a limit', () => {
  const rows = Array.from({ length: 500 }, (_, kilos) => ({ supplier: 'قهوة', kilos }));
  const limit = (limits: Partial<FileOptions>) => deploy({ format: 'html', title: 'Coffee supplier inventory', ...limits });

  test('fails the report, and nothing is left', async () => {
    limit({ maxRows: 499 });
    await expect(handler(eventOf({ rows }))).rejects.toMatchObject({ name: 'LimitExceeded', message: expect.stringContaining('more rows than its maxRows, 499;') });
    expect(objects.size).toBe(0);
  });

  test('far into a long report gives up the parts that were sent', async () => {
    limit({ maxBytes: 12 * 1024 * 1024 });
    storeRows(manyRows(250_000));
    await expect(handler(eventOf(reference()))).rejects.toMatchObject({ name: 'LimitExceeded' });
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
    expect(objects.size).toBe(0);
  });

  test('in rows is said on the page, in the result and in the manifest', async () => {
    const whole = await handler(eventOf({ rows }));
    objects.clear();
    limit({ maxRows: 10, onLimit: 'NOTICE' });
    const result = await handler(eventOf({ rows }));
    expect(result).toMatchObject({ rows: 10, truncated: true, totalRows: 500, dataSha256: whole.dataSha256 });
    expect(objects.get(REPORT)!.toString()).toContain('these are the first 10 of 500 rows');
    expect(JSON.parse(objects.get(MANIFEST)!.toString())).toMatchObject({ rows: 10, truncated: true, totalRows: 500, dataSha256: whole.dataSha256 });
  });

  test('in bytes is that of the file', async () => {
    limit({ maxBytes: 32768, onLimit: 'NOTICE' });
    const { files: [file], rows: shown, truncated } = await handler(eventOf({ rows }));
    expect(truncated).toBe(true);
    expect(file.bytes).toBe(objects.get(REPORT)!.length);
    expect(file.bytes).toBeLessThanOrEqual(32768);
    expect(file.bytes).toBeGreaterThan(32768 - 250);
    expect(shown).toBeLessThan(500);
  });

  test.each(['FAIL', 'NOTICE'] as const)('that is not exceeded changes nothing (%s)', async onLimit => {
    const first = await handler(eventOf({ rows }));
    const written = new Map(objects);
    objects.clear();
    limit({ maxRows: 500, maxBytes: first.files[0].bytes, onLimit });
    await expect(handler(eventOf({ rows }))).resolves.toEqual(first);
    expect(objects).toEqual(written);
  });

  test.each([0, -1, 1.5, 'many', null])('that is deployed as %s is no limit, and fails', async maxRows => {
    limit({ maxRows: maxRows as number });
    await expect(handler(eventOf({ rows }))).rejects.toThrow(`maxRows is deployed as ${JSON.stringify(maxRows)}; deploy a positive whole number`);
  });
});

describe('several files of one report', () => {
  const names = ['report.html', 'report.csv', 'report.json', 'report.xlsx'];
  const event = (data: Partial<DataSourceResult>) => ({
    ...eventOf(data),
    files: names.map(name => ({ name, bucket: 'reports', key: `reports/${ID}/1/${name}`, contentType: 'text/plain' })),
  });
  const objectOf = (name: string) => objects.get(`reports/${ID}/1/${name}`)!;

  beforeEach(() => {
    deploy({ format: 'html', maxRows: 1, onLimit: 'NOTICE' }, { format: 'csv', columns: [{ name: 'kilos' }] }, { format: 'json', gzip: true }, { format: 'xlsx' });
    for (const name of names) {
      s3.on(GetObjectCommand, { Key: `reports/${ID}/1/${name}` }).callsFake(() => ({ Body: Readable.from([objectOf(name)]), ETag: etagOf(objectOf(name)) }));
    }
  });

  test('are written while the rows are read, once', async () => {
    storeRows(['{"supplier":"a","kilos":1}\n{"supplier":"b","kilos":2}\n']);
    const result = await handler(event(reference()));
    expect(s3.commandCalls(GetObjectCommand)).toHaveLength(1);
    const files = names.map(name => ({ name, bytes: objectOf(name).length, sha256: sha256Of(objectOf(name)), etag: etagOf(objectOf(name)) }));
    expect(result.files).toEqual(files);
    // The rows that are in each file.
    expect(result).toMatchObject({ rows: 1, totalRows: 2, truncated: true });
    expect(objectOf('report.html').toString()).toContain('these are the first 1 of 2 rows');
    expect(objectOf('report.csv').toString()).toBe('kilos\r\n1\r\n2\r\n');
    expect(JSON.parse(gunzipSync(objectOf('report.json')).toString())).toEqual([{ supplier: 'a', kilos: 1 }, { supplier: 'b', kilos: 2 }]);
    expect(objectOf('report.xlsx').subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
    const manifest = JSON.parse(objects.get(MANIFEST)!.toString());
    expect(manifest.files.map(({ name }: { name: string }) => name)).toEqual(names);
    expect(manifest.renderer).toEqual({ name: 'html+csv+json+xlsx', version });
    const encodings = s3.commandCalls(PutObjectCommand).map(({ args: [{ input }] }) => [input.Key!.split('/').at(-1), input.ContentEncoding]);
    expect(encodings.sort()).toEqual([['data.json', undefined], ['manifest.json', undefined], ['report.csv', undefined], ['report.html', undefined], ['report.json', 'gzip'], ['report.xlsx', undefined]]);
  });

  test('are the same bytes each time', async () => {
    const rows = Array.from({ length: 2000 }, (_, kilos) => ({ supplier: `Supplier ${kilos}`, kilos }));
    const first = await handler(event({ rows }));
    await expect(handler(event({ rows }))).resolves.toEqual(first);
    expect(s3.commandCalls(GetObjectCommand)).toHaveLength(names.length); // each was compared with what was there
  });

  test('are all given up when one of them fails', async () => {
    deploy({ format: 'html' }, { format: 'csv' }, { format: 'json', maxRows: 25_000 }, { format: 'xlsx' });
    storeRows({ [Symbol.iterator]: () => manyRows(30_000) });
    await expect(handler(event(reference()))).rejects.toMatchObject({ name: 'LimitExceeded' });
    expect(objects.size).toBe(0);
    expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(s3.commandCalls(CreateMultipartUploadCommand).length);
  });

  test('and of no use when S3 takes one of them no more', async () => {
    deploy({ format: 'html' }, { format: 'csv' }, { format: 'json' }, { format: 'xlsx' });
    s3.on(UploadPartCommand).rejects(Object.assign(new Error('Please reduce your request rate.'), { name: 'SlowDown' }));
    let read = 0;
    storeRows({ [Symbol.iterator]: () => manyRows(1_000_000, undefined, rows => { read = rows; }) });
    await expect(handler(event(reference()))).rejects.toMatchObject({ name: 'SlowDown' });
    expect(read).toBeLessThan(100_000);
    expect(objects.size).toBe(0);
  });
});

test('a column that is shown as another type has values of that type, too', async () => {
  deploy({ format: 'html', columns: [{ name: 'supplier', type: 'date' }] });
  await expect(handler(eventOf({ rows: [{ supplier: '2026-11-20', kilos: 1 }] }))).resolves.toMatchObject({ rows: 1 });
  expect(objects.get(REPORT)!.toString()).toContain('20 Nov 2026</th>');
  objects.clear();
  await expect(handler(eventOf({ rows: [{ supplier: null, kilos: 1 }, { supplier: 'secret', kilos: 1 }] }))).rejects.toMatchObject({
    name: 'InvalidData', message: 'row 2, column "supplier": expected a day such as "2026-11-20", and got a string',
  });
});

test.each([['JSON', '[{"supplier":"a","kilos":1}]'], ['CSV', 'kilos,supplier\n1,a\n']] as const)('rows may be stored as %s', async (format, content) => {
  storeRows([content]);
  const inline = await handler(eventOf({ rows: [{ supplier: 'a', kilos: format === 'CSV' ? '1' : 1 }] }));
  await expect(handler(eventOf({ data: { key: `${FOLDER}rows.ndjson`, format } }))).resolves.toEqual({ ...inline, dataSha256: expect.any(String) });
});

describe('a result is refused', () => {
  const refusal = (data: object) => expect(handler(eventOf(data as Partial<DataSourceResult>)))
    .rejects.toEqual(expect.objectContaining({ name: 'InvalidData', message: expect.any(String) }));
  const messageOf = (data: object) => handler(eventOf(data as Partial<DataSourceResult>)).then(() => 'no error', error => `${error.name}: ${error.message}`);

  const errorOf = (data: unknown) => handler({ ...eventOf({}), data } as RenderEvent).then(() => 'no error', error => `${error.name}: ${error.message}`);

  afterEach(() => expect(objects.size).toBe(0));

  test('that is not what the contract asks for', async () => {
    expect(await messageOf({ rows: [], ...reference() })).toBe(
      'InvalidData: the result of the data source is not what the data contract asks for: it must have either "rows" or "data", and not both');
    await refusal({});
    await refusal({ rows: [], columns: [] });
  });

  test('that says that the data is not ready', async () => {
    expect(await errorOf({ version: 1, notReady: { reason: 'the import of yesterday runs' } })).toBe(
      'DataNotReady: the data source says that its data is not ready, and why, and this pipeline does not wait for it: set notReadyTimeout to have it asked again; the reason is in the history of the execution');
    expect(await errorOf({ version: 1, notReady: {} })).toMatch(/^InvalidData: the result of the data source is not what the data contract asks for: /);
    expect(await errorOf({ version: 1, notReady: { reason: 'why' }, rows: [] })).toBe(
      'InvalidData: the result of the data source is not what the data contract asks for: it has a property "rows" that the contract does not know');
    expect(await errorOf(null)).toMatch(/^InvalidData: /);
  });

  test('that is too large to travel', async () => {
    const rows = Array.from({ length: 236 }, (_, kilos) => ({ supplier: 'ñ'.repeat(486), kilos }));
    expect(await messageOf({ rows })).toBe(
      'InvalidData: the data source returned 231 KB inline, and at most 200 KB travel through the workflow; '
      + 'write the rows to event.output and return a reference');
  });

  test.each([
    `data/${'0'.repeat(32)}/1/rows.ndjson`, `data/${ID}/2/rows.ndjson`, `data/${ID}/10/rows.ndjson`, FOLDER, `/${FOLDER}rows`, `${FOLDER}../1/rows`,
    `${FOLDER}./rows`, `${FOLDER}/rows`, `${FOLDER}a//rows`, `${FOLDER}a/`, `reports/${ID}/report.html`,
  ])('that refers to %s', async key => {
    expect(await messageOf({ data: { key, format: 'NDJSON' } })).toBe(
      `InvalidData: the data source returned the key "${key}", and the rows of a run must be under ${FOLDER}; write them to event.output and return its key`);
    expect(s3.commandCalls(GetObjectCommand)).toHaveLength(0);
  });

  test('that refers to an object that does not exist', async () => {
    s3.on(GetObjectCommand).rejects(new NoSuchKey({ message: 'The specified key does not exist.', $metadata: {} }));
    expect(await messageOf(reference())).toBe(
      `InvalidData: the data source returned a reference to ${FOLDER}rows.ndjson, and there is no such object; write the rows before returning`);
  });

  test('that was true at a time that does not exist', async () => {
    expect(await messageOf({ rows: [], asOf: '2026-02-30T00:00:00Z' })).toBe(
      'InvalidData: asOf is 2026-02-30T00:00:00Z, a time that does not exist; return one such as "2026-11-20T07:00:00Z"');
  });

  test('whose columns, totals or rows are wrong', async () => {
    await refusal({ columns: [{ name: 'a', type: 'text' }, { name: 'a', type: 'text' }], rows: [] });
    await refusal({ rows: [], totals: { tons: 1 } });
    expect(await messageOf({ rows: [{ supplier: 'a', kilos: 1 }, { supplier: 'secret' }] })).toBe(
      'InvalidData: row 2, column "kilos": there is no value; write null where there is none');
  });

  test('whose rows are a broken line', async () => {
    storeRows(['{"supplier":"a","kilos":1}\n', '{"supplier":"sec']);
    expect(await messageOf(reference())).toBe('InvalidData: line 2 of the rows is not a JSON object in UTF-8; write one object on each line');
  });
});

test('other errors of S3 are left to the retries of the workflow', async () => {
  s3.on(GetObjectCommand).rejects(Object.assign(new Error('Please reduce your request rate.'), { name: 'SlowDown' }));
  await expect(handler(eventOf(reference()))).rejects.toMatchObject({ name: 'SlowDown' });
});

test('a stream that breaks off leaves nothing', async () => {
  storeRows((function* () {
    yield '{"supplier":"a","kilos":1}\n';
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  })());
  await expect(handler(eventOf(reference()))).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(objects.size).toBe(0);
});

test('a bad row far into a long report leaves nothing, and its parts are given up', async () => {
  storeRows(manyRows(250_000, 200_000));
  await expect(handler(eventOf(reference()))).rejects.toThrow(
    'row 200000, column "kilos": expected a whole number, or a string of digits where it is above 2^53, and got a string');
  expect(s3.commandCalls(UploadPartCommand).length).toBeGreaterThan(1);
  expect(s3.commandCalls(AbortMultipartUploadCommand).map(call => call.args[0].input)).toEqual([
    { Bucket: 'reports', Key: REPORT, UploadId: 'upload' },
  ]);
  expect(objects.size).toBe(0);
});

test('a part that S3 refuses leaves nothing', async () => {
  storeRows(manyRows(30_000));
  s3.on(UploadPartCommand).rejects(new Error('We encountered an internal error.'));
  await expect(handler(eventOf(reference()))).rejects.toThrow('We encountered an internal error.');
  expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
  expect(objects.size).toBe(0);
});

test('a long report is written as it is read: rows wait while S3 is slow', async () => {
  let read = 0;
  let sent = 0;
  let begun = '';
  let ahead = 0;
  storeRows(manyRows(100_000, undefined, rows => { read = rows; }));
  s3.on(UploadPartCommand).callsFake(async ({ Body, PartNumber }) => {
    const text = begun + Body.toString();
    begun = text.slice(-3); // a part may end within a tag
    await new Promise(resolve => setTimeout(resolve, 20));
    ahead = Math.max(ahead, read - sent);
    sent += text.split('<tr>').length - 1;
    return { ETag: `${PartNumber}` };
  });
  await expect(handler(eventOf(reference()))).resolves.toMatchObject({ rows: 100_000 });
  expect(sent).toBe(100_001); // and the headings

  // Two parts of 5 MB are under way, one is being filled, and one waits in streams.
  expect(ahead).toBeGreaterThan(0);
  expect(ahead * 250).toBeLessThan(4 * 5 * 1024 * 1024);
});

test('another kind of file is a defect of the deployment', async () => {
  const event = eventOf({ rows: [] });
  const file = { ...event.files[0], name: 'report.csv', contentType: 'text/csv' };
  await expect(handler({ ...event, files: [file] })).rejects.toThrow(
    'the renderer makes report.html, and was asked for report.csv');
  await expect(handler({ ...event, files: [event.files[0], file] })).rejects.toThrow('and was asked for report.html, report.csv');
});

test.each(['BUCKET_NAME', 'DATA_PREFIX'])('so is the lack of %s', async name => {
  delete process.env[name];
  await expect(handler(eventOf({ rows: [] }))).rejects.toThrow(`the environment variable ${name} is not set`);
});

describe('a report that is rendered again', () => {
  const AGAIN = 'f'.repeat(32);
  const KEPT = { bucket: 'reports', key: KEPT_DATA };
  const FORMATS = ['html', 'csv', 'json', 'xlsx'] as const;
  const filesOf = (reportId: string) => FORMATS.map(format => ({ name: `report.${format}`, bucket: 'reports', key: `reports/${reportId}/1/report.${format}`, contentType: 'text/plain' }));
  const contentsOf = (reportId: string) => FORMATS.map(format => sha256Of(objects.get(`reports/${reportId}/1/report.${format}`)!));
  /** Another run, later, of another schedule's time, in another language. */
  const again: RenderEvent = {
    ...RUN, reportId: AGAIN, trigger: 'MANUAL', openedAt: '2026-11-25T11:11:11Z', period: { ...RUN.period, timeZone: 'Etc/UTC' }, locale: 'de-DE', data: null, kept: KEPT, files: filesOf(AGAIN),
  };

  beforeEach(() => {
    deploy(...FORMATS.map(format => ({ format })));
    s3.on(GetObjectCommand).callsFake(({ Key }) => {
      if (!objects.has(Key)) {
        throw new NoSuchKey({ message: 'The specified key does not exist.', $metadata: {} });
      }
      return { Body: Readable.from([objects.get(Key)!]) };
    });
  });

  test.each(['inline', 'in S3'])('has the same files to the byte, of rows that were %s', async where => {
    const rows = [{ supplier: 'Finca <La Esperanza>', kilos: 1200 }, { supplier: '=1+1', kilos: null }];
    if (where === 'in S3') {
      objects.set(`${FOLDER}rows.ndjson`, Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join('')));
    }
    const first = await handler({ ...eventOf(where === 'in S3' ? reference() : { rows }), files: filesOf(ID) });
    const second = await handler(again);

    expect(contentsOf(AGAIN)).toEqual(contentsOf(ID));
    expect(second.files.map(({ sha256 }) => sha256)).toEqual(first.files.map(({ sha256 }) => sha256));
    expect(second.dataSha256).toBe(first.dataSha256);
    expect(objects.get(`reports/${AGAIN}/1/manifest.json`)).toEqual(objects.get(MANIFEST));
    expect(objects.get(`reports/${AGAIN}/1/data.json`)).toEqual(objects.get(KEPT.key)); // so that it can be rendered again in its turn
  });

  test('is made as its renderer is deployed now', async () => {
    await handler({ ...eventOf({ rows: [{ supplier: 'a', kilos: 1 }] }), files: filesOf(ID) });
    deploy(...FORMATS.map(format => ({ format, title: 'Another title' })));
    await handler(again);

    expect(objects.get(`reports/${AGAIN}/1/report.html`)!.toString()).toContain('<h1>Another title</h1>');
    expect(contentsOf(AGAIN)[0]).not.toBe(contentsOf(ID)[0]);
  });

  test('says so when its data is gone', async () => {
    await expect(handler(again)).rejects.toMatchObject({
      name: 'DataGone', message: `there is no ${KEPT.key}, of which the report could be rendered again: it was deleted; make a new report of the same period`,
    });
    expect([...objects.keys()]).toEqual([]);
  });

  test('says so when its rows are gone', async () => {
    objects.set(`${FOLDER}rows.ndjson`, Buffer.from('{"supplier":"a","kilos":1}'));
    await handler({ ...eventOf(reference()), files: filesOf(ID) });
    objects.delete(`${FOLDER}rows.ndjson`);

    await expect(handler(again)).rejects.toMatchObject({ name: 'DataGone', message: expect.stringContaining(`at ${FOLDER}rows.ndjson no more, where they are kept for 14 days`) });
  });

  test('is nothing that a data source can ask for', async () => {
    await expect(handler({ ...eventOf({ kept: KEPT } as any), files: filesOf(ID) })).rejects.toMatchObject({ name: 'InvalidData' });
    expect(s3.commandCalls(GetObjectCommand)).toHaveLength(0);
  });

  test('takes rows only from where its own run had them', async () => {
    const foreign = `data/${'0'.repeat(32)}/1/rows.ndjson`;
    objects.set(KEPT.key, Buffer.from(JSON.stringify({ ...RUN, data: { version: 1, columns: [{ name: 'a', type: 'text' }], data: { key: foreign, format: 'NDJSON' } } })));
    await expect(handler(again)).rejects.toMatchObject({ name: 'InvalidData', message: expect.stringContaining(`the rows of a run must be under ${FOLDER}`) });
  });
});
