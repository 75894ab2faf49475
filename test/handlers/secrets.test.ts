import { inspect } from 'node:util';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { InvalidExecutionInput, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetTopicAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { failureEvent, recording, replay } from './support/recorded';
import { deliverEvent, linkEvent, NOW, openedRun, openEvent, SCHEDULE } from './support/runs';
import { handler as closeFailedRun } from '../../src/handlers/close-failed-run.lambda';
import { handler as deliver } from '../../src/handlers/deliver.lambda';
import { handler as mintLink } from '../../src/handlers/mint-link.lambda';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
import { handler as presign } from '../../src/handlers/presign.lambda';
import { handler as render } from '../../src/handlers/render.lambda';
import { handler as reportApi } from '../../src/handlers/report-api.lambda';
import { KEPT_DATA_NAME, StartInput } from '../../src/workflow/contract';

/** What a caller passes, without signs that are escaped where it is quoted, and what a function may make of it before it quotes it. */
const CANARY = 'Cañáry 4111-1111';
const FORMS = [
  CANARY, encodeURIComponent(CANARY), CANARY.toUpperCase(), [...CANARY].reverse().join(''),
  Buffer.from(CANARY).toString('base64'), Buffer.from(CANARY).toString('hex'),
];
const PARAMETERS = { login: { password: CANARY }, [CANARY]: CANARY };
const QUOTES = `access denied for ${FORMS.join(' or ')}`;
const SCHEMA = { type: 'object', properties: { login: { type: 'object', properties: { password: { type: 'string', writeOnly: true } } } } };

const dynamodb = new FakeDynamoDB(TABLE);
const lambda = mockClient(LambdaClient);
const s3 = mockClient(S3Client);
const sfn = mockClient(SFNClient);
const sns = mockClient(SNSClient);
const sts = mockClient(STSClient);

/** All that leaves a handler to where more people look than may know a parameter. The data that is kept to be rendered again comes with its run. */
let emitted: unknown[];
const publishes = () => sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input);
const everything = () => inspect(
  [emitted, publishes(), dynamodb.keys().map(key => [key, dynamodb.item(...key.split(' ') as [string, string])]), s3.calls().map(({ args: [{ input }] }) => input as { Key: string }).filter(({ Key }) => !Key.endsWith(KEPT_DATA_NAME))],
  { depth: 20, maxStringLength: Infinity, maxArrayLength: Infinity, breakLength: Infinity },
);

/** What a handler answers, or the name of its error, which Lambda logs as it is. */
async function outcome<T>(work: Promise<T>): Promise<T | string> {
  return work.catch((error: Error) => {
    emitted.push(error.name, error.message, error.stack);
    return error.name;
  });
}

const opened = async (input: StartInput = { schedule: SCHEDULE, parameters: PARAMETERS }, name = 'a') => outcome(openRun(openEvent(name, input)));
const openedWell = async () => openedRun(await openRun(openEvent('a', { schedule: SCHEDULE, parameters: PARAMETERS })));
const down = () => { throw Object.assign(new Error('the table is throttled'), { name: 'ThrottlingException' }); };

beforeEach(() => {
  setClock(NOW);
  Object.assign(process.env, {
    PARAMETERS_SCHEMA: JSON.stringify(SCHEMA), WITHHOLD_CAUSES: 'true', FILE_OPTIONS: JSON.stringify([{ name: 'report.html', format: 'html', title: 'Stock' }]),
  });
  emitted = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    jest.spyOn(console, method).mockImplementation((...args) => { emitted.push(args); });
  }
  [lambda, s3, sfn, sns, sts].forEach(client => client.reset());
  s3.on(PutObjectCommand).resolves({ ETag: '"etag"' });
  sns.on(GetTopicAttributesCommand).resolves({ Attributes: { SubscriptionsConfirmed: '1' } });
  sns.on(PublishCommand).resolves({ MessageId: 'm' });
  sts.on(AssumeRoleCommand).resolves({ Credentials: { AccessKeyId: 'ASIA', SecretAccessKey: 's', SessionToken: 't', Expiration: new Date('2026-11-21T07:00:05Z') } });
  jest.spyOn(Math, 'random').mockReturnValue(0);
  jest.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('x', { status: 206, headers: { 'content-range': 'bytes 0-0/1234' } }));
});

