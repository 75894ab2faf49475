import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { grantKey } from './encryption';

/**
 * Lets a principal do something in some partitions of the ledger, and with some attributes there only
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html).
 *
 * @param partitions the partition keys, of which those that end in `*` stand for all that begin so
 * @param attributes what a write may name, its keys included; default: anything
 */
export function grantPartitions(
  ledger: dynamodb.ITable, grantee: iam.IGrantable, actions: string[], partitions: string[], attributes?: string[],
): iam.Grant {
  grantKey(ledger.encryptionKey, grantee);
  return iam.Grant.addToPrincipal({
    grantee,
    actions,
    resourceArns: [ledger.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
      // An answer with the whole item would tell what the attributes may not.
      ...(attributes && {
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes },
        'StringEqualsIfExists': { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', 'UPDATED_NEW'] },
      }),
    },
  });
}
