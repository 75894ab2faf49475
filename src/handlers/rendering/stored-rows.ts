import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Column, DataReference } from '../../workflow/contract';
import { ReportError } from '../errors';
import { parseCsv } from './csv-rows';
import { DataDigest } from './data-digest';
import { parseJsonArray, parseNdjson } from './json-rows';

/** The rows that a data source has written, some at a time. Their bytes are added to the digest, unpacked. */
export async function* storedRows(
  stored: AsyncIterable<Uint8Array>, format: DataReference['format'], columns: readonly Column[], digest?: DataDigest,
): AsyncGenerator<object[]> {
  const bytes = digest ? digest.adding(unpacked(stored)) : unpacked(stored);
  switch (format) {
    case 'NDJSON': return yield* parseNdjson(bytes);
    case 'JSON': return yield* parseJsonArray(bytes);
    case 'CSV': return yield* parseCsv(bytes, columns);
  }
}

/** No text begins so. */
const GZIP_MARK = Buffer.from([0x1f, 0x8b]);

/** What was packed with gzip is unpacked, whatever its name is. */
async function* unpacked(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = stored[Symbol.asyncIterator]();
  let beginning = Buffer.alloc(0);
  while (beginning.length < GZIP_MARK.length) {
    const { done, value } = await chunks.next();
    if (done) {
      break;
    }
    beginning = Buffer.concat([beginning, value]);
  }
  const all = (async function* () {
    yield beginning;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  yield* beginning.subarray(0, GZIP_MARK.length).equals(GZIP_MARK) ? gunzipped(all) : all;
}

async function* gunzipped(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pipeline(Readable.from(packed), createGunzip(), () => { /* whoever reads gets the error */ });
  } catch (error) {
    throw /^Z_/.test((error as NodeJS.ErrnoException).code ?? '')
      ? new ReportError('InvalidData', 'the rows begin as gzip does, and can not be unpacked to their end; write them again') : error;
  }
}
