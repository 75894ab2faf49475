import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ERROR, ROW } from '../../support/canaries';

const s3 = new S3Client({});

interface Event {
  readonly parameters: { readonly script: string };
  readonly output: { readonly bucket: string; readonly key: string };
}

const columns = [{ name: 'product', type: 'text' }, { name: 'quantity', type: 'integer' }];
const row = (n: number) => ({ product: `Coffee ${n}, ${ROW}`, quantity: n });
const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n));

/** A data source that does what its parameters say, as those of users do. */
export async function handler({ parameters, output }: Event): Promise<unknown> {
  const write = async (key: string, lines: string[]) => {
    await s3.send(new PutObjectCommand({ Bucket: output.bucket, Key: key, Body: lines.join('\n') }));
    return { version: 1, columns, data: { key, format: 'NDJSON' } };
  };
  // The object says so to the next call, whichever process that is.
  const isFirstCall = async () => {
    try {
      await s3.send(new PutObjectCommand({ Bucket: output.bucket, Key: `${output.key}.asked`, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      if ((error as Error).name !== 'PreconditionFailed') throw error;
      return false;
    }
  };
  const notReady = { version: 1, notReady: { reason: 'the till is not closed yet' } };

  switch (parameters.script) {
    case 'inline': return { version: 1, columns, rows: rows(3) };
    case 'other rows': return { version: 1, columns, rows: rows(4) };
    case 'many rows': return { version: 1, columns, rows: rows(25) };
    case 'by reference': return write(output.key, rows(5000).map(each => JSON.stringify(each)));
    case 'empty': return { version: 1, columns, rows: [] };
    case 'malformed': return { columns, lines: rows(3) };
    case 'no columns': return { version: 1, columns: [], rows: [] };
    case 'wrong type': return { version: 1, columns, rows: [...rows(2), { product: 'Coffee 2', quantity: ROW }] };
    case 'wrong type by reference': return write(output.key, [...rows(5000), { product: 'x', quantity: ROW }].map(each => JSON.stringify(each)));
    case 'too large': return { version: 1, columns, rows: rows(6000) };
    case 'foreign reference': return { version: 1, columns, data: { key: output.key.replace(/[0-9a-f]{32}/, '0'.repeat(32)), format: 'NDJSON' } };
    case 'reference to nothing': return { version: 1, columns, data: { key: output.key, format: 'NDJSON' } };
    case 'throws': throw new Error('the supplier database does not answer');
    case 'throws a row': throw new Error(`the supplier database does not take ${ERROR}`);
    case 'throws at first': {
      if (await isFirstCall()) throw new Error('the supplier database is waking up');
      return { version: 1, columns, rows: rows(3) };
    }
    case 'never ready': return notReady;
    case 'not ready at first': return await isFirstCall() ? notReady : { version: 1, columns, rows: rows(3) };
    case 'slow': {
      await new Promise(resolve => setTimeout(resolve, 8000));
      return { version: 1, columns, rows: rows(1) };
    }
    default: throw new Error(`there is no script ${parameters.script}`);
  }
}
