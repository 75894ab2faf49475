import { App } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { callsOf, callsOfAws } from './calls';
import { ACCOUNT, Deployment, Permission, permissionsIn, REGION } from './deployment';
import { Call, denied } from './simulator';
import { useEverything } from './situations';
import { Use } from './use';
import { ReportDataSource, ScheduledReportPipelineProps } from '../../src';
import { FakeDynamoDB } from '../handlers/support/fake-dynamodb';
import { TestStack } from '../support/synth';

/** What is not made in the app: its policy is somebody else's, who adds the statements that synth prints. */
type Imported = (stack: TestStack) => Partial<ScheduledReportPipelineProps>;

const ENV = { account: ACCOUNT, region: REGION };
const ADMINISTRATOR = `arn:aws:iam::${ACCOUNT}:role/Administrator`;
const MAY_ANYTHING: Permission = { of: ADMINISTRATOR, kind: 'identity', statement: { Effect: 'Allow', Action: '*', Resource: '*' } };

function deployed(imported: Imported, policiesInPlace: boolean): { stack: TestStack; deployment: Deployment } {
  const stack = new TestStack(new App(), 'Test', { env: ENV });
  stack.pipeline({ ...imported(stack), policiesInPlace });
  return { stack, deployment: new Deployment(stack) };
}

/** The statements of a refusal, or of an annotation. */
function printed(text: string): any[] {
  const filled = text.replace(/ \[ack: [^\]]*\]$/, '').replaceAll('<AWS::Partition>', 'aws').replaceAll('<AWS::Region>', REGION).replaceAll('<AWS::AccountId>', ACCOUNT);
  return JSON.parse(`[${filled.slice(filled.indexOf(': {') + 2)}]`);
}

function refusal(imported: Imported): any[] {
  try {
    deployed(imported, false);
  } catch (error) {
    return printed((error as Error).message);
  }
  throw new Error('nothing was refused');
}

const told = (stack: TestStack, level: 'Info' | 'Warning', sentence: string) => Annotations.fromStack(stack)[`find${level}`]('*', Match.stringLikeRegexp(sentence))
  .flatMap(({ entry }) => printed(String(entry.data)));

const dynamodb = new FakeDynamoDB(deployed(() => ({}), false).deployment.ofType('AWS::DynamoDB::Table')[0].id);

test('a bucket: what is printed forbids what a bucket of the pipeline forbids, and nothing that the pipeline does', async () => {
  const imported: Imported = stack => ({ bucket: s3.Bucket.fromBucketName(stack, 'Imported', 'reports-of-everyone') });
  const { stack, deployment } = deployed(imported, true);
  const statements = [...refusal(imported), ...told(stack, 'Info', 'the bucket reports-of-everyone is imported')];
  const permissions = [...deployment.permissions, ...permissionsIn({ Statement: statements }, 'arn:aws:s3:::reports-of-everyone', 'resource'), MAY_ANYTHING];

  const { REPORTS_PREFIX } = deployment.functions.find(({ handler }) => handler === 'open-run')!.environment;
  const open = { by: ADMINISTRATOR, action: 's3:GetObject', resource: `arn:aws:s3:::reports-of-everyone/${REPORTS_PREFIX}x` };
  const asked = (age: string, tls: string): Call => ({ ...open, context: { 's3:signatureAge': age, 'aws:SecureTransport': tls } });
  const list: Call = { by: ADMINISTRATOR, action: 's3:ListBucket', resource: 'arn:aws:s3:::reports-of-everyone', context: { 'aws:SecureTransport': 'false' } };
  const calls = [asked('3600000', 'true'), asked('3600001', 'true'), asked('0', 'false'), list];
  expect(await denied(calls, [...deployment.permissions, MAY_ANYTHING])).toEqual([]);
  expect(await denied(calls, permissions)).toEqual(calls.slice(1));
  expect(await denied(await Use.of(deployment, dynamodb, useEverything), permissions)).toEqual([]);
});

test('a key: what is printed permits the services that have no role here to use it, beside what permits the account', async () => {
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
  const imported: Imported = stack => ({ encryptionKey: kms.Key.fromKeyArn(stack, 'Imported', arn) });
  const { deployment } = deployed(imported, true);
  const ofAccount = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };
  const withPolicy = (...statements: object[]) => [...deployment.permissions, ...permissionsIn({ Statement: statements }, arn, 'resource')];

  const calls = [...await Use.of(deployment, dynamodb, useEverything), ...callsOfAws(deployment)];
  const without = await denied(calls, withPolicy(ofAccount));
  expect(new Set(without.map(({ by }) => by))).toEqual(new Set(['logs.eu-west-1.amazonaws.com', 'events.amazonaws.com', 'delivery.logs.amazonaws.com']));
  expect(await denied(calls, withPolicy(ofAccount, ...refusal(imported)))).toEqual([]);
});

