import { Readable } from 'node:stream';
import { Duration, TimeZone } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Deployment } from './deployment';
import { COLUMNS, Use, written } from './use';
import { ReportApi, ReportLink } from '../../src';
import { FakeDynamoDB } from '../handlers/support/fake-dynamodb';
import { HOSTILE_BODIES } from '../handlers/support/hostile';
import { ERROR, KEY, PARAMETER, ROW, TOKEN } from '../support/canaries';
import { TestStack } from '../support/synth';

const OWNER = 'OwnerTopic';

/** With links of either kind, since the one keeps what the other does not. */
function deployed(link: ReportLink): Deployment {
  const stack = new TestStack();
  const pipeline = stack.pipeline({
    link,
    ownerTopic: new sns.Topic(stack, OWNER, { enforceSSL: true }),
    schedule: ScheduleExpression.cron({ minute: '0', hour: '7', timeZone: TimeZone.EUROPE_MADRID }),
  });
  new ReportApi(stack, 'Api', { pipeline, authorizationType: apigateway.AuthorizationType.IAM });
  return new Deployment(stack);
}

const row = (quantity: unknown) => ({ product: ROW, quantity });
const result = (...rows: unknown[]) => ({ version: 1, columns: COLUMNS, rows });
const stored = (text: string) => async (event: any) => written(event, Readable.from([text]));

/** What data sources return, and should not. */
const SOURCES: { readonly [name: string]: (event: any) => Promise<unknown> } = {
  'rows': async () => result(row(1)),
  'rows by reference': stored(JSON.stringify(row(1))),
  'a wrong cell': async () => result(row(1), row(ROW)),
  'a wrong cell by reference': stored(`${JSON.stringify(row(1))}\n${JSON.stringify(row(ROW))}`),
  'a cell that is missing': async () => result({ product: ROW }),
  'rows that are texts': async () => result(ROW),
  'a text': async () => ROW,
  'what the contract does not know': async () => ({ ...result(row(1)), rows: undefined, lines: [row(1)] }),
  'totals that are wrong': async () => ({ ...result(row(1)), totals: { quantity: ROW } }),
  'rows that are no JSON': stored(`{"product":"${ROW}"\n${ROW}\n`),
  'an error that quotes': async () => { throw new Error(`duplicate entry ${ERROR}`); },
  'an error that looks like one of the library': async () => { throw Object.assign(new Error(`duplicate entry ${ERROR}`), { name: 'IntegrityError' }); },
};

/** Commands that fail for everybody, one after the other. */
const COMMANDS = ['GetObject', 'PutObject', 'AssumeRole', 'Publish', 'GetTopicAttributes', 'Put', 'Get', 'Update', 'TransactWrite', 'Invoke', 'DescribeExecution', 'GetExecutionHistory'];

async function everythingHostile(use: Use): Promise<void> {
  const make = async (lookUp = SOURCES.rows) => {
    use.lookUp = lookUp;
    await use.make(undefined, { ...use.scheduled(), parameters: { about: PARAMETER } });
  };
  for (const source of Object.values(SOURCES)) {
    await make(source);
  }
  for (const failing of COMMANDS) {
    use.fails = (_, command) => command === failing;
    await make().catch(() => undefined); // the failure handler may fail, too
    await requests(use);
    await openings(use);
    use.fails = () => false;
  }
  await requests(use, HOSTILE_BODIES.map(([, body]) => body()));
  await openings(use);
}

