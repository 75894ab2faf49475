import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { setClock } from './support/clock';
import { TABLE, TOPIC } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { NOW } from './support/runs';
import { Operation, OPERATIONS, STATUSES, Transition, TRANSITIONS } from './support/transitions';
import { DeliveryItem, Ledger, Opening, RunStatus, seenStatus } from '../../src/handlers/ledger';

const dynamodb = new FakeDynamoDB(TABLE);
const ledger = new Ledger(TABLE, 1000);
const PK = 'run#r';
const PERIOD = { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' };
const END = { step: 'Deliver', error: 'E', closedAt: NOW };
const TTL = Math.floor(Date.parse(NOW) / 1000) + 1000;
/** A lease that has run out, one that runs out just now, and one that runs. */
const [PAST, JUST, LATER] = ['2026-11-21T06:00:04.499Z', NOW, '2026-11-21T06:00:34.500Z'];

beforeEach(() => setClock(NOW));

const run = () => dynamodb.item(PK, 'run');
const delivery = () => dynamodb.item(PK, `delivery#${TOPIC}`);
const seed = (fields: { status: RunStatus; [name: string]: unknown }) => dynamodb.seed({ pk: PK, sk: 'run', reportId: 'r', executionArn: 'a', attempt: 1, ...fields });
const opening = (executionArn: string, changes: Partial<Opening> = {}): Opening => ({
  reportId: 'r', executionArn, report: 'Stock', trigger: 'SCHEDULE', period: PERIOD, openedAt: NOW, leaseUntil: LATER, ...changes,
});
const open = async (executionArn: string, changes?: Partial<Opening>) => ledger.open(opening(executionArn, changes));
const request = { reportId: 'r', requester: 'q', bodyHash: 'h', requestedAt: NOW, leaseUntil: LATER };
const fail = async (executionArn = 'a', status: 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'NO_RECIPIENT' = 'FAILED') => ledger.fail('r', executionArn, status, END);
const begin = async (executionArn = 'a', until = LATER, publishesIfUnknown = 0) =>
  ledger.beginDelivery('r', executionArn, TOPIC, { now: NOW, until, publishesIfUnknown, redriven: false });
const end = async (status: DeliveryItem['status'], { executionArn = 'a', until = LATER, ...outcome }: Partial<DeliveryItem> & { executionArn?: string; until?: string } = {}) =>
  ledger.endDelivery('r', executionArn, TOPIC, until, { status, ...outcome }, NOW);

describe('the transitions of a run', () => {
  const operate: Record<Operation, (executionArn: string) => Promise<unknown>> = {
    'request': async () => ledger.request(request),
    'open': async executionArn => open(executionArn),
    'open a request': async executionArn => open(executionArn, { trigger: 'REQUEST' }),
    'pause': async executionArn => ledger.pause(opening(executionArn)),
    'deliver': async executionArn => ledger.delivered({ reportId: 'r', executionArn }, { status: 'SENT', rows: 7 }, NOW),
    'skip': async executionArn => ledger.skipped('r', executionArn, 'EMPTY', 0, NOW),
    'fail': async executionArn => fail(executionArn),
    'time out': async executionArn => fail(executionArn, 'TIMED_OUT'),
    'abort': async executionArn => fail(executionArn, 'ABORTED'),
    'find no recipient': async executionArn => fail(executionArn, 'NO_RECIPIENT'),
    'erase': async () => ledger.beginErasure('r', NOW),
  };
  const BOOLEANS = [false, true];

  test.each(OPERATIONS.flatMap(operation => (['NONE', ...STATUSES] as const).map(from => ({ from, operation }))))('$from, $operation', async ({ from, operation }) => {
    for (const own of BOOLEANS) {
      for (const begun of BOOLEANS) {
        for (const expired of BOOLEANS) {
          dynamodb.clear();
          if (from !== 'NONE') {
            // Nobody has a run that was only requested.
            const executionArn = from === 'REQUESTED' ? undefined : 'a';
            seed({ status: from, executionArn, leaseUntil: expired ? PAST : JUST, closedAt: '2026-11-21T05:00:00Z', ...(begun && { deliveryBegunAt: NOW }) });
          }
          const before = run();
          const rule = TRANSITIONS.filter(transition => transition.from === from && transition.operation === operation)
            .find(transition => applies(transition, { own, begun, expired }));

          await operate[operation](own ? 'a' : 'b').catch(() => undefined);

          if (rule) {
            expect({ own, begun, expired, status: run()?.status, attempt: run()?.attempt })
              .toEqual({ own, begun, expired, status: rule.to, attempt: rule.nextAttempt ? (before?.attempt ?? 0) + 1 : before?.attempt });
          } else {
            expect({ own, begun, expired, run: run() }).toEqual({ own, begun, expired, run: before });
          }
        }
      }
    }
  });

  const applies = (transition: Transition, { own, begun, expired }: { own: boolean; begun: boolean; expired: boolean }) =>
    !(transition.own && !own) && !(transition.deliveryBegun === false && begun) && !(transition.leaseExpired && !expired);

  test('lead from each status to where it may be, and from a good end to its erasure only', () => {
    const reached = (from: Transition['from']) => [...new Set(TRANSITIONS.filter(transition => transition.from === from).map(({ to }) => to))].sort();

    expect(reached('DELIVERED')).toEqual(['ERASING']);
    expect(reached('SKIPPED')).toEqual(['ERASING']);
    expect(reached('ERASING')).toEqual(['ERASING']);
    expect(reached('NONE')).toEqual(['ABORTED', 'FAILED', 'NO_RECIPIENT', 'PAUSED', 'REQUESTED', 'RUNNING', 'TIMED_OUT']);
    expect(reached('REQUESTED')).toEqual(['ABORTED', 'ERASING', 'FAILED', 'NO_RECIPIENT', 'RUNNING', 'TIMED_OUT']);
    expect(reached('RUNNING')).toEqual(['ABORTED', 'DELIVERED', 'ERASING', 'FAILED', 'NO_RECIPIENT', 'RUNNING', 'SKIPPED', 'TIMED_OUT']);
    expect(reached('FAILED')).toEqual(['ABORTED', 'DELIVERED', 'ERASING', 'FAILED', 'NO_RECIPIENT', 'RUNNING', 'SKIPPED', 'TIMED_OUT']);
  });
});

describe('opening', () => {
  test('goes on with a run of its own, as it was opened, however old its lease is once the delivery was begun', async () => {
    await open('a');
    const before = run();
    expect(await open('a', { openedAt: LATER, leaseUntil: '2026-11-21T09:00:00Z' })).toEqual(before);

    seed({ status: 'RUNNING', leaseUntil: PAST, deliveryBegunAt: NOW });
    expect(await open('a')).toMatchObject({ attempt: 1, status: 'RUNNING' });
  });

  test.each<[RunStatus, string]>([['RUNNING', 'b'], ['DELIVERED', 'a'], ['DELIVERED', 'b'], ['SKIPPED', 'a'], ['SKIPPED', 'b'], ['REQUESTED', 'a']])(
    'gives nothing of a run that is %s to %s', async (status, executionArn) => {
      seed({ status, leaseUntil: JUST });

      expect(await open(executionArn)).toBeUndefined();
    });

  test('counts an attempt for each execution that opens it and for each redrive, and none for a retry', async () => {
    const attempts = [];
    for (const executionArn of ['a', 'a', 'b', 'b', 'c']) {
      attempts.push((await open(executionArn))!.attempt);
      if (executionArn === 'b' || attempts.length === 2) {
        await fail(executionArn);
      }
    }
    expect(attempts).toEqual([1, 1, 2, 3, 4]);
  });

  test('is for as long as the ledger keeps items, from each attempt on, and leaves nothing of an end', async () => {
    await open('a');
    const first = run();
    await fail();
    setClock('2026-11-22T06:00:04.500Z');
    await open('b');

    expect(run()).toEqual({ ...first, executionArn: 'b', attempt: 2, ttl: TTL + 24 * 3600 });
  });

  test('is for one of two whose turn it is at the same time, when the lease of a third has run out', async () => {
    seed({ status: 'RUNNING', leaseUntil: PAST });

    expect((await Promise.all([open('b'), open('c')])).filter(Boolean)).toHaveLength(1);
    expect(run()!.attempt).toBe(2);
  });

  test('of what nobody requested is refused', async () => {
    await expect(open('a', { trigger: 'REQUEST' })).rejects.toMatchObject({ name: 'InvalidInput' });
    expect(dynamodb.keys()).toEqual([]);
  });
});

test.each<[RunStatus, string | undefined, RunStatus]>([
  ['RUNNING', PAST, 'TIMED_OUT'], ['REQUESTED', PAST, 'TIMED_OUT'], ['RUNNING', JUST, 'RUNNING'], ['REQUESTED', JUST, 'REQUESTED'], ['RUNNING', undefined, 'RUNNING'],
  ['DELIVERED', PAST, 'DELIVERED'], ['SKIPPED', PAST, 'SKIPPED'], ['PAUSED', PAST, 'PAUSED'], ['FAILED', PAST, 'FAILED'], ['NO_RECIPIENT', PAST, 'NO_RECIPIENT'],
])('a run that is %s until %s is seen as %s', (status, leaseUntil, seen) => {
  expect(seenStatus({ reportId: 'r', status, leaseUntil }, NOW)).toBe(seen);
});

describe('failing', () => {
  test('records a run that could not even be opened', async () => {
    await ledger.fail('r', 'a', 'FAILED', { ...END, step: 'Open the run' });

    expect(run()).toEqual({ pk: PK, sk: 'run', reportId: 'r', executionArn: 'a', status: 'FAILED', step: 'Open the run', error: 'E', closedAt: NOW, ttl: TTL });
  });

  test('again, where it is not known in which step, does not keep the step of the time before', async () => {
    seed({ status: 'FAILED', ...END });

    await ledger.fail('r', 'a', 'ABORTED', { step: undefined, error: 'ABORTED', closedAt: NOW });

    expect(run()).toMatchObject({ status: 'ABORTED', error: 'ABORTED' });
    expect(run()).not.toHaveProperty('step');
  });
});

describe('ending well', () => {
  const delivered = async (executionArn = 'a') => ledger.delivered({ reportId: 'r', executionArn }, { status: 'SENT', rows: 7, totalRows: 70, linkExpiresAt: NOW }, LATER);
  const skipped = async (executionArn = 'a') => ledger.skipped('r', executionArn, 'UNCHANGED', 7, LATER);

  test('keeps nothing of an end that the run had before', async () => {
    seed({ status: 'FAILED', ...END });

    await delivered();

    expect(run()).toEqual({
      pk: PK, sk: 'run', reportId: 'r', executionArn: 'a', attempt: 1, status: 'DELIVERED', rows: 7, totalRows: 70, linkExpiresAt: NOW, closedAt: LATER,
    });
  });

  test('says why a run was skipped', async () => {
    seed({ status: 'FAILED', ...END });

    await skipped();

    expect(run()).toEqual({ pk: PK, sk: 'run', reportId: 'r', executionArn: 'a', attempt: 1, status: 'SKIPPED', reason: 'UNCHANGED', rows: 7, closedAt: LATER });
  });

  test.each([['delivered', delivered], ['skipped', skipped]])('as %s may be told again, and changes nothing', async (_what, complete) => {
    seed({ status: 'RUNNING' });
    await complete();
    const before = run();
    setClock('2026-11-22T06:00:00Z');
    await complete();

    expect(run()).toEqual(before);
  });

  test.each<[string, RunStatus, () => Promise<void>]>([
    ['delivered by who lost the run', 'RUNNING', async () => delivered('b')],
    ['delivered by who lost the run to one that delivered it', 'DELIVERED', async () => delivered('b')],
    ['skipped by who lost the run', 'FAILED', async () => skipped('b')],
    ['skipped after it was delivered', 'DELIVERED', async () => skipped()],
    ['delivered after it was skipped', 'SKIPPED', async () => delivered()],
  ])('is refused where it is %s', async (_what, status, complete) => {
    seed({ status });
    const before = run();

    await expect(complete()).rejects.toThrow('report r belongs to another execution');
    expect(run()).toEqual(before);
  });
});

describe('pausing', () => {
  test('records the run without an attempt, and its execution may do so again', async () => {
    expect([await ledger.pause(opening('a')), await ledger.pause(opening('b', { scheduledTime: NOW }))]).toEqual([true, true]);

    expect(run()).toEqual({
      pk: PK, sk: 'run', reportId: 'r', executionArn: 'b', report: 'Stock', trigger: 'SCHEDULE', period: PERIOD, status: 'PAUSED', scheduledTime: NOW, createdAt: NOW, closedAt: NOW, ttl: TTL,
    });
  });

  test('is over for a run that is opened, as its first attempt', async () => {
    await ledger.pause(opening('a'));

    expect(await open('b')).toMatchObject({ attempt: 1, status: 'RUNNING' });
    expect(run()).not.toHaveProperty('closedAt');
  });

  test('is seen by the item that says so', async () => {
    expect(await ledger.isPaused()).toBe(false);
    dynamodb.seed({ ...Ledger.PAUSE });
    expect(await ledger.isPaused()).toBe(true);
  });
});

describe('a delivery', () => {
  beforeEach(() => seed({ status: 'RUNNING' }));

  test('is claimed once, until its lease runs out', async () => {
    expect([await begin(), await begin()]).toEqual([true, false]);
    expect(delivery()).toEqual({
      pk: PK, sk: `delivery#${TOPIC}`, status: 'SENDING', topicArn: TOPIC, executionArn: 'a', begunAt: NOW, leaseUntil: LATER, publishes: 1, ttl: TTL,
    });
    expect(run()).toMatchObject({ deliveryBegunAt: NOW });
  });

  test('is claimed by one of two that ask at the same time', async () => {
    expect((await Promise.all([begin(), begin()])).sort()).toEqual([false, true]);
    expect(delivery()!.publishes).toBe(1);
  });

  test('is not for an execution that does not have the run, nor for a run that there is not', async () => {
    await expect(begin('b')).rejects.toThrow('belongs to another execution');
    expect(delivery()).toBeUndefined();
    expect(run()).not.toHaveProperty('deliveryBegunAt');

    dynamodb.clear();
    await expect(begin('a')).rejects.toThrow('belongs to another execution');
    expect(dynamodb.keys()).toEqual([]);
  });

  test('that can not be claimed does not count as begun', async () => {
    dynamodb.seed({ pk: PK, sk: `delivery#${TOPIC}`, status: 'SENDING', leaseUntil: PAST, publishes: 1 });

    expect(await begin()).toBe(false);
    expect(run()).not.toHaveProperty('deliveryBegunAt');
  });

  test.each(['run', `delivery#${TOPIC}`])('whose claim fails at the item %s leaves no half of it', async sk => {
    dynamodb.interrupt('before', 'Update', sk, () => { throw new Error('InternalServerError'); });

    await expect(begin()).rejects.toThrow('InternalServerError');
    expect(delivery()).toBeUndefined();
    expect(run()).not.toHaveProperty('deliveryBegunAt');
  });

  test.each<['SENT' | 'UNKNOWN' | 'REFUSED' | 'PENDING', boolean]>([['SENT', false], ['UNKNOWN', false], ['REFUSED', true], ['PENDING', true]])(
    'that is %s may be claimed again: %s', async (status, expected) => {
      await begin();
      await end(status);

      expect(await begin()).toBe(expected);
      expect(delivery()!.publishes).toBe(expected ? 2 : 1);
    });

  test('that is UNKNOWN is claimed again as often as the owner decided, each publish call counted', async () => {
    const claimed = [];
    for (let n = 0; n < 5; n++) {
      claimed.push(await begin('a', LATER, 3));
      await end('UNKNOWN');
    }
    expect(claimed).toEqual([true, true, true, false, false]);
    expect(delivery()).toMatchObject({ status: 'UNKNOWN', publishes: 3 });
  });

  test.each<['PENDING' | 'REFUSED']>([['PENDING'], ['REFUSED']])('that is %s was not begun: when it has failed, the run may be taken over', async status => {
    await begin();
    await end(status);
    expect(run()).not.toHaveProperty('deliveryBegunAt');
    await fail();

    expect((await open('b'))!.attempt).toBe(2);
    expect(await begin('b')).toBe(true);
  });

  test.each<['PENDING' | 'REFUSED', string]>([['PENDING', 'run'], ['REFUSED', 'run'], ['PENDING', `delivery#${TOPIC}`], ['REFUSED', `delivery#${TOPIC}`]])(
    'whose end as %s fails at the item %s is as it was', async (status, sk) => {
      await begin();
      const before = [run(), delivery()];
      dynamodb.interrupt('before', 'Update', sk, () => { throw new Error('InternalServerError'); });

      await expect(end(status)).rejects.toThrow('InternalServerError');
      expect([run(), delivery()]).toEqual(before);
    });

  test.each<['SENT' | 'UNKNOWN' | 'SENDING']>([['SENT'], ['UNKNOWN'], ['SENDING']])('that is %s keeps its run from being taken over', async status => {
    await begin();
    if (status !== 'SENDING') {
      await end(status);
    }
    await fail();

    expect(await open('b')).toBeUndefined();
    expect(await open('a')).toMatchObject({ attempt: 2 }); // a redrive
    expect(run()).toHaveProperty('deliveryBegunAt');
  });

  test('that is SENT stays so, whatever a twin says', async () => {
    await begin();
    await end('SENT', { messageId: 'm', rows: 7 });
    const before = delivery();
    await end('UNKNOWN');
    await end('REFUSED');
    await end('PENDING');
    await end('SENT', { messageId: 'other' });

    expect(delivery()).toEqual(before);
    expect(run()).toHaveProperty('deliveryBegunAt');
  });

  describe('whose lease has run out', () => {
    beforeEach(async () => { await begin('a', PAST); });

    test('is settled as UNKNOWN, once, and keeps what is known', async () => {
      expect(await ledger.settledDelivery('r', TOPIC, NOW)).toMatchObject({ status: 'UNKNOWN', publishes: 1, leaseUntil: PAST, endedAt: NOW });
      expect(await ledger.settledDelivery('r', TOPIC, LATER)).toMatchObject({ endedAt: NOW });
    });

    test.each<['SENT' | 'REFUSED' | 'PENDING' | 'UNKNOWN']>([['SENT'], ['REFUSED'], ['PENDING'], ['UNKNOWN']])('and that was settled is %s when the answer comes after all', async status => {
      await ledger.settledDelivery('r', TOPIC, NOW);
      await end(status, { until: PAST });

      expect(delivery()).toMatchObject({ status });
    });

    test.each<['SENDING' | 'UNKNOWN', 'REFUSED' | 'PENDING' | 'UNKNOWN']>([
      ['SENDING', 'REFUSED'], ['SENDING', 'PENDING'], ['SENDING', 'UNKNOWN'], ['UNKNOWN', 'REFUSED'], ['UNKNOWN', 'PENDING'], ['UNKNOWN', 'UNKNOWN'],
    ])('and that was claimed anew (%s by now) is not %s because the first claim says so', async (status, late) => {
      await ledger.settledDelivery('r', TOPIC, NOW);
      await begin('a', LATER, 3);
      if (status === 'UNKNOWN') {
        await end('UNKNOWN');
      }
      const before = [run(), delivery()];

      await end(late, { until: PAST });

      expect([run(), delivery()]).toEqual(before);
    });

    test('and that was claimed anew is SENT when the first claim says so, whatever becomes of the second', async () => {
      await ledger.settledDelivery('r', TOPIC, NOW);
      await begin('a', LATER, 3);
      await end('SENT', { until: PAST, messageId: 'm' });
      await end('REFUSED');

      expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm' });
      expect(run()).toHaveProperty('deliveryBegunAt');
    });
  });

  test.each([JUST, LATER])('with a lease until %s is not settled yet', async until => {
    await begin('a', until);

    expect(await ledger.settledDelivery('r', TOPIC, NOW)).toMatchObject({ status: 'SENDING' });
  });

  test.each<['SENT' | 'REFUSED' | 'PENDING']>([['SENT'], ['REFUSED'], ['PENDING']])('that is %s is not settled as something else', async status => {
    await begin('a', PAST);
    await end(status, { until: PAST });

    expect(await ledger.settledDelivery('r', TOPIC, NOW)).toMatchObject({ status });
  });

  test('that there is not is not made by settling it', async () => {
    expect(await ledger.settledDelivery('r', TOPIC, NOW)).toBeUndefined();
    expect(delivery()).toBeUndefined();
  });

  test('to another topic is another delivery', async () => {
    await begin();

    expect(await ledger.delivery('r', `${TOPIC}2`)).toBeUndefined();
  });
});

describe('a request', () => {
  test('is recorded once, and answers with what was recorded', async () => {
    expect(await ledger.request(request)).toBeUndefined();
    expect(await ledger.request({ ...request, bodyHash: 'other', leaseUntil: NOW })).toEqual({ pk: PK, sk: 'run', ...request, createdAt: request.requestedAt, status: 'REQUESTED', ttl: TTL });
  });
});

describe('the ends of the attempts of an execution', () => {
  test('are recorded once each, for as long as the ledger keeps items', async () => {
    expect(await ledger.end('r', 'e#0')).toBeUndefined();
    await ledger.recordEnd('r', 'e#0', { endedHere: true, endedAt: NOW, noticeId: 'n' });
    await ledger.recordEnd('r', 'e#0', { endedHere: false, endedAt: LATER });
    await ledger.recordEnd('r', 'e#1', { endedHere: false, endedAt: LATER });

    expect(await ledger.end('r', 'e#0')).toEqual({ pk: PK, sk: 'end#e#0', endedHere: true, endedAt: NOW, noticeId: 'n', ttl: TTL });
    expect(await ledger.end('r', 'e#1')).toEqual({ pk: PK, sk: 'end#e#1', endedHere: false, endedAt: LATER, ttl: TTL });
  });

  test('are gone on from once each, however often that is tried', async () => {
    const resumed = [];
    for (const [executionAttempt, enteredAt] of [['e#1', NOW], ['e#1', NOW], ['e#1', LATER], ['e#2', NOW]]) {
      resumed.push(await ledger.resume('r', executionAttempt, enteredAt));
    }
    expect(resumed).toEqual([true, true, false, true]);
    expect(dynamodb.item(PK, 'resumed#e#1')).toMatchObject({ enteredAt: NOW, ttl: TTL });
  });
});

describe('what a schedule delivered last', () => {
  const record = async (scheduledTime: string, dataSha256?: string, scheduleArn = 's') => {
    seed({ status: 'RUNNING' });
    await ledger.delivered({ reportId: 'r', executionArn: 'a', scheduleArn, scheduledTime, period: PERIOD }, { status: 'SENT', dataSha256 }, NOW);
  };

  test('is kept without expiry, for each schedule', async () => {
    await record('2026-11-20T06:00:00.000Z', 'a');
    await record('2026-11-21T06:00:00.000Z', 'b', 'other');

    expect(dynamodb.item('schedule#s', 'last delivered')).toEqual({
      pk: 'schedule#s', sk: 'last delivered', scheduledTime: '2026-11-20T06:00:00.000Z', to: PERIOD.to, dataSha256: 'a',
    });
    expect(await ledger.lastDelivered('other')).toMatchObject({ dataSha256: 'b' });
    expect(await ledger.lastDelivered('none')).toBeUndefined();
  });

  test('is that of the latest scheduled time, and of the last delivery for it', async () => {
    await record('2026-11-20T06:00:00.000Z', 'a');
    await record('2026-11-19T06:00:00.000Z', 'late');
    expect(await ledger.lastDelivered('s')).toMatchObject({ dataSha256: 'a' });
    await record('2026-11-20T06:00:00.000Z', 'again');
    expect(await ledger.lastDelivered('s')).toMatchObject({ dataSha256: 'again' });
    await record('2026-11-21T06:00:00.000Z', 'b');
    expect(await ledger.lastDelivered('s')).toMatchObject({ dataSha256: 'b', scheduledTime: '2026-11-21T06:00:00.000Z' });
  });
});

test('what a schedule delivered last is known without a hash, too, and keeps none of an earlier report', async () => {
  for (const [scheduledTime, dataSha256] of [['2026-11-20T06:00:00Z', 'a'], ['2026-11-21T06:00:00Z', undefined]] as const) {
    seed({ status: 'RUNNING' });
    await ledger.delivered({ reportId: 'r', executionArn: 'a', scheduleArn: 's', scheduledTime, period: PERIOD }, { status: 'SENT', dataSha256 }, NOW);
  }

  expect(await ledger.lastDelivered('s')).toEqual({ pk: 'schedule#s', sk: 'last delivered', scheduledTime: '2026-11-21T06:00:00.000Z', to: PERIOD.to });
});

describe('the times for which a schedule has fired', () => {
  const fire = async (...times: string[]) => {
    for (const time of times) await ledger.fired('s', time, `report of ${time}`);
  };

  test('are those after one and up to another, in order, of this schedule alone', async () => {
    await fire('2026-11-22T06:00:00Z', '2026-11-20T07:00:00+01:00', '2026-11-21T06:00:00Z', '2026-11-19T06:00:00Z', '2026-11-23T06:00:00Z');
    await ledger.fired('other', '2026-11-21T07:00:00Z', 'r');
    await ledger.recordWatched('s', { expectation: 'e', until: '2026-11-21T07:00:00Z' });

    expect(await ledger.firedTimes('s', '2026-11-19T06:00:00.000Z', '2026-11-22T06:00:00.000Z'))
      .toEqual(['2026-11-20T06:00:00.000Z', '2026-11-21T06:00:00.000Z', '2026-11-22T06:00:00.000Z']);
  });

  test('are each kept as they were first recorded, for as long as the ledger keeps items', async () => {
    await fire('2026-11-21T06:00:00Z');
    setClock('2026-11-22T06:00:04.500Z');
    await ledger.fired('s', '2026-11-21T06:00:00.000Z', 'another');

    expect(dynamodb.item('schedule#s', 'fired#2026-11-21T06:00:00.000Z')).toMatchObject({ reportId: 'report of 2026-11-21T06:00:00Z', ttl: TTL });
    expect(dynamodb.keys()).toHaveLength(1);
  });
});

describe('the turn of a schedule', () => {
  const running = (reportId: string, changes: object = {}) => dynamodb.seed({ pk: `run#${reportId}`, sk: 'run', reportId, status: 'RUNNING', leaseUntil: LATER, ...changes });
  const take = async (reportId: string) => ledger.takeTurn('s', reportId, NOW);

  test.each<[string, object, boolean]>([
    ['goes on', {}, false],
    ['has ended well', { status: 'DELIVERED' }, true],
    ['has failed', { status: 'FAILED' }, true],
    ['is alive no more', { leaseUntil: PAST }, true],
  ])('is that of the next run, or not, when the one that has it %s', async (_what, changes, taken) => {
    running('r');
    expect(await take('r')).toBe(true);
    running('r', changes);

    expect(await take('q')).toBe(taken);
  });

  test('stays with the run that has it, however often it asks', async () => {
    running('r');
    expect([await take('r'), await take('r')]).toEqual([true, true]);
  });

  test('is that of the next when the run that took it was never recorded', async () => {
    await take('r');
    expect(await take('q')).toBe(true);
  });

  test('is another one for each schedule', async () => {
    running('r');
    await take('r');
    expect(await ledger.takeTurn('other', 'q', NOW)).toBe(true);
  });

  test.each([[false], [true]])('is that of one of two who ask at the same time; there was one before: %s', async before => {
    if (before) {
      running('p', { status: 'DELIVERED' });
      await take('p');
    }
    running('r');
    running('q');
    dynamodb.interrupt('before', 'Update', 'turn', async () => take('q'));

    expect(await take('r')).toBe(false);
    expect(dynamodb.item('schedule#s', 'turn')).toMatchObject({ reportId: 'q' });
  });
});

describe('how far a schedule was watched', () => {
  const watch = async (until: string, expectation = 'e') => ledger.recordWatched('s', { expectation, until });

  test('goes forwards, and begins anew with another expectation', async () => {
    expect(await ledger.watched('s')).toBeUndefined();
    await watch('2026-11-21T06:00:00Z');
    await watch('2026-11-20T06:00:00Z');
    expect(await ledger.watched('s')).toMatchObject({ until: '2026-11-21T06:00:00Z' });
    await watch('2026-11-19T06:00:00Z', 'other');
    expect(await ledger.watched('s')).toEqual({ pk: 'schedule#s', sk: 'watched', expectation: 'other', until: '2026-11-19T06:00:00Z' });
  });
});

describe('the fake table refuses, as DynamoDB does,', () => {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const put = async (input: object) => client.send(new PutCommand({ TableName: TABLE, Item: { pk: 'p', sk: 's', a: 1 }, ...input }));
  const update = async (input: object) => client.send(new UpdateCommand({ TableName: TABLE, Key: { pk: 'p', sk: 's' }, ...input }));
  const transact = async (...updates: object[]) => client.send(new TransactWriteCommand({
    TransactItems: updates.map(each => ({ Update: { TableName: TABLE, Key: { pk: 'p', sk: 's' }, UpdateExpression: 'REMOVE a', ...each } })),
  }));
  const other = { Key: { pk: 'p', sk: 'other' } };

  test.each<[string, () => Promise<unknown>, string]>([
    ['a value that is undefined', async () => put({ Item: { pk: 'p', sk: 's', a: undefined } }), 'a is undefined'],
    ['a reserved word', async () => put({ ConditionExpression: 'status = :s', ExpressionAttributeValues: { ':s': 1 } }), 'reserved'],
    ['a value that is not used', async () => put({ ExpressionAttributeValues: { ':s': 1 } }), ':s is unused'],
    ['a name that is not used', async () => put({ ExpressionAttributeNames: { '#s': 'status' } }), '#s is unused'],
    ['values that are none', async () => update({ UpdateExpression: 'REMOVE a', ExpressionAttributeValues: {} }), 'ExpressionAttributeValues must not be empty'],
    ['a name that is not defined, in a part that need not be evaluated', async () => put({ ConditionExpression: 'attribute_not_exists(pk) OR attribute_not_exists(#s)' }), '#s is not defined'],
    ['a value that is not defined', async () => put({ ConditionExpression: 'attribute_not_exists(pk) OR b = :b' }), ':b is not defined'],
    ['an operator that it does not know', async () => put({ ConditionExpression: 'a >= :b', ExpressionAttributeValues: { ':b': 1 } }), 'not known'],
    ['a condition that is left over', async () => put({ ConditionExpression: 'attribute_not_exists(pk) )' }), 'is left'],
    ['an attribute that is updated twice', async () => update({ UpdateExpression: 'SET a = :b REMOVE a', ExpressionAttributeValues: { ':b': 1 } }), 'twice'],
    ['an update of the key', async () => update({ UpdateExpression: 'SET pk = :b', ExpressionAttributeValues: { ':b': 1 } }), 'part of the key'],
    ['another table', async () => update({ TableName: 'other' }), 'does not exist'],
    ['a transaction with two operations on one item', async () => transact({}, {}), 'two operations on one item'],
    ['a transaction whose last part is wrong, whatever the conditions of the first', async () => transact({ ConditionExpression: 'attribute_exists(pk)' }, { ...other, UpdateExpression: 'REMOVE status' }), ''],
    ['a transaction with a value that is not used', async () => transact({}, { ...other, ExpressionAttributeValues: { ':s': 1 } }), ':s is unused'],
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
    expect(await holds('a < :two AND a <= :one')).toBe(true);
    expect(await holds('a < :one OR a < :one AND a <= :two')).toBe('ConditionalCheckFailedException');
    expect(await holds('b < :two OR b <= :one')).toBe('ConditionalCheckFailedException'); // what is not there compares with nothing
  });

  test('and a transaction does all or nothing, and says which condition did not hold', async () => {
    const update1 = { UpdateExpression: 'SET a = :one', ExpressionAttributeValues: { ':one': 1 } };

    await expect(transact(update1, { ...other, ...update1, ConditionExpression: 'a = :one' })).rejects.toMatchObject({
      name: 'TransactionCanceledException', CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    });
    expect(dynamodb.keys()).toEqual([]);
    await transact(update1, { ...other, ...update1 });
    expect(dynamodb.keys()).toEqual(['p s', 'p other']);
  });
});
