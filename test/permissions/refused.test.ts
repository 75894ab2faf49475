import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { callsOf } from './calls';
import { ACCOUNT, Deployment, REGION } from './deployment';
import { Call, isAllowed } from './simulator';
import { openings, requestOf } from './situations';
import { Use } from './use';
import { ReportApi, ReportDataSource, ReportLink, ReportRenderer, ScheduledReportPipelineProps } from '../../src';
import { minutes, sleep } from '../faults/interpreter/rules';
import { FakeDynamoDB } from '../handlers/support/fake-dynamodb';
import { RUN } from '../handlers/support/run';
import { TestStack } from '../support/synth';

const dynamodb = new FakeDynamoDB(minimal().ofType('AWS::DynamoDB::Table')[0].id);

function minimal(link = ReportLink.presigned()): Deployment {
  const stack = new TestStack();
  stack.pipeline({ link });
  return new Deployment(stack);
}

interface TwoPipelines { readonly deployment: Deployment; readonly one: Names; readonly other: Names }

const ON_CLICK = ReportLink.onClick({ expiresIn: Duration.days(1) });

/** Two pipelines with a bucket in common, and the API of the first: what each may do, and what it may not. */
function twoPipelines(props: Pick<ScheduledReportPipelineProps, 'link'> & { readonly renderer?: ReportRenderer } = { link: ON_CLICK }): TwoPipelines {
  const stack = new TestStack();
  const bucket = new s3.Bucket(stack, 'Shared', { enforceSSL: true });
  const pipeline = stack.pipeline({ bucket, ownerTopic: new sns.Topic(stack, 'OwnerTopic', { enforceSSL: true }), ...props });
  const otherLookup = new lambda.Function(stack, 'OtherLookup', {
    runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({});'),
  });
  stack.pipeline({ bucket, dataSource: ReportDataSource.fromFunction(otherLookup) }, 'Other');
  new ReportApi(stack, 'Api', { pipeline, authorizationType: apigateway.AuthorizationType.IAM });
  const deployment = new Deployment(stack);
  return { deployment, one: namesOf(deployment, 'Report'), other: namesOf(deployment, 'Other') };
}

interface Names { readonly bucket: string; readonly data: string; readonly reports: string; readonly machine: string; readonly table: string }

function namesOf(deployment: Deployment, pipeline: string): Names {
  const { environment } = deployment.functions.find(({ arn, handler }) => handler === 'open-run' && arn.includes(`function:${pipeline}`))!;
  return {
    bucket: environment.BUCKET_NAME,
    data: environment.DATA_PREFIX,
    reports: environment.REPORTS_PREFIX,
    table: environment.TABLE_NAME,
    machine: deployment.ofType('AWS::StepFunctions::StateMachine').find(({ id }) => id.startsWith(pipeline))!.arn,
  };
}

const executionOf = (machine: string) => `${machine.replace(':stateMachine:', ':execution:')}:e1`;