async function requests(use: Use, hostile: object[] = []): Promise<void> {
  const identity = { userArn: 'arn:aws:iam::111111111111:user/ana' };
  const headers = { authorization: TOKEN, cookie: TOKEN };
  const call = async (httpMethod: string, resource: string, changes: object = {}) => {
    const { arn } = use.function(`${httpMethod} ${resource}` === 'DELETE /reports/{id}' ? 'erase-report' : 'report-api')!;
    const event = { httpMethod, resource, headers, body: null, pathParameters: null, requestContext: { identity }, ...changes };
    const { statusCode, body } = await use.invoke(arn, event) as any;
    if (statusCode >= 400) {
      use.logged.push(body); // a refusal quotes none of it, either
    }
    return body && JSON.parse(body);
  };
  const body = (value: object) => ({ body: JSON.stringify(value) });
  const { reportId } = await call('POST', '/create_report', body({ parameters: { about: PARAMETER }, idempotencyKey: KEY }));
  await call('POST', '/create_report', body({ parameters: { about: `another ${PARAMETER}` }, idempotencyKey: KEY }));
  await call('POST', '/create_report', body({ parameters: [PARAMETER] }));
  await call('POST', '/create_report', body({ parameters: { about: PARAMETER.repeat(2000) } }));
  await call('POST', '/create_report', body({ idempotencyKey: `${KEY} ` }));
  await call('POST', '/create_report', { body: `{"parameters":{"about":"${PARAMETER}",` });
  for (const changes of hostile) {
    await call('POST', '/create_report', changes);
  }
  await call('GET', '/reports', { queryStringParameters: { limit: '0', next: TOKEN } });
  await call('GET', '/reports', { queryStringParameters: { next: TOKEN } });
  for (const id of [reportId, TOKEN]) {
    for (const [method, resource] of [['GET', '/reports/{id}'], ['GET', '/reports/{id}/link'], ['DELETE', '/reports/{id}/link'], ['POST', '/reports/{id}/rerender'], ['DELETE', '/reports/{id}']]) {
      await call(method, resource, { pathParameters: { id } });
    }
  }
}

async function openings(use: Use): Promise<void> {
  for (const token of use.function('open-report') ? [TOKEN, ...use.links.slice(-1).map(url => url.slice(url.lastIndexOf('/') + 1))] : []) {
    for (const httpMethod of ['GET', 'HEAD']) {
      await use.invoke(use.function('open-report')!.arn, { httpMethod, pathParameters: { token } });
    }
  }
}

const dynamodb = new FakeDynamoDB(deployed(ReportLink.presigned()).ofType('AWS::DynamoDB::Table')[0].id);

describe.each([
  ['presigned links', ReportLink.presigned()],
  ['links that are signed when they are opened', ReportLink.onClick({ expiresIn: Duration.days(1) })],
])('with %s', (_name, link) => {
  let used: Use;
  let notices: string[];

  beforeAll(async () => {
    const deployment = deployed(link);
    await Use.of(deployment, dynamodb, async use => {
      used = use;
      await everythingHostile(use);
    });
    const ownerTopic = deployment.ofType('AWS::SNS::Topic').find(({ id }) => id.startsWith(OWNER))!.arn;
    notices = used.published.filter(({ topic }) => topic === ownerTopic).map(({ text }) => text);
  });

  test('there is something to look at', () => {
    expect(used.logged.length).toBeGreaterThan(100);
    expect(used.logged.join()).toContain('ReportFailed');
    expect(notices.length).toBeGreaterThan(10);
    expect(used.links.length).toBeGreaterThan(5);
  });

  test.each([ROW, PARAMETER, KEY, TOKEN])('no handler logs, throws or tells the owner of the %s', canary => {
    expect([...used.logged, ...notices].filter(text => text.includes(canary))).toEqual([]);
  });

  test('no handler logs or throws what a data source said in its error; its owner is told', () => {
    expect(used.logged.filter(text => text.includes(ERROR))).toEqual([]);
    expect(notices.filter(text => text.includes(ERROR))).not.toEqual([]);
  });

  test('no handler logs, throws or tells the owner of a link', () => {
    const secrets = used.links.filter(url => !url.includes('console.aws')).map(url => new URL(url).searchParams.get('X-Amz-Signature') ?? url.slice(url.lastIndexOf('/') + 1));

    expect(secrets.length).toBeGreaterThan(5);
    expect([...used.logged, ...notices].filter(text => secrets.some(secret => text.includes(secret)))).toEqual([]);
    expect(used.logged.filter(text => /X-Amz-|https?:\/\/[^/]*\.s3\./.test(text))).toEqual([]);
  });
});
