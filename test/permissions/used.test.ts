import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, TimeZone } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { callsOfAws, forbiddenToAll } from './calls';
import { ACCOUNT, Deployment, Permission } from './deployment';
import type { Option } from './options';
import { Call, isAllowed } from './simulator';
import { GRANTED, GRANTS, useEverything } from './situations';
import { Use } from './use';
import { concerns, weakened } from './weakened';
import { OnUnchanged, ReportApi, ReportLink, ScheduledReportPipeline } from '../../src';
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

function deployed({ props, use }: Option): Deployment {
  const stack = new TestStack();
  const pipeline = stack.pipeline(props?.(stack));
  use?.(stack, pipeline);
  return new Deployment(stack);
}

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
    expect(await filtered(asked, async call => !await isAllowed(call, permissions))).toEqual([]);
  });

  test('what nobody may do is refused', async () => {
    expect(await filtered(refused, async call => isAllowed(call, permissions))).toEqual([]);
  });

  test('nothing is permitted or forbidden that makes no difference', async () => {
    const unused = await filtered(weakened(deployment.permissions), async ({ from, permissions: rest }) => {
      const changes = async (calls: Call[], isLost: boolean) => {
        for (const call of calls.filter(each => concerns(from, each))) {
          if (await isAllowed(call, [...rest, ADMINISTRATOR]) !== isLost) return true;
        }
        return false;
      };
      return !await changes(from.statement.Effect === 'Allow' ? asked : refused, from.statement.Effect === 'Allow');
    });
    expect(unused.map(({ without }) => without)).toEqual([]);
  });
});

test('each function of the library is used', () => {
  const handlers = readdirSync(join(__dirname, '../../src/handlers')).filter(name => name.endsWith('.lambda.ts')).map(name => name.replace('.lambda.ts', ''));
  const used = Object.values(CASES).flatMap(option => deployed(option).functions.map(({ handler }) => handler));
  expect(handlers.filter(name => !used.includes(name))).toEqual([]);
});

const distinct = (calls: Call[]) => [...new Map(calls.map(call => [JSON.stringify(call), call])).values()];

async function filtered<T>(all: T[], isFound: (each: T) => Promise<boolean>): Promise<T[]> {
  const found: T[] = [];
  for (const each of all) {
    if (await isFound(each)) found.push(each);
  }
  return found;
}
