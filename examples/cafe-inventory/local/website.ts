import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { securityHeaders } from '../cafe-website';
import type { Cloud } from './cloud';
import type { Outputs } from './deploy';
import { LOOPBACK } from './loopback';
import { publishMenu } from '../lambdas/publish-menu';

const FILES = join(__dirname, '..', 'website', 'dist');

const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** Does what CloudFront does on AWS: serves the site from its bucket, with the same headers. The local cloud's S3 sends none of them. */
export class Website {
  /** It listens before anything is deployed, because the API wants to know its origin. */
  public static async open(cloud: Cloud): Promise<Website> {
    const server = createServer().listen(0, LOOPBACK);
    await once(server, 'listening');
    return new Website(cloud, server);
  }

  public readonly origin: string;
  private readonly s3: S3Client;

  private constructor(private readonly cloud: Cloud, private readonly server: Server) {
    this.origin = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
    this.s3 = new S3Client(cloud);
  }

  /** Does what the deployment does on AWS: uploads the site, tells it where the API and the users are, and fills the menu. */
  public async publish({ WebsiteBucketName: Bucket, MenuTableName, ApiUrl, UserPoolId, UserPoolClientId }: Outputs): Promise<void> {
    const upload = (Key: string, Body: Buffer | string) => this.s3.send(new PutObjectCommand({
      Bucket, Key, Body, ContentType: CONTENT_TYPES[extname(Key)],
    }));
    for (const name of await readdir(FILES)) {
      await upload(name, await readFile(join(FILES, name)));
    }
    await upload('config.json', JSON.stringify({
      apiUrl: ApiUrl, userPoolId: UserPoolId, userPoolClientId: UserPoolClientId, userPoolEndpoint: this.cloud.endpoint,
    }));
    await publishMenu(new DynamoDBClient(this.cloud), MenuTableName);

    const headers = httpHeaders(this.cloud.endpoint);
    this.server.on('request', async (request, response) => {
      response.setHeaders(headers);
      await this.answer(Bucket, request, response);
    });
  }

  private async answer(Bucket: string, { method, url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(url, this.origin);
    // The name, too, must be this machine's: no page of the internet reaches it by a name that leads here.
    if (method !== 'GET' || `http://${headers.host}` !== this.origin) {
      response.writeHead(403).end();
      return;
    }
    try {
      const { Body, ContentType } = await this.s3.send(new GetObjectCommand({ Bucket, Key: pathname.slice(1) || 'index.html' }));
      response.writeHead(200, { 'content-type': ContentType! }).end(await buffer(Body as Readable));
    } catch (error) {
      response.writeHead(error instanceof NoSuchKey ? 403 : 502).end(); // 403 is what CloudFront answers where it may not list the bucket
    }
  }
}

/** The headers policy of CloudFront as the headers that it makes. */
function httpHeaders(cloudEndpoint: string): Headers {
  const { securityHeadersBehavior: security, customHeadersBehavior: custom } = securityHeaders(cloudEndpoint);
  return new Headers([
    ['content-security-policy', security.contentSecurityPolicy.contentSecurityPolicy],
    ['referrer-policy', security.referrerPolicy.referrerPolicy],
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', security.frameOptions.frameOption],
    ...custom.customHeaders.map(({ header, value }): [string, string] => [header, value]),
  ]);
}
