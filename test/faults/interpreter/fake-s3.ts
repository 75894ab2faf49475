import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type {
  CompleteMultipartUploadCommandInput, CreateMultipartUploadCommandInput, DeleteObjectsCommandInput, GetObjectCommandInput, ListObjectsV2CommandInput,
  PutObjectCommandInput, UploadPartCommandInput,
} from '@aws-sdk/client-s3';
import { named } from './rules';

/** A bucket in memory, from which who asks for an object that is not there is told what to one who may not list them. */
export class FakeS3 {
  private readonly objects = new Map<string, Buffer>();
  private readonly uploads = new Map<string, Buffer[]>();

  /** What each call does. */
  public readonly operations = {
    PutObject: ({ Key, Body, IfNoneMatch }: PutObjectCommandInput) => this.store(Key!, Buffer.from(Body as Uint8Array), IfNoneMatch),
    CreateMultipartUpload: ({ Key }: CreateMultipartUploadCommandInput) => {
      const UploadId = `${Key}#${this.uploads.size}`;
      this.uploads.set(UploadId, []);
      return { UploadId };
    },
    UploadPart: ({ UploadId, PartNumber, Body }: UploadPartCommandInput) => {
      this.uploads.get(UploadId!)![PartNumber! - 1] = Buffer.from(Body as Uint8Array);
      return { ETag: `${PartNumber}` };
    },
    CompleteMultipartUpload: ({ Key, UploadId, IfNoneMatch }: CompleteMultipartUploadCommandInput) =>
      this.store(Key!, Buffer.concat(this.uploads.get(UploadId!)!), IfNoneMatch),
    AbortMultipartUpload: () => ({}),
    ListObjectsV2: ({ Prefix = '' }: ListObjectsV2CommandInput) => ({ Contents: this.keys().filter(key => key.startsWith(Prefix)).map(Key => ({ Key })) }),
    DeleteObjects: ({ Delete }: DeleteObjectsCommandInput) => {
      Delete!.Objects!.forEach(({ Key }) => this.remove(Key!));
      return {};
    },
    GetObject: ({ Key }: GetObjectCommandInput) => {
      const content = this.objects.get(Key!);
      if (!content) {
        throw named('AccessDenied', 'not authorized to perform: s3:ListBucket', 403);
      }
      return { Body: Readable.from([content]), ETag: etagOf(content) };
    },
  };

  public keys(): string[] {
    return [...this.objects.keys()];
  }

  public text(key: string): string | undefined {
    return this.objects.get(key)?.toString();
  }

  public put(key: string, text: string): void {
    this.objects.set(key, Buffer.from(text));
  }

  public remove(key: string): void {
    this.objects.delete(key);
  }

  /** What a presigned link answers to who asks for the first byte. */
  public open(address: string): Response {
    const { pathname, searchParams } = new URL(address);
    const value = (name: string) => searchParams.get(`X-Amz-${name}`)!;
    const signedAt = Date.parse(value('Date').replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
    // The token of a session is, here, when it ends.
    const diesAt = Math.min(signedAt + Number(value('Expires')) * 1000, Date.parse(value('Security-Token')));
    const content = this.objects.get(decodeURIComponent(pathname.slice(1)));
    return !content || Date.now() >= diesAt
      ? new Response('<Error/>', { status: 403 })
      : new Response(content.subarray(0, 1), { status: 206, headers: { 'content-range': `bytes 0-0/${content.length}`, 'etag': etagOf(content) } });
  }

  private store(key: string, content: Buffer, ifNoneMatch?: string): { ETag: string } {
    if (ifNoneMatch === '*' && this.objects.has(key)) {
      throw named('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
    }
    this.objects.set(key, content);
    return { ETag: etagOf(content) };
  }
}

function etagOf(content: Buffer): string {
  return `"${createHash('md5').update(content).digest('hex')}"`;
}
