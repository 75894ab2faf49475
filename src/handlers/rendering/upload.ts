import { createHash } from 'node:crypto';
import { PassThrough, Readable, Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ObjectAddress, OutputFile, RenderedFile } from '../../workflow/contract';
import { ReportError } from '../errors';

/** Reports are for whoever has the link, and for nobody's cache. */
const CacheControl = 'private, no-store';

/** Level 1 takes less than half the time of the default, for a file that is a quarter longer. */
const GZIP_LEVEL = 1;

/** How a file is sent. */
export interface UploadOptions {
  readonly gzip?: boolean;
  /** Parts that are on their way at once, 5 MiB each: they stay in memory until S3 has them. */
  readonly partsAtOnce: number;
}

/** A file on its way to S3. */
export interface FileUpload {
  /** Where its bytes go. It takes as many as S3 does. If it is destroyed, the file is given up; if the upload fails, it is destroyed. */
  readonly out: Writable;
  /** What was written, once `out` has ended. */
  readonly written: Promise<RenderedFile>;
}

/**
 * Writes a file of any size to S3 while it is made, and says what was written.
 *
 * The object appears when all of it is there: if making it fails, the parts that were already sent are given up, and the address
 * stays as it was. An object that is there already is the work of an earlier or a parallel try of the same step, and may have
 * been verified since: it is never replaced, and is as good if it is the same.
 */
export function beginUpload(s3: S3Client, file: OutputFile, options: UploadOptions): FileUpload {
  const out = options.gzip ? createGzip({ level: GZIP_LEVEL }) : new PassThrough();
  const written = upload(s3, file, out, options);
  written.catch(error => out.destroy(error));
  out.on('error', () => { /* `written` says so */ });
  return { out, written };
}

async function upload(s3: S3Client, file: OutputFile, bytes: AsyncIterable<Uint8Array>, { gzip, partsAtOnce }: UploadOptions): Promise<RenderedFile> {
  const made = new Measure();
  const writing = new Upload({
    client: s3,
    leavePartsOnError: false,
    queueSize: partsAtOnce,
    params: {
      Bucket: file.bucket,
      Key: file.key,
      // Of 16 pieces that may wait by default, each has 256 KiB.
      Body: Readable.from(made.measuring(bytes), { highWaterMark: 1 }),
      ContentType: file.contentType,
      ContentEncoding: gzip ? 'gzip' : undefined,
      CacheControl,
      IfNoneMatch: '*',
    },
  });
  try {
    const { ETag } = await writing.done();
    return { name: file.name, ...made.result, etag: ETag };
  } catch (error) {
    // The whole file was made by then: S3 compares when it gets all of it, or when its parts are to be put together.
    if ((error as S3ServiceException).name === 'PreconditionFailed') {
      return { name: file.name, ...made.result, etag: await etagOfSame(s3, file, made) };
    }
    throw error;
  }
}

/** Writes a short file at once. */
export async function writeText(s3: S3Client, { bucket, key }: ObjectAddress, contentType: string, text: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType: contentType, CacheControl }));
}

async function etagOfSame(s3: S3Client, { name, bucket, key }: OutputFile, made: Measure): Promise<string | undefined> {
  const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const there = new Measure();
  for await (const _chunk of there.measuring(Body as unknown as AsyncIterable<Uint8Array>)) { /* reading is measuring */ }
  if (there.result.sha256 !== made.result.sha256 || there.result.bytes !== made.result.bytes) {
    throw new ReportError('InvalidRender',
      `${name} of this attempt is there already with other content (${there.result.bytes} bytes, and now ${made.result.bytes}), because the data changed `
      + 'between two tries of the step; start the pipeline again: a new attempt writes another file');
  }
  return ETag;
}

/** Length and SHA-256 of bytes that pass by. */
class Measure {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  public async *measuring<T extends Uint8Array>(chunks: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const chunk of chunks) {
      this.hash.update(chunk);
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  public get result(): { readonly bytes: number; readonly sha256: string } {
    return { bytes: this.bytes, sha256: this.hash.copy().digest('hex') };
  }
}
