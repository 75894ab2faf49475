import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, TimeZone } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { callsOfAws, forbiddenToAll } from './calls';
import { ACCOUNT, Deployment, Permission } from './deployment';
import { Option, stackWith } from './options';
import { Call, denied } from './simulator';
import { GRANTED, GRANTS, useEverything } from './situations';
import { Use } from './use';
import { unused, weakened } from './weakened';
import { OnUnchanged, ReportApi, ReportDataSource, ReportDataSourceConfig, ReportLink, ScheduledReportPipeline } from '../../src';
import { FakeDynamoDB } from '../handlers/support/fake-dynamodb';
import { TestStack } from '../support/synth';

const schedule = ScheduleExpression.cron({ minute: '0', hour: '7', timeZone: TimeZone.EUROPE_MADRID });
const owner = (stack: TestStack) => ({ ownerTopic: new sns.Topic(stack, 'OwnerTopic', { enforceSSL: true }) });
const onClick = { link: ReportLink.onClick({ expiresIn: Duration.days(1) }) };
const iamApi = (stack: TestStack, pipeline: ScheduledReportPipeline) => new ReportApi(stack, 'Api', { pipeline, authorizationType: apigateway.AuthorizationType.IAM });

const often = (_: TestStack, pipeline: ScheduledReportPipeline) => pipeline.addSchedule('Often', { schedule: ScheduleExpression.rate(Duration.hours(6)) });

/** Somebody to whom the app has granted something. */
const person = (stack: TestStack) => stack.node.tryFindChild('Person') as iam.User ?? new iam.User(stack, 'Person');

interface Case extends Option {
  readonly granted?: readonly (keyof typeof GRANTED)[];
}

/** With each of these, something is permitted that is not with the others. */
const CASES: { readonly [name: string]: Case } = {
  'the three required props': {},
  'schedules and an owner': {
    props: stack => ({ ...owner(stack), schedule }),
    use: often,
  },
  'an unchanged report is skipped': { props: () => ({ onUnchanged: OnUnchanged.SKIP }) },
  'groups of readers': { props: () => ({ readerGroups: ['buyers', 'bookkeepers'] }) },
  'links that are signed when they are opened': { props: () => onClick },
  'a bucket of others': { props: stack => ({ bucket: new s3.Bucket(stack, 'Shared') }) },
  'topics with a key': {
    props: stack => {
      const masterKey = new kms.Key(stack, 'TopicKey');
      return { topic: new sns.Topic(stack, 'Encrypted', { masterKey, enforceSSL: true }), ownerTopic: new sns.Topic(stack, 'OwnerTopic', { masterKey, enforceSSL: true }) };
    },
  },
  'the API': { use: iamApi },
  'the API, and links that can be revoked': { props: () => onClick, use: iamApi },
  'the API for everybody': { props: () => onClick, use: (stack, pipeline) => new ReportApi(stack, 'Api', { pipeline, publicAccess: true }) },
  'grants': {
    props: () => onClick,
    use: (stack, { grants }) => GRANTS.filter(grant => grant !== 'eraseReports').forEach(grant => grants[grant](person(stack))),
    granted: GRANTS.filter(grant => grant !== 'eraseReports'),
  },
  'the grant to erase reports': {
    use: (stack, { grants }) => grants.eraseReports(person(stack)),
    granted: ['eraseReports'],
  },
  'the grant to erase reports, and links that can be revoked': {
    props: () => onClick,
    use: (stack, { grants }) => grants.eraseReports(person(stack)),
    granted: ['eraseReports'],
  },
  'all with a key': {
    props: stack => ({ ...owner(stack), schedule, encryptionKey: new kms.Key(stack, 'Key') }),
    use: (stack, pipeline) => {
      often(stack, pipeline);
      iamApi(stack, pipeline);
      pipeline.grants.readReports(person(stack));
    },
    granted: ['readReports'],
  },
};

/** Who may do everything as far as the account is concerned: only what forbids it stops him. */
const ADMINISTRATOR: Permission = {
  of: `arn:aws:iam::${ACCOUNT}:role/Administrator`, kind: 'identity', statement: { Effect: 'Allow', Action: '*', Resource: '*' },
};

const deployed = (option: Option) => new Deployment(stackWith(option));

const dynamodb = new FakeDynamoDB(deployed({}).ofType('AWS::DynamoDB::Table')[0].id);

describe.each(Object.entries(CASES))('%s', (_name, { granted = [], ...option }) => {
  const deployment = deployed(option);
  const permissions = [...deployment.permissions, ADMINISTRATOR];
  let asked: Call[];
  let refused: Call[];

  beforeAll(async () => {
    const calls = await Use.of(deployment, dynamodb, async use => {
      await useEverything(use);
      for (const grant of granted) {
        await GRANTED[grant](use, deployment.ofType('AWS::IAM::User')[0].arn);
      }
    });
    asked = distinct([...calls, ...callsOfAws(deployment)]);
    refused = forbiddenToAll(deployment).map(call => ({ by: ADMINISTRATOR.of, ...call }));
  });

  test('all that is asked of AWS is permitted', async () => {
    expect(await denied(asked, permissions)).toEqual([]);
  });

  test('what nobody may do is refused', async () => {
    expect(await denied(refused, permissions)).toEqual(refused);
  });

  test('nothing is permitted or forbidden that makes no difference', async () => {
    expect(await unused(weakened(permissions).filter(({ from }) => from !== ADMINISTRATOR), asked, refused)).toEqual([]);
  });
});

test('a task of which nobody has written down what it asks is refused', () => {
  class Scan extends ReportDataSource {
    public bind(scope: Construct): ReportDataSourceConfig {
      return { task: new tasks.CallAwsService(scope, 'Scan', { service: 'dynamodb', action: 'scan', iamResources: ['*'] }) };
    }
  }
  const deployment = deployed({ props: () => ({ dataSource: new Scan() }) });
  expect(() => callsOfAws(deployment)).toThrow("what IAM is asked for the state 'Scan', a Task of arn:aws:states:::aws-sdk:dynamodb:scan, is not written down");
});

test('each function of the library is used', () => {
  const handlers = readdirSync(join(__dirname, '../../src/handlers')).filter(name => name.endsWith('.lambda.ts')).map(name => name.replace('.lambda.ts', ''));
  const used = Object.values(CASES).flatMap(option => deployed(option).functions.map(({ handler }) => handler));
  expect(handlers.filter(name => !used.includes(name))).toEqual([]);
});

const distinct = (calls: Call[]) => [...new Map(calls.map(call => [JSON.stringify(call), call])).values()];
