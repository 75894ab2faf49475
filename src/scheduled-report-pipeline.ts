import { Annotations, ArnFormat, Duration, Names, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { BucketPrefix } from './bucket-prefix';
import { ReportDataSource } from './data-source';
import { CloseFailedRunFunction } from './handlers/close-failed-run-function';
import { DeliverFunction } from './handlers/deliver-function';
import { OpenRunFunction } from './handlers/open-run-function';
import { checkedMessage, ReportMessage } from './message';
import { ReportRenderer } from './renderer';
import { ReportLink } from './report-link';
import { ReportScheduleProps, ReportSchedules } from './report-schedule';
import { acknowledge, acknowledgeWildcard } from './workflow/acknowledge';
import { reportAlarms } from './workflow/alarms';
import {
  checkedGroups, checkFiles, checkLifetime, checkLocale, checkName, checkNotReadyTimeout, checkRenderTimeout, checkRetention, checkRunTimeout,
  checkTimeZone, checkTopic,
} from './workflow/checks';
import { LINK_PARTITION, PAUSE_PARTITION, READER_PARTITION, REPORT_LINKS_PARTITION, RUN_PARTITION, SCHEDULE_PARTITION } from './workflow/contract';
import { grantKey, letServicesUse } from './workflow/encryption';
import { grantTopic } from './workflow/grant-topic';
import { handlerDefaults } from './workflow/handler-defaults';
import { grantPartitions } from './workflow/ledger-partitions';
import { ParametersSchema } from './workflow/parameters-schema';
import { DATA_SOURCE_EVENT, reportWorkflow } from './workflow/report-workflow';
import { reportStorage } from './workflow/storage';
import { warnOfTopicPolicy } from './workflow/topic-policy';

/**
 * What to do with a report that has no rows.
 */
export enum OnEmpty {
  /** Deliver it: it says that there is nothing to report. */
  SEND = 'SEND',
  /** Deliver nothing; the run ends well, and the ledger says SKIPPED. */
  SKIP = 'SKIP',
  /** The run fails, and its owner is told. */
  FAIL = 'FAIL',
}

/**
 * What to do with a scheduled report whose data is what the same schedule delivered last.
 */
export enum OnUnchanged {
  /** Deliver it. */
  SEND = 'SEND',
  /** Deliver nothing; the run ends well, and the ledger says SKIPPED. */
  SKIP = 'SKIP',
}

/**
 * What to do when SNS was asked to publish the message and there was no answer: it may have taken it, or not.
 */
export enum OnUncertain {
  /** Do not send it again: readers get it once or not at all. The run fails, and its owner is told to ask them. */
  HOLD = 'HOLD',
  /** Send it again, up to three times in all: readers get it at least once, and perhaps more than once. */
  RESEND = 'RESEND',
}

/**
 * Props of a report pipeline.
 */
export interface ScheduledReportPipelineProps {
  /**
   * Where the rows come from.
   */
  readonly dataSource: ReportDataSource;

  /**
   * How the rows become a report.
   */
  readonly renderer: ReportRenderer;

  /**
   * Where the link to the report is delivered: a standard topic, to which readers subscribe.
   */
  readonly topic: sns.ITopic;

  /**
   * When the report is made by itself. `addSchedule` adds more.
   *
   * @default - only on request
   */
  readonly schedule?: scheduler.ScheduleExpression;

  /**
   * The report's name, for people: in the message, on the page, in notices.
   *
   * @default - the construct's id
   */
  readonly reportName?: string;

  /**
   * How readers open the report.
   *
   * @default - a presigned link of one hour
   */
  readonly link?: ReportLink;

  /**
   * What to do with a report that has no rows.
   *
   * @default OnEmpty.SEND
   */
  readonly onEmpty?: OnEmpty;

  /**
   * What to do with a scheduled report whose data is what the same schedule delivered last. A report that was requested is
   * delivered in any case.
   *
   * Columns, rows in their order, and totals are compared, by the hash that the renderer returns.
   *
   * @default OnUnchanged.SEND
   */
  readonly onUnchanged?: OnUnchanged;

  /**
   * What to do when SNS was asked to publish the message and there was no answer.
   *
   * @default OnUncertain.HOLD
   */
  readonly onUncertain?: OnUncertain;

  /**
   * How long a data source is asked again that says that its data is not ready yet: after a minute, then after as long as it took so
   * far, at most every 15 minutes. When the time is over, the run fails, and its owner is told.
   *
   * @default - it is not asked again: the run fails at once
   */
  readonly notReadyTimeout?: Duration;

  /**
   * The message that brings the link.
   *
   * @default - a few lines of plain text in English
   */
  readonly message?: ReportMessage;

  /**
   * Where failures are told, and alarms act: to whoever looks after the report, not to its readers.
   *
   * @default - failures are seen in the ledger, in metrics and in alarms without an action, and nobody is told by message
   */
  readonly ownerTopic?: sns.ITopic;

  /**
   * The groups whose members may see and open each report by `ReportApi`, beside who requested it: up to 20 groups of Cognito, or of
   * another authorizer. They are in the message, too, as the attribute `group`, for subscriptions to filter by.
   *
   * Who is not in such a group any more sees no report of it, the earlier ones included.
   *
   * @default - only who requested a report, so that nobody sees a scheduled one by `ReportApi`
   */
  readonly readerGroups?: string[];

  /**
   * What the parameters of each run must be: a JSON Schema of the type `object`, in draft 2020-12, or in draft-07 if its `$schema` says so.
   *
   * Other parameters are refused: those of a schedule at synth, those of a request by `ReportApi`, and those of whoever starts a run when it is opened.
   * Formats are checked, defaults are not filled in, and a `$ref` stays within the schema. A property that is `"writeOnly": true` is a secret:
   * then notices and logs do not repeat what a function said when it failed, which may quote the parameter.
   * As JSON it may have 2,560 bytes, together with `readerGroups`.
   *
   * @default - any parameters
   */
  readonly parametersSchema?: { [keyword: string]: any };

  /**
   * The language of numbers, dates and times in the report and its message: a BCP 47 tag.
   *
   * @default 'en-GB'
   */
  readonly locale?: string;

  /**
   * The time zone of the readers, and of the period of a report on request.
   *
   * @default - the time zone of `schedule`, or else UTC
   */
  readonly timeZone?: TimeZone;

  /**
   * A bucket for the reports. Of a bucket that is given, the pipeline uses a prefix of its own. One that is imported and encrypted with a
   * key is imported with this key, so that who reads and writes there is granted to use it: `s3.Bucket.fromBucketAttributes`.
   *
   * @default - an encrypted private bucket, which stays when the stack goes
   */
  readonly bucket?: s3.IBucket;

  /**
   * How long reports are kept, in whole days. Rows that a data source wrote to S3 are kept as long, and at most 14 days.
   * The expiry of a bucket that is imported is up to its owner.
   *
   * @default Duration.days(30)
   */
  readonly retention?: Duration;

  /**
   * The key for reports, rows, ledger, logs, queue, and the state machine's data.
   *
   * @default - the keys of the services
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The longest time that a report may take to render, up to 15 minutes.
   *
   * @default Duration.minutes(15)
   */
  readonly renderTimeout?: Duration;

  /**
   * The longest time that a run may take as a whole, all tries and waits included. Longer than `notReadyTimeout`.
   *
   * @default - 2 hours, and `notReadyTimeout`
   */
  readonly runTimeout?: Duration;

  /**
   * Says that imported resources (a bucket, a key, a topic, a function of another account) have the policy statements that the pipeline
   * needs. Without it they are refused, with the statement to add.
   *
   * @default false
   */
  readonly policiesInPlace?: boolean;
}

/** How much longer than an execution its run is taken to be alive: the end of an execution is recorded after it. */
const TIME_TO_CLOSE = Duration.minutes(15);

/**
 * Permissions to use a pipeline.
 */
export class ReportPipelineGrants {
  /** @internal */
  public constructor(
    private readonly stateMachine: sfn.StateMachine,
    private readonly ledger: dynamodb.ITable,
    private readonly data: BucketPrefix,
    private readonly reports: BucketPrefix,
    private readonly revocableLinks: boolean,
    private readonly encryptionKey?: kms.IKey,
  ) {}

  /**
   * Lets a principal start runs.
   *
   * @param grantee The principal.
   */
  public startExecution(grantee: iam.IGrantable): iam.Grant {
    grantKey(this.encryptionKey, grantee);
    return this.stateMachine.grants.startExecution(grantee);
  }

  /**
   * Lets a principal pause the schedules and resume them: by putting the item `{ pk: 'pipeline', sk: 'pause' }` into the ledger, and by
   * deleting it. No deployment changes that item. While it is there, a scheduled run is recorded as PAUSED and makes no report.
   *
   * @param grantee The principal.
   */
  public pause(grantee: iam.IGrantable): iam.Grant {
    grantKey(this.encryptionKey, grantee);
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
      resourceArns: [this.ledger.tableArn],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [PAUSE_PARTITION] } },
    });
  }

  /**
   * Lets a principal read the files of all reports, if it knows their addresses.
   *
   * @param grantee The principal.
   */
  public readReports(grantee: iam.IGrantable): iam.Grant {
    return this.reports.grantRead(grantee);
  }

  /**
   * Lets a principal revoke the links of `ReportLink.onClick`: find those of a report in the ledger, and set `revokedAt` in each. It
   * can read no report and no token. `docs/links.md` has the command. It fails where the links can not be revoked, as presigned links.
   *
   * @param grantee The principal.
   */
  public revokeLinks(grantee: iam.IGrantable): iam.Grant {
    if (!this.revocableLinks) {
      throw new Error('the links of this pipeline can not be revoked: they open until they expire; choose ReportLink.onClick, or grant eraseReports instead');
    }
    return grantPartitions(this.ledger, grantee, ['dynamodb:Query'], [`${REPORT_LINKS_PARTITION}*`])
      .combine(grantPartitions(this.ledger, grantee, ['dynamodb:UpdateItem'], [`${LINK_PARTITION}*`], ['pk', 'sk', 'revokedAt']));
  }

  /**
   * Lets a principal erase reports: delete their files and rows, their links, and their record in the ledger. It can read none of the
   * files. `docs/security.md` has the commands.
   *
   * @param grantee The principal.
   */
  public eraseReports(grantee: iam.IGrantable): iam.Grant {
    const linksOfReports = this.revocableLinks ? [`${REPORT_LINKS_PARTITION}*`] : [];
    const links = this.revocableLinks ? [`${LINK_PARTITION}*`] : [];
    const ofRuns = [`${RUN_PARTITION}*`, ...linksOfReports];
    return this.data.grantErase(grantee)
      .combine(this.reports.grantErase(grantee))
      .combine(grantPartitions(this.ledger, grantee, ['dynamodb:Query'], ofRuns))
      .combine(grantPartitions(this.ledger, grantee, ['dynamodb:DeleteItem'], [...ofRuns, ...links, `${READER_PARTITION}*`]));
  }
}

