import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { STATE_MACHINE, TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { execution, NOW, openedRun, SCHEDULE } from './support/runs';
import { LinkTokens } from '../../src/handlers/link-tokens';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
import { callerOf, handler } from '../../src/handlers/report-api.lambda';

const dynamodb = new FakeDynamoDB(TABLE);
const sfn = mockClient(SFNClient);
const logs = captureLogs();

const ANA = { claims: { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool', sub: 'ana' } };
const BEN = { claims: { ...ANA.claims, sub: 'ben' } };

beforeEach(() => {
  setClock(NOW);
  sfn.reset();
  sfn.on(StartExecutionCommand).resolves({});
});

type Changes = Partial<Omit<APIGatewayProxyEvent, 'requestContext'>> & { authorizer?: object | null; identity?: object };

async function call(event: Changes) {
  const { authorizer = ANA, identity = {}, ...rest } = event;
  const { body, ...answer } = await handler({
    headers: {}, body: null, isBase64Encoded: false, pathParameters: null, ...rest, requestContext: { authorizer, identity },
  } as APIGatewayProxyEvent);
  return { ...answer, body: body === '' ? undefined : JSON.parse(body) };
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

    expect(keys).toEqual([[`run#${reportId} run`]]);
    expect(run(reportId)).toEqual({
      pk: `run#${reportId}`,
      sk: 'run',
      reportId,
      status: 'REQUESTED',
      requester: `cognito|${ANA.claims.iss}|ana`,
      bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
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
      ['what is no JSON', '{', 'The body is not JSON in UTF-8, or it is nested too deep.'],
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
        statusCode: 400, body: { message: 'The body is not JSON in UTF-8, or it is nested too deep.' },
      });
    });

    test('nests that are too deep, if it can not write them, rather than fall over', async () => {
      const { statusCode } = await post(`{"parameters":{"a":${'['.repeat(8000)}${']'.repeat(8000)}}}`);

      expect([202, 400]).toContain(statusCode); // newer versions of Node.js can
    });
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
  const unknown = { statusCode: 404, body: { message: 'There is no report with this id that you requested.' } };

  test('tells who requested it how it is getting on', async () => {
    const { body: { reportId } } = await post({ parameters: { a: SECRET } });
    expect((await get(reportId)).body).toEqual({ reportId, status: 'REQUESTED', requestedAt: NOW });

    await openRun({ execution: execution(reportId), input: started()[0].input });
    change(reportId, { status: 'DELIVERED', rows: 12, linkExpiresAt: '2026-11-21T07:00:00Z' });

    expect(await get(reportId)).toMatchObject({ statusCode: 200 });
    expect((await get(reportId)).body).toEqual({
      reportId,
      report: 'Stock',
      status: 'DELIVERED',
      period: { from: '2026-11-20T23:00:00.000Z', to: '2026-11-21T06:00:01.200Z', timeZone: 'Europe/Madrid' },
      rows: 12,
      requestedAt: NOW,
      linkExpiresAt: '2026-11-21T07:00:00Z',
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
    expect((await get(reportId)).body).toEqual({ reportId, status: 'DELIVERED', rows: 1000, totalRows: 5234, requestedAt: NOW });
  });

  test('tells nothing of how the report is made', async () => {
    const { body: { reportId } } = await post({});
    change(reportId, { status: 'FAILED', step: 'Look up the data', error: SECRET, executionArn: 'arn', scheduleArn: 'arn' });

    expect(Object.keys((await get(reportId)).body).sort()).toEqual(['reportId', 'requestedAt', 'status']);
  });

  test('tells nobody else, in the very words for an id that there is not', async () => {
    const { body: { reportId } } = await post({});

    const [theirs, none] = [await get(reportId, { authorizer: BEN }), await get('0'.repeat(32), { authorizer: BEN })];

    expect(theirs).toMatchObject(unknown);
    expect(theirs).toEqual(none);
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

    expect(await revoke(reportId)).toMatchObject({ statusCode: 409, body: { message: expect.stringMatching(/^There is no link to revoke: this report was not sent yet, or/) } });
  });

  test('answers everybody else as for a report that does not exist, and revokes nothing', async () => {
    const { body: { reportId } } = await post({});
    const token = await newLink(reportId);

    expect(await revoke(reportId, { authorizer: BEN })).toEqual(await revoke('0'.repeat(32)));
    expect((await revoke(reportId, { authorizer: BEN })).statusCode).toBe(404);
    expect((await revoke('../x', { authorizer: ANA })).statusCode).toBe(404);
    expect((await links.find(token)).link).not.toHaveProperty('revokedAt');
  });

  test('that fails is not answered as done', async () => {
    const { body: { reportId } } = await post({});
    await newLink(reportId);
    dynamodb.interrupt('before', 'Update', 'link', () => { throw new Error('ThrottlingException'); });

    expect((await revoke(reportId)).statusCode).toBe(500);
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
