import { delimiter, dirname, join } from 'node:path';
import { ACCOUNT, REGION } from './cloud';
import { freePort, LOOPBACK, until } from './loopback';
import type { Run } from './run';
import { Venv } from './venv';

/** Pinned exactly, because each version can do something else. With cryptography, it checks the signature of tokens. */
export const MINISTACK = new Venv('.cafe', ['ministack==1.5.33', 'cryptography==50.0.2']);

/** Starts the local cloud, and returns the address of its one endpoint. */
export async function startMinistack(run: Run, settings: Record<string, string> = {}): Promise<string> {
  const port = await freePort();
  const endpoint = `http://${LOOPBACK}:${port}`;
  // Exactly this environment, because the Lambda functions inherit it: nothing of the user's own AWS configuration gets there.
  run.service('ministack', MINISTACK.python, ['-m', 'ministack'], {
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), // the functions run on the Node.js that runs this
    HOME: run.directory,
    TMPDIR: run.directory,
    STATE_DIR: join(run.directory, 'ministack-state'),
    S3_DATA_DIR: join(run.directory, 'ministack-s3'),
    BIND_HOST: LOOPBACK,
    GATEWAY_PORT: `${port}`,
    MINISTACK_HOST: LOOPBACK,
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    MINISTACK_REGION: REGION,
    IOT_MTLS_ENABLED: '0', // or else it listens on port 8883 of every address
    ...settings,
  });
  const isHealthy = async () => (await fetch(`${endpoint}/_ministack/health`)).ok || undefined;
  await until('ministack', 30, () => isHealthy().catch(notListeningYet));
  return endpoint;
}

function notListeningYet(error: Error & { cause?: { code?: string } }): undefined {
  if (error.cause?.code !== 'ECONNREFUSED') throw error;
}
