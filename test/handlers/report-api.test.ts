import { ExecutionAlreadyExists, GetExecutionHistoryCommand, InvalidExecutionInput, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { STATE_MACHINE, TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { execution, NOW, openedRun, SCHEDULE } from './support/runs';
import { callerOf, groupsOf } from '../../src/handlers/api-request';
import { LinkTokens } from '../../src/handlers/link-tokens';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
import { handler } from '../../src/handlers/report-api.lambda';
import { OPERATIONS, undocumented } from '../support/openapi';

const dynamodb = new FakeDynamoDB(TABLE);
const sfn = mockClient(SFNClient);
const sts = mockClient(STSClient);
const logs = captureLogs();

const ANA = { claims: { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool', sub: 'ana' } };
const BEN = { claims: { ...ANA.claims, sub: 'ben' } };

beforeEach(() => {
  setClock(NOW);
  sfn.reset();
  sfn.on(StartExecutionCommand).resolves({});
  sfn.on(GetExecutionHistoryCommand).resolves({ events: [] });
  sts.reset();
  sts.on(AssumeRoleCommand).callsFake(({ DurationSeconds }) => ({
    Credentials: { AccessKeyId: 'ASIASIGNER', SecretAccessKey: SECRET, SessionToken: 'TOKEN', Expiration: new Date(Date.now() + DurationSeconds * 1000) },
  }));
});

type Changes = Partial<Omit<APIGatewayProxyEvent, 'requestContext'>> & { authorizer?: object | null; identity?: object };

async function call(event: Changes) {
  const { authorizer = ANA, identity = {}, ...rest } = event;
  const { body, ...answered } = await handler({
    headers: {}, body: null, isBase64Encoded: false, pathParameters: null, ...rest, requestContext: { authorizer, identity },
  } as APIGatewayProxyEvent);
  const answer = { ...answered, body: body === '' ? undefined : JSON.parse(body) };
  const method = `${event.httpMethod} ${event.resource}`;
  if (OPERATIONS[method]) {
    expect(undocumented(method, answer)).toBeUndefined();
  }
  return answer;
}
const post = async (body?: unknown, changes: Changes = {}) => call({ httpMethod: 'POST', resource: '/create_report', body: typeof body === 'string' ? body : JSON.stringify(body), ...changes });
const get = async (id: string, changes: Changes = {}) => call({ httpMethod: 'GET', resource: '/reports/{id}', pathParameters: { id }, ...changes });
const started = () => sfn.commandCalls(StartExecutionCommand).map(({ args: [{ input }] }) => ({ ...input, input: JSON.parse(input.input!) }));
const run = (reportId: string) => dynamodb.item(`run#${reportId}`, 'run');
const change = (reportId: string, changes: object) => dynamodb.seed({ ...run(reportId), ...changes } as any);

describe('POST /create_report', () => {
  test('is answered 202 at once, with the id of the report', async () => {
    const { statusCode, body } = await post({ parameters: { supplier: SECRET } });

    expect(statusCode).toBe(202);
    expect(body).toEqual({ reportId: expect.stringMatching(/^[0-9a-f]{32}$/), status: 'REQUESTED' });
  });

  test('starts an execution that is named by the id', async () => {
    const { body: { reportId } } = await post({ parameters: { supplier: SECRET } });

    const input = { request: { reportId }, parameters: { supplier: SECRET } };
    expect(started()).toEqual([{ stateMachineArn: STATE_MACHINE, name: reportId, input }]);
  });

  test('is in the ledger before the execution starts, without its parameters', async () => {
    const keys: string[][] = [];
    sfn.on(StartExecutionCommand).callsFake(() => { keys.push(dynamodb.keys()); });
    const { body: { reportId } } = await post({ parameters: { supplier: SECRET } });

    expect(keys).toEqual([[`run#${reportId} run`, `reader#cognito|${ANA.claims.iss}|ana ${NOW}#${reportId}`]]);
    expect(run(reportId)).toEqual({
      pk: `run#${reportId}`,
      sk: 'run',
      reportId,
      status: 'REQUESTED',
      requester: `cognito|${ANA.claims.iss}|ana`,
      bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      createdAt: NOW,
      requestedAt: NOW,
      leaseUntil: '2026-11-21T06:15:04.500Z',
      ttl: Math.floor(Date.parse(NOW) / 1000) + 120 * 24 * 3600,
    });
  });

  test('is opened by that execution', async () => {
    const { body: { reportId } } = await post({ parameters: { a: 1 } });

    const opened = openedRun(await openRun({ execution: execution(reportId), input: started()[0].input }));

    expect(opened.run).toMatchObject({ reportId, trigger: 'REQUEST', parameters: { a: 1 } });
    expect((await get(reportId)).body.status).toBe('RUNNING');
  });

  test('without a body asks for a report without parameters', async () => {
    expect((await post(undefined)).statusCode).toBe(202);
    expect((await post('')).statusCode).toBe(202);
    expect(started()[0].input.parameters).toEqual({});
  });

  test('without a key asks for a report of its own each time', async () => {
    const ids = [await post({}), await post({})].map(({ body }) => body.reportId);

    expect(new Set(ids).size).toBe(2);
  });

  describe('with an idempotency key', () => {
    const request = { parameters: { a: 1 }, idempotencyKey: 'k' };

    test('is the same report each time, started once', async () => {
      const first = await post(request);
      change(first.body.reportId, { status: 'RUNNING' });

      expect(await post(request)).toEqual({ ...first, body: { ...first.body, status: 'RUNNING' } });
      expect(started()).toHaveLength(1);
    });

    test.each(['DELIVERED', 'SKIPPED', 'NO_RECIPIENT', 'FAILED', 'TIMED_OUT', 'ABORTED'])('is not started again when it is %s', async status => {
      const { body: { reportId } } = await post(request);
      change(reportId, { status });

      expect((await post(request)).body).toEqual({ reportId, status });
      expect(started()).toHaveLength(1);
    });

    test('and other parameters is refused', async () => {
      await post(request);

      expect(await post({ ...request, parameters: { a: 2 } })).toMatchObject({
        statusCode: 409, body: { message: 'The idempotencyKey was used before with other parameters; take a new one for another report.' },
      });
      expect(started()).toHaveLength(1);
    });

    test('of a report that was deleted is refused, rather than answered with one that never comes', async () => {
      const { body: { reportId } } = await post(request);
      dynamodb.seed({ pk: `run#${reportId}`, sk: 'run', reportId, status: 'ERASED' });

      expect(await post(request)).toMatchObject({
        statusCode: 410, body: { message: 'The report with this idempotencyKey was deleted; take a new one for another report.' },
      });
      expect((await get(reportId)).statusCode).toBe(404);
    });

    test('of somebody else is another report', async () => {
      const ids = [await post(request), await post(request, { authorizer: BEN })].map(({ body }) => body.reportId);

      expect(new Set(ids).size).toBe(2);
    });

    test('asked twice at the same time is one report', async () => {
      const answers = await Promise.all([post(request), post(request)]);

      expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202]);
      expect(new Set(answers.map(({ body }) => body.reportId)).size).toBe(1);
      expect(new Set(started().map(({ name }) => name)).size).toBe(1);
    });

    test('whose execution could not be started is started by the repeat', async () => {
      sfn.on(StartExecutionCommand).rejectsOnce(Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' })).resolves({});
      expect((await post(request)).statusCode).toBe(500);

      const { statusCode, body } = await post(request);

      expect(statusCode).toBe(202);
      expect(started()).toHaveLength(2);
      expect(started()[1]).toEqual(started()[0]);
      expect(run(body.reportId)!.status).toBe('REQUESTED');
    });

    test('that never was started is started by the repeat, however much later', async () => {
      sfn.on(StartExecutionCommand).rejectsOnce(new Error('ECONNRESET')).resolves({});
      await post(request);
      setClock('2026-11-22T06:00:00Z');

      expect((await post(request)).statusCode).toBe(202);
      expect(started()).toHaveLength(2);
    });

    test('answers the status as it is seen: one that nobody works on any more is TIMED_OUT', async () => {
      const { body: { reportId } } = await post(request);
      change(reportId, { status: 'RUNNING', leaseUntil: '2026-11-21T06:00:04.499Z' });

      expect((await post(request)).body).toEqual({ reportId, status: 'TIMED_OUT' });
    });

    test('whose execution was started, and only the answer was lost, is answered well', async () => {
      sfn.on(StartExecutionCommand).resolvesOnce({}).rejects(new ExecutionAlreadyExists({ message: 'Execution Already Exists', $metadata: {} }));
      await post(request);

      expect((await post(request)).statusCode).toBe(202);
    });
  });

  describe('refuses', () => {
    const inUtf8 = (bytes: number[]) => ({ body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true });

    test.each<[string, unknown, string]>([
      ['what is no JSON', '{', 'The body is not JSON in UTF-8.'],
      ['a list', [], 'it must be an object'],
      ['null', 'null', 'it must be an object'],
      ['a text', '"text"', 'it must be an object'],
      ['a number', '1', 'it must be an object'],
      ['a field that there is not', { parameter: {} }, 'it has a property "parameter" that the contract does not know'],
      ['a field that would be the prototype', '{"__proto__": {"parameters": {}}}', 'it has a property "__proto__" that the contract does not know'],
      ['parameters that are a list', { parameters: [SECRET] }, 'parameters must be an object'],
      ['parameters that are null', { parameters: null }, 'parameters must be an object'],
      ['a key that is a number', { idempotencyKey: 1 }, 'idempotencyKey must be a text'],
      ['a key that is empty', { idempotencyKey: '' }, 'idempotencyKey must be 1 to 128 letters, digits and signs of ASCII, without blanks'],
      ['a key that is too long', { idempotencyKey: 'k'.repeat(129) }, 'idempotencyKey must be 1 to 128 letters, digits and signs of ASCII, without blanks'],
      ['a key in Unicode', { idempotencyKey: 'ключ' }, 'idempotencyKey must be 1 to 128 letters, digits and signs of ASCII, without blanks'],
      ['a key that ends in a line break', { idempotencyKey: 'k\n' }, 'idempotencyKey must be 1 to 128 letters, digits and signs of ASCII, without blanks'],
    ])('%s with 400, and says what is wrong', async (_what, body, sentence) => {
      expect(await post(body)).toMatchObject({ statusCode: 400, body: { message: expect.stringContaining(sentence) } });
      expect(dynamodb.keys()).toEqual([]);
      expect(started()).toEqual([]);
    });

    test('bytes that are no UTF-8, rather than put something in for them', async () => {
      expect(await post(undefined, inUtf8([...Buffer.from('{"parameters":{"a":"'), 0xff, 0xc3, ...Buffer.from('"}}')]))).toMatchObject({
        statusCode: 400, body: { message: 'The body is not JSON in UTF-8.' },
      });
    });

    test.each([[98, 202], [99, 400], [8000, 400]])('more than 100 levels: parameters with %d lists in each other are answered %d', async (levels, statusCode) => {
      expect((await post(`{"parameters":{"a":${'['.repeat(levels)}0${']'.repeat(levels)}}}`)).statusCode).toBe(statusCode);
    });

    test.each(['1e999', '-1e999', '[{"b":1e400}]', '9'.repeat(400)])('a number that would become another one on its way: %s', async number => {
      expect(await post(`{"parameters":{"a":${number}}}`)).toMatchObject({
        statusCode: 400, body: { message: 'The body has a number that is too large for a computer; send it as a text.' },
      });
      expect(started()).toEqual([]);
    });
  });

  describe('with a schema for the parameters', () => {
    beforeEach(() => {
      process.env.PARAMETERS_SCHEMA = JSON.stringify({
        type: 'object', required: ['supplier'], additionalProperties: false, properties: { supplier: { enum: ['Finca', 'Ñandú'] }, pin: { type: 'integer', writeOnly: true } },
      });
    });

    test('takes those that are as it asks for', async () => {
      expect((await post({ parameters: { supplier: 'Ñandú', pin: 1234 } })).statusCode).toBe(202);
      expect(started()[0].input.parameters).toEqual({ supplier: 'Ñandú', pin: 1234 });
    });

    test.each<[string, unknown, string]>([
      ['no parameters', {}, 'parameters.supplier is missing'],
      ['no body', undefined, 'parameters.supplier is missing'],
      ['another value', { parameters: { supplier: SECRET } }, 'parameters.supplier must be one of "Finca", "Ñandú"'],
      ['another type', { parameters: { supplier: 'Finca', pin: SECRET } }, 'parameters.pin must be integer'],
      ['another name', { parameters: { supplier: 'Finca', [SECRET]: 1 } }, 'parameters must not have a property that the schema does not name'],
      ['the name of a prototype', '{"parameters":{"supplier":"Finca","__proto__":{"pin":1}}}', 'parameters must not have a property that the schema does not name'],
    ])('refuses %s with 400 before anything is recorded, and says where, and what it expects', async (_what, body, sentence) => {
      expect(await post(body)).toMatchObject({ statusCode: 400, body: { message: `The request is refused: ${sentence}.` } });
      expect(dynamodb.keys()).toEqual([]);
      expect(started()).toEqual([]);
    });

    test('does not look at them before it has looked at their size', async () => {
      expect((await post({ parameters: { supplier: 'a'.repeat(16 * 1024) } })).statusCode).toBe(413);
    });
  });

  test('says of what Step Functions does not take that it is no use to try again, and does not log it', async () => {
    sfn.on(StartExecutionCommand).rejects(new InvalidExecutionInput({ message: `Invalid input: [Source: (String)"{"a":"${SECRET}"}"]`, $metadata: {} }));

    expect(await post({ parameters: { a: SECRET } })).toMatchObject({
      statusCode: 400, body: { message: 'Step Functions does not take these parameters: they are nested too deep, or hold a text that is not Unicode.' },
    });
    expect(logs.entries()).toEqual([]);
  });

  test('takes a body that API Gateway encoded', async () => {
    await post(undefined, { body: Buffer.from('{"parameters":{"a":"é"}}').toString('base64'), isBase64Encoded: true });

    expect(started()[0].input.parameters).toEqual({ a: 'é' });
  });

  test('takes parameters with the names of a prototype as they are', async () => {
    await post('{"parameters":{"__proto__":{"admin":true},"constructor":1}}');

    expect(sfn.commandCalls(StartExecutionCommand)[0].args[0].input.input).toContain('"parameters":{"__proto__":{"admin":true},"constructor":1}');
  });

  describe('of', () => {
    const parametersOf = (bytes: number) => ({ a: 'a'.repeat(bytes - 8) });

    test('16 KB of parameters is taken', async () => {
      expect((await post({ parameters: parametersOf(16 * 1024), idempotencyKey: 'k'.repeat(128) })).statusCode).toBe(202);
    });

    test('one byte more is too large', async () => {
      expect(await post({ parameters: parametersOf(16 * 1024 + 1) })).toMatchObject({
        statusCode: 413, body: { message: 'The parameters have 16385 bytes of JSON, and at most 16384 are taken.' },
      });
    });

    test('17 KB is read, and one byte more is not', async () => {
      const padded = (bytes: number) => `{}${' '.repeat(bytes - 2)}`;

      expect((await post(padded(17 * 1024))).statusCode).toBe(202);
      expect(await post(padded(17 * 1024 + 1))).toMatchObject({ statusCode: 413, body: { message: 'The body has 17409 bytes, and at most 17408 are taken.' } });
    });

    test('many bytes in few characters is measured in bytes', async () => {
      expect((await post({ parameters: { a: '€'.repeat(5500) } })).statusCode).toBe(413);
    });
  });

  describe('when something is down', () => {
    test('says that it may be tried again, and not what is down', async () => {
      dynamodb.interrupt('before', 'Update', 'run', () => { throw Object.assign(new Error('table ledger is throttled'), { name: 'ThrottlingException' }); });

      expect(await post({ parameters: { a: SECRET } })).toMatchObject({
        statusCode: 500, body: { message: 'The request failed here, and nothing was lost: try again, with the same idempotencyKey.' },
      });
      expect(started()).toEqual([]);
      expect(logs.entries()).toEqual([{ message: 'request failed', error: 'ThrottlingException', reason: 'table ledger is throttled' }]);
    });
  });
});

describe('GET /reports/{id}', () => {
  const unknown = { statusCode: 404, body: { message: 'There is no report with this id that you may see.' } };

  test('tells who requested it how it is getting on', async () => {
    const { body: { reportId } } = await post({ parameters: { a: SECRET } });
    expect((await get(reportId)).body).toEqual({ reportId, status: 'REQUESTED', createdAt: NOW, requestedAt: NOW, steps: expect.anything() });

    await openRun({ execution: execution(reportId), input: started()[0].input });
    change(reportId, { status: 'DELIVERED', rows: 12, linkExpiresAt: '2026-11-21T07:00:00Z' });

    expect(await get(reportId)).toMatchObject({ statusCode: 200 });
    expect((await get(reportId)).body).toEqual({
      reportId,
      report: 'Stock',
      status: 'DELIVERED',
      period: { from: '2026-11-20T23:00:00.000Z', to: '2026-11-21T06:00:01.200Z', timeZone: 'Europe/Madrid' },
      rows: 12,
      createdAt: NOW,
      requestedAt: NOW,
      linkExpiresAt: '2026-11-21T07:00:00Z',
      steps: expect.anything(),
    });
  });

  test.each([
    ['REQUESTED', '2026-11-21T06:15:04.500Z', 'REQUESTED'],
    ['REQUESTED', '2026-11-21T06:15:04.501Z', 'TIMED_OUT'],
    ['RUNNING', '2026-11-21T08:15:04.500Z', 'RUNNING'],
    ['RUNNING', '2026-11-21T08:15:04.501Z', 'TIMED_OUT'],
    ['DELIVERED', '2026-11-22T06:00:00.000Z', 'DELIVERED'],
    ['FAILED', '2026-11-22T06:00:00.000Z', 'FAILED'],
  ])('tells a status as it is seen: %s at %s is %s', async (status, at, seen) => {
    const { body: { reportId } } = await post({});
    if (status !== 'REQUESTED') {
      await openRun({ execution: execution(reportId), input: started()[0].input });
      change(reportId, { status });
    }
    setClock(at);

    expect((await get(reportId)).body.status).toBe(seen);
    expect(run(reportId)!.status).toBe(status); // who reads changes nothing
  });

  test('tells why a report was skipped, and how many rows there are where some were left out', async () => {
    const { body: { reportId } } = await post({});
    change(reportId, { status: 'SKIPPED', reason: 'EMPTY', rows: 0 });
    expect((await get(reportId)).body).toMatchObject({ status: 'SKIPPED', reason: 'EMPTY', rows: 0 });

    change(reportId, { status: 'DELIVERED', reason: undefined, rows: 1000, totalRows: 5234 });
    expect((await get(reportId)).body).toMatchObject({ status: 'DELIVERED', rows: 1000, totalRows: 5234 });
  });

  test('tells nothing of how the report is made', async () => {
    const { body: { reportId } } = await post({});
    change(reportId, { status: 'FAILED', step: 'Look up the data', error: SECRET, executionArn: 'arn', scheduleArn: 'arn' });

    expect(Object.keys((await get(reportId)).body).sort()).toEqual(['createdAt', 'reportId', 'requestedAt', 'status', 'steps']);
  });

  test('tells nobody else, in the very words for an id that there is not', async () => {
    const { body: { reportId } } = await post({});

    const [theirs, none] = [await get(reportId, { authorizer: BEN }), await get('0'.repeat(32), { authorizer: BEN })];

    expect(theirs).toMatchObject(unknown);
    expect(theirs).toEqual(none);
  });

  test('tells how far it is, by the last events of its execution', async () => {
    const { body: { reportId } } = await post({});
    const progress = async () => (await get(reportId)).body.steps.map(({ status }: { status: string }) => status).join(' ');
    expect(await progress()).toBe('WAITING WAITING WAITING WAITING');
    expect(sfn.commandCalls(GetExecutionHistoryCommand)).toHaveLength(0);

    await openRun({ execution: execution(reportId), input: started()[0].input });
    sfn.on(GetExecutionHistoryCommand).resolves({
      events: [
        { type: 'TaskStateEntered', id: 9, timestamp: new Date(NOW), stateEnteredEventDetails: { name: 'Render report', input: SECRET } },
        { type: 'ParallelStateEntered', id: 8, timestamp: new Date(NOW), stateEnteredEventDetails: { name: 'Render and presign' } },
      ],
    });
    expect(await progress()).toBe('DONE RUNNING RUNNING WAITING');
    expect(sfn.commandCalls(GetExecutionHistoryCommand)[0].args[0].input).toEqual({
      executionArn: execution(reportId).arn, reverseOrder: true, maxResults: 100, includeExecutionData: false,
    });

    change(reportId, { status: 'DELIVERED' });
    expect(await progress()).toBe('DONE DONE DONE DONE');
  });

  test('fails rather than guess, when Step Functions does not say how far it is', async () => {
    const { body: { reportId } } = await post({});
    await openRun({ execution: execution(reportId), input: started()[0].input });
    sfn.on(GetExecutionHistoryCommand).rejects(new Error('ThrottlingException'));

    expect((await get(reportId)).statusCode).toBe(500);
  });

  test('does not tell of a scheduled report, which nobody requested', async () => {
    const { run: { reportId } } = openedRun(await openRun({ execution: execution('a'), input: { schedule: SCHEDULE } }));

    expect(await get(reportId)).toMatchObject(unknown);
  });

  test.each(['../x', '..%2Fx', 'run', '', 'A'.repeat(32), '0'.repeat(33), `${'0'.repeat(32)}\n`, '{}', '__proto__'])('does not ask the ledger for %j', async id => {
    dynamodb.interrupt('before', 'Get', /./, () => { throw new Error('the ledger was asked'); });

    expect(await get(id)).toMatchObject(unknown);
  });

  test('without an id finds nothing', async () => {
    expect(await get('', { pathParameters: null })).toMatchObject(unknown);
  });
});

describe('POST /reports/{id}/rerender', () => {
  const rerender = async (id: string, body?: object, changes: Changes = {}) =>
    call({ httpMethod: 'POST', resource: '/reports/{id}/rerender', pathParameters: { id }, body: body ? JSON.stringify(body) : null, ...changes });
  const FILE = { name: 'report.html', bucket: 'reports', key: 'reports/r/2/report.html', contentType: 'text/html', fileName: 'stock.html' };
  let fetched: string[];
  let status: number;

  beforeEach(() => {
    fetched = [];
    status = 206;
    jest.spyOn(globalThis, 'fetch').mockImplementation(async url => {
      fetched.push(new URL(url as string).pathname);
      return new Response(null, { status });
    });
  });

  async function delivered(): Promise<string> {
    const { body: { reportId } } = await post({ parameters: { a: SECRET }, idempotencyKey: 'original' });
    await openRun({ execution: execution(reportId), input: started()[0].input });
    change(reportId, { status: 'DELIVERED', files: [FILE] });
    return reportId;
  }

  test('starts another report, which says of which one it is, and opens it past the data source', async () => {
    const original = await delivered();

    const { statusCode, body: { reportId } } = await rerender(original);

    expect(statusCode).toBe(202);
    expect(reportId).not.toBe(original);
    expect(started()[1]).toMatchObject({ name: reportId, input: { request: { reportId }, rerender: original } });
    expect(await openRun({ execution: execution(reportId), input: started()[1].input })).toMatchObject({
      outcome: 'RERENDER', kept: { bucket: 'reports', key: `reports/${original}/1/data.json` }, run: { reportId, trigger: 'REQUEST', period: run(original)!.period },
    });
    expect((await get(reportId)).body).toMatchObject({ status: 'RUNNING', rerenderOf: original, period: run(original)!.period });
  });

  test('has no step that looks data up', async () => {
    const { body: { reportId } } = await rerender(await delivered());
    expect((await get(reportId)).body.steps.map(({ name }: { name: string }) => name)).toEqual(['Render report', 'Presign link', 'Deliver']);
  });

  test('sees first whether the data is still there, beside the files', async () => {
    await rerender(await delivered());
    expect(fetched).toEqual(['/reports/r/2/data.json']);
  });

  test('is refused when the data is gone, and nothing is recorded', async () => {
    const original = await delivered();
    const keys = dynamodb.keys();
    status = 403;

    expect(await rerender(original)).toMatchObject({ statusCode: 410, body: { message: 'The files of this report are not there any more. Request a new report.' } });
    expect(dynamodb.keys()).toEqual(keys);
    expect(started()).toHaveLength(1);
  });

  test('that finds the rows gone later says so, and other errors stay with the owner', async () => {
    const { body: { reportId } } = await rerender(await delivered());
    change(reportId, { status: 'FAILED', step: 'Render report', error: 'DataGone' });
    expect((await get(reportId)).body).toMatchObject({ status: 'FAILED', reason: 'DATA_GONE' });

    change(reportId, { error: 'InvalidData' });
    expect((await get(reportId)).body).not.toHaveProperty('reason');
  });

  test('is one report for each key, and no other request has that key', async () => {
    const original = await delivered();
    const ids = [];
    for (const idempotencyKey of ['k', 'k', 'l']) {
      ids.push((await rerender(original, { idempotencyKey })).body.reportId);
    }
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);

    const conflict = { statusCode: 409, body: { message: 'The idempotencyKey was used before for something else; take a new one for another report.' } };
    expect(await rerender(original, { idempotencyKey: 'original' })).toMatchObject(conflict);
    expect((await post({ parameters: { rerender: original }, idempotencyKey: 'k' })).statusCode).toBe(409);
  });

  test.each(['REQUESTED', 'RUNNING', 'FAILED', 'SKIPPED', 'ERASING'])('of a report that is %s is refused', async is => {
    const original = await delivered();
    change(original, { status: is });

    expect(await rerender(original)).toMatchObject({ statusCode: 409, body: { message: `This report can not be rendered again: it is ${is}. Only what was delivered can be.` } });
  });

  test('of somebody else’s report is that of none', async () => {
    const original = await delivered();
    expect(await rerender(original, {}, { authorizer: BEN })).toEqual(await rerender('0'.repeat(32), {}, { authorizer: BEN }));
  });

  test.each([['{"parameters":{}}', 'parameters'], ['{"idempotencyKey":""}', 'idempotencyKey'], ['[]', 'an object'], ['{', 'not JSON']])('refuses the body %s', async (body, why) => {
    const original = await delivered();
    expect(await call({ httpMethod: 'POST', resource: '/reports/{id}/rerender', pathParameters: { id: original }, body }))
      .toMatchObject({ statusCode: 400, body: { message: expect.stringContaining(why) } });
  });
});

describe('anything else', () => {
  test.each([['GET', '/create_report'], ['DELETE', '/reports/{id}'], ['POST', '/'], ['OPTIONS', '/create_report']])('%s %s is not there', async (httpMethod, resource) => {
    expect(await call({ httpMethod, resource })).toMatchObject({ statusCode: 404 });
  });
});

describe('the answer', () => {
  const base = { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

  test('is kept by nobody on the way', async () => {
    expect((await post({})).headers).toEqual(base);
  });

  test.each(['origin', 'Origin'])('may be read by a page of an allowed origin (header %s)', async header => {
    expect((await post({}, { headers: { [header]: 'https://cafe.example.com' } })).headers)
      .toEqual({ ...base, 'access-control-allow-origin': 'https://cafe.example.com', 'vary': 'Origin' });
  });

  test('may be read when it is a refusal, too', async () => {
    expect((await post('{', { headers: { origin: 'https://cafe.example.com' } })).headers).toHaveProperty('access-control-allow-origin');
  });

  test.each(['https://evil.example.com', 'https://cafe.example.com.evil.com', 'null', '', 'https://cafe.example.com,'])('may not be read by a page of %j', async origin => {
    expect((await post({}, { headers: { origin } })).headers).toEqual(base);
  });

  test('may not be read by any page where no origin is allowed', async () => {
    process.env.ALLOWED_ORIGINS = '';

    expect((await post({}, { headers: { origin: 'https://cafe.example.com' } })).headers).toEqual(base);
  });

  test('may be read by each page where all origins are allowed', async () => {
    process.env.ALLOWED_ORIGINS = '*';

    expect((await post({}, { headers: { origin: 'https://a.example.com' } })).headers).toHaveProperty('access-control-allow-origin', 'https://a.example.com');
  });
});

describe('DELETE /reports/{id}/link', () => {
  const revoke = async (id: string, changes: Changes = {}) => call({ httpMethod: 'DELETE', resource: '/reports/{id}/link', pathParameters: { id }, ...changes });
  const links = new LinkTokens(TABLE);
  const newLink = async (reportId: string) => links.create({
    reportId, attempt: 1, file: 'report.html', bucket: 'b', key: 'k', contentType: 'text/html', fileName: 'f', createdAt: NOW, expiresAt: '2026-11-28T06:00:00Z',
  }, 1);

  test('revokes all links to the report, for who requested it', async () => {
    const { body: { reportId } } = await post({});
    const tokens = [await newLink(reportId), await newLink(reportId)];

    expect(await revoke(reportId)).toEqual({ statusCode: 204, headers: expect.anything(), body: undefined });
    expect((await Promise.all(tokens.map(async token => links.find(token)))).map(({ link }) => link!.revokedAt)).toEqual([NOW, NOW]);
  });

  test('answers the same the second time', async () => {
    const { body: { reportId } } = await post({});
    await newLink(reportId);

    expect(await revoke(reportId)).toEqual(await revoke(reportId));
  });

  test('says where there is nothing to revoke', async () => {
    const { body: { reportId } } = await post({});

    expect(await revoke(reportId)).toMatchObject({ statusCode: 409, body: { message: 'There is no link to revoke: this report was not delivered.' } });
  });

  test('says of links that can not be revoked when they expire, and looks for no others', async () => {
    delete process.env.REVOCABLE_LINKS;
    const { body: { reportId } } = await post({});
    const token = await newLink(reportId);
    change(reportId, { status: 'DELIVERED', linkExpiresAt: '2026-11-21T07:00:04.500Z' });

    expect(await revoke(reportId)).toMatchObject({
      statusCode: 409, body: { message: 'The links to this report can not be revoked: they open until 2026-11-21T07:00:04.500Z. Delete the report, and they open nothing.' },
    });
    expect((await links.find(token)).link).not.toHaveProperty('revokedAt');
    expect((await revoke(reportId, { authorizer: BEN })).statusCode).toBe(404);
  });

  test('says the same of a report that was sent with links of the kind that the pipeline had before', async () => {
    const { body: { reportId } } = await post({});
    change(reportId, { status: 'DELIVERED', linkExpiresAt: '2026-11-21T07:00:04.500Z' });

    expect((await revoke(reportId)).body.message).toMatch(/^The links to this report can not be revoked: they open until 2026-11-21T07:00:04.500Z\./);
  });

  test('answers everybody else as for a report that does not exist, and revokes nothing', async () => {
    const { body: { reportId } } = await post({});
    const token = await newLink(reportId);

    expect(await revoke(reportId, { authorizer: BEN })).toEqual(await revoke('0'.repeat(32)));
    expect((await revoke(reportId, { authorizer: BEN })).statusCode).toBe(404);
    expect((await revoke('../x', { authorizer: ANA })).statusCode).toBe(404);
    expect((await links.find(token)).link).not.toHaveProperty('revokedAt');
  });

  test('is not for who may only see the report', async () => {
    process.env.READER_GROUPS = '["bookkeeping"]';
    const { body: { reportId } } = await post({});
    const token = await newLink(reportId);
    await openRun({ execution: execution(reportId), input: started()[0].input });

    expect(await revoke(reportId, { authorizer: inGroups(BEN, 'bookkeeping') })).toMatchObject({ statusCode: 403, body: { message: 'Only who requested a report revokes the links to it.' } });
    expect((await links.find(token)).link).not.toHaveProperty('revokedAt');
  });

  test('that fails is not answered as done', async () => {
    const { body: { reportId } } = await post({});
    await newLink(reportId);
    dynamodb.interrupt('before', 'Update', 'link', () => { throw new Error('ThrottlingException'); });

    expect((await revoke(reportId)).statusCode).toBe(500);
  });
});

/** What a scheduled run is whose report a group may see; and who is in the group, and in others. */
const SCHEDULED = { execution: execution('s'), input: { schedule: SCHEDULE } };
const inGroups = (user: typeof ANA, groups: string) => ({ claims: { ...user.claims, 'cognito:groups': groups } });
const FILE = { name: 'report.html', bucket: 'reports', key: 'reports/x/1/report.html', contentType: 'text/html; charset=utf-8', fileName: `${SECRET} 20 Nov 2026.html` };

describe('GET /reports', () => {
  const list = async (query: Record<string, string> | null = null, changes: Changes = {}) =>
    call({ httpMethod: 'GET', resource: '/reports', queryStringParameters: query, ...changes });
  const ids = (answer: Awaited<ReturnType<typeof list>>) => answer.body.reports.map(({ reportId }: { reportId: string }) => reportId);
  /** So many requests of somebody, one each second. */
  async function requests(count: number, authorizer: object = ANA): Promise<string[]> {
    const made: string[] = [];
    for (let n = 0; n < count; n++) {
      setClock(new Date(Date.parse(NOW) + n * 1000).toISOString());
      made.push((await post({}, { authorizer })).body.reportId);
    }
    return made;
  }

  test('lists what the caller requested, the newest first, and nothing of anybody else', async () => {
    const hers = await requests(3);
    await requests(2, BEN);

    const answer = await list();

    expect(answer.statusCode).toBe(200);
    expect(ids(answer)).toEqual(hers.reverse());
    expect(answer.body).not.toHaveProperty('next');
    expect(answer.body.reports[0]).toEqual({ reportId: hers[0], status: 'REQUESTED', createdAt: '2026-11-21T06:00:06.500Z', requestedAt: '2026-11-21T06:00:06.500Z' });
  });

  test('is empty for who has none', async () => {
    await requests(1);

    expect((await list(null, { authorizer: BEN })).body).toEqual({ reports: [] });
  });

  test.each([1, 2, 3, 7, 12, 13, 100])('comes in pages of %d that hold each report once', async limit => {
    const hers = await requests(13);
    const seen: string[] = [];
    let next: string | undefined;
    let pages = 0;
    do {
      const answer = await list({ limit: `${limit}`, ...(next && { next }) });
      expect(ids(answer).length).toBeLessThanOrEqual(limit);
      seen.push(...ids(answer));
      next = answer.body.next;
      pages++;
    } while (next);

    expect(seen).toEqual(hers.reverse());
    expect(pages).toBe(Math.ceil(13 / limit));
  });

  test('has 20 reports on a page, if nobody says how many', async () => {
    await requests(21);

    expect(ids(await list())).toHaveLength(20);
  });

  test('goes on where it was, although a new report came meanwhile', async () => {
    const [oldest, middle] = await requests(3);
    const { body: { next } } = await list({ limit: '1' });
    setClock('2026-11-21T07:00:00.000Z');
    await post({});

    expect(ids(await list({ next }))).toEqual([middle, oldest]);
  });

  test.each(['0', '-1', '101', '1.5', 'ten', '', ' 5', '1e1', '999999999999999999999'])('takes no limit of %j', async limit => {
    expect(await list({ limit })).toMatchObject({ statusCode: 400, body: { message: expect.stringMatching(/^limit is ".*"; ask for 1 to 100 reports at a time\.$/) } });
  });

  test.each([
    'x', '', Buffer.from('{}').toString('base64url'), Buffer.from('9999#').toString('base64url'), Buffer.from(`${NOW}#${'0'.repeat(31)}`).toString('base64url'), '\u0000',
  ])('takes no next that it did not answer: %j', async next => {
    expect(await list({ next })).toMatchObject({ statusCode: 400, body: { message: 'next is not what this list answered; leave it out to begin with the newest report.' } });
  });

  test('holds the scheduled reports of a group for its members, between their own and each once', async () => {
    process.env.READER_GROUPS = '["bookkeeping","owners"]';
    const [first] = await requests(1);
    setClock('2026-11-21T06:00:10.000Z');
    const { run: { reportId: scheduled } } = openedRun(await openRun(SCHEDULED));
    setClock('2026-11-21T06:00:20.000Z');
    const { body: { reportId: last } } = await post({});
    await openRun({ execution: execution(last), input: started().at(-1)!.input });

    expect(ids(await list(null, { authorizer: inGroups(ANA, 'owners,bookkeeping') }))).toEqual([last, scheduled, first]);
    expect(ids(await list(null, { authorizer: inGroups(BEN, 'bookkeeping') }))).toEqual([last, scheduled]);
    expect(ids(await list(null, { authorizer: inGroups(BEN, 'baristas') }))).toEqual([]);
  });

  test('holds a run once that was taken over, or that a pause held back first', async () => {
    process.env.READER_GROUPS = '["bookkeeping"]';
    const bens = { authorizer: inGroups(BEN, 'bookkeeping') };
    dynamodb.seed({ pk: 'pipeline', sk: 'pause' });
    await openRun(SCHEDULED);
    expect((await list(null, bens)).body.reports).toMatchObject([{ status: 'PAUSED', createdAt: NOW }]);

    dynamodb.remove('pipeline pause');
    setClock('2026-11-21T08:00:00.000Z');
    await openRun({ ...SCHEDULED, execution: execution('again') });

    expect((await list(null, bens)).body.reports).toMatchObject([{ status: 'RUNNING', createdAt: NOW }]);
  });

  test('is complete although whoever opened a run did not live to list it, because its retry does', async () => {
    process.env.READER_GROUPS = '["bookkeeping"]';
    dynamodb.interrupt('before', 'Update', /#/, () => { throw new Error('ECONNRESET'); });
    await expect(openRun(SCHEDULED)).rejects.toThrow('ECONNRESET');

    await openRun(SCHEDULED);

    expect(ids(await list(null, { authorizer: inGroups(BEN, 'bookkeeping') }))).toHaveLength(1);
  });

  test('holds nothing any more for a group that may no longer see reports, nor for who has left it', async () => {
    process.env.READER_GROUPS = '["bookkeeping"]';
    const { run: { reportId } } = openedRun(await openRun(SCHEDULED));
    expect((await get(reportId, { authorizer: inGroups(BEN, 'bookkeeping') })).statusCode).toBe(200);

    expect((await get(reportId, { authorizer: BEN })).statusCode).toBe(404);
    process.env.READER_GROUPS = '["owners"]';
    expect((await get(reportId, { authorizer: inGroups(BEN, 'bookkeeping,owners') })).statusCode).toBe(404);
    expect(ids(await list(null, { authorizer: inGroups(BEN, 'bookkeeping,owners') }))).toEqual([]);
  });

  test('leaves out what the ledger keeps no longer', async () => {
    const [older, newer] = await requests(2);
    dynamodb.remove(`run#${newer} run`);

    expect(ids(await list())).toEqual([older]);
  });
});

describe('GET /reports/{id}/link', () => {
  const link = async (id: string, changes: Changes = {}) => call({ httpMethod: 'GET', resource: '/reports/{id}/link', pathParameters: { id }, ...changes });
  const s3 = jest.fn<Promise<Response>, Parameters<typeof fetch>>();
  const answers = (status: number) => s3.mockImplementation(async () => new Response(status === 206 ? '<' : '', { status }));
  const delivered = async (files: object[] = [FILE]) => {
    const { body: { reportId } } = await post({});
    change(reportId, { status: 'DELIVERED', files });
    return reportId;
  };

  beforeEach(() => {
    jest.spyOn(globalThis, 'fetch').mockImplementation(s3);
    s3.mockClear();
    answers(206);
  });

  test('gives a URL of a minute to each file, and opens each first', async () => {
    const csv = { ...FILE, name: 'rows.csv', key: 'reports/x/1/rows.csv', contentType: 'text/csv', fileName: 'rows.csv' };
    const { statusCode, headers, body } = await link(await delivered([FILE, csv]));

    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(body.links.map(({ file, expiresAt }: any) => [file, expiresAt])).toEqual([['report.html', '2026-11-21T06:01:04.000Z'], ['rows.csv', '2026-11-21T06:01:04.000Z']]);
    for (const { url } of body.links) {
      expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
    }
    expect(s3.mock.calls.map(([url]) => url)).toEqual(body.links.map(({ url }: any) => url));
    expect(logs.entries()).toEqual([{ message: 'link given', reportId: expect.any(String) }]);
  });

  test('says when it expires where the session of the signer ends before', async () => {
    sts.on(AssumeRoleCommand).resolves({
      Credentials: { AccessKeyId: 'ASIASIGNER', SecretAccessKey: SECRET, SessionToken: 'TOKEN', Expiration: new Date('2026-11-21T06:00:30Z') },
    });

    expect((await link(await delivered())).body.links[0].expiresAt).toBe('2026-11-21T06:00:30.000Z');
  });

  test('signs in a session for the files of this report', async () => {
    await link(await delivered());

    expect(JSON.parse(sts.commandCalls(AssumeRoleCommand)[0].args[0].input.Policy!).Statement).toEqual([
      { Effect: 'Allow', Action: 's3:GetObject', Resource: ['arn:aws:s3:::reports/reports/x/1/report.html'] },
    ]);
  });

  test('opens a scheduled report for who is in a group that may see it', async () => {
    process.env.READER_GROUPS = '["bookkeeping"]';
    const { run: { reportId } } = openedRun(await openRun(SCHEDULED));
    change(reportId, { status: 'DELIVERED', files: [FILE] });

    expect((await link(reportId, { authorizer: inGroups(BEN, 'baristas,bookkeeping') })).statusCode).toBe(200);
    expect(await link(reportId, { authorizer: inGroups(BEN, 'baristas') })).toMatchObject({ statusCode: 404 });
  });

  test('answers everybody else as for a report that does not exist, after the same look-up and without a signature', async () => {
    const reportId = await delivered();
    const [theirs, none] = [await link(reportId, { authorizer: BEN }), await link('0'.repeat(32), { authorizer: BEN })];

    expect(theirs).toEqual(none);
    expect(theirs).toMatchObject({ statusCode: 404, body: { message: 'There is no report with this id that you may see.' } });
    expect([sts.calls(), s3.mock.calls]).toEqual([[], []]);
    expect(logs.entries()).toEqual([]);
  });

  test.each(['REQUESTED', 'RUNNING', 'PAUSED', 'SKIPPED', 'NO_RECIPIENT', 'FAILED', 'TIMED_OUT', 'ABORTED'])('does not open what is %s', async status => {
    const reportId = await delivered();
    change(reportId, { status });

    expect(await link(reportId)).toMatchObject({ statusCode: 409, body: { message: `This report can not be opened: it is ${status}. Only what was delivered can be.` } });
  });

  test('says the status as it is seen: what nobody works on any more is TIMED_OUT', async () => {
    const { body: { reportId } } = await post({});
    change(reportId, { status: 'RUNNING', leaseUntil: '2026-11-21T06:00:04.499Z' });

    expect(await link(reportId)).toMatchObject({ statusCode: 409, body: { message: expect.stringContaining('it is TIMED_OUT.') } });
  });

  test.each([403, 404])('gives no link that is dead: S3 answers %d', async status => {
    answers(status);
    const reportId = await delivered();

    expect(await link(reportId)).toMatchObject({ statusCode: 410, body: { message: 'The files of this report are not there any more. Request a new report.' } });
    expect(logs.entries()).toEqual([{ message: 'a report does not open', reportId, file: 'report.html', status }]);
  });

  test.each<[string, () => unknown]>([
    ['S3 is down', () => answers(503)],
    ['S3 does not answer', () => s3.mockRejectedValue(new TypeError('fetch failed'))],
    ['nobody signs', () => sts.on(AssumeRoleCommand).rejects(new Error('AccessDenied'))],
  ])('says that it failed here when %s', async (_what, happens) => {
    happens();

    expect((await link(await delivered())).statusCode).toBe(500);
  });
});

describe('the groups of a caller', () => {
  const groups = (authorizer: object | undefined) => groupsOf({ requestContext: { authorizer } as any });

  beforeEach(() => { process.env.READER_GROUPS = '["bookkeeping","café-owners"]'; });

  test.each<[string, object | undefined, string[]]>([
    ['those of Cognito', inGroups(ANA, 'baristas,bookkeeping'), ['bookkeeping']],
    ['those of a custom authorizer', { principalId: 'ana', groups: 'café-owners' }, ['café-owners']],
    ['none of what a custom authorizer calls claims', { principalId: 'ana', claims: { 'cognito:groups': 'bookkeeping' } }, []],
    ['none whose name is only like it', inGroups(ANA, 'Bookkeeping,bookkeeping2, bookkeeping'), []],
    ['none of a list in brackets', inGroups(ANA, '[bookkeeping]'), []],
    ['none of what is no text', { principalId: 'ana', groups: ['bookkeeping'] }, []],
    ['none without a token', undefined, []],
    ['none of IAM', {}, []],
  ])('are %s', (_what, authorizer, expected) => {
    expect(groups(authorizer)).toEqual(expected);
  });

  test('are none where no group may see reports', () => {
    delete process.env.READER_GROUPS;

    expect(groups(inGroups(ANA, 'bookkeeping'))).toEqual([]);
  });
});

describe('who calls', () => {
  const caller = (authorizer: object | undefined, identity: object = {}) => callerOf({ requestContext: { authorizer, identity } as any });

  test('is a user of a Cognito pool, by issuer and subject', () => {
    expect(caller(ANA)).toBe(`cognito|${ANA.claims.iss}|ana`);
    expect(caller({ claims: { ...ANA.claims, iss: 'other' } })).not.toBe(caller(ANA));
  });

  test('is whom a custom authorizer names', () => {
    expect(caller({ principalId: 'ana', integrationLatency: 1 })).toBe('authorizer|ana');
  });

  test('is whom a custom authorizer names, even where it passes on something called claims', () => {
    expect(caller({ principalId: 'ana', claims: '{"sub":"x"}' })).toBe('authorizer|ana');
    expect(caller({ principalId: 'ben', claims: '{"sub":"x"}' })).toBe('authorizer|ben');
  });

  test('is an IAM role, whatever the name of its session', () => {
    expect(caller(undefined, { userArn: 'arn:aws:sts::111111111111:assumed-role/Reader/session-1' })).toBe('iam|arn:aws:sts::111111111111:assumed-role/Reader');
    expect(caller(undefined, { userArn: 'arn:aws-cn:sts::111111111111:assumed-role/Reader/a@b' })).toBe('iam|arn:aws-cn:sts::111111111111:assumed-role/Reader');
  });

  test('is an IAM user, with path', () => {
    expect(caller(undefined, { userArn: 'arn:aws:iam::111111111111:user/team/ana' })).toBe('iam|arn:aws:iam::111111111111:user/team/ana');
  });

  test('is a user of an identity pool, all of whom have one role', () => {
    const userArn = 'arn:aws:sts::111111111111:assumed-role/Pool/CognitoIdentityCredentials';

    expect(caller(undefined, { userArn, cognitoIdentityId: 'eu-west-1:1' })).not.toBe(caller(undefined, { userArn, cognitoIdentityId: 'eu-west-1:2' }));
  });

  test('is the public where nobody is asked', () => {
    expect(caller(undefined)).toBe('public');
  });

  test('is not one kind of caller who has the name of another kind', () => {
    expect(caller({ principalId: `cognito|${ANA.claims.iss}|ana` })).not.toBe(caller(ANA));
  });
});