describe('by its role,', () => {
  const { deployment, one, other } = twoPipelines();
  const role = (id: string) => deployment.ofType('AWS::IAM::Role').find(resource => resource.id.startsWith(id))!.arn;
  const topic = (id: string) => deployment.ofType('AWS::SNS::Topic').find(resource => resource.id.startsWith(id))!.arn;
  const may = async (by: string, command: string, input: object) => {
    const answers = await Promise.all(callsOf(role(by), command, input, deployment).map(async call => isAllowed(call, deployment.permissions)));
    return !answers.includes(false);
  };
  const object = (prefix: string) => ({ Bucket: one.bucket, Key: `${prefix}${RUN.reportId}/1/file` });
  const objects = (prefix: string) => ({ Bucket: one.bucket, Delete: { Objects: [{ Key: `${prefix}x` }] } });

  test.each<[string, string, string, object, string, object]>([
    // who, and what he may not do, beside the like that he may
    ['the renderer writes no data', 'ReportRenderRole', 'PutObject', object(one.data), 'PutObject', object(one.reports)],
    ['the renderer reads no data of another pipeline', 'ReportRenderRole', 'GetObject', object(other.data), 'GetObject', object(one.data)],
    ['the renderer reads no reports of another pipeline', 'ReportRenderRole', 'GetObject', object(other.reports), 'GetObject', object(one.reports)],
    ['the renderer publishes nothing', 'ReportRenderRole', 'Publish', { TopicArn: topic('Topic') }, 'GetObject', object(one.data)],
    ['the renderer knows nothing of runs', 'ReportRenderRole', 'Get', { TableName: one.table, Key: { pk: 'run#1' } }, 'GetObject', object(one.data)],
    ['Deliver reads no data', 'ReportDeliverRole', 'GetObject', object(one.data), 'Publish', { TopicArn: topic('Topic') }],
    ['Deliver reads no reports', 'ReportDeliverRole', 'GetObject', object(one.reports), 'Publish', { TopicArn: topic('Topic') }],
    ['Deliver does not tell the owner', 'ReportDeliverRole', 'Publish', { TopicArn: topic('OwnerTopic') }, 'Publish', { TopicArn: topic('Topic') }],
    ['who closes runs does not write to readers', 'ReportCloseFailedRunRole', 'Publish', { TopicArn: topic('Topic') }, 'Publish', { TopicArn: topic('OwnerTopic') }],
    ['who closes runs reads no executions of others', 'ReportCloseFailedRunRole', 'GetExecutionHistory', { executionArn: executionOf(other.machine) },
      'GetExecutionHistory', { executionArn: executionOf(one.machine) }],
    ['the data source writes no reports', 'LookupServiceRole', 'PutObject', object(one.reports), 'PutObject', object(one.data)],
    ['the data source writes no data of another pipeline', 'LookupServiceRole', 'PutObject', object(other.data), 'PutObject', object(one.data)],
    ['the data source reads nothing', 'LookupServiceRole', 'GetObject', object(one.data), 'PutObject', object(one.data)],
    ['who makes links reads no reports', 'ReportLinkRole', 'GetObject', object(one.reports), 'AssumeRole', { RoleArn: role('ReportLinkSigner') }],
    ['who makes links does not sign as the API', 'ReportLinkRole', 'AssumeRole', { RoleArn: role('ApiSigner') }, 'AssumeRole', { RoleArn: role('ReportLinkSigner') }],
    ['who opens links makes none', 'ReportLinkOpenRole', 'Put', { TableName: one.table, Item: { pk: 'link#1' } }, 'Get', { TableName: one.table, Key: { pk: 'link#1' } }],
    ['who opens links knows nothing of runs', 'ReportLinkOpenRole', 'Get', { TableName: one.table, Key: { pk: 'run#1' } }, 'Get', { TableName: one.table, Key: { pk: 'link#1' } }],
    ['the API starts no other state machine', 'ApiRole', 'StartExecution', { stateMachineArn: other.machine }, 'StartExecution', { stateMachineArn: one.machine }],
    ['the API reads no other ledger', 'ApiRole', 'Get', { TableName: other.table, Key: { pk: 'run#1' } }, 'Get', { TableName: one.table, Key: { pk: 'run#1' } }],
    ['the API does not pause schedules', 'ApiRole', 'Update', { TableName: one.table, Key: { pk: 'pipeline', sk: 'pause' } }, 'Update', { TableName: one.table, Key: { pk: 'run#1', sk: 'run' } }],
    ['the API reads no link', 'ApiRole', 'Get', { TableName: one.table, Key: { pk: 'link#1' } }, 'Query', { TableName: one.table, ExpressionAttributeValues: { ':report': 'report-links#1' } }],
    ['the API publishes nothing', 'ApiRole', 'Publish', { TopicArn: topic('Topic') }, 'StartExecution', { stateMachineArn: one.machine }],
    ['the API deletes nothing', 'ApiRole', 'Delete', { TableName: one.table, Key: { pk: 'run#1' } }, 'Update', { TableName: one.table, Key: { pk: 'run#1', sk: 'run' } }],
    ['who erases reports reads none', 'ApiEraseRole', 'GetObject', object(one.reports), 'DeleteObjects', objects(one.reports)],
    ['who erases reports writes none', 'ApiEraseRole', 'PutObject', object(one.reports), 'DeleteObjects', objects(one.data)],
    ['who erases reports erases none of another pipeline', 'ApiEraseRole', 'DeleteObjects', objects(other.reports), 'DeleteObjects', objects(one.reports)],
    ['who erases reports erases no rows of another pipeline', 'ApiEraseRole', 'DeleteObjects', objects(other.data), 'DeleteObjects', objects(one.data)],
    ['who erases reports lists none of another pipeline', 'ApiEraseRole', 'ListObjectsV2', { Bucket: other.bucket, Prefix: other.reports }, 'ListObjectsV2', { Bucket: one.bucket, Prefix: one.reports }],
    ['who erases reports lists no whole bucket', 'ApiEraseRole', 'ListObjectsV2', { Bucket: one.bucket, Prefix: '' }, 'ListObjectsV2', { Bucket: one.bucket, Prefix: one.data }],
    ['who erases reports changes no other ledger', 'ApiEraseRole', 'Delete', { TableName: other.table, Key: { pk: 'run#1' } }, 'Delete', { TableName: one.table, Key: { pk: 'run#1' } }],
    ['who erases reports does not pause schedules', 'ApiEraseRole', 'Delete', { TableName: one.table, Key: { pk: 'pipeline' } }, 'Delete', { TableName: one.table, Key: { pk: 'link#1' } }],
    ['who erases reports forgets no schedule', 'ApiEraseRole', 'Delete', { TableName: one.table, Key: { pk: 'schedule#1' } }, 'Delete', { TableName: one.table, Key: { pk: 'reader#1' } }],
    ['the signer reads no data', 'ReportLinkSigner', 'GetObject', object(one.data), 'GetObject', object(one.reports)],
    ['the signer reads no reports of another pipeline', 'ReportLinkSigner', 'GetObject', object(other.reports), 'GetObject', object(one.reports)],
    ['the signer of the API reads no data', 'ApiSigner', 'GetObject', object(one.data), 'GetObject', object(one.reports)],
  ])('%s', async (_what, by, forbidden, input, permitted, its) => {
    expect([await may(by, forbidden, input), await may(by, permitted, its)]).toEqual([false, true]);
  });

  test('nobody of the library but who erases reports lists a bucket or deletes anything, and nobody scans a ledger', async () => {
    const roles = deployment.ofType('AWS::IAM::Role').map(({ arn }) => arn).filter(arn => arn !== role('ApiEraseRole'));
    const table = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${one.table}`;
    const calls = roles.flatMap((by): Call[] => [
      { by, action: 's3:ListBucket', resource: `arn:aws:s3:::${one.bucket}` },
      { by, action: 's3:DeleteObject', resource: `arn:aws:s3:::${one.bucket}/${one.reports}x` },
      { by, action: 'dynamodb:Scan', resource: table },
      { by, action: 'dynamodb:DeleteItem', resource: table, context: { 'dynamodb:LeadingKeys': ['run#1'] } },
    ]);
    expect(await Promise.all(calls.map(async call => isAllowed(call, deployment.permissions)))).toEqual(calls.map(() => false));
  });
});

describe('by the policy of its session,', () => {
  const renderer = ReportRenderer.of(ReportRenderer.html(), ReportRenderer.csv());
  const presigned = twoPipelines({ link: ReportLink.presigned(), renderer });
  const onClick = twoPipelines({ link: ON_CLICK, renderer });
  const FILES = ['report.html', 'report.csv'];

  test.each<[string, TwoPipelines, string[], (use: Use) => Promise<unknown>]>([
    ['presign', presigned, FILES, async () => {}],
    ['mint-link', onClick, FILES, async () => {}],
    ['open-report', onClick, FILES.slice(-1), openings],
    ['report-api', presigned, FILES, getLink],
    ['report-api', onClick, FILES, getLink],
  ])('%s opens files of this report, and nothing else', async (handler, { deployment, one, other }, files, ask) => {
    let used!: Use;
    await Use.of(deployment, dynamodb, async use => {
      used = use;
      await use.make();
      await use.make();
      await ask(use);
    });
    const { role: begunBy } = used.function(handler)!;
    const sessions = [...used.sessions.values()].filter(session => session.begunBy === begunBy);
    const reports = new Set(used.s3.keys().filter(key => key.startsWith(one.reports)).map(key => key.slice(one.reports.length).split('/')[0]));
    const keys = [...reports].flatMap(report => [...FILES, 'another.html'].flatMap(file =>
      [`${one.reports}${report}/1/`, `${one.reports}${report}/2/`, one.reports, `${one.data}${report}/1/`, `${other.reports}${report}/1/`, `${other.data}${report}/1/`]
        .map(folder => `${folder}${file}`)));

    expect(reports.size).toBeGreaterThan(1);
    expect(sessions).not.toEqual([]);
    for (const { role, name, policy } of sessions) {
      const opens = await Promise.all(keys.map(async Key => {
        const calls = callsOf(role, 'GetObject', { Bucket: one.bucket, Key }, deployment).map(call => ({ ...call, session: policy }));
        return (await Promise.all(calls.map(async call => isAllowed(call, deployment.permissions)))).every(allowed => allowed);
      }));
      expect(keys.filter((_, index) => opens[index])).toEqual(files.map(file => `${one.reports}${name}/1/${file}`));
    }
  });
});

/** Ana requests a report, and opens it. */
async function getLink(use: Use): Promise<void> {
  const { arn } = use.function('report-api')!;
  const { body } = await use.invoke(arn, requestOf('POST', '/create_report', {})) as { body: string };
  await sleep(minutes(2));
  await use.invoke(arn, requestOf('GET', '/reports/{id}/link', { pathParameters: { id: JSON.parse(body).reportId } }));
}

describe('by its handler,', () => {
  const deployment = minimal();
  const { bucket, data, reports, table } = namesOf(deployment, 'Report');
  const OTHER = '0'.repeat(32);
  const files = (folder: string) => [{ name: 'report.html', bucket, key: `${reports}${folder}/report.html`, contentType: 'text/html; charset=utf-8' }];

  /** What a function answers to an event, and what it asked of AWS. */
  const asked = async (handler: string, event: object, of = deployment) => {
    let answer: unknown;
    const calls = await Use.of(of, dynamodb, async use => {
      answer = await use.invoke(use.function(handler)!.arn, { ...RUN, ...event }).catch(error => error.name);
    });
    return { answer, calls };
  };

  test.each([`${OTHER}/1/rows.ndjson`, `${RUN.reportId}/2/rows.ndjson`, `${RUN.reportId}/1/../../${OTHER}/1/rows.ndjson`, ''])(
    'rows that are not of this run are not read, although the role may: %s', async key => {
      const event = { data: { version: 1, columns: [{ name: 'kilos', type: 'integer' }], data: { key: `${data}${key}`, format: 'NDJSON' } }, files: files(`${RUN.reportId}/1`) };
      expect(await asked('render', event)).toEqual({ answer: 'InvalidData', calls: [] });
    });

  describe.each<[string, string, Deployment, object]>([
    ['presigned', 'presign', deployment, {}],
    ['signed when it is opened', 'mint-link', minimal(ON_CLICK), {}],
    ['signed when it is opened, and about to be sent', 'mint-link', minimal(ON_CLICK), { deliver: true }],
  ])('where a link is %s,', (_what, handler, of, event) => {
    const ledger = { table, pk: `run#${RUN.reportId}`, sk: 'link#' };

    test.each([`${OTHER}/1`, `${RUN.reportId}/2`, `${RUN.reportId}/1/../../${OTHER}/1`])('no link is made to a file that is not of this run: %s', async folder => {
      const own = files(`${RUN.reportId}/1`);
      expect(await asked(handler, { ...event, ledger, files: [...own, ...files(folder)] }, of)).toEqual({ answer: 'InvalidLink', calls: [] });
      expect(await asked(handler, { ...event, ledger, files: own }, of)).toMatchObject({ answer: { links: [{ file: 'report.html' }] } });
    });
  });
});
