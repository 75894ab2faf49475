import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Cloud } from './cloud';
import type { Outputs } from './deploy';
import { publishMenu } from '../lambdas/publish-menu';

const FILES = join(__dirname, '..', 'website');

const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Does what the deployment does on AWS: uploads the website, tells it where the API is, and fills the menu. Returns the site's address. */
export async function publishWebsite(cloud: Cloud, { WebsiteBucketName, MenuTableName, ApiUrl }: Outputs): Promise<string> {
  const s3 = new S3Client(cloud);
  const upload = (name: string, body: Buffer | string) => s3.send(new PutObjectCommand({
    Bucket: WebsiteBucketName,
    Key: name,
    Body: body,
    ContentType: CONTENT_TYPES[extname(name)],
  }));
  for (const name of await readdir(FILES)) {
    await upload(name, await readFile(join(FILES, name)));
  }
  await upload('config.json', JSON.stringify({ apiUrl: ApiUrl }));
  await publishMenu(new DynamoDBClient(cloud), MenuTableName);
  return `${cloud.endpoint}/${WebsiteBucketName}/index.html`;
}
