import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { refusedPolicy } from './imported-policy';

/** Lets a principal use a key, if there is one, for what S3, DynamoDB, SQS and Step Functions encrypt with it on its behalf. */
export function grantKey(key: kms.IKey | undefined, grantee: iam.IGrantable): void {
  key?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
}

/** Lets the services use a key that have no role of ours, and so only by the key's own policy. */
export function letServicesUse(key: kms.IKey, scope: Construct, policiesInPlace: boolean): void {
  const stack = Stack.of(scope);
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  const logs = new iam.PolicyStatement({
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
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq.html
  const deadLetters = new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('events.amazonaws.com')],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['*'],
  });
  // aws-cdk-lib adds it by itself where it can: https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
  const logDelivery = new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('delivery.logs.amazonaws.com')],
    actions: ['kms:Decrypt*'],
    resources: ['*'],
  });

  const added = [logs, deadLetters].map(statement => key.addToResourcePolicy(statement, true).statementAdded);
  if (added.includes(false) && !policiesInPlace) {
    throw refusedPolicy(`the key ${key.keyArn}`, [logs, deadLetters, logDelivery], scope);
  }
}
