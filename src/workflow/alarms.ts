import { Annotations, Duration, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { printed } from './imported-policy';

export interface ReportAlarmsProps {
  readonly reportName: string;
  readonly stateMachine: sfn.IStateMachine;
  readonly deadLetterQueue: sqs.IQueue;
  readonly topic: sns.ITopic;
  readonly ownerTopic?: sns.ITopic;
  readonly policiesInPlace: boolean;
}

/**
 * What tells the owner when nothing else does: the events that lead to a notice are delivered
 * [best effort](https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html), a start may never come about, and
 * SNS tells nobody of a copy that it could not hand over.
 */
export function reportAlarms(scope: Construct, props: ReportAlarmsProps): cloudwatch.Alarm[] {
  const { reportName, stateMachine, deadLetterQueue, topic, ownerTopic } = props;
  const period = Duration.minutes(1); // an alarm speaks once for as long as it lasts: the sooner it is over, the sooner it speaks again
  const alarm = (id: string, metric: cloudwatch.IMetric, alarmDescription: string) => new cloudwatch.Alarm(scope, id, {
    metric,
    alarmDescription,
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  const runs = 'see its notice, or the executions of the state machine';
  const alarms = [
    alarm('RunFailed', stateMachine.metricFailed({ period }), `A run of the report ${reportName} failed: ${runs}.`),
    alarm('RunTimedOut', stateMachine.metricTimedOut({ period }), `A run of the report ${reportName} took longer than it is given: ${runs}.`),
    alarm('RunAborted', stateMachine.metricAborted({ period }), `A run of the report ${reportName} was stopped: ${runs}.`),
    alarm('DeadLetter', deadLetterQueue.metricNumberOfMessagesSent({ period }),
      `The report ${reportName} was not started at its time, or a failure of it could not be told: the dead-letter queue has the event.`),
    // The metrics of a topic are where it is.
    ...(isElsewhere(scope, topic) ? [] : [alarm('MessageUndelivered', topic.metricNumberOfNotificationsFailed({ period }),
      `SNS could not hand a message of the report ${reportName} to a subscriber: see the subscriptions of its topic.`)]),
  ];
  if (ownerTopic && isElsewhere(scope, ownerTopic)) {
    Annotations.of(scope).addInfo(`ownerTopic ${ownerTopic.topicArn} is in another account or region, where alarms can not act: add an action of your own to each of pipeline.alarms`);
  } else if (ownerTopic) {
    letAlarmsPublish(scope, ownerTopic, props.policiesInPlace);
    alarms.forEach(each => each.addAlarmAction(new actions.SnsAction(ownerTopic)));
  }
  return alarms;
}

function isElsewhere(scope: Construct, { env }: sns.ITopic): boolean {
  const { account, region } = Stack.of(scope);
  const differ = (one: string, other: string) => Token.compareStrings(one, other) === TokenComparison.DIFFERENT;
  return differ(env.account, account) || differ(env.region, region);
}

/** A topic with a policy of its own, one that enforces TLS for instance, lets nobody publish by default; nor does its key. */
function letAlarmsPublish(scope: Construct, ownerTopic: sns.ITopic, policiesInPlace: boolean): void {
  const { account } = Stack.of(scope);
  const statement = (actionsOfAlarms: string[], resource: string) => new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: actionsOfAlarms,
    resources: [resource],
    conditions: { StringEquals: { 'aws:SourceAccount': account } },
  });
  const publish = statement(['sns:Publish'], ownerTopic.topicArn);
  if (!ownerTopic.addToResourcePolicy(publish).statementAdded && !policiesInPlace) {
    Annotations.of(scope).addInfo('ownerTopic is imported, and its policy can not be changed from here: alarms reach it only if that has this statement, '
      + `or is the one that SNS gives to a topic by default (set policiesInPlace to true if it is): ${printed(publish, scope)}`);
  }
  // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
  const useKey = statement(['kms:Decrypt', 'kms:GenerateDataKey*'], '*');
  if (ownerTopic.masterKey?.addToResourcePolicy(useKey, true).statementAdded === false && !policiesInPlace) {
    Annotations.of(scope).addInfo('the key of ownerTopic is imported, and its policy can not be changed from here: alarms reach the topic only if that has this statement '
      + `(the key alias/aws/sns has not, and can not have it): ${printed(useKey, scope)}`);
  }
}