/**
 * A report that is made on schedule and on request, and delivered as a link.
 *
 * A Step Functions workflow looks the data up, renders the report into S3 while it signs the link, and delivers the link
 * through SNS once the report is proven to open. A ledger in DynamoDB records every run; a run that fails is closed there, and
 * its owner is told.
 *
 * @example
 * const ownerTopic = new sns.Topic(this, 'OwnerNotices', { enforceSSL: true });
 *
 * new ScheduledReportPipeline(this, 'Inventory', {
 *   dataSource: ReportDataSource.fromFunction(lookup),
 *   renderer: ReportRenderer.html({ title: 'Coffee supplier inventory' }),
 *   link: ReportLink.presigned({ expiresIn: Duration.minutes(15) }),
 *   onEmpty: OnEmpty.SKIP,
 *   topic,
 *   ownerTopic,
 * });
 */
export class ScheduledReportPipeline extends Construct {
  /** The workflow. */
  public readonly stateMachine: sfn.StateMachine;
  /** The bucket of the reports. */
  public readonly bucket: s3.IBucket;
  /** The topic of the readers. */
  public readonly topic: sns.ITopic;
  /** The record of every run. */
  public readonly ledger: dynamodb.Table;
  /** Where events go that could not be delivered to the pipeline: starts that a schedule could not make, failures that could not be told. */
  public readonly deadLetterQueue: sqs.Queue;
  /** Opens a run: checks its input, computes its period, and claims it in the ledger. */
  public readonly openRunFunction: lambda.IFunction;
  /** Renders the report. */
  public readonly renderFunction: lambda.IFunction;
  /** Makes the link. */
  public readonly linkFunction: lambda.IFunction;
  /** Delivers the link. */
  public readonly deliverFunction: lambda.IFunction;
  /** Closes runs that failed, and tells the owner. */
  public readonly closeFailedRunFunction: lambda.IFunction;
  /** Where the pipeline's functions log: the steps of a run, in one place. */
  public readonly logGroup: logs.ILogGroup;
  /** What watches the pipeline from outside. They act on `ownerTopic`; add other actions as you like. */
  public readonly alarms: cloudwatch.Alarm[];
  /** Permissions to use the pipeline. */
  public readonly grants: ReportPipelineGrants;
  /** The key of all that is kept, if there is one. */
  public readonly encryptionKey?: kms.IKey;
  /** What the ledger keeps of a run, it keeps for so long. */
  public readonly ledgerRetention: Duration;

