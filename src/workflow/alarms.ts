import { Annotations, Duration, Stack } from 'aws-cdk-lib';
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
  const period = Duration.minutes(5);
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
    alarm('DeadLetter', deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period, statistic: cloudwatch.Stats.MAXIMUM }),
      `The report ${reportName} was not started at its time, or a failure of it could not be told: the dead-letter queue has the event.`),
    alarm('MessageUndelivered', topic.metricNumberOfNotificationsFailed({ period }),
      `SNS could not hand a message of the report ${reportName} to a subscriber: see the subscriptions of its topic.`),
  ];
  if (ownerTopic) {
    letAlarmsPublish(scope, ownerTopic, props.policiesInPlace);
    alarms.forEach(each => each.addAlarmAction(new actions.SnsAction(ownerTopic)));
  }
  return alarms;
}

/** A topic with a policy of its own, one that enforces TLS for instance, lets nobody publish by default. */
function letAlarmsPublish(scope: Construct, ownerTopic: sns.ITopic, policiesInPlace: boolean): void {
  const cloudWatch = new iam.ServicePrincipal('cloudwatch.amazonaws.com');
  const publish = new iam.PolicyStatement({
    principals: [cloudWatch],
    actions: ['sns:Publish'],
    resources: [ownerTopic.topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
  // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
  ownerTopic.masterKey?.grant(cloudWatch, 'kms:Decrypt', 'kms:GenerateDataKey*');
  if (!ownerTopic.addToResourcePolicy(publish).statementAdded && !policiesInPlace) {
    Annotations.of(scope).addInfo('ownerTopic is imported, and its policy can not be changed from here: alarms reach it only if that has this statement, '
      + `or is the one that SNS gives to a topic by default (set policiesInPlace to true if it is): ${printed(publish, scope)}`);
  }
}
