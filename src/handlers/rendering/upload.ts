import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { OutputFile, RenderedFile } from '../../workflow/contract';

/**
 * Writes a file of any size to S3 while it is made, and says what was written.
 *
 * The object appears when all of it is there: if making it fails, the parts that were already sent are given up, and the address
 * stays as it was.
 */
export async function upload(s3: S3Client, file: OutputFile, text: AsyncIterable<string>): Promise<RenderedFile> {
  const sha256 = createHash('sha256');
  let bytes = 0;

  async function* encoded(): AsyncGenerator<Buffer> {
    for await (const piece of text) {
      const chunk = Buffer.from(piece, 'utf8');
      sha256.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }

  await new Upload({
    client: s3,
    leavePartsOnError: false,
    params: {
      Bucket: file.bucket,
      Key: file.key,
      Body: Readable.from(encoded()),
      ContentType: file.contentType,
      CacheControl: 'private, no-store',
    },
  }).done();
  return { name: file.name, bytes, sha256: sha256.digest('hex') };
}