  /** How long the links live that are sent. */
  public readonly linkExpiresIn: Duration;
  /** The groups whose members may see and open each report. */
  public readonly readerGroups: string[];
  /** @internal */
  public readonly _executionsArn: string;
  /** @internal */
  public readonly _dataPrefix: string;
  /** @internal */
  public readonly _reportsPrefix: string;
  /** @internal */
  public readonly _revocableLinks: boolean;
  /** @internal */
  public readonly _parametersSchema?: ParametersSchema;

  private readonly schedules: ReportSchedules;

  public constructor(scope: Construct, id: string, props: ScheduledReportPipelineProps) {
    super(scope, id);
    const { topic, ownerTopic, encryptionKey } = props;
    const policiesInPlace = props.policiesInPlace ?? false;
    const retention = props.retention ?? Duration.days(30);
    const reportName = props.reportName ?? id;
    const timeZone = props.timeZone ?? props.schedule?.timeZone ?? TimeZone.ETC_UTC;
    const locale = props.locale ?? 'en-GB';
    const message = checkedMessage(props.message);
    const renderTimeout = props.renderTimeout ?? Duration.minutes(15);
    const { notReadyTimeout } = props;
    checkNotReadyTimeout(notReadyTimeout);
    const runTimeout = props.runTimeout ?? Duration.hours(2).plus(notReadyTimeout ?? Duration.seconds(0));
    checkName('reportName', reportName);
    checkLocale(locale);
    checkTimeZone(timeZone.timezoneName);
    checkRenderTimeout(renderTimeout);
    checkRunTimeout(runTimeout, notReadyTimeout);
    const runLease = runTimeout.plus(TIME_TO_CLOSE);
    for (const [prop, each] of Object.entries({ topic, ...(ownerTopic && { ownerTopic }) })) {
      checkTopic(prop, each);
      warnOfTopicPolicy(this, prop, each, policiesInPlace);
    }
    checkRetention(retention);
    this.readerGroups = checkedGroups(props.readerGroups ?? []);
    this._parametersSchema = props.parametersSchema && new ParametersSchema(props.parametersSchema, this.readerGroups);
    this.encryptionKey = encryptionKey;
    if (encryptionKey) {
      letServicesUse(encryptionKey, this, policiesInPlace);
    }

    // What runs have in common: their files, and their record. The ledger outlives the report by the 90 days in which Step
    // Functions keeps an execution and its name.
    const { bucket, data, reports } = reportStorage(this, { bucket: props.bucket, encryptionKey, retention, policiesInPlace });
    this.ledgerRetention = Duration.days(retention.toDays() + 90);
    this.ledger = new dynamodb.Table(this, 'Ledger', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'ttl',
      encryption: encryptionKey ? dynamodb.TableEncryption.CUSTOMER_MANAGED : dynamodb.TableEncryption.DEFAULT,
      encryptionKey,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
      encryptionKey,
    });
    const { logGroup } = this;
    const ledgerEnvironment = {
      TABLE_NAME: this.ledger.tableName,
      LEDGER_RETENTION_SECONDS: this.ledgerRetention.toSeconds().toString(),
    };

