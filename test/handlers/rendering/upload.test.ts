import { createHash } from 'node:crypto';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { beginUpload, writeText } from '../../../src/handlers/rendering/upload';

/** What is asked of S3 on the wire, and answered as S3 does: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly ifNoneMatch?: string;
  readonly encoding?: string;
  readonly body: Buffer;
}

const FILE = { name: 'report.html', bucket: 'reports', key: 'reports/1/report.html', contentType: 'text/html' };
const LONG = ['a'.repeat(6 * 1024 * 1024), 'é'.repeat(3 * 1024 * 1024)];
const SHORT = ['one ', 'piece'];

let server: Server;
let s3: S3Client;
let asked: Asked[];
let objects: Map<string, Buffer>;
/** Called before an object is made, so that a twin may be faster, or S3 busy. */
let beforeWriting: () => [status: number, code: string] | undefined;

beforeEach(async () => {
  asked = [];
  objects = new Map();
  beforeWriting = () => undefined;
  const parts: Buffer[] = [];
  const answer = ({ method, url, ifNoneMatch, body }: Asked): [number, string | Buffer, { [header: string]: string }?] => {
    const key = url.pathname.slice(1);
    const error = (status: number, code: string): [number, string] => [status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`];
    const write = (content: Buffer, etag: string): [number, string, { [header: string]: string }] | [number, string] => {
      const trouble = beforeWriting();
      if (trouble) {
        return error(...trouble);
      }
      if (ifNoneMatch === '*' && objects.has(key)) {
        return error(412, 'PreconditionFailed');
      }
      objects.set(key, content);
      return [200, `<CompleteMultipartUploadResult><ETag>${etag}</ETag></CompleteMultipartUploadResult>`, { etag }];
    };
    if (method === 'GET') {
      const content = objects.get(key);
      return content ? [200, content, { etag: '"of the object"' }] : error(404, 'NoSuchKey');
    }
    if (method === 'DELETE') {
      return [204, ''];
    }
    if (url.searchParams.has('uploads')) {
      return [200, '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>'];
    }
    const part = url.searchParams.get('partNumber');
    if (part) {
      parts[Number(part) - 1] = body;
      return [200, '', { etag: `"${part}"` }];
    }
    return method === 'POST' ? write(Buffer.concat(parts), '"of the parts-3"') : write(body, '"of the whole"');
  };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk)).on('end', () => {
      const one: Asked = {
        method: request.method!,
        url: new URL(request.url!, 'http://s3'),
        ifNoneMatch: request.headers['if-none-match'],
        encoding: request.headers['content-encoding'],
        body: Buffer.concat(chunks),
      };
      asked.push(one);
      const [status, body, headers] = answer(one);
      response.writeHead(status, headers).end(status === 204 ? undefined : body);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  s3 = new S3Client({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  });
});

afterEach(async () => {
  s3.destroy();
  await new Promise(resolve => server.close(resolve));
});

async function upload(text: string[], gzip = false) {
  const { out, written } = beginUpload(s3, FILE, { gzip, partsAtOnce: 2 });
  text.forEach(piece => out.write(piece));
  out.end();
  return written;
}

describe.each([['in one part', SHORT, 'PUT', '"of the whole"'], ['in several', LONG, 'POST', '"of the parts-3"']])('%s', (_how, text, method, etag) => {
  const content = Buffer.from(text.join(''));
  const made = { name: 'report.html', bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  const key = `${FILE.bucket}/${FILE.key}`;
  const write = () => upload(text);
  const lastWrite = () => asked.filter(one => one.method === method && !one.url.searchParams.has('uploads')).at(-1)!;

  test('a file is written if there is none, and its ETag is what S3 answers', async () => {
    await expect(write()).resolves.toEqual({ ...made, etag });
    expect(lastWrite().ifNoneMatch).toBe('*');
    expect(objects.get(key)!.equals(content)).toBe(true);
  });

  test('the same file there already is the result, with its own ETag', async () => {
    objects.set(key, content);
    await expect(write()).resolves.toEqual({ ...made, etag: '"of the object"' });
    expect(asked.filter(one => one.method === 'DELETE')).toHaveLength(method === 'POST' ? 1 : 0);
  });

  test('so is that of a twin that was faster by a moment', async () => {
    beforeWriting = () => { objects.set(key, content); return undefined; };
    await expect(write()).resolves.toEqual({ ...made, etag: '"of the object"' });
  });

  test.each([
    ['other bytes', Buffer.from(content.toString('latin1').replace(/.$/s, '!'), 'latin1')],
    ['less', content.subarray(1)],
    ['nothing', Buffer.alloc(0)],
  ])('a file of %s is not replaced', async (_what, other) => {
    objects.set(key, other);
    await expect(write()).rejects.toMatchObject({
      name: 'InvalidRender',
      message: `report.html of this attempt is there already with other content (${other.length} bytes, and now ${content.length}), because the data changed `
        + 'between two tries of the step; start the pipeline again: a new attempt writes another file',
    });
    expect(objects.get(key)).toBe(other);
  });

  test('a conflict with a twin is left to the retries of the workflow', async () => {
    beforeWriting = () => [409, 'ConditionalRequestConflict'];
    await expect(write()).rejects.toMatchObject({ name: 'ConditionalRequestConflict' });
  });

  test('so is a file that went before it was compared', async () => {
    beforeWriting = () => [412, 'PreconditionFailed'];
    await expect(write()).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

test('a file may be kept compressed: what is told of it is what S3 holds', async () => {
  const { bytes, sha256 } = await upload(SHORT, true);
  const there = objects.get(`${FILE.bucket}/${FILE.key}`)!;
  expect(gunzipSync(there).toString()).toBe(SHORT.join(''));
  expect(bytes).toBe(there.length);
  expect(sha256).toBe(createHash('sha256').update(there).digest('hex'));
  expect(asked.map(({ encoding }) => encoding)).toEqual(['gzip']);
});

test('a file that is given up is not there', async () => {
  const { out, written } = beginUpload(s3, FILE, { partsAtOnce: 2 });
  out.write(Buffer.alloc(12 * 1024 * 1024));
  out.destroy(new Error('row 7 is bad'));
  await expect(written).rejects.toThrow('row 7 is bad');
  expect(objects.size).toBe(0);
  expect(asked.filter(({ method }) => method === 'DELETE').length).toBe(asked.some(({ url }) => url.searchParams.has('uploads')) ? 1 : 0);
});

test('a short text is written over what is there', async () => {
  objects.set('reports/a.json', Buffer.from('old'));
  await writeText(s3, { bucket: 'reports', key: 'a.json' }, 'application/json', 'ñ');
  expect(objects.get('reports/a.json')!.toString()).toBe('ñ');
});