/** No form of the secret is anywhere; what happened was emitted all the same. */
afterEach(() => {
  jest.restoreAllMocks();
  const text = everything();
  expect(FORMS.filter(form => text.includes(form))).toEqual([]);
  expect(text.length).toBeGreaterThan(50);
});

describe('a secret parameter is quoted nowhere', () => {
  test('when a run is opened, is a duplicate, is paused, or can not be opened', async () => {
    expect(await opened()).toMatchObject({ outcome: 'OPENED', run: { parameters: PARAMETERS } });
    expect(await opened(undefined, 'b')).toMatchObject({ outcome: 'DUPLICATE' });
    dynamodb.seed({ pk: 'pipeline', sk: 'pause' });
    expect(await opened({ schedule: { ...SCHEDULE, time: '2026-11-22T06:00:00Z' }, parameters: PARAMETERS })).toMatchObject({ outcome: 'PAUSED' });
    dynamodb.interrupt('before', 'Update', 'run', down);
    expect(await opened({ parameters: PARAMETERS }, 'c')).toBe('ThrottlingException');
  });

  test.each<[string, any]>([
    ['is no object', { parameters: [CANARY] }],
    ['is of another type', { parameters: { login: CANARY } }],
    ['is too large', { parameters: { login: { password: CANARY.repeat(2000) } } }],
  ])('when the run is refused, because it %s', async (_what, input) => {
    expect(await opened(input)).toBe('InvalidInput');
  });

  test('when a report is requested, refused, or can not be started', async () => {
    const request = async (parameters: unknown) => {
      const answer = await reportApi({
        httpMethod: 'POST', resource: '/create_report', body: JSON.stringify({ parameters }), headers: {}, isBase64Encoded: false, requestContext: { authorizer: { principalId: 'ana' } },
      } as unknown as APIGatewayProxyEvent);
      emitted.push(answer);
      return answer.statusCode;
    };
    sfn.on(StartExecutionCommand)
      .resolvesOnce({})
      .rejectsOnce(new InvalidExecutionInput({ message: `Unexpected character at [Source: (String)"${QUOTES}"]`, $metadata: {} }))
      .rejects(Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' }));

    expect(await request(PARAMETERS)).toBe(202);
    expect(await request(PARAMETERS)).toBe(400);
    expect(await request(PARAMETERS)).toBe(500);
    expect(await request({ login: CANARY })).toBe(400);
    expect(await request({ login: { password: CANARY.repeat(2000) } })).toBe(413);
  });

  test('when the report is rendered, or its rows are none', async () => {
    const { run, files } = await openedWell();
    const columns = [{ name: 'kilos', type: 'integer' as const }];

    expect(await outcome(render({ ...run, files, data: { version: 1, columns, rows: [{ kilos: 7 }] } }))).toMatchObject({ rows: 1 });
    expect(await outcome(render({ ...run, files, data: { version: 1, columns, rows: [{ kilos: 'many' }] } }))).toBe('InvalidData');
    s3.on(PutObjectCommand).rejects(Object.assign(new Error('Access Denied'), { name: 'AccessDenied' }));
    expect(await outcome(render({ ...run, files, data: { version: 1, columns, rows: [] } }))).toBe('AccessDenied');
  });

  test.each([['signed', presign], ['minted', mintLink]])('when a link is %s, or can not be', async (_what, handler) => {
    const event = { ...linkEvent(await openedWell()), deliver: true as const };

    expect(await outcome(handler(event))).toMatchObject({ links: [{ file: 'report.html' }] });
    sts.on(AssumeRoleCommand).rejects(Object.assign(new Error('not authorized to perform: sts:AssumeRole'), { name: 'AccessDenied' }));
    expect(await outcome(handler(event))).toBe('AccessDenied');
  });

  test('when the report is delivered, and when a link function that quotes it fails', async () => {
    const run = await openedWell();
    const payload = (value: unknown) => ({ transformToString: () => JSON.stringify(value) }) as any;
    lambda.on(InvokeCommand)
      .resolvesOnce({ FunctionError: 'Unhandled', Payload: payload({ errorType: 'Error', errorMessage: QUOTES }) })
      .resolves({ Payload: payload({ version: 1, links: [{ file: 'report.html', url: 'https://reports.example.com/1', expiresAt: '2026-11-21T07:00:00Z' }] }) });

    expect(await outcome(deliver(deliverEvent(run, 'a')))).toBe('Error');
    expect(await outcome(deliver(deliverEvent(run, 'a')))).toMatchObject({ status: 'DELIVERED' });
    expect(publishes()).toHaveLength(1);
  });

  describe('when a function that quotes it fails, and its run is closed', () => {
    const failed = recording('lookup-failed');
    const causes: [string, string][] = [
      ['as Lambda hands on an error', JSON.stringify({ errorType: 'OperationalError', errorMessage: QUOTES, trace: [QUOTES] })],
      ['as a service hands it on', QUOTES],
      ['as JSON without an error', JSON.stringify({ QueryExecution: { Query: QUOTES } })],
      ['as a word about data that is not ready', `the data source said for 1 hour that its data is not ready: ${QUOTES}`],
    ];
    const close = async (error: string, cause: string) => {
      replay(sfn, failed, 'caught');
      return outcome(closeFailedRun({ ...failureEvent(failed), error, cause }));
    };

    test.each(causes)('by the workflow, with the cause %s', async (_what, cause) => {
      expect(await close('OperationalError', cause)).toBe('ReportFailed');

      expect(JSON.parse(publishes()[0].Message!).default).toContain(
        'What happened: OperationalError: what was said is not repeated here, because a parameter is a secret; the execution in the console has it');
      expect(await close('OperationalError', cause)).toBe('ReportFailed'); // a second try, for which it is closed already
      expect(publishes()).toHaveLength(1);
    });

    test.each(causes)('by the event of its end, with the cause %s', async (_what, cause) => {
      const history = failed.history.map(event => event.taskFailedEventDetails
        ? { ...event, taskFailedEventDetails: { ...event.taskFailedEventDetails, cause } }
        : event);
      replay(sfn, { ...failed, history }, 'ended');
      await outcome(closeFailedRun({ ...failed.event, detail: { ...failed.event.detail, cause } }));

      expect(publishes()).toHaveLength(1);
    });

    test('with an error that has a remedy of its own', async () => {
      expect(await close('InvalidData', JSON.stringify({ errorType: 'InvalidData', errorMessage: QUOTES }))).toBe('ReportFailed');

      expect(JSON.parse(publishes()[0].Message!).default).toContain('What to do: Correct the data source');
    });
  });
});

describe('where no parameter is a secret', () => {
  beforeEach(() => { delete process.env.WITHHOLD_CAUSES; });

  test('the owner reads what the function said', async () => {
    const failed = recording('lookup-failed');
    replay(sfn, failed, 'caught');
    await outcome(closeFailedRun(failureEvent(failed)));

    expect(JSON.parse(publishes()[0].Message!).default).toContain('What happened: OperationalError: could not connect to server: Connection refused');
  });
});

test('what the opening of a run refuses is told all the same, in the words of the schema', async () => {
  const { history, ...failed } = recording('lookup-failed');
  const message = await openRun(openEvent('a', { parameters: { login: CANARY } })).catch(({ message: said }: Error) => said) as string;
  const refused = { ...failed, history: history.filter(({ id }) => id! <= 2), caught: { error: 'InvalidInput', cause: JSON.stringify({ errorType: 'InvalidInput', errorMessage: message }), events: 2 } };
  replay(sfn, refused, 'caught');

  expect(await outcome(closeFailedRun(failureEvent(refused)))).toBe('ReportFailed');
  expect(JSON.parse(publishes()[0].Message!).default).toContain('Step: Open the run\nWhat happened: parameters.login must be object, which the parametersSchema of the pipeline asks for');
});