    const parametersSchema = this._parametersSchema;
    const secrets = parametersSchema?.hasSecrets && { WITHHOLD_CAUSES: 'true' };

    // The steps.
    const dataSource = props.dataSource.bind(new Construct(this, 'DataSource'), { event: DATA_SOURCE_EVENT, data, policiesInPlace });
    const renderer = props.renderer.bind(new Construct(this, 'Render'), {
      data, reports, logGroup, encryptionKey, policiesInPlace, timeout: renderTimeout,
    });
    checkFiles(renderer.files);
    const link = (props.link ?? ReportLink.presigned()).bind(new Construct(this, 'Link'), {
      reports, ledger: this.ledger, ledgerRetention: this.ledgerRetention, logGroup, encryptionKey,
    });
    checkLifetime(link.expiresIn, retention);
    this._revocableLinks = link.revocable ?? true;

    const openRunScope = new Construct(this, 'OpenRun');
    this.openRunFunction = new OpenRunFunction(openRunScope, 'Function', {
      description: 'Opens a run of a report: checks its input, computes its period, claims it in the ledger',
      ...handlerDefaults(openRunScope, {
        logGroup,
        timeout: Duration.seconds(30),
        encryptionKey,
        environment: {
          ...ledgerEnvironment,
          REPORT_NAME: reportName,
          LOCALE: locale,
          TIME_ZONE: timeZone.timezoneName,
          RUN_LEASE_SECONDS: runLease.toSeconds().toString(),
          BUCKET_NAME: bucket.bucketName,
          DATA_PREFIX: data.prefix,
          REPORTS_PREFIX: reports.prefix,
          ...(this.readerGroups.length > 0 && { READER_GROUPS: JSON.stringify(this.readerGroups) }),
          ...(parametersSchema && { PARAMETERS_SCHEMA: parametersSchema.json }),
          FILES: JSON.stringify(renderer.files.map(({ name, contentType }) => ({ name, contentType }))), // in this order, whatever the language
        },
      }),
    });
    const runs = `${RUN_PARTITION}*`;
    const schedules = `${SCHEDULE_PARTITION}*`;
    const lists = this.readerGroups.length > 0 ? [`${READER_PARTITION}*`] : [];
    grantPartitions(this.ledger, this.openRunFunction, ['dynamodb:GetItem'], [runs, schedules, PAUSE_PARTITION]);
    grantPartitions(this.ledger, this.openRunFunction, ['dynamodb:UpdateItem'], [runs, schedules, ...lists]);

