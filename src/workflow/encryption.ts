import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { refusedPolicy } from './imported-policy';

/** Lets a principal use a key, if there is one, for what S3, DynamoDB, SQS and Step Functions encrypt with it on its behalf. */
export function grantKey(key: kms.IKey | undefined, grantee: iam.IGrantable): void {
  key?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
}

/**
 * Lets CloudWatch Logs encrypt log groups with a key, which only the key's policy can:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function letLogsUse(key: kms.IKey, scope: Construct, policiesInPlace: boolean): void {
  const stack = Stack.of(scope);
  const statement = new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    resources: ['*'], // in the policy of a key: the key itself
    conditions: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': stack.formatArn({
          service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      },
    },
  });
  if (!key.addToResourcePolicy(statement, true).statementAdded && !policiesInPlace) {
    throw refusedPolicy(`the key ${key.keyArn}`, statement, scope);
  }
}
