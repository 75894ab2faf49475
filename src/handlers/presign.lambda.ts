import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { create as contentDisposition } from 'content-disposition';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { folderOf, isWithin } from './folder';
import { formatPeriod } from './wording';
import { CONTRACT_VERSION, LinkEvent, LinkResult, OutputFile, Run } from '../workflow/contract';

const sts = new STSClient({});
const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}));

/** The shortest session that STS gives (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
const SHORTEST_SESSION_SECONDS = 900;

/** Signs a link to each file of the report, for as long as it is asked for and can be kept, and keeps it in the ledger. */
export async function handler(event: LinkEvent): Promise<LinkResult> {
  const asked = Number(requireEnv('EXPIRES_IN_SECONDS'));
  checkOwn(event);
  const signer = await assumeSigner(event, asked);
  const s3 = new S3Client({ credentials: signer.credentials, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' });

  const links = [];
  for (const file of event.files) {
    const signedAt = new Date();
    signedAt.setMilliseconds(0); // a signature counts in whole seconds
    const url = await getSignedUrl(s3, new GetObjectCommand({
      Bucket: file.bucket,
      Key: file.key,
      ResponseContentType: file.contentType,
      ResponseContentDisposition: contentDisposition(fileName(event, file), { type: opensInBrowser(file) ? 'inline' : 'attachment' }),
    }), { expiresIn: asked, signingDate: signedAt });
    const expiresAt = new Date(Math.min(signedAt.getTime() + asked * 1000, signer.expiration.getTime())).toISOString();
    await dynamodb.send(new PutCommand({
      TableName: event.ledger.table,
      Item: { pk: event.ledger.pk, sk: `${event.ledger.sk}${file.name}`, url, expiresAt, ttl: Math.ceil(Date.parse(expiresAt) / 1000) },
    }));
    links.push({ file: file.name, expiresAt });
  }
  return { version: CONTRACT_VERSION, links };
}

/** The signer may read every report of the pipeline: this function signs for those of the run alone. */
function checkOwn(event: LinkEvent): void {
  const folder = folderOf(event, requireEnv('REPORTS_PREFIX'));
  const foreign = event.files.find(({ key }) => !isWithin(folder, key));
  if (foreign) {
    throw new ReportError('InvalidLink', `a link was asked for to ${foreign.key}, which is not under ${folder}, where the files of this run are`);
  }
}

/**
 * A URL dies with the session that signed it, and nobody says how long a Lambda function's own session has left
 * (https://repost.aws/knowledge-center/presigned-url-s3-bucket-expiration). The session of an assumed role has a known end, and
 * its policy opens the files of this report only. Role chaining bounds it to one hour.
 */
async function assumeSigner(event: LinkEvent, asked: number) {
  const key = process.env.ENCRYPTION_KEY_ARN;
  const { Credentials } = await sts.send(new AssumeRoleCommand({
    RoleArn: requireEnv('SIGNER_ROLE_ARN'),
    RoleSessionName: event.reportId,
    DurationSeconds: Math.max(asked, SHORTEST_SESSION_SECONDS),
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 's3:GetObject', Resource: event.files.map(file => `${requireEnv('BUCKET_ARN')}/${file.key}`) },
        ...(key ? [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: key }] : []),
      ],
    }),
  }));
  return {
    credentials: { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! },
    expiration: Credentials!.Expiration!,
  };
}

/** The name under which a reader saves the file. */
export function fileName(run: Run, file: OutputFile): string {
  const extension = file.name.includes('.') ? file.name.slice(file.name.lastIndexOf('.')) : '';
  return `${run.report} ${formatPeriod(run.period, run.locale)}${extension}`.replace(/[\u2010-\u2015]/g, '-').replace(/[\\/:*?"<>|\u0000-\u001f]/g, '-');
}

function opensInBrowser(file: OutputFile): boolean {
  return /^(text\/html|application\/pdf)\b/.test(file.contentType);
}