    const deliverScope = new Construct(this, 'Deliver');
    this.deliverFunction = new DeliverFunction(deliverScope, 'Function', {
      description: 'Delivers a report: proves that it opens, publishes its link at most once',
      ...handlerDefaults(deliverScope, {
        logGroup,
        timeout: Duration.minutes(2), // a twin's claim of the delivery included, for whose end it waits
        encryptionKey,
        environment: {
          ...ledgerEnvironment,
          TOPIC_ARN: topic.topicArn,
          ON_EMPTY: props.onEmpty ?? OnEmpty.SEND,
          ON_UNCHANGED: props.onUnchanged ?? OnUnchanged.SEND,
          ON_UNCERTAIN: props.onUncertain ?? OnUncertain.HOLD,
          LINK_FUNCTION_ARN: link.handler.functionArn,
          LINK_LIFETIME_SECONDS: link.expiresIn.toSeconds().toString(),
          MESSAGE_SUBJECT: message.subject,
          MESSAGE_BODY: message.body,
          ...secrets,
        },
      }),
    });
    grantPartitions(this.ledger, this.deliverFunction, ['dynamodb:GetItem'], [runs, ...props.onUnchanged === OnUnchanged.SKIP ? [schedules] : []]);
    grantPartitions(this.ledger, this.deliverFunction, ['dynamodb:UpdateItem'], [runs, schedules]);
    grantTopic(topic, this.deliverFunction, ['sns:GetTopicAttributes', 'sns:Publish'], policiesInPlace);
    iam.Grant.addToPrincipal({ grantee: this.deliverFunction, actions: ['lambda:InvokeFunction'], resourceArns: [link.handler.functionArn] });

    this.deadLetterQueue = new sqs.Queue(this, 'DeadLetters', {
      enforceSSL: true,
      encryption: encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: encryptionKey,
      retentionPeriod: Duration.days(14),
    });

    const closeFailedRunScope = new Construct(this, 'CloseFailedRun');
    this.closeFailedRunFunction = new CloseFailedRunFunction(closeFailedRunScope, 'Function', {
      description: 'Closes runs of a report that failed, and tells the owner',
      deadLetterQueue: this.deadLetterQueue, // of events that it failed to handle; those that did not reach it, the rule puts there
      ...handlerDefaults(closeFailedRunScope, {
        logGroup,
        timeout: Duration.minutes(1),
        encryptionKey,
        environment: {
          ...ledgerEnvironment,
          REPORT_NAME: reportName,
          LOCALE: locale,
          TOPIC_ARN: topic.topicArn,
          ...(ownerTopic && { OWNER_TOPIC_ARN: ownerTopic.topicArn }),
          ...secrets,
        },
      }),
    });
    grantPartitions(this.ledger, this.closeFailedRunFunction, ['dynamodb:GetItem'], [runs]);
    grantPartitions(this.ledger, this.closeFailedRunFunction, ['dynamodb:UpdateItem'], [runs, schedules]);
    if (ownerTopic) {
      grantTopic(ownerTopic, this.closeFailedRunFunction, ['sns:Publish'], policiesInPlace);
    } else {
      Annotations.of(this).addInfo('ownerTopic is not set: a failed run is seen in the ledger, in metrics and in alarms, and nobody is told by message');
    }

