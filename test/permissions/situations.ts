import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { manyRows, row, Use, written } from './use';
import { hours, minutes, sleep } from '../faults/interpreter/rules';

const ANA = { claims: { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool', sub: 'ana' } };
const PAUSE = { pk: 'pipeline', sk: 'pause' };

/** All that makes a pipeline ask something of AWS: what goes well, and what does not. */
export async function useEverything(use: Use): Promise<void> {
  await use.make();
  await largeData(use);
  await slowRendering(use);
  await pauses(use);
  await failures(use);
  if (use.function('watch-schedules')) {
    await watches(use);
  }
  if (use.function('open-report')) {
    await openings(use);
  }
  if (use.function('report-api')) {
    await requests(use);
  }
}

/** Rows that do not fit into an answer, a page that S3 does not take at once, and the same again; and both given up halfway. */
async function largeData(use: Use): Promise<void> {
  const { lookUp } = use;
  const { arn } = use.function('render')!;
  use.lookUp = async event => written(event, manyRows(row(1)));
  await use.make();
  await use.repeat(arn);
  use.lookUp = async event => written(event, manyRows(row('no number')));
  await use.make();
  use.lookUp = async event => written(event, manyRows(new Error('the database is gone')));
  await use.make();
  use.lookUp = lookUp;
}

/** Links age meanwhile, and are made anew. */
async function slowRendering(use: Use): Promise<void> {
  use.renderTime = minutes(10);
  await use.make();
  use.renderTime = 0;
}

async function pauses(use: Use): Promise<void> {
  use.dynamodb.seed(PAUSE);
  await use.make();
  use.dynamodb.remove(`${PAUSE.pk} ${PAUSE.sk}`);
}

/** A run fails, is redriven, and fails again; another fails when it has been delivered. */
async function failures(use: Use): Promise<void> {
  const { lookUp } = use;
  use.lookUp = async () => { throw new Error('the database is gone'); };
  const failed = await use.make();
  failed.redrive();
  await failed.ended;
  use.lookUp = lookUp;

  const { role } = use.function('deliver')!;
  use.fails = (by, command, input) => by === role && command === 'Update' && JSON.stringify(input).includes('"DELIVERED"');
  await use.make();
  use.fails = () => false;
}

/** It begins to look, and finds two days later that no run was made. */
async function watches(use: Use): Promise<void> {
  const { arn } = use.function('watch-schedules')!;
  const { properties } = use.deployment.ofType('AWS::Scheduler::Schedule').find(schedule => schedule.properties.Target.Arn === arn)!;
  const event = JSON.parse(properties.Target.Input);
  await use.invoke(arn, event);
  await sleep(hours(48));
  await use.invoke(arn, event);
}

async function requests(use: Use): Promise<void> {
  const { arn } = use.function('report-api')!;
  const call = async (httpMethod: string, resource: string, changes: object = {}): Promise<any> => {
    const { body } = await use.invoke(arn, requestOf(httpMethod, resource, changes)) as any;
    return body && JSON.parse(body);
  };
  const { lookUp } = use;
  use.lookUp = async event => sleep(minutes(2)).then(async () => lookUp(event));
  const { reportId } = await call('POST', '/create_report');
  const report = { pathParameters: { id: reportId } };
  await sleep(minutes(1));
  await call('GET', '/reports/{id}', report);
  await sleep(minutes(2));
  if (use.function('report-api')!.environment.SIGNER_ROLE_ARN) {
    await call('GET', '/reports');
    await call('GET', '/reports/{id}/link', report);
    await call('DELETE', '/reports/{id}/link', report);
    await call('POST', '/reports/{id}/rerender', report);
    await sleep(minutes(2));
    use.lookUp = async event => written(event, manyRows(row(1)));
    const large = await call('POST', '/create_report');
    await sleep(minutes(2));
    for (const id of [reportId, large.reportId]) {
      await use.invoke(use.function('erase-report')!.arn, requestOf('DELETE', '/reports/{id}', { pathParameters: { id } }));
    }
  }
  use.lookUp = lookUp;
}

/** What API Gateway hands over when Ana asks for something. */
export function requestOf(httpMethod: string, resource: string, changes: object): object {
  const requestContext = { authorizer: ANA, identity: {} };
  return { httpMethod, resource, headers: {}, body: null, isBase64Encoded: false, pathParameters: null, requestContext, ...changes };
}

/** Somebody opens the link that was sent last. */
export async function openings(use: Use): Promise<void> {
  const [url] = use.links.slice(-1);
  await use.invoke(use.function('open-report')!.arn, { httpMethod: 'GET', pathParameters: { token: url.slice(url.lastIndexOf('/') + 1) } });
}

/** What a person does to whom the app has granted it. */
export const GRANTED = {
  startExecution: async (use: Use, by: string) => {
    const [{ arn: stateMachineArn }] = use.deployment.ofType('AWS::StepFunctions::StateMachine');
    await use.ask(by, new SFNClient({}), new StartExecutionCommand({ stateMachineArn, name: 'by-hand', input: '{}' }));
  },
  pause: async (use: Use, by: string) => {
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    const TableName = use.names.table;
    await use.ask(by, client, new PutCommand({ TableName, Item: PAUSE }));
    await use.ask(by, client, new GetCommand({ TableName, Key: PAUSE, ConsistentRead: true }));
    await use.ask(by, client, new DeleteCommand({ TableName, Key: PAUSE }));
  },
  readReports: async (use: Use, by: string) => {
    const Key = use.s3.keys().find(key => /(^|\/)reports\//.test(key))!;
    await use.ask(by, new S3Client({}), new GetObjectCommand({ Bucket: use.names.bucket, Key }));
  },
  revokeLinks: async (use: Use, by: string) => {
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    const TableName = use.names.table;
    const [pk] = use.dynamodb.keys().find(key => key.startsWith('report-links#'))!.split(' ');
    const { Items } = await use.ask(by, client, new QueryCommand({ TableName, KeyConditionExpression: 'pk = :report', ExpressionAttributeValues: { ':report': pk }, ConsistentRead: true }));
    await use.ask(by, client, new UpdateCommand({
      TableName, Key: { pk: `link#${Items[0].sk}`, sk: 'link' }, UpdateExpression: 'SET revokedAt = :now', ConditionExpression: 'attribute_exists(pk)', ExpressionAttributeValues: { ':now': new Date().toISOString() },
    }));
  },
  eraseReports: async (use: Use, by: string) => {
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    const { table: TableName, bucket: Bucket } = use.names;
    for (const Prefix of ['data/', 'reports/']) {
      const { Contents } = await use.ask(by, new S3Client({}), new ListObjectsV2Command({ Bucket, Prefix }));
      await use.ask(by, new S3Client({}), new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents } }));
    }
    const ofLinks = use.function('open-report') ? ['report-links#', 'link#'] : [];
    for (const partition of ['run#', ...ofLinks, 'reader#']) {
      const [pk, sk] = use.dynamodb.keys().find(key => key.startsWith(partition))?.split(' ') ?? [`${partition}x`, 'x'];
      if (partition === 'run#' || partition === 'report-links#') {
        await use.ask(by, client, new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk }, ConsistentRead: true }));
      }
      await use.ask(by, client, new DeleteCommand({ TableName, Key: { pk, sk } }));
    }
  },
};

export const GRANTS = Object.keys(GRANTED) as (keyof typeof GRANTED)[];
