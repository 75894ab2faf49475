import { App, Aws, Duration, Lazy, Stack, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { OnEmpty, OnUncertain, OnUnchanged, ReportDataSource, ReportLink, ReportRenderer } from '../src';
import { TestStack } from './support/synth';

const morning = ScheduleExpression.cron({ minute: '0', hour: '7', timeZone: TimeZone.EUROPE_MADRID });
const account = { account: '111111111111', region: 'eu-west-1' };

describe('a pipeline with the three required props', () => {
  const stack = new TestStack();
  stack.pipeline();
  const { template } = stack;

  test('has at most 35 resources', () => {
    expect(Object.keys(stack.resourcesBelow('Report')).length).toBeLessThanOrEqual(35);
  });

  test('keeps its logical ids', () => {
    expect(Object.keys(stack.resourcesBelow('Report')).map(id => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      'ReportAlarmsDeadLetter', 'ReportAlarmsMessageUndelivered', 'ReportAlarmsRunAborted', 'ReportAlarmsRunFailed', 'ReportAlarmsRunTimedOut',
      'ReportBucket', 'ReportBucketPolicy',
      'ReportCloseFailedRunFunction', 'ReportCloseFailedRunRole', 'ReportCloseFailedRunRoleDefaultPolicy',
      'ReportDeadLetters', 'ReportDeadLettersPolicy',
      'ReportDeliverFunction', 'ReportDeliverRole', 'ReportDeliverRoleDefaultPolicy',
      'ReportLedger',
      'ReportLinkFunction', 'ReportLinkRole', 'ReportLinkRoleDefaultPolicy', 'ReportLinkSigner', 'ReportLinkSignerDefaultPolicy',
      'ReportLogs',
      'ReportOpenRunFunction', 'ReportOpenRunRole', 'ReportOpenRunRoleDefaultPolicy',
      'ReportRenderFunction', 'ReportRenderRole', 'ReportRenderRoleDefaultPolicy',
      'ReportRunsThatFailed', 'ReportRunsThatFailedAllowEventRuleTestReportCloseFailedRunFunction92C434C6',
      'ReportStateMachine', 'ReportStateMachineLogs', 'ReportStateMachineRole', 'ReportStateMachineRoleDefaultPolicy',
    ].sort());
  });

  test('synthesizes without a warning', () => {
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  });

  test('says that nobody is told of failures', () => {
    Annotations.fromStack(stack).hasInfo('/Test/Report', Match.stringLikeRegexp('ownerTopic is not set'));
  });

  test('retains the bucket and the ledger, and nothing else', () => {
    const retained = Object.values<any>(stack.resourcesBelow('Report')).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    expect(retained.map(({ Type }) => Type).sort()).toEqual(['AWS::DynamoDB::Table', 'AWS::S3::Bucket']);
  });

  test('keeps reports 30 days and rows 14 in a private bucket', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: {
        Rules: [
          { Prefix: 'reports/', ExpirationInDays: 30, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
          { Prefix: 'data/', ExpirationInDays: 14, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
        ],
      },
    });
  });

  test('has a ledger on demand, with point-in-time recovery and expiry', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    });
  });

  test('runs its handlers on Node.js 24, on arm64, with JSON logs kept for three months', () => {
    const functions = stack.propertiesBelow('Report', 'AWS::Lambda::Function');
    expect(functions).toHaveLength(5);
    for (const properties of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.any(String) } } });
    }
    expect(new Set(stack.propertiesBelow('Report', 'AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays))).toEqual(new Set([90]));
  });

  test('logs all steps without data, under the prefix that has no limit, and traces them', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: Match.stringLikeRegexp('^/aws/vendedlogs/states/TestReport') });
  });

  test('hands executions that did not succeed to the failure handler, and to a queue if it can not be reached', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'source': ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        'detail': { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [{ Ref: Match.stringLikeRegexp('^ReportStateMachine') }] },
      },
      Targets: [Match.objectLike({
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportCloseFailedRunFunction'), 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportDeadLetters'), 'Arn'] } },
      })],
    });
  });

  test('keeps events that the failure handler could not handle', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Closes runs of a report that failed, and tells the owner',
      DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportDeadLetters'), 'Arn'] } },
    });
  });

  test('sends empty and unchanged reports, links that live for an hour, and nothing again of which it is not known whether it was sent', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          ON_EMPTY: 'SEND', ON_UNCHANGED: 'SEND', ON_UNCERTAIN: 'HOLD', LINK_LIFETIME_SECONDS: '3600', MESSAGE_SUBJECT: '{{report}}: {{period}}',
        }),
      },
    });
  });

  test('takes a run for dead 15 minutes after the end that its execution must come to', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ RUN_LEASE_SECONDS: `${2 * 3600 + 15 * 60}` }) } });
  });
});

