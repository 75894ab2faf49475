import { buffer } from 'node:stream/consumers';
import { GetObjectCommand, NoSuchKey, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { folderOf, isWithin, siblingOf } from './folder';
import { DataDigest } from './rendering/data-digest';
import { TotalCells } from './rendering/format';
import { isInstant } from './rendering/iso-time';
import { MANIFEST_NAME, manifestOf } from './rendering/manifest';
import { reportOf } from './rendering/report';
import { checkColumns, checkedTotals, Rows } from './rendering/rows';
import { storedRows } from './rendering/stored-rows';
import { writeText } from './rendering/upload';
import { writeFiles } from './rendering/write-files';
import { validated } from './validation';
import { dataNotReady, dataSourceResult } from './validators.generated';
import {
  Column, CONTRACT_VERSION, DataNotReady, DataReference, DataSourceResult, INLINE_LIMIT_BYTES, KEPT_DATA_NAME, KeptData,
  OutputFile, RenderEvent, RenderResult,
} from '../workflow/contract';
import { FileOptions } from '../workflow/file-options';

const s3 = new S3Client({});

/** Makes the files of a report of the rows that the data source returned or wrote, from S3 to S3, and says what it has read and written. */
export async function handler(event: RenderEvent): Promise<RenderResult> {
  const bucket = requireEnv('BUCKET_NAME');
  const { files } = event;
  const options = fileOptions(files);
  const source = await sourceOf(event);
  const { data, ...run } = source;
  const totals = checkedData(data, folderOf(run, requireEnv('DATA_PREFIX')));

  const asOf = data.asOf ?? run.openedAt;
  const reports = options.map(one => reportOf(run, asOf, { columns: data.columns, totals }, one));
  const digest = new DataDigest(data);
  const retyped = reports.flatMap(({ columns }) => columns).filter(({ type, position }) => type !== data.columns[position].type);
  const batches = data.data ? referencedRows(bucket, data.data, data.columns, digest, event.kept !== undefined) : [data.rows!];
  const rows = new Rows(data.columns, batches, retyped);
  const written = await writeFiles(s3, rows, reports, files);

  const shown = Math.min(...written.map(file => file.shown));
  const result: RenderResult = {
    version: CONTRACT_VERSION,
    rows: shown,
    truncated: shown < rows.count,
    totalRows: rows.count,
    dataSha256: digest.dataSha256,
    asOf,
    files: written.map(({ file }) => file),
  };
  const manifest = manifestOf(run, files, options.map(({ format }) => format), result, digest.columnsSha256);
  const [{ bucket: reportsBucket, key }] = files;
  await writeText(s3, { bucket: reportsBucket, key: siblingOf(key, KEPT_DATA_NAME) }, 'application/json', JSON.stringify(source));
  await writeText(s3, { bucket: reportsBucket, key: siblingOf(key, MANIFEST_NAME) }, 'application/json', manifest);
  return result;
}

/**
 * What the files are made of. Those of a report that is rendered again are the ones of its original run, of which they tell, so that they
 * are the same.
 */
async function sourceOf({ files, data, kept, ...run }: RenderEvent): Promise<KeptData> {
  if (!kept) {
    return { ...run, data: readyData(data) };
  }
  const { bucket, key } = kept;
  const text = await buffer(await openObject(bucket, key, absence => new ReportError('DataGone',
    `there is no ${key}${absence}, of which the report could be rendered again: it was deleted; make a new report of the same period`)));
  const source: KeptData = JSON.parse(text.toString());
  return { ...source, data: readyData(source.data) };
}

/** What was deployed for each file. Numbers that were not known at synth are first seen here. */
function fileOptions(files: readonly OutputFile[]): FileOptions[] {
  const options = JSON.parse(requireEnv('FILE_OPTIONS')) as FileOptions[];
  const made = options.map(({ name }) => name).join(', ');
  const wanted = files.map(({ name }) => name).join(', ');
  if (made !== wanted) {
    throw new Error(`the renderer makes ${made}, and was asked for ${wanted || 'no file'}`);
  }
  for (const { maxRows = 1, maxBytes = 1 } of options) {
    for (const [name, limit] of Object.entries({ maxRows, maxBytes })) {
      if (!(Number.isSafeInteger(limit) && limit > 0)) {
        throw new Error(`${name} is deployed as ${JSON.stringify(limit)}; deploy a positive whole number`);
      }
    }
  }
  return options;
}

/** Where the pipeline waits for data that is not ready, only data comes this far. */
function readyData(result: unknown): DataSourceResult {
  const what = 'the result of the data source';
  if (Object.hasOwn(Object(result), 'notReady')) {
    validated<DataNotReady>(dataNotReady, result, what, 'InvalidData');
    // Without its reason: Lambda logs what is thrown, and the words are those of somebody else.
    throw new ReportError('DataNotReady', 'the data source says that its data is not ready, and why, and this pipeline does not wait for it: set notReadyTimeout'
      + ' to have it asked again; the reason is in the history of the execution');
  }
  return validated<DataSourceResult>(dataSourceResult, result, what, 'InvalidData');
}

/** Checks what the schema cannot say of the result, and returns the totals that came with it. */
function checkedData(data: DataSourceResult, folder: string): TotalCells | undefined {
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
  return data.totals && checkedTotals(data.totals, data.columns);
}

async function* referencedRows(
  bucket: string, { key, format }: DataReference, columns: readonly Column[], digest: DataDigest, isKept: boolean,
): AsyncGenerator<object[]> {
  const rows = await openObject(bucket, key, absence => isKept
    ? new ReportError('DataGone', `the rows of the report are at ${key} no more${absence}, where they are kept for 14 days at most; make a new report of the same period`)
    : new ReportError('InvalidData', `the data source returned a reference to ${key}, and there is no such object${absence}; write the rows before returning`));
  yield* storedRows(rows, format, columns, digest);
}

async function openObject(bucket: string, key: string, missing: (absence: string) => ReportError): Promise<AsyncIterable<Uint8Array>> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    // Without the permission to list, which no renderer needs, S3 answers 403 for what does not exist:
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    const { name, message } = error as S3ServiceException;
    if (error instanceof NoSuchKey || name === 'AccessDenied') {
      throw missing(name === 'AccessDenied' ? `, or it may not be read (S3 says: ${message})` : '');
    }
    throw error;
  }
}
