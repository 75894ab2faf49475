import { Annotations, Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { printed } from './imported-policy';
import { BucketPrefix } from '../bucket-prefix';

/**
 * A URL says for how long it was signed; the bucket itself, too, takes no older signature:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
 */
export function denyOlderSignatures(scope: Construct, { bucket, objectsArn }: BucketPrefix, age: Duration): void {
  const statement = new iam.PolicyStatement({
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['s3:GetObject'],
    resources: [objectsArn],
    conditions: { NumericGreaterThan: { 's3:signatureAge': age.toMilliseconds() } },
  });
  if (!bucket.addToResourcePolicy(statement).statementAdded) {
    Annotations.of(scope).addInfo(`the bucket ${bucket.bucketName} is imported: have this statement in its policy, and it takes no link that is older than it should be: `
      + printed(statement, scope));
  }
}
