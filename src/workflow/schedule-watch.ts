import { ArnFormat, Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
import { ExpectedSchedule, PAUSE_PARTITION, RUN_PARTITION, SCHEDULE_PARTITION } from './contract';
import { grantKey } from './encryption';
import { TOPIC_KEY_ACTIONS } from './grant-topic';
import { handlerDefaults } from './handler-defaults';
import { grantPartitions } from './ledger-partitions';
import { WatchSchedulesFunction } from '../handlers/watch-schedules-function';

export interface ScheduleWatchProps {
  readonly reportName: string;
  readonly locale: string;
  readonly group: scheduler.IScheduleGroup;
  readonly ledger: dynamodb.ITable;
  readonly ledgerRetention: Duration;
  readonly ownerTopic: sns.ITopic;
  readonly deadLetterQueue: sqs.IQueue;
  readonly logGroup: logs.ILogGroup;
  readonly encryptionKey?: kms.IKey;
}

/** How often it looks. */
const EVERY = Duration.minutes(15);

/**
 * The dead man's switch of a pipeline: looks whether each run that its schedules promise has ended by its deadline, and tells the owner of
 * those that have not. It shares nothing with the schedules but the ledger: neither their group nor their role nor the workflow.
 */
export class ScheduleWatch extends Construct {
  private readonly expected: ExpectedSchedule[] = [];

  public constructor(scope: Construct, id: string, props: ScheduleWatchProps) {
    super(scope, id);
    const { reportName, ledger, ownerTopic, deadLetterQueue, encryptionKey } = props;
    const handler = new WatchSchedulesFunction(this, 'Function', {
      description: 'Looks whether the schedules of a report keep their times, and tells the owner if not',
      deadLetterQueue,
      ...handlerDefaults(this, {
        logGroup: props.logGroup,
        timeout: Duration.minutes(5),
        encryptionKey,
        environment: {
          TABLE_NAME: ledger.tableName,
          LEDGER_RETENTION_SECONDS: props.ledgerRetention.toSeconds().toString(),
          REPORT_NAME: reportName,
          LOCALE: props.locale,
          OWNER_TOPIC_ARN: ownerTopic.topicArn,
          DEAD_LETTER_QUEUE_NAME: deadLetterQueue.queueName,
        },
      }),
    });
    grantPartitions(ledger, handler, ['dynamodb:GetItem'], [`${RUN_PARTITION}*`, PAUSE_PARTITION, `${SCHEDULE_PARTITION}*`]);
    grantPartitions(ledger, handler, ['dynamodb:Query', 'dynamodb:UpdateItem'], [`${SCHEDULE_PARTITION}*`]);
    sns.TopicGrants.fromTopic(ownerTopic).actions(handler, ['sns:Publish'], { keyActions: TOPIC_KEY_ACTIONS });
    const schedulesArn = Stack.of(this).formatArn({
      service: 'scheduler', resource: 'schedule', resourceName: `${props.group.scheduleGroupName}/*`, arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    iam.Grant.addToPrincipal({ grantee: handler, actions: ['scheduler:GetSchedule'], resourceArns: [schedulesArn] });
    acknowledgeWildcard(this, schedulesArn, 'The schedules of this group are those of the pipeline, and more of them may be added.');

    const role = new iam.Role(this, 'SchedulerRole', {
      description: 'Looks whether schedules keep their times',
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com'),
    });
    grantKey(encryptionKey, role); // of the dead-letter queue
    new scheduler.Schedule(this, 'Schedule', {
      description: `Looks whether the schedules of the report ${reportName} keep their times`,
      schedule: scheduler.ScheduleExpression.rate(EVERY),
      target: new ExactLambdaInvoke(handler, {
        role,
        input: scheduler.ScheduleTargetInput.fromObject({ schedules: Lazy.any({ produce: () => this.expected }) }),
        deadLetterQueue,
        maxEventAge: EVERY, // the next look sees what this one would have
        retryAttempts: 4,
      }),
    });
  }

  /** From now on it watches this schedule, too. */
  public expect(schedule: ExpectedSchedule): void {
    this.expected.push(schedule);
  }
}

/** LambdaInvoke permits every version and alias of the function; this one permits what it invokes. */
class ExactLambdaInvoke extends targets.LambdaInvoke {
  public constructor(private readonly handler: lambda.IFunction, props: targets.ScheduleTargetBaseProps) {
    super(handler, props);
  }

  protected addTargetActionToRole(role: iam.IRole): void {
    iam.Grant.addToPrincipal({ grantee: role, actions: ['lambda:InvokeFunction'], resourceArns: [this.handler.functionArn] });
  }
}