    // The workflow. Its name is known before it is made, because its failure handler reads its executions; and without a name
    // the encryption context of its key would be wrong.
    const stateMachineName = Names.uniqueResourceName(this, { maxLength: 80 });
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      stateMachineName,
      comment: `Makes and delivers the report ${reportName}`,
      definitionBody: sfn.DefinitionBody.fromChainable(reportWorkflow(new Construct(this, 'Workflow'), {
        openRun: this.openRunFunction,
        lookUp: dataSource.task,
        render: renderer.handler,
        link: link.handler,
        deliver: this.deliverFunction,
        closeFailedRun: this.closeFailedRunFunction,
        notReadyTimeout,
      })),
      timeout: runTimeout,
      tracingEnabled: true,
      logs: {
        level: sfn.LogLevel.ALL,
        includeExecutionData: false, // rows and addresses stay out of the logs
        destination: new logs.LogGroup(this, 'StateMachineLogs', {
          // Other names run into the limit of the resource policy of CloudWatch Logs:
          // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
          logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
          retention: logs.RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
          encryptionKey,
        }),
      },
      encryptionConfiguration: encryptionKey && new sfn.CustomerManagedEncryptionConfiguration(encryptionKey),
    });
    acknowledge(this.stateMachine, 'IAM5[Resource::*]', 'The delivery of logs and X-Ray know no resources: '
      + 'https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html and https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html');
    this.grants = new ReportPipelineGrants(this.stateMachine, this.ledger, data, reports, this._revocableLinks, encryptionKey);

    // What no Catch sees.
    new events.Rule(this, 'RunsThatFailed', {
      description: `Runs of the report ${reportName} that did not succeed`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [this.stateMachine.stateMachineArn] },
      },
      targets: [new targets.LambdaFunction(this.closeFailedRunFunction, { deadLetterQueue: this.deadLetterQueue })],
    });
    this._executionsArn = Stack.of(this).formatArn({
      service: 'states', resource: 'execution', resourceName: `${stateMachineName}:*`, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    iam.Grant.addToPrincipal({
      grantee: this.closeFailedRunFunction,
      actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
      resourceArns: [this._executionsArn],
    });
    acknowledgeWildcard(closeFailedRunScope, this._executionsArn, 'The names of the executions of this state machine are not known before they are started.');

    this.alarms = reportAlarms(new Construct(this, 'Alarms'), {
      reportName, stateMachine: this.stateMachine, deadLetterQueue: this.deadLetterQueue, topic, ownerTopic, policiesInPlace,
    });

    this.bucket = bucket;
    this._dataPrefix = data.prefix;
    this._reportsPrefix = reports.prefix;
    this.topic = topic;
    this.renderFunction = renderer.handler;
    this.linkFunction = link.handler;
    this.linkExpiresIn = link.expiresIn;
    this.schedules = new ReportSchedules(this, { reportName, locale, timeZone, ownerTopic, parametersSchema, runLease });
    if (props.schedule) {
      this.addSchedule('Schedule', { schedule: props.schedule });
    }
  }

  /**
   * Makes the report by itself at further times.
   *
   * @example
   * pipeline.addSchedule('EveryMonday', {
   *   schedule: scheduler.ScheduleExpression.cron({ weekDay: 'MON', hour: '6', minute: '0', timeZone: TimeZone.EUROPE_MADRID }),
   *   period: ReportPeriod.previousWeek(),
   *   parameters: { supplier: 'Finca El Mirador' },
   *   deadline: Duration.hours(2),
   * });
   *
   * @param id The schedule's construct id.
   * @param props When, and with which parameters.
   */
  public addSchedule(id: string, props: ReportScheduleProps): scheduler.Schedule {
    if (this.linkExpiresIn.toHours({ integral: false }) <= 1) {
      Annotations.of(this).addInfo(`the link of a scheduled report lives ${this.linkExpiresIn.toHumanString()}: it is dead when the message is read later`);
    }
    return this.schedules.add(id, props);
  }
}
