import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { create as contentDisposition } from 'content-disposition';
import { requireEnv } from './environment';

const sts = new STSClient({});

/** The shortest session that STS gives (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
const SHORTEST_SESSION_SECONDS = 900;

/** A session that can open some files of one report, until it ends. */
export interface Signer {
  readonly s3: S3Client;
  readonly expiration: Date;
}

/** A file, and the name under which a reader saves it. */
export interface NamedFile {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly fileName: string;
}

/**
 * A URL dies with the session that signed it, and nobody says how long a Lambda function's own session has left
 * (https://repost.aws/knowledge-center/presigned-url-s3-bucket-expiration). The session of an assumed role has a known end, and
 * its policy opens these files only. Role chaining bounds it to one hour.
 */
export async function assumeSigner(reportId: string, keys: string[], seconds: number): Promise<Signer> {
  const encryptionKey = process.env.ENCRYPTION_KEY_ARN;
  const { Credentials } = await sts.send(new AssumeRoleCommand({
    RoleArn: requireEnv('SIGNER_ROLE_ARN'),
    RoleSessionName: reportId,
    DurationSeconds: Math.max(seconds, SHORTEST_SESSION_SECONDS),
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 's3:GetObject', Resource: keys.map(key => `${requireEnv('BUCKET_ARN')}/${key}`) },
        ...(encryptionKey ? [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: encryptionKey }] : []),
      ],
    }),
  }));
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration } = Credentials!;
  const credentials = { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken: sessionToken! };
  return {
    s3: new S3Client({ credentials, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }),
    expiration: expiration!,
  };
}

/** A URL that opens the file for so many seconds. Type and disposition are signed, too: nobody can change how it opens. */
export async function signedUrl({ s3 }: Signer, file: NamedFile, signedAt: Date, seconds: number): Promise<string> {
  return getSignedUrl(s3, new GetObjectCommand({
    Bucket: file.bucket,
    Key: file.key,
    ResponseContentType: file.contentType,
    ResponseContentDisposition: contentDisposition(file.fileName, { type: opensInBrowser(file) ? 'inline' : 'attachment' }),
  }), { expiresIn: seconds, signingDate: signedAt });
}

/** Now, as a signature counts it: in whole seconds. */
export function signingTime(): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000);
}

function opensInBrowser({ contentType }: NamedFile): boolean {
  return /^(text\/html|application\/pdf)\b/.test(contentType);
}
