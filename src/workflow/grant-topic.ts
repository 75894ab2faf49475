import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { refusedPolicy } from './imported-policy';

/**
 * What who publishes asks of the key of a topic (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html): exact, where `publish` of
 * aws-cdk-lib would permit all that begins with GenerateDataKey.
 */
export const TOPIC_KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** Lets a function use a topic. Across accounts, the policy of the topic has to permit it, too. */
export function grantTopic(topic: sns.ITopic, grantee: lambda.IFunction, actions: string[], policiesInPlace: boolean): void {
  sns.TopicGrants.fromTopic(topic).actions(grantee, actions, { keyActions: TOPIC_KEY_ACTIONS });
  const { account } = Stack.of(grantee);
  if (Token.compareStrings(topic.env.account, account) === TokenComparison.DIFFERENT) {
    const statement = new iam.PolicyStatement({ principals: [new iam.AccountPrincipal(account)], actions, resources: [topic.topicArn] });
    if (!topic.addToResourcePolicy(statement).statementAdded && !policiesInPlace) {
      throw refusedPolicy(`the topic ${topic.topicArn}`, [statement], grantee);
    }
  }
}