test('a function without its role: what is printed permits its role to write rows', async () => {
  const imported: Imported = stack => ({
    dataSource: ReportDataSource.fromFunction(lambda.Function.fromFunctionArn(stack, 'Imported', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:lookup`)),
  });
  const { deployment } = deployed(imported, true);
  const by = `arn:aws:iam::${ACCOUNT}:role/lookup`;
  const bucket = deployment.ofType('AWS::S3::Bucket')[0];
  const resolved = JSON.parse(JSON.stringify(refusal(imported)).replaceAll(`<${bucket.id}.Arn>`, bucket.arn));
  const permissions = [...deployment.permissions, ...permissionsIn({ Statement: resolved }, by, 'identity')];

  const object = (key: string) => ({ Bucket: bucket.id.toLowerCase(), Key: key });
  const calls = ['CreateMultipartUpload', 'AbortMultipartUpload', 'PutObject'].flatMap(command => callsOf(by, command, object('data/1/1/rows.ndjson'), deployment));
  expect(await denied(calls, deployment.permissions)).toEqual(calls);
  expect(await denied(calls, permissions)).toEqual([]);
  const others = callsOf(by, 'PutObject', object('reports/1/1/report.html'), deployment);
  expect(await denied(others, permissions)).toEqual(others);
});

test('a function of another account: what is printed permits the workflow to invoke it', async () => {
  const arn = `arn:aws:lambda:${REGION}:222222222222:function:lookup`;
  const imported: Imported = stack => ({ dataSource: ReportDataSource.fromFunction(lambda.Function.fromFunctionArn(stack, 'Imported', arn)) });
  const { deployment } = deployed(imported, true);
  const calls = callsOfAws(deployment).filter(({ resource }) => resource === arn);
  expect(calls).toHaveLength(1);
  expect(await denied(calls, deployment.permissions)).toEqual(calls);
  expect(await denied(calls, [...deployment.permissions, ...permissionsIn({ Statement: refusal(imported) }, arn, 'resource')])).toEqual([]);
});

test.each(['topic', 'ownerTopic'])('%s: what is printed forbids clear text, and nothing that the pipeline does', async prop => {
  const arn = `arn:aws:sns:${REGION}:${ACCOUNT}:readers`;
  const { stack, deployment } = deployed(scope => ({ [prop]: sns.Topic.fromTopicArn(scope, 'Imported', arn) }), false);
  const forbidden = permissionsIn({ Statement: told(stack, 'Warning', `${prop} is imported`) }, arn, 'resource');
  const permissions = [...deployment.permissions, MAY_ANYTHING];

  const publish = (tls: string): Call => ({ by: ADMINISTRATOR, action: 'sns:Publish', resource: arn, context: { 'aws:SecureTransport': tls } });
  expect(await denied([publish('true'), publish('false')], permissions)).toEqual([]);
  expect(await denied([publish('true'), publish('false')], [...permissions, ...forbidden])).toEqual([publish('false')]);
  expect(await denied(await Use.of(deployment, dynamodb, useEverything), [...permissions, ...forbidden])).toEqual([]);
});

test('the topic of the owner: what is printed permits alarms to publish', async () => {
  const arn = `arn:aws:sns:${REGION}:${ACCOUNT}:owners`;
  const { stack, deployment } = deployed(scope => ({ ownerTopic: sns.Topic.fromTopicArn(scope, 'Imported', arn) }), false);
  const alarms = callsOfAws(deployment).filter(({ resource }) => resource === arn);
  expect(alarms.length).toBeGreaterThan(0);
  expect(await denied(alarms, deployment.permissions)).toEqual(alarms);
  const permissions = [...deployment.permissions, ...permissionsIn({ Statement: told(stack, 'Info', 'ownerTopic is imported, and its policy') }, arn, 'resource')];
  expect(await denied(alarms, permissions)).toEqual([]);
  const ofAnother = alarms.map(call => ({ ...call, context: { 'aws:SourceAccount': '222222222222' } }));
  expect(await denied(ofAnother, permissions)).toEqual(ofAnother);
});

describe('of another account', () => {
  const OTHER = '222222222222';

  test('a bucket: what is printed permits what the pipeline does there, in its own prefix only, and only to its account', async () => {
    const imported: Imported = stack => ({ bucket: s3.Bucket.fromBucketAttributes(stack, 'Imported', { bucketName: 'reports-of-others', account: OTHER }) });
    const { deployment } = deployed(imported, true);
    const permissions = [...deployment.permissions, ...permissionsIn({ Statement: refusal(imported) }, 'arn:aws:s3:::reports-of-others', 'resource')];
    const calls = (await Use.of(deployment, dynamodb, useEverything)).filter(({ action }) => action.startsWith('s3:')).map(call => ({ ...call, account: OTHER }));

    expect(calls.length).toBeGreaterThan(0);
    expect(await denied(calls, deployment.permissions)).toEqual(calls);
    expect(await denied(calls, permissions)).toEqual([]);
    const stranger = { by: 'arn:aws:iam::333333333333:role/Stranger', action: 's3:GetObject', resource: calls[0].resource, account: OTHER };
    const elsewhere = { ...calls[0], resource: 'arn:aws:s3:::reports-of-others/elsewhere' };
    const anything = [stranger.by, calls[0].by].map(of => ({ ...MAY_ANYTHING, of }));
    expect(await denied([stranger, elsewhere], [...permissions, ...anything])).toEqual([stranger, elsewhere]);
  });

  test.each(['topic', 'ownerTopic'] as const)('%s: what is printed permits what the pipeline publishes', async prop => {
    const arn = `arn:aws:sns:${REGION}:${OTHER}:readers`;
    const imported: Imported = stack => ({ [prop]: sns.Topic.fromTopicArn(stack, 'Imported', arn) });
    const { deployment } = deployed(imported, true);
    const permissions = [...deployment.permissions, ...permissionsIn({ Statement: refusal(imported) }, arn, 'resource')];
    const calls = (await Use.of(deployment, dynamodb, useEverything)).filter(({ resource }) => resource === arn);

    expect(calls.map(({ action }) => action)).toContain('sns:Publish');
    expect(await denied(calls, deployment.permissions)).toEqual(calls);
    expect(await denied(calls, permissions)).toEqual([]);
  });
});