describe('permissions', () => {
  const stack = new TestStack();
  stack.pipeline();
  const statements = (logicalId: RegExp): any[] => Object.entries<any>(stack.template.findResources('AWS::IAM::Policy'))
    .filter(([id]) => logicalId.test(id)).flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  const actions = (logicalId: RegExp) => statements(logicalId).flatMap(({ Action }) => Action).sort();

  test('the state machine invokes exactly its functions', () => {
    const invoked = statements(/^ReportStateMachineRole/).filter(({ Action }) => Action === 'lambda:InvokeFunction').flatMap(({ Resource }) => Resource);
    expect(invoked.map(({ 'Fn::GetAtt': [id] }) => id.slice(0, -8)).sort()).toEqual([
      'Lookup', 'ReportCloseFailedRunFunction', 'ReportDeliverFunction', 'ReportLinkFunction', 'ReportOpenRunFunction', 'ReportRenderFunction',
    ]);
  });

  test('the renderer reads data, writes reports, reads what it wrote, and can publish nothing', () => {
    expect([...new Set(actions(/^ReportRenderRole/))]).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents', 's3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject']);
    const objects = (action: string) => statements(/^ReportRenderRole/).filter(({ Action }) => [Action].flat().includes(action))
      .flatMap(({ Resource }) => Resource).map(({ 'Fn::Join': [, [, path]] }) => path).sort();
    expect(objects('s3:GetObject')).toEqual(['/data/*', '/reports/*']);
    expect(objects('s3:PutObject')).toEqual(['/reports/*']);
  });

  test('the signer reads reports, and only the link function assumes it', () => {
    expect(actions(/^ReportLinkSigner/)).toEqual(['s3:GetObject']);
    expect(stack.resourcesBelow('ReportLinkSigner')[Object.keys(stack.resourcesBelow('ReportLinkSigner'))[0]].Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { AWS: { 'Fn::GetAtt': [expect.stringMatching(/^ReportLinkRole/), 'Arn'] } } },
    ]);
    expect(actions(/^ReportLinkRole/)).toEqual(['dynamodb:PutItem', 'logs:CreateLogStream', 'logs:PutLogEvents']);
  });

  test('deliver publishes and reads no data', () => {
    expect(actions(/^ReportDeliverRole/)).toEqual([
      'dynamodb:GetItem', 'dynamodb:UpdateItem', 'lambda:InvokeFunction', 'logs:CreateLogStream', 'logs:PutLogEvents', 'sns:GetTopicAttributes', 'sns:Publish',
    ]);
  });

  test('the data source writes under its prefix', () => {
    expect(actions(/^LookupServiceRole/)).toEqual(['s3:AbortMultipartUpload', 's3:PutObject']);
  });

  test('the only wildcards are those of prefixes, executions, and what AWS forces', () => {
    const wildcards = statements(/./).flatMap(({ Resource }) => Resource).map(resource => JSON.stringify(resource)).filter(resource => resource.includes('*'));
    expect(new Set(wildcards.map(resource => resource.replace(/"ReportBucket[^"]*"/, '"Bucket"')))).toEqual(new Set([
      '"*"',
      '{"Fn::Join":["",[{"Fn::GetAtt":["Bucket","Arn"]},"/data/*"]]}',
      '{"Fn::Join":["",[{"Fn::GetAtt":["Bucket","Arn"]},"/reports/*"]]}',
      expect.stringMatching(/:execution:TestReport[0-9A-F]{8}:\*/),
    ]));
    expect(statements(/^(?!ReportStateMachineRole)/).flatMap(({ Resource }) => Resource)).not.toContain('*');
  });

  test('grants.startExecution lets a role start this state machine', () => {
    const starting = new TestStack();
    const role = new iam.Role(starting, 'Starter', { assumedBy: new iam.AccountRootPrincipal() });
    starting.pipeline().grants.startExecution(role);
    starting.template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [{ Action: 'states:StartExecution', Effect: 'Allow', Resource: { Ref: Match.stringLikeRegexp('^ReportStateMachine') } }] },
      Roles: [{ Ref: Match.stringLikeRegexp('^Starter') }],
    });
  });
});

describe('pausing', () => {
  test('is for who was granted it, and touches no run', () => {
    const stack = new TestStack();
    const role = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    stack.pipeline().grants.pause(role);
    stack.template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [{
          Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
          Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['pipeline'] } },
          Effect: 'Allow',
          Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportLedger'), 'Arn'] },
        }],
      },
      Roles: [{ Ref: Match.stringLikeRegexp('^Operator') }],
    });
  });
});

