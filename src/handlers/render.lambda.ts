import { GetObjectCommand, NoSuchKey, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { folderOf, isWithin } from './folder';
import { isInstant } from './rendering/cells';
import { DataDigest } from './rendering/data-digest';
import { htmlPage } from './rendering/html';
import { MANIFEST_NAME, manifestOf } from './rendering/manifest';
import { parseNdjson } from './rendering/ndjson';
import { Limits, ReportText } from './rendering/report-text';
import { checkColumns, checkTotals, Rows } from './rendering/rows';
import { upload, writeText } from './rendering/upload';
import { validated } from './validation';
import { CONTRACT_VERSION, DataNotReady, DataSourceResult, INLINE_LIMIT_BYTES, OutputFile, RenderEvent, RenderResult } from '../workflow/contract';
import { dataNotReady, dataSourceResult } from '../workflow/schema';

const s3 = new S3Client({});

/** Makes a page of the rows that the data source returned or wrote, from S3 to S3, and says what it has read and written. */
export async function handler(event: RenderEvent): Promise<RenderResult> {
  const bucket = requireEnv('BUCKET_NAME');
  const folder = folderOf(event, requireEnv('DATA_PREFIX'));
  const file = onlyFile(event);
  const data = readyData(event.data);
  checkData(data, folder);

  const asOf = data.asOf ?? event.openedAt;
  const digest = new DataDigest(data.columns, data.totals);
  const rows = new Rows(data.columns, data.data ? referencedRows(bucket, data.data.key) : data.rows!, digest);
  const page = htmlPage({ run: event, title: process.env.TITLE || event.report, asOf, columns: data.columns, totals: data.totals });
  const text = new ReportText(page, rows, limits());
  const written = await upload(s3, file, text);

  const result: RenderResult = {
    version: CONTRACT_VERSION,
    rows: text.shown,
    truncated: text.shown < rows.count,
    totalRows: rows.count,
    dataSha256: digest.dataSha256,
    asOf,
    files: [written],
  };
  const manifest = manifestOf(event, [file], result, digest.columnsSha256);
  await writeText(s3, { bucket: file.bucket, key: siblingOf(file.key, MANIFEST_NAME) }, 'application/json', manifest);
  return result;
}

function limits(): Limits {
  return { maxRows: countFromEnv('MAX_ROWS'), maxBytes: countFromEnv('MAX_BYTES'), onLimit: process.env.ON_LIMIT === 'NOTICE' ? 'NOTICE' : 'FAIL' };
}

/** A number that was not known at synth is first seen here. */
function countFromEnv(name: string): number | undefined {
  const value = process.env[name];
  if (value === undefined) {
    return undefined;
  }
  if (!/^[1-9]\d*$/.test(value)) {
    throw new Error(`the environment variable ${name} is ${JSON.stringify(value)}; deploy a positive whole number`);
  }
  return Number(value);
}

function siblingOf(key: string, name: string): string {
  return `${key.slice(0, key.lastIndexOf('/') + 1)}${name}`;
}

function onlyFile({ files }: RenderEvent): OutputFile {
  if (files.length !== 1 || !files[0].contentType.startsWith('text/html')) {
    const asked = files.map(file => `${file.name} (${file.contentType})`).join(', ');
    throw new Error(`the HTML renderer makes one file of type text/html, and was asked for ${asked || 'none'}`);
  }
  return files[0];
}

/** Where the pipeline waits for data that is not ready, only data comes this far. */
function readyData(result: unknown): DataSourceResult {
  const what = 'the result of the data source';
  if (Object.hasOwn(Object(result), 'notReady')) {
    const { notReady: { reason } } = validated<DataNotReady>(dataNotReady, result, what, 'InvalidData');
    throw new ReportError('DataNotReady',
      `the data source says that its data is not ready: ${reason}; and this pipeline does not wait for it: set notReadyTimeout`);
  }
  return validated<DataSourceResult>(dataSourceResult, result, what, 'InvalidData');
}

/** What the schema cannot say of the result. */
function checkData(data: DataSourceResult, folder: string): void {
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > INLINE_LIMIT_BYTES) {
    throw new ReportError('InvalidData',
      `the data source returned ${Math.ceil(bytes / 1024)} KB inline, and at most ${INLINE_LIMIT_BYTES / 1024} KB travel through the workflow; `
      + 'write the rows to event.output and return a reference');
  }
  if (data.data && !isWithin(folder, data.data.key)) {
    throw new ReportError('InvalidData',
      `the data source returned the key ${JSON.stringify(data.data.key)}, and the rows of a run must be under ${folder}; `
      + 'write them to event.output and return its key');
  }
  if (data.asOf !== undefined && !isInstant(data.asOf)) {
    throw new ReportError('InvalidData', `asOf is ${data.asOf}, a time that does not exist; return one such as "2026-11-20T07:00:00Z"`);
  }
  checkColumns(data.columns);
  if (data.totals) {
    checkTotals(data.totals, data.columns);
  }
}

async function* referencedRows(bucket: string, key: string): AsyncGenerator<object> {
  yield* parseNdjson(await openObject(bucket, key));
}

async function openObject(bucket: string, key: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    // Without the permission to list, which no renderer needs, S3 answers 403 for what does not exist:
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    const { name, message } = error as S3ServiceException;
    if (error instanceof NoSuchKey || name === 'AccessDenied') {
      const orNotReadable = name === 'AccessDenied' ? `, or it may not be read (S3 says: ${message})` : '';
      throw new ReportError('InvalidData', `the data source returned a reference to ${key}, and there is no such object${orNotReadable}; write the rows before returning`);
    }
    throw error;
  }
}
