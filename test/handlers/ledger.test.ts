import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { setClock } from './support/clock';
import { TABLE, TOPIC } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { NOW } from './support/runs';
import { Ledger, RunStatus } from '../../src/handlers/ledger';

const dynamodb = new FakeDynamoDB(TABLE);
const ledger = new Ledger(TABLE, 1000);
const PK = 'run#r';
const PERIOD = { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' };
const END: Record<string, any> = { step: 'Deliver', error: 'E', closedAt: NOW };

beforeEach(() => setClock(NOW));

const run = () => dynamodb.item(PK, 'run');
const delivery = () => dynamodb.item(PK, `delivery#${TOPIC}`);
const seed = (fields: { status: RunStatus; [name: string]: unknown }) => dynamodb.seed({ pk: PK, sk: 'run', reportId: 'r', executionArn: 'a', attempt: 1, ...fields });
const open = async (executionArn: string, trigger: 'SCHEDULE' | 'REQUEST' = 'SCHEDULE') => ledger.open({ reportId: 'r', executionArn, report: 'Stock', trigger, period: PERIOD, openedAt: NOW });
const begin = async (executionArn = 'a') => ledger.beginDelivery('r', executionArn, TOPIC, NOW);
const end = async (status: 'SENT' | 'REFUSED' | 'UNKNOWN', messageId?: string) => ledger.endDelivery('r', 'a', TOPIC, { status, ...(messageId && { messageId }) }, NOW);

describe('opening, by the state of the run', () => {
  // Which executions a run in a state opens for: its own (again), another one, and the one that bears the id of a request.
  test.each<[RunStatus, { own: boolean; other: boolean; request: boolean }]>([
    ['REQUESTED', { own: true, other: false, request: true }],
    ['RUNNING', { own: true, other: false, request: false }],
    ['DELIVERED', { own: true, other: false, request: false }],
    ['SKIPPED', { own: true, other: false, request: false }],
    ['FAILED', { own: true, other: true, request: true }],
    ['TIMED_OUT', { own: true, other: true, request: true }],
    ['ABORTED', { own: true, other: true, request: true }],
  ])('%s', async (status, expected) => {
    const opens = async (executionArn: string, trigger?: 'REQUEST') => {
      seed({ status });
      return await open(executionArn, trigger) !== undefined;
    };

    expect({ own: await opens('a'), other: await opens('b'), request: await opens('b', 'REQUEST') }).toEqual(expected);
  });

  test('counts an attempt for each execution that opens it, and none for a retry', async () => {
    const attempts = [];
    for (const executionArn of ['a', 'a', 'b', 'b', 'c']) {
      attempts.push((await open(executionArn))!.attempt);
      if (executionArn === 'b' || attempts.length === 2) {
        await ledger.fail('r', executionArn, 'FAILED', { step: undefined, error: 'E', closedAt: NOW });
      }
    }
    // The retry of b came after b had failed, as in a redrive: an attempt of its own.
    expect(attempts).toEqual([1, 1, 2, 3, 4]);
  });

  test('is for as long as the ledger keeps items, from each attempt on', async () => {
    expect((await open('a') as any).ttl).toBe(Math.floor(Date.parse(NOW) / 1000) + 1000);
  });
});

describe('failing, by the state of the run', () => {
  test.each<[RunStatus, { own: boolean; other: boolean }]>([
    ['REQUESTED', { own: true, other: true }],
    ['RUNNING', { own: true, other: false }],
    ['DELIVERED', { own: false, other: false }],
    ['SKIPPED', { own: false, other: false }],
    ['FAILED', { own: true, other: false }],
    ['TIMED_OUT', { own: true, other: false }],
    ['ABORTED', { own: true, other: false }],
  ])('%s', async (status, expected) => {
    const closes = async (executionArn: string) => {
      seed({ status });
      await ledger.fail('r', executionArn, 'FAILED', { step: 'Deliver', error: 'E', closedAt: NOW });
      return run()!.error === 'E';
    };

    expect({ own: await closes('a'), other: await closes('b') }).toEqual(expected);
  });

  test('records a run that could not even be opened', async () => {
    await ledger.fail('r', 'a', 'FAILED', { step: 'Open the run', error: 'E', closedAt: NOW });

    expect(run()).toEqual({ pk: PK, sk: 'run', reportId: 'r', executionArn: 'a', status: 'FAILED', step: 'Open the run', error: 'E', closedAt: NOW, ttl: Math.floor(Date.parse(NOW) / 1000) + 1000 });
  });

  test('again, where it is not known in which step, does not keep the step of the time before', async () => {
    seed({ status: 'FAILED', step: 'Look up the data', error: 'E' });

    await ledger.fail('r', 'a', 'ABORTED', { step: undefined, error: 'ABORTED', closedAt: NOW });

    expect(run()).toMatchObject({ status: 'ABORTED', error: 'ABORTED' });
    expect(run()).not.toHaveProperty('step');
  });
});

describe('ending well, by the state of the run', () => {
  test.each<[RunStatus, { own: boolean; other: boolean }]>([
    ['RUNNING', { own: true, other: false }],
    ['FAILED', { own: true, other: false }], // a redrive
    ['SKIPPED', { own: true, other: false }],
    ['DELIVERED', { own: false, other: false }],
  ])('%s', async (status, expected) => {
    const completes = async (executionArn: string) => {
      seed({ status });
      await ledger.complete('r', executionArn, 'DELIVERED', { rows: 7, linkExpiresAt: NOW, closedAt: NOW });
      return run()!.rows === 7;
    };

    expect({ own: await completes('a'), other: await completes('b') }).toEqual(expected);
  });

  test('keeps nothing of an end that the run had before', async () => {
    seed({ status: 'FAILED', ...END });

    await ledger.complete('r', 'a', 'DELIVERED', { rows: 7, linkExpiresAt: NOW, closedAt: '2026-11-21T09:00:00Z' });

    expect(run()).toEqual({
      pk: PK, sk: 'run', reportId: 'r', executionArn: 'a', attempt: 1, status: 'DELIVERED', rows: 7, linkExpiresAt: NOW, closedAt: '2026-11-21T09:00:00Z',
    });
  });
});

describe('a delivery', () => {
  beforeEach(() => seed({ status: 'RUNNING' }));

  test('is claimed once', async () => {
    expect([await begin(), await begin()]).toEqual([true, false]);
    expect(delivery()).toMatchObject({ status: 'SENDING', topicArn: TOPIC, executionArn: 'a', begunAt: NOW });
    expect(run()).toMatchObject({ deliveryBegunAt: NOW });
  });

  test('is claimed by one of two that ask at the same time', async () => {
    expect((await Promise.all([begin(), begin()])).sort()).toEqual([false, true]);
  });

  test('is not for an execution that does not have the run', async () => {
    await expect(begin('b')).rejects.toThrow('belongs to another execution');
    expect(delivery()).toBeUndefined();
    expect(run()).not.toHaveProperty('deliveryBegunAt');
  });

  test.each<['SENT' | 'UNKNOWN' | 'REFUSED', boolean]>([['SENT', false], ['UNKNOWN', false], ['REFUSED', true]])(
    'that is %s may be claimed again: %s', async (status, expected) => {
      await begin();
      await end(status);

      expect(await begin()).toBe(expected);
    });

  test('that was refused was not begun: when it has failed, the run may be taken over', async () => {
    await begin();
    await end('REFUSED');
    await ledger.fail('r', 'a', 'FAILED', { step: 'Deliver', error: 'DeliveryRefused', closedAt: NOW });

    expect((await open('b'))!.attempt).toBe(2);
    expect(await begin('b')).toBe(true);
  });

  test.each<['SENT' | 'UNKNOWN']>([['SENT'], ['UNKNOWN']])('that is %s keeps its run from being taken over', async status => {
    await begin();
    await end(status);
    await ledger.fail('r', 'a', 'FAILED', { step: 'Deliver', error: 'E', closedAt: NOW });

    expect(await open('b')).toBeUndefined();
  });

  test('that a twin called UNKNOWN is SENT when the answer comes after all', async () => {
    await begin();
    await end('UNKNOWN');
    await end('SENT', 'm');

    expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm' });
  });

  test('that is SENT stays so, whatever a twin says', async () => {
    await begin();
    await end('SENT', 'm');
    await end('UNKNOWN');
    await end('REFUSED');

    expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm' });
    expect(run()).toHaveProperty('deliveryBegunAt');
  });
});

describe('a request', () => {
  const request = { reportId: 'r', requester: 'q', bodyHash: 'h', requestedAt: NOW };

  test('is recorded once, and answers with what was recorded', async () => {
    expect(await ledger.request(request)).toBeUndefined();
    expect(await ledger.request({ ...request, bodyHash: 'other' })).toMatchObject({ ...request, status: 'REQUESTED' });
  });
});

describe('the fake table refuses, as DynamoDB does,', () => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const put = async (input: object) => client.send(new PutCommand({ TableName: TABLE, Item: { pk: 'p', sk: 's', a: 1 }, ...input }));
  const update = async (input: object) => client.send(new UpdateCommand({ TableName: TABLE, Key: { pk: 'p', sk: 's' }, ...input }));

  test.each<[string, () => Promise<unknown>, string]>([
    ['a value that is undefined', async () => put({ Item: { pk: 'p', sk: 's', a: undefined } }), 'a is undefined'],
    ['a reserved word', async () => put({ ConditionExpression: 'status = :s', ExpressionAttributeValues: { ':s': 1 } }), 'reserved'],
    ['a value that is not used', async () => put({ ExpressionAttributeValues: { ':s': 1 } }), ':s is unused'],
    ['a name that is not used', async () => put({ ExpressionAttributeNames: { '#s': 'status' } }), '#s is unused'],
    ['a name that is not defined, in a part that need not be evaluated', async () => put({ ConditionExpression: 'attribute_not_exists(pk) OR attribute_not_exists(#s)' }), '#s is not defined'],
    ['a value that is not defined', async () => put({ ConditionExpression: 'attribute_not_exists(pk) OR b = :b' }), ':b is not defined'],
    ['an operator that it does not know', async () => put({ ConditionExpression: 'a >= :b', ExpressionAttributeValues: { ':b': 1 } }), 'not known'],
    ['a condition that is left over', async () => put({ ConditionExpression: 'attribute_not_exists(pk) )' }), 'is left'],
    ['an attribute that is updated twice', async () => update({ UpdateExpression: 'SET a = :b REMOVE a', ExpressionAttributeValues: { ':b': 1 } }), 'twice'],
    ['an update of the key', async () => update({ UpdateExpression: 'SET pk = :b', ExpressionAttributeValues: { ':b': 1 } }), 'part of the key'],
    ['another table', async () => update({ TableName: 'other' }), 'does not exist'],
  ])('%s', async (_what, action, message) => {
    await expect(action()).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining(message) });
    expect(dynamodb.keys()).toEqual([]);
  });

  test('and evaluates NOT before AND before OR', async () => {
    const holds = async (condition: string) => put({ ConditionExpression: condition, ExpressionAttributeValues: { ':one': 1, ':two': 2 } }).then(() => true, ({ name }) => name);

    dynamodb.seed({ pk: 'p', sk: 's', a: 1 });
    expect(await holds('a = :one OR a = :two AND a = :two')).toBe(true);
    expect(await holds('(a = :one OR a = :two) AND a = :two')).toBe('ConditionalCheckFailedException');
    expect(await holds('NOT a IN (:two) AND a <> :two OR b = :one')).toBe(true);
    expect(await holds('NOT (a IN (:two, :one) OR b = :one)')).toBe('ConditionalCheckFailedException');
  });
});
