import { GetObjectCommand, NoSuchKey, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { folderOf, isWithin } from './folder';
import { isInstant } from './rendering/cells';
import { htmlPage } from './rendering/html';
import { parseNdjson } from './rendering/ndjson';
import { checkColumns, checkTotals, Rows } from './rendering/rows';
import { upload } from './rendering/upload';
import { validated } from './validation';
import { CONTRACT_VERSION, DataSourceResult, INLINE_LIMIT_BYTES, OutputFile, RenderEvent, RenderResult } from '../workflow/contract';
import { dataSourceResult } from '../workflow/schema';

const s3 = new S3Client({});

/** Makes a page of the rows that the data source returned or wrote, from S3 to S3, and says what it has read and written. */
export async function handler(event: RenderEvent): Promise<RenderResult> {
  const bucket = requireEnv('BUCKET_NAME');
  const folder = folderOf(event, requireEnv('DATA_PREFIX'));
  const file = onlyFile(event);
  const data = validated<DataSourceResult>(dataSourceResult, event.data, 'the result of the data source', 'InvalidData');
  checkData(data, folder);

  const asOf = data.asOf ?? event.openedAt;
  const rows = new Rows(data.columns, data.data ? referencedRows(bucket, data.data.key) : data.rows!);
  const page = htmlPage({ run: event, title: process.env.TITLE || event.report, asOf, columns: data.columns, rows, totals: data.totals });
  const written = await upload(s3, file, page);
  return { version: CONTRACT_VERSION, rows: rows.count, asOf, files: [written] };
}

function onlyFile({ files }: RenderEvent): OutputFile {
  if (files.length !== 1 || !files[0].contentType.startsWith('text/html')) {
    const asked = files.map(file => `${file.name} (${file.contentType})`).join(', ');
    throw new Error(`the HTML renderer makes one file of type text/html, and was asked for ${asked || 'none'}`);
  }
  return files[0];
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
    if (error instanceof NoSuchKey || (error as S3ServiceException).name === 'AccessDenied') {
      throw new ReportError('InvalidData', `the data source returned a reference to ${key}, and there is no such object; write the rows before returning`);
    }
    throw error;
  }
}
