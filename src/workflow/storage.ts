import { Annotations, Duration, Names, RemovalPolicy, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import { refusedPolicy } from './imported-policy';
import { BucketPrefix } from '../bucket-prefix';

export interface ReportStorage {
  readonly bucket: s3.IBucket;
  readonly data: BucketPrefix;
  readonly reports: BucketPrefix;
}

export interface ReportStorageProps {
  readonly bucket?: s3.IBucket;
  readonly encryptionKey?: kms.IKey;
  readonly retention: Duration;
  readonly policiesInPlace: boolean;
}

/** An execution can be redriven for 14 days (https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html): so long its rows are kept. */
const DATA_RETENTION_DAYS = 14;

/** The bucket of a pipeline, or its own part of a bucket that others use, too. */
export function reportStorage(scope: Construct, props: ReportStorageProps): ReportStorage {
  const bucket = props.bucket ?? new s3.Bucket(scope, 'Bucket', {
    encryption: props.encryptionKey ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED,
    encryptionKey: props.encryptionKey,
    bucketKeyEnabled: props.encryptionKey && true,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const root = props.bucket ? `${Names.uniqueResourceName(scope, { maxLength: 60 })}/` : '';
  const storage = { bucket, data: new BucketPrefix(bucket, `${root}data/`), reports: new BucketPrefix(bucket, `${root}reports/`) };

  if (props.bucket) {
    requireSameRegion(scope, bucket);
    requireTls(scope, storage, props.policiesInPlace);
    if (props.encryptionKey && props.encryptionKey !== bucket.encryptionKey) {
      Annotations.of(scope).addWarningV2('cdk-scheduled-report-pipeline:bucketKey', `encryptionKey is not the key of the bucket ${bucket.bucketName}, as far as is known here: `
        + 'reports and rows are encrypted as that bucket has it; give it the same key, or name its key where it is imported');
    }
  } else {
    acknowledge(bucket, 'S1', 'Who opened a report is a question for CloudTrail data events, which an account switches on; server access logs would need a second bucket.');
  }
  if (bucket instanceof s3.Bucket) {
    const days = props.retention.toDays();
    expire(bucket, storage.reports, days);
    expire(bucket, storage.data, Math.min(days, DATA_RETENTION_DAYS));
  }
  return storage;
}

function expire(bucket: s3.Bucket, { prefix }: BucketPrefix, days: number) {
  bucket.addLifecycleRule({
    prefix,
    expiration: Duration.days(days),
    noncurrentVersionExpiration: Duration.days(1), // of a bucket that is given, which may keep versions
    abortIncompleteMultipartUploadAfter: Duration.days(1),
  });
}

function requireSameRegion(scope: Construct, bucket: s3.IBucket) {
  const { region } = Stack.of(scope);
  if (Token.compareStrings(bucket.env.region, region) === TokenComparison.DIFFERENT) {
    throw new Error(`the bucket ${bucket.bucketName} is in ${bucket.env.region}, and the pipeline in ${region}; pass a bucket of the same region`);
  }
}

function requireTls(scope: Construct, { bucket, data, reports }: ReportStorage, policiesInPlace: boolean) {
  const { account } = Stack.of(scope);
  const objects = [data.objectsArn, reports.objectsArn];
  const tls = new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['s3:*'],
    resources: [bucket.bucketArn, ...objects], // who lists the bucket sees what is in it
    conditions: { Bool: { 'aws:SecureTransport': 'false' } },
  });
  // Across accounts, both sides have to permit a call; who of this account may do what, the policies of its roles say.
  const principals = [new iam.AccountPrincipal(account)];
  const statements = Token.compareStrings(bucket.env.account, account) !== TokenComparison.DIFFERENT ? [tls] : [
    tls,
    new iam.PolicyStatement({ principals, actions: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'], resources: objects }),
    new iam.PolicyStatement({
      principals,
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': [`${data.prefix}*`, `${reports.prefix}*`] } },
    }),
  ];
  if (statements.some(statement => !bucket.addToResourcePolicy(statement).statementAdded) && !policiesInPlace) {
    throw refusedPolicy(`the bucket ${bucket.bucketName}`, statements, scope);
  }
}
