/** The account and the region that the local cloud pretends to be. */
export const ACCOUNT = '000000000000';
export const REGION = 'eu-west-1';

const accessKeyId = 'local';
const secretAccessKey = 'local';

/** What a client of the AWS SDK needs in order to talk to the local cloud, and to nothing else. */
export interface Cloud {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export function cloudAt(endpoint: string): Cloud {
  // The SDK announces on Node.js 20 that it will want a newer one: true, and out of place in the middle of a run.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  return { endpoint, region: REGION, credentials: { accessKeyId, secretAccessKey } };
}

/** The same for a program, as its whole environment: a profile, a proxy or a configuration of the user's own do not get there. */
export function environmentFor({ endpoint }: Cloud, home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

/** `https://<api>.execute-api.<region>.amazonaws.com/<stage>/` is a name of the real cloud; the local one has it as a path. */
export function withLocalAddresses({ endpoint }: Cloud, text: string): string {
  return text.replace(/https:\/\/(\w+)\.execute-api\.[\w-]+\.amazonaws\.com\//g, `${endpoint}/_aws/execute-api/$1/`);
}
