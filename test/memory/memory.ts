/**
 * A million rows of ten columns, 260 MB of NDJSON, rendered by the bundled handler in processes that the kernel refuses more memory
 * (RLIMIT_DATA counts what a process has for itself, used or not; what it shares with others is added in the peak that is shown).
 * Stacks of threads are short, because each counts as a whole.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { COLUMNS, ndjson } from '../../benchmarks/data';
import { RenderEvent, RenderResult } from '../../src/workflow/contract';
import { FormatName } from '../../src/workflow/file-options';
import { RUN } from '../handlers/support/run';

const ROWS = 1_000_000;
const ROWS_IN_BLOCK = 10_000;
const CASES: { readonly formats: FormatName[]; readonly megabytes: number }[] = [
  { formats: ['html', 'csv', 'json'], megabytes: 256 },
  { formats: ['xlsx'], megabytes: 512 },
];

const BUNDLE = join(__dirname, '../../assets/handlers/render.lambda/index.js');

/** An S3 that has the rows, makes them while they are read, and keeps nothing of what it is sent. */
function startS3(): Promise<Server> {
  const block = Buffer.concat([...ndjson(ROWS_IN_BLOCK)]);
  const server = createServer((request, response) => {
    answer(request, response, block).catch(() => response.destroy()); // of a process that has ended, which its exit tells
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function answer(request: IncomingMessage, response: ServerResponse, block: Buffer): Promise<void> {
  const url = new URL(request.url!, 'http://localhost');
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-length': block.length * ROWS / ROWS_IN_BLOCK });
    for (let rows = 0; rows < ROWS; rows += ROWS_IN_BLOCK) {
      if (!response.write(block)) {
        await new Promise(resolve => response.once('drain', resolve));
      }
    }
    response.end();
    return;
  }
  for await (const _chunk of request) { /* dropped */ }
  response.writeHead(200, { 'etag': '"1"', 'content-type': 'application/xml' });
  if (url.searchParams.has('uploads')) {
    response.end('<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>');
  } else {
    response.end(url.searchParams.has('uploadId') && request.method === 'POST' ? '<CompleteMultipartUploadResult><ETag>"1"</ETag></CompleteMultipartUploadResult>' : '');
  }
}

async function render(formats: FormatName[], megabytes: number, endpoint: string): Promise<{ result: RenderResult; peakMegabytes: number }> {
  const folder = `data/${RUN.reportId}/${RUN.attempt}/`;
  const event: RenderEvent = {
    ...RUN,
    data: { version: 1, columns: [...COLUMNS], data: { key: `${folder}rows.ndjson`, format: 'NDJSON' } },
    files: formats.map(format => ({ name: `report.${format}`, bucket: 'reports', key: `reports/${RUN.reportId}/1/report.${format}`, contentType: 'text/plain' })),
  };
  const env = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: endpoint,
    BUCKET_NAME: 'reports',
    DATA_PREFIX: 'data/',
    FILE_OPTIONS: JSON.stringify(event.files.map(({ name }, index) => ({ name, format: formats[index] }))),
    NODE_NO_WARNINGS: '1',
  };
  const limited = 'ulimit -s 2048 && ulimit -d "$1" && shift && exec "$@"';
  const child = spawn('sh', ['-c', limited, 'sh', `${megabytes * 1024}`, process.execPath, join(__dirname, 'limited.js'), BUNDLE, JSON.stringify(event)], {
    env, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) {
    throw new Error(`it ended with ${signal ?? code}`);
  }
  return JSON.parse(output);
}

async function main(): Promise<void> {
  const s3 = await startS3();
  const endpoint = `http://127.0.0.1:${(s3.address() as AddressInfo).port}`;
  for (const { formats, megabytes } of CASES) {
    const what = `${ROWS.toLocaleString('en')} rows to ${formats.join(', ')} within ${megabytes} MB`;
    try {
      const begun = Date.now();
      const { result, peakMegabytes } = await render(formats, megabytes, endpoint);
      if (result.rows !== ROWS || peakMegabytes > megabytes) {
        throw new Error(`it shows ${result.rows} rows, and took ${peakMegabytes.toFixed(0)} MB`);
      }
      const written = result.files.map(({ bytes }) => `${(bytes / 1e6).toFixed(0)} MB`).join(', ');
      console.log(`✓ ${what}: ${written} written, peak ${peakMegabytes.toFixed(0)} MB, ${((Date.now() - begun) / 1000).toFixed(0)} s`);
    } catch (error) {
      console.log(`✗ ${what}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  s3.close();
}

void main();
