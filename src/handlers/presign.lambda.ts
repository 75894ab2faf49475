import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { requireEnv } from './environment';
import { fileName } from './file-name';
import { checkOwnFiles } from './own-files';
import { assumeSigner, signedUrl, signingTime } from './signing';
import { CONTRACT_VERSION, LinkEvent, LinkResult } from '../workflow/contract';

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}));

/** Signs a link to each file of the report, for as long as it is asked for and can be kept, and keeps it in the ledger. */
export async function handler(event: LinkEvent): Promise<LinkResult> {
  const asked = Number(requireEnv('EXPIRES_IN_SECONDS'));
  checkOwnFiles(event);
  const signer = await assumeSigner(event.reportId, event.files.map(({ key }) => key), asked);

  const links = [];
  for (const file of event.files) {
    const signedAt = signingTime();
    const url = await signedUrl(signer, { ...file, fileName: fileName(event, file) }, signedAt, asked);
    const expiresAt = new Date(Math.min(signedAt.getTime() + asked * 1000, signer.expiration.getTime())).toISOString();
    await dynamodb.send(new PutCommand({
      TableName: event.ledger.table,
      Item: { pk: event.ledger.pk, sk: `${event.ledger.sk}${file.name}`, url, expiresAt, ttl: Math.ceil(Date.parse(expiresAt) / 1000) },
    }));
    links.push({ file: file.name, expiresAt });
  }
  return { version: CONTRACT_VERSION, links };
}