describe('alarms', () => {
  const watched = (stack: TestStack) => stack.propertiesBelow('Report', 'AWS::CloudWatch::Alarm');

  test('watch what notices may miss: failed runs, dead letters, and copies that SNS could not hand over', () => {
    const stack = new TestStack();
    stack.pipeline();
    expect(watched(stack).map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`).sort()).toEqual([
      'AWS/SNS NumberOfNotificationsFailed',
      'AWS/SQS NumberOfMessagesSent',
      'AWS/States ExecutionsAborted',
      'AWS/States ExecutionsFailed',
      'AWS/States ExecutionsTimedOut',
    ]);
    for (const properties of watched(stack)) {
      expect(properties).toMatchObject({
        Threshold: 1,
        EvaluationPeriods: 1,
        Period: 60,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        AlarmDescription: expect.stringMatching(/the report Report\b/i),
      });
      expect(properties.Statistic).toBe('Sum');
    }
  });

  test('watch this pipeline', () => {
    const stack = new TestStack();
    stack.pipeline();
    expect(watched(stack).map(({ Dimensions }) => Dimensions[0].Name).sort()).toEqual(['QueueName', 'StateMachineArn', 'StateMachineArn', 'StateMachineArn', 'TopicName']);
    expect(watched(stack).find(({ MetricName }) => MetricName === 'NumberOfNotificationsFailed').Dimensions[0].Value).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^Topic/), 'TopicName'],
    });
  });

  test('are there without a topic of the owner, and are at hand for other actions', () => {
    const stack = new TestStack();
    const { alarms } = stack.pipeline();
    expect(alarms).toHaveLength(5);
    expect(watched(stack).map(({ AlarmActions }) => AlarmActions)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    Annotations.fromStack(stack).hasInfo('/Test/Report', Match.stringLikeRegexp('nobody is told by message'));
  });

  test('act on the topic of the owner, which lets them, although its policy lets nobody else', () => {
    const stack = new TestStack();
    stack.pipeline({ ownerTopic: new sns.Topic(stack, 'Owner', { enforceSSL: true }) });
    for (const { AlarmActions } of watched(stack)) {
      expect(AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Owner/) }]);
    }
    stack.template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: 'Deny' }), {
          Action: 'sns:Publish',
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Resource: { Ref: Match.stringLikeRegexp('^Owner') },
        }],
      },
    });
    expect(Annotations.fromStack(stack).findInfo('*', Match.anyValue())).toEqual([]);
  });

  test('may use the key of the topic of the owner', () => {
    const stack = new TestStack();
    const masterKey = new kms.Key(stack, 'OwnerKey');
    stack.pipeline({ ownerTopic: new sns.Topic(stack, 'Owner', { masterKey }) });
    stack.template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: Match.objectLike({
        Statement: Match.arrayWith([Match.objectLike({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Principal: { Service: 'cloudwatch.amazonaws.com' } })]),
      }),
    });
  });

  test.each([['region', 'arn:aws:sns:us-east-1:111111111111:far'], ['account', 'arn:aws:sns:eu-west-1:222222222222:far']])(
    'do not watch, and do not act on, a topic of another %s', (_where, arn) => {
      const stack = new TestStack(new App(), 'Test', { env: account });
      const far = sns.Topic.fromTopicArn(stack, 'Far', arn);
      stack.pipeline({ topic: far, ownerTopic: far, policiesInPlace: true });
      expect(watched(stack).map(({ MetricName }) => MetricName)).not.toContain('NumberOfNotificationsFailed');
      expect(watched(stack).map(({ AlarmActions }) => AlarmActions)).toEqual([undefined, undefined, undefined, undefined]);
      Annotations.fromStack(stack).hasInfo('*', Match.stringLikeRegexp(`ownerTopic ${arn} is in another account or region, where alarms can not act`));
    });

  test('say what the imported key of the topic of the owner has to permit', () => {
    const stack = new TestStack();
    const masterKey = kms.Alias.fromAliasName(stack, 'Aws', 'alias/aws/sns');
    stack.pipeline({ ownerTopic: new sns.Topic(stack, 'Owner', { masterKey }) });
    Annotations.fromStack(stack).hasInfo('*', Match.stringLikeRegexp('the key of ownerTopic is imported.*"kms:Decrypt","kms:GenerateDataKey\\*".*cloudwatch.amazonaws.com'));
  });

  test('an imported topic of the owner gets the statement that it needs as an informational annotation, unless it has it', () => {
    const told = (policiesInPlace: boolean) => {
      const stack = new TestStack();
      stack.pipeline({ ownerTopic: sns.Topic.fromTopicArn(stack, 'Owner', 'arn:aws:sns:eu-west-1:111111111111:owners'), policiesInPlace });
      return Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('alarms reach it only if')).map(({ entry }) => String(entry.data));
    };
    expect(told(true)).toEqual([]);
    expect(told(false)).toEqual([expect.stringMatching(/ownerTopic is imported.*"Action":"sns:Publish".*"Service":"cloudwatch.amazonaws.com".*"Resource":"arn:aws:sns:eu-west-1:111111111111:owners"/)]);
  });
});

describe('schedules', () => {
  test('a schedule adds at most 8 resources', () => {
    const without = new TestStack();
    without.pipeline();
    const withOne = new TestStack();
    withOne.pipeline({ schedule: morning });
    const added = Object.keys(withOne.resourcesBelow('Report')).length - Object.keys(without.resourcesBelow('Report')).length;
    expect(added).toBeLessThanOrEqual(8);
  });

  test('tell the pipeline their ARN, their scheduled time and their zone', () => {
    const stack = new TestStack();
    stack.pipeline({ schedule: morning });
    stack.template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 7 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Madrid',
      Target: Match.objectLike({
        Input: JSON.stringify({
          schedule: { arn: '<aws.scheduler.schedule-arn>', time: '<aws.scheduler.scheduled-time>', timeZone: 'Europe/Madrid' }, parameters: {},
        }),
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 4 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportDeadLetters'), 'Arn'] } },
        RoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportSchedulerRole'), 'Arn'] },
      }),
    });
  });

  test('more of them share the group and the role, and have parameters of their own', () => {
    const stack = new TestStack();
    const pipeline = stack.pipeline({ schedule: morning });
    pipeline.addSchedule('Weekly', { schedule: ScheduleExpression.cron({ weekDay: 'MON', hour: '8', timeZone: TimeZone.EUROPE_MADRID }), parameters: { scope: 'week' } });
    stack.template.resourceCountIs('AWS::Scheduler::Schedule', 2);
    stack.template.resourceCountIs('AWS::Scheduler::ScheduleGroup', 1);
    stack.template.hasResourceProperties('AWS::Scheduler::Schedule', { Target: Match.objectLike({ Input: Match.stringLikeRegexp('"parameters":\\{"scope":"week"\\}') }) });
  });

  test('have the same input in whatever order their parameters come', () => {
    const inputs = [{ b: [{ y: 1, x: 2 }], a: null }, { a: null, b: [{ x: 2, y: 1 }] }].map(parameters => {
      const stack = new TestStack();
      stack.pipeline().addSchedule('Daily', { schedule: morning, parameters });
      return Object.values<any>(stack.template.findResources('AWS::Scheduler::Schedule'))[0].Properties.Target.Input;
    });
    expect(inputs[0]).toBe(inputs[1]);
    expect(JSON.parse(inputs[0]).parameters).toEqual({ a: null, b: [{ x: 2, y: 1 }] });
  });

  test('a rate goes by the zone of the pipeline', () => {
    const stack = new TestStack();
    stack.pipeline({ schedule: ScheduleExpression.rate(Duration.days(1)), timeZone: TimeZone.EUROPE_MADRID });
    stack.template.hasResourceProperties('AWS::Scheduler::Schedule', { Target: Match.objectLike({ Input: Match.stringLikeRegexp('"timeZone":"Europe/Madrid"') }) });
  });

  test('the zone of the schedule is that of the readers, unless they have one', () => {
    const stack = new TestStack();
    stack.pipeline({ schedule: morning });
    stack.pipeline({ schedule: morning, timeZone: TimeZone.AMERICA_BOGOTA }, 'Other');
    const zones = Object.values<any>(stack.template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties.Environment?.Variables.TIME_ZONE).filter(Boolean);
    expect(zones.sort()).toEqual(['America/Bogota', 'Europe/Madrid']);
  });

  test('a cron in UTC, and a link that dies within the hour, get an informational annotation', () => {
    const stack = new TestStack();
    stack.pipeline({ schedule: ScheduleExpression.cron({ minute: '0', hour: '7' }) });
    Annotations.fromStack(stack).hasInfo('/Test/Report', Match.stringLikeRegexp('the schedule Schedule is in UTC'));
    Annotations.fromStack(stack).hasInfo('/Test/Report', Match.stringLikeRegexp('lives 1 hour: it is dead when the message is read later'));
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

});

describe('a topic to which anybody may publish', () => {
  const warnings = (statement: object) => {
    const stack = new TestStack();
    stack.pipeline();
    stack.topic.addToResourcePolicy(iam.PolicyStatement.fromJson({ Effect: 'Allow', Action: 'sns:Publish', Resource: stack.topic.topicArn, Principal: '*', ...statement }));
    return Annotations.fromStack(stack).findWarning('/Test/Report', Match.stringLikeRegexp('^topic Test/Topic lets anybody publish')).length;
  };

  test.each<[string, object, number]>([
    ['anybody', {}, 1],
    ['every account', { Principal: { AWS: ['*'] } }, 1],
    ['anybody, among other things', { Action: ['sns:Subscribe', 'SNS:*'] }, 1],
    ['anybody of this organization', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }, 0],
    ['one account', { Principal: { AWS: 'arn:aws:iam::111111111111:root' } }, 0],
    ['nobody: it is denied', { Effect: 'Deny' }, 0],
    ['anybody who subscribes only', { Action: 'sns:Subscribe' }, 0],
  ])('%s', (_who, statement, expected) => {
    expect(warnings(statement)).toBe(expected);
  });
});

describe('a topic that takes messages in clear text', () => {
  const TLS_ONLY = { Effect: 'Deny', Principal: '*', Action: 'sns:Publish', Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
  const warnings = (prop: 'topic' | 'ownerTopic', topic: (stack: TestStack) => sns.ITopic, policiesInPlace?: boolean) => {
    const stack = new TestStack();
    stack.pipeline({ [prop]: topic(stack), policiesInPlace });
    return Annotations.fromStack(stack).findWarning('/Test/Report', Match.stringLikeRegexp('in clear text')).map(({ entry }) => String(entry.data));
  };
  const withStatement = (statement: object) => (stack: TestStack) => {
    const topic = new sns.Topic(stack, 'Other');
    topic.addToResourcePolicy(iam.PolicyStatement.fromJson({ ...TLS_ONLY, Resource: topic.topicArn, ...statement }));
    return topic;
  };
  const imported = (stack: TestStack) => sns.Topic.fromTopicArn(stack, 'Imported', 'arn:aws:sns:eu-west-1:111111111111:readers');

  describe.each(['topic', 'ownerTopic'] as const)('as %s', prop => {
    const REMEDY = `${prop} Test/Other takes messages in clear text: make it with enforceSSL: true`;

    test.each<[string, (stack: TestStack) => sns.ITopic, number]>([
      ['one without a policy', stack => new sns.Topic(stack, 'Other'), 1],
      ['one that denies it to one account', withStatement({ Principal: { AWS: 'arn:aws:iam::111111111111:root' } }), 1],
      ['one that denies it in TLS', withStatement({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }), 1],
      ['one that denies to subscribe', withStatement({ Action: 'sns:Subscribe' }), 1],
      ['one that permits it', withStatement({ Effect: 'Allow' }), 1],
      ['one that denies it to everybody', withStatement({}), 0],
      ['one that denies everything in clear text', withStatement({ Principal: { AWS: '*' }, Action: 'SNS:*', Condition: { Bool: { 'aws:SecureTransport': false } } }), 0],
      ['one that enforces TLS', stack => new sns.Topic(stack, 'Other', { enforceSSL: true }), 0],
      ['one with such a policy beside it', stack => {
        const topic = new sns.Topic(stack, 'Other');
        new sns.TopicPolicy(stack, 'Policy', { topics: [topic], enforceSSL: true });
        return topic;
      }, 0],
    ])('%s', (_what, topic, expected) => {
      expect(warnings(prop, topic)).toEqual(Array(expected).fill(expect.stringContaining(REMEDY)));
    });

    test('one that is imported: the statement to add is printed, until it is said to be in place', () => {
      expect(warnings(prop, imported)).toEqual([expect.stringMatching(new RegExp(
        `^${prop} is imported, and whether .* set policiesInPlace to true: \\{.*"Resource":"arn:aws:sns:eu-west-1:111111111111:readers"\\}`))]);
      expect(warnings(prop, imported, true)).toEqual([]);
    });
  });
});

describe('encryption with a key', () => {
  const stack = new TestStack();
  stack.pipeline({ encryptionKey: new kms.Key(stack, 'Key') });
  const key = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] };

  test('covers bucket, ledger, logs, queue, environment and the state machine\'s data', () => {
    const { template } = stack;
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { KMSMasterKeyID: key, SSEAlgorithm: 'aws:kms' } }] },
    });
    template.hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key } });
    template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: key });
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', { EncryptionConfiguration: Match.objectLike({ KmsKeyId: key, Type: 'CUSTOMER_MANAGED_KMS_KEY' }) });
    const theKey = { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] };
    for (const { KmsKeyId } of stack.propertiesBelow('Report', 'AWS::Logs::LogGroup')) {
      expect(KmsKeyId).toEqual(theKey);
    }
    for (const { KmsKeyArn } of stack.propertiesBelow('Report', 'AWS::Lambda::Function')) {
      expect(KmsKeyArn).toEqual(theKey);
    }
  });

  test('names the state machine in the encryption context', () => {
    expect(JSON.stringify(stack.template.findResources('AWS::IAM::Policy'))).toMatch(/:stateMachine:TestReport[0-9A-F]{8}"/);
  });

  test('lets CloudWatch Logs use the key', () => {
    stack.template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: Match.objectLike({ Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } } })]) }),
    });
  });
});

describe('a bucket that is given', () => {
  test('beside a key that is not its own, warns that this is not the key of the reports', () => {
    const warnings = (key: (stack: TestStack, encryptionKey: kms.Key) => kms.IKey | undefined) => {
      const stack = new TestStack();
      const encryptionKey = new kms.Key(stack, 'Key');
      stack.pipeline({ encryptionKey, bucket: new s3.Bucket(stack, 'Given', { encryptionKey: key(stack, encryptionKey) }) });
      return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('encryptionKey is not the key of the bucket'));
    };
    expect(warnings(() => undefined)).toHaveLength(1);
    expect(warnings(stack => new kms.Key(stack, 'Other'))).toHaveLength(1);
    expect(warnings((_, encryptionKey) => encryptionKey)).toHaveLength(0);
  });

  test('is used under a prefix of the pipeline\'s own, over TLS, with expiry', () => {
    const stack = new TestStack();
    const bucket = new s3.Bucket(stack, 'Shared');
    stack.pipeline({ bucket });
    stack.template.resourceCountIs('AWS::S3::Bucket', 1);
    stack.template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ Prefix: Match.stringLikeRegexp('^TestReport[0-9A-F]{8}/reports/$') })]) },
    });
    stack.template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Resource: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^Shared'), 'Arn'] }, Match.anyValue(), Match.anyValue()],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
          Match.objectLike({ Effect: 'Deny', Condition: { NumericGreaterThan: { 's3:signatureAge': 3_600_000 } } }),
        ],
      },
    });
  });

  test('is asked with its key, where it is imported with one', () => {
    const stack = new TestStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'ItsKey', 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555');
    stack.pipeline({ bucket: s3.Bucket.fromBucketAttributes(stack, 'Imported', { bucketName: 'reports-of-everyone', encryptionKey }), policiesInPlace: true });
    const users = Object.entries<any>(stack.template.findResources('AWS::IAM::Policy'))
      .filter(([, { Properties }]) => JSON.stringify(Properties.PolicyDocument).includes('key/11111111-2222-3333-4444-555555555555'))
      .map(([id]) => id.replace(/DefaultPolicy.*$/, ''));
    expect(users.sort()).toEqual([expect.stringMatching(/^LookupServiceRole/), expect.stringMatching(/^ReportLinkSigner/), expect.stringMatching(/^ReportRenderRole/)]);
  });

  test('fails when it is imported, and prints the statement to add', () => {
    const stack = new TestStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Imported', 'reports-of-everyone');
    expect(() => stack.pipeline({ bucket })).toThrow(/the bucket reports-of-everyone is imported.*add this statement to it and set policiesInPlace to true: \{.*"aws:SecureTransport":"false".*"Effect":"Deny"/);
  });

  test('is taken when it is imported and its policy is in place', () => {
    const stack = new TestStack();
    stack.pipeline({ bucket: s3.Bucket.fromBucketName(stack, 'Imported', 'reports-of-everyone'), policiesInPlace: true });
    stack.template.resourceCountIs('AWS::S3::Bucket', 0);
  });
});

describe('what is refused at synth', () => {
  const refusal = (props: Parameters<TestStack['pipeline']>[0] | ((stack: TestStack) => Parameters<TestStack['pipeline']>[0]), env?: { account: string; region: string }) => {
    const stack = new TestStack(new App(), 'Test', { env });
    return () => stack.pipeline(typeof props === 'function' ? props(stack) : props);
  };

  test('fails for a FIFO topic', () => {
    expect(refusal(stack => ({ topic: new sns.Topic(stack, 'Fifo', { fifo: true, topicName: 'reports.fifo' }) }))).toThrow(/^topic Test\/Fifo is a FIFO topic, to which nobody can subscribe by email; pass a standard topic$/);
    expect(refusal(stack => ({ topic: sns.Topic.fromTopicArn(stack, 'Fifo', 'arn:aws:sns:eu-west-1:111111111111:reports.fifo') }))).toThrow(/is a FIFO topic/);
    expect(refusal(stack => ({ ownerTopic: new sns.Topic(stack, 'Fifo', { fifo: true, topicName: 'owner.fifo' }) }))).toThrow(/^ownerTopic Test\/Fifo is a FIFO topic/);
  });

  test('does not fail for a topic whose ARN is not known yet', () => {
    expect(refusal(stack => ({ topic: sns.Topic.fromTopicArn(stack, 'Later', Aws.NO_VALUE) }))).not.toThrow();
  });

  test('fails for a presigned link that outlives the credentials that sign it', () => {
    expect(() => ReportLink.presigned({ expiresIn: Duration.minutes(61) })).toThrow(/^expiresIn of a presigned link is 1 hour 1 minute, and the credentials that sign it live for one hour at most; choose 1 second to 1 hour/);
    expect(() => ReportLink.presigned({ expiresIn: Duration.millis(10) })).toThrow(/choose 1 second to 1 hour/);
    expect(() => ReportLink.presigned({ expiresIn: Duration.hours(1) })).not.toThrow();
    expect(() => ReportLink.presigned({ expiresIn: Duration.seconds(Lazy.number({ produce: () => 60 })) })).toThrow(/^expiresIn of a presigned link is not known at synth/);
  });

  test('fails for a link that outlives the report', () => {
    class LongLink extends ReportLink {
      public bind(scope: any) {
        return { handler: lambda.Function.fromFunctionName(scope, 'Imported', 'sign'), expiresIn: Duration.days(31) };
      }
    }
    expect(refusal({ link: new LongLink() })).toThrow(/^the link lives 31 days, and the report only 30 days; choose a retention that is at least as long$/);
    expect(refusal({ link: new LongLink(), retention: Duration.days(31) })).not.toThrow();
  });

  test.each<[string[], RegExp]>([
    [['a,b'], /^readerGroups has "a,b"; name each group once, with 1 to 128 characters, without commas and blanks$/],
    [[''], /^readerGroups has ""/],
    [['café owners'], /^readerGroups has "café owners"/],
    [['a\n'], /^readerGroups has "a\\n"/],
    [['a', 'b', 'a'], /^readerGroups has "a"/],
    [['a'.repeat(129)], /^readerGroups has "aaa/],
    [Array.from({ length: 21 }, (_, n) => `g${n}`), /^readerGroups has 21 groups; name up to 20$/],
  ])('fails for groups that API Gateway could not pass on: %j', (readerGroups, sentence) => {
    expect(refusal({ readerGroups })).toThrow(sentence);
  });

  test('takes groups that are named by a token, or in any letters', () => {
    expect(refusal({ readerGroups: [Lazy.string({ produce: () => 'owners' }), 'cafédueños', 'a'.repeat(128)] })).not.toThrow();
  });

  test('fails for a retention that S3 can not keep', () => {
    expect(refusal({ retention: Duration.hours(36) })).toThrow(/^retention is 1 day 12 hours, and S3 expires objects after whole days; pass Duration.days\(n\) with n of 1 or more$/);
    expect(refusal({ retention: Duration.days(0) })).toThrow(/^retention is 0 days/);
  });

  test('fails for a renderer that would take longer than Lambda lets it', () => {
    expect(refusal({ notReadyTimeout: Duration.hours(Lazy.number({ produce: () => 3 })) })).toThrow(/^notReadyTimeout is not known at synth/);
    expect(refusal({ notReadyTimeout: Duration.hours(3), runTimeout: Duration.hours(3) })).toThrow(
      /^runTimeout is 3 hours, and the data source is asked again for 3 hours \(notReadyTimeout\); choose a runTimeout that leaves time to render and deliver after that$/);
    expect(refusal({ renderTimeout: Duration.minutes(16) })).toThrow(/^renderTimeout is 16 minutes, and a Lambda function ends after 15 minutes; choose at most that$/);
  });

  test('fails for a variable that there is not', () => {
    expect(refusal({ message: { subject: '{{report}} of {{customer}}' } })).toThrow(
      /^message.subject uses the variable {{customer}}, which there is not; use {{report}}, {{period}}, {{asOf}}, {{rows}}, {{link}}, {{expiry}}, {{runId}}$/);
    expect(refusal({ message: { body: '{{link}} {{ }}' } })).toThrow(/^message.body uses the variable {{}}, which there is not/);
  });

  test('fails for a link in the subject, for a body without one, and for texts that do not fit', () => {
    expect(refusal({ message: { subject: '{{link}}' } })).toThrow(/put {{link}} into message.body$/);
    expect(refusal({ message: { body: 'Your report is ready.' } })).toThrow(/^message.body does not hold {{link}}/);
    expect(refusal({ message: { body: '{{link}}'.padEnd(2001) } })).toThrow(/^message.body has 2001 bytes in UTF-8, and at most 2000 fit; shorten it$/);
    expect(refusal({ message: { body: '{{link}}'.padEnd(700, '\u6587') } })).toThrow(/^message.body has 2084 bytes/);
    expect(refusal({ message: { subject: ' ' } })).toThrow(/^message.subject is " "; give it 1 to 100 characters, without line breaks$/);
    expect(refusal({ message: { subject: undefined, body: undefined } })).not.toThrow();
  });

  test.each([[''], ['  '], ['x'.repeat(101)], ['two\nlines']])('fails for the name %j', name => {
    const sentence = /^(reportName|title) is ".*"; give it 1 to 100 characters, without line breaks$/;
    expect(refusal({ reportName: name })).toThrow(sentence);
    expect(() => ReportRenderer.html({ title: name })).toThrow(sentence);
  });

  test('fails for a time zone that there is not', () => {
    expect(refusal({ timeZone: TimeZone.of('Mars/Olympus') })).toThrow(/^timeZone is "Mars\/Olympus", which is not in the IANA time zone database/);
  });

  test('fails for a bucket of another region', () => {
    expect(refusal(stack => ({ bucket: s3.Bucket.fromBucketAttributes(stack, 'Far', { bucketName: 'far', region: 'us-east-1' }) }), account))
      .toThrow(/^the bucket far is in us-east-1, and the pipeline in eu-west-1; pass a bucket of the same region$/);
  });

  test('fails for a locale that is none', () => {
    expect(refusal({ locale: 'english!' })).toThrow(/^locale is "english!", which is not a BCP 47 language tag/);
  });

  test('fails for an imported key, and prints the statement to add', () => {
    const imported = (stack: Stack) => kms.Key.fromKeyArn(stack, 'Imported', 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555');
    expect(refusal(stack => ({ encryptionKey: imported(stack) }), account)).toThrow(
      /^the key arn:aws:kms:.* is imported, .*these statements.*"arn:[^:]*(::Partition>)?:logs:eu-west-1:.*"logs.eu-west-1.amazonaws.com".*"events.amazonaws.com".*"delivery.logs.amazonaws.com"/);
    expect(refusal(stack => ({ encryptionKey: imported(stack), policiesInPlace: true }), account)).not.toThrow();
  });

  test('fails for a function of another account, and prints the statement to add', () => {
    const imported = (stack: Stack) => lambda.Function.fromFunctionArn(stack, 'Imported', 'arn:aws:lambda:eu-west-1:222222222222:function:lookup');
    const sentence = /^the function arn:aws:lambda:eu-west-1:222222222222:function:lookup is imported, .*"Action":"lambda:InvokeFunction"/;
    expect(refusal(stack => ({ dataSource: ReportDataSource.fromFunction(imported(stack)) }), account)).toThrow(sentence);
    expect(refusal(stack => ({ renderer: ReportRenderer.fromFunction(imported(stack), [{ name: 'a.csv', contentType: 'text/csv' }]) }), account)).toThrow(sentence);
    expect(refusal(stack => ({ dataSource: ReportDataSource.fromFunction(imported(stack)), policiesInPlace: true }), account)).not.toThrow();
  });
});

describe('what is imported without its role', () => {
  const imported = (stack: Stack) => lambda.Function.fromFunctionArn(stack, 'Imported', 'arn:aws:lambda:eu-west-1:111111111111:function:lookup');

  test('fails, and prints what the role needs', () => {
    const stack = new TestStack(new App(), 'Test', { env: account });
    expect(() => stack.pipeline({ dataSource: ReportDataSource.fromFunction(imported(stack)) })).toThrow(
      /^the role of the function arn:.*:lookup is imported, .*"Action":\["s3:PutObject","s3:AbortMultipartUpload"\].*"Resource":"<ReportBucket[0-9A-F]{8}.Arn>\/data\/\*"/);
  });

  test('is taken as it is, without a warning, when its policies are in place', () => {
    const stack = new TestStack(new App(), 'Test', { env: account });
    stack.pipeline({ dataSource: ReportDataSource.fromFunction(imported(stack)), policiesInPlace: true });
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(stack.definition.States['Look up the data'].Arguments.FunctionName).toBe('arn:aws:lambda:eu-west-1:111111111111:function:lookup');
  });
});

describe('functions of another stack', () => {
  test('are used, and get their permissions from here', () => {
    const app = new App();
    const theirs = new TestStack(app, 'Theirs');
    const ours = new TestStack(app, 'Ours');
    ours.pipeline({
      dataSource: ReportDataSource.fromFunction(theirs.lookup),
      renderer: ReportRenderer.fromFunction(theirs.lookup, [{ name: 'report.pdf', contentType: 'application/pdf' }]),
      encryptionKey: new kms.Key(ours, 'Key'),
    });
    const policies = Object.entries<any>(ours.template.findResources('AWS::IAM::Policy')).filter(([id]) => id.includes('Access'));
    expect(policies).toHaveLength(1);
    expect(new Set(policies[0][1].Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action))).toEqual(new Set([
      'kms:Decrypt', 'kms:GenerateDataKey', 's3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject',
    ]));
    expect(JSON.stringify(theirs.template.toJSON())).not.toMatch(/data\/|reports\/|kms:/); // their stack has nothing to do with ours
  });
});

describe('what the props give', () => {
  test('message, empty reports, owner and names reach the handlers', () => {
    const stack = new TestStack();
    const ownerTopic = new sns.Topic(stack, 'Owner');
    stack.pipeline({
      reportName: 'Stock',
      onEmpty: OnEmpty.SKIP,
      onUnchanged: OnUnchanged.SKIP,
      onUncertain: OnUncertain.RESEND,
      ownerTopic,
      locale: 'es',
      timeZone: TimeZone.EUROPE_MADRID,
      message: { subject: 'Stock of {{period}}', body: 'Here: {{link}}' },
      link: ReportLink.presigned({ expiresIn: Duration.minutes(15) }),
    });
    stack.template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          ON_EMPTY: 'SKIP', ON_UNCHANGED: 'SKIP', ON_UNCERTAIN: 'RESEND', MESSAGE_SUBJECT: 'Stock of {{period}}', MESSAGE_BODY: 'Here: {{link}}', LINK_LIFETIME_SECONDS: '900',
        }),
      },
    });
    stack.template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ REPORT_NAME: 'Stock', LOCALE: 'es', OWNER_TOPIC_ARN: { Ref: Match.stringLikeRegexp('^Owner') } }) },
    });
    expect(Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('ownerTopic'))).toEqual([]);
  });

  test('timeouts bound the renderer and the run', () => {
    const stack = new TestStack();
    stack.pipeline({ renderTimeout: Duration.minutes(2), runTimeout: Duration.minutes(30) });
    stack.template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 120, MemorySize: 1024 });
    expect(stack.definition.TimeoutSeconds).toBe(1800);
  });

  test('two pipelines live in one stack', () => {
    const stack = new TestStack();
    stack.pipeline();
    stack.pipeline({}, 'Second');
    stack.template.resourceCountIs('AWS::StepFunctions::StateMachine', 2);
  });
});
