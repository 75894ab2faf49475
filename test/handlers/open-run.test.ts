import { setClock } from './support/clock';
import { TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { execution, NOW, openedRun, openEvent, PARAMETERS, SCHEDULE } from './support/runs';
import { Ledger } from '../../src/handlers/ledger';
import { handler } from '../../src/handlers/open-run.lambda';
import { OpenRunResult, StartInput } from '../../src/workflow/contract';

const dynamodb = new FakeDynamoDB(TABLE);
const logs = captureLogs();
const ID = '3f2a9c04d1b84f77a0e6c2f1b5d98e34';

beforeEach(() => setClock(NOW));

const open = async (name: string, input?: StartInput) => handler(openEvent(name, input));
const runs = () => dynamodb.keys().filter(key => key.startsWith('run#')).map(key => dynamodb.item(...key.split(' ') as [string, string])!);
/** The only run in the ledger. */
const run = () => runs()[0];
/** Changes the only run in the ledger, as another handler does. */
const change = (changes: object) => dynamodb.seed({ ...run(), ...changes });

describe('a scheduled run', () => {
  test('is opened with all that the steps after it need', async () => {
    const opened = openedRun(await open('a'));

    const { reportId } = opened.run;
    expect(opened).toEqual({
      outcome: 'OPENED',
      run: {
        version: 1,
        reportId,
        attempt: 1,
        report: 'Stock',
        trigger: 'SCHEDULE',
        period: { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' },
        scheduledTime: '2026-11-21T06:00:00Z',
        openedAt: NOW,
        locale: 'en-GB',
        timeZone: 'Europe/Madrid',
        parameters: PARAMETERS,
      },
      output: { bucket: 'reports', key: `data/${reportId}/1/rows.ndjson` },
      files: [{ name: 'report.html', bucket: 'reports', key: `reports/${reportId}/1/report.html`, contentType: 'text/html; charset=utf-8' }],
      ledger: { table: TABLE, pk: `run#${reportId}`, sk: 'link#1#' },
    });
  });

  test('is RUNNING in the ledger, which keeps no parameters', async () => {
    const { run: { reportId } } = openedRun(await open('a'));

    expect(run()).toEqual({
      pk: `run#${reportId}`,
      sk: 'run',
      reportId,
      status: 'RUNNING',
      attempt: 1,
      trigger: 'SCHEDULE',
      executionArn: execution('a').arn,
      report: 'Stock',
      period: { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' },
      scheduleArn: SCHEDULE.arn,
      scheduledTime: '2026-11-21T06:00:00Z',
      createdAt: NOW,
      openedAt: NOW,
      leaseUntil: '2026-11-21T08:15:04.500Z',
      ttl: Math.floor(Date.parse(NOW) / 1000) + 120 * 24 * 3600,
    });
  });

  test('is for the groups that may see it, in the run, in the ledger, and in a list of each', async () => {
    process.env.READER_GROUPS = '["bookkeeping","café-owners"]';
    const { run: opened } = openedRun(await open('a'));

    expect(opened.readerGroups).toEqual(['bookkeeping', 'café-owners']);
    expect(run()!.readerGroups).toEqual(['bookkeeping', 'café-owners']);
    expect(dynamodb.keys().filter(key => key.startsWith('reader#'))).toEqual([
      `reader#group|bookkeeping ${NOW}#${opened.reportId}`, `reader#group|café-owners ${NOW}#${opened.reportId}`,
    ]);
  });

  test('has its period in the zone of its schedule, and shows times in the zone of its readers', async () => {
    const { run: opened } = openedRun(await open('a', { schedule: { ...SCHEDULE, timeZone: 'Asia/Tokyo' } }));

    expect(opened.period).toEqual({ from: '2026-11-19T15:00:00.000Z', to: '2026-11-20T15:00:00.000Z', timeZone: 'Asia/Tokyo' });
    expect(opened.timeZone).toBe('Europe/Madrid');
  });

  test('that starts three days late is about the day for which it was scheduled', async () => {
    setClock('2026-11-24T19:00:00Z');
    const { run: { period } } = openedRun(await handler({
      execution: { ...execution('a'), startTime: '2026-11-24T18:59:59Z' }, input: { schedule: SCHEDULE },
    }));

    expect(period.to).toBe('2026-11-20T23:00:00.000Z');
  });

  test('without parameters has none', async () => {
    expect(openedRun(await open('a', { schedule: SCHEDULE })).run.parameters).toEqual({});
  });
});

describe('a run that somebody starts', () => {
  test('is about its day up to its start, in the zone of the readers', async () => {
    const { run: opened } = openedRun(await open('a', {}));

    expect(opened).toMatchObject({ trigger: 'MANUAL', period: { from: '2026-11-20T23:00:00.000Z', to: '2026-11-21T06:00:01.200Z', timeZone: 'Europe/Madrid' } });
    expect(opened).not.toHaveProperty('scheduledTime');
  });

  test('is not the report of another such run', async () => {
    const [first, second] = [await open('a', {}), await open('b', {})];

    expect(openedRun(first).run.reportId).not.toBe(openedRun(second).run.reportId);
  });
});

describe('a run for a period', () => {
  const period = { from: '2026-11-01T00:00:00+01:00', to: '2026-11-08T00:00:00+01:00' };

  test('is about that, in the zone of the readers or in its own', async () => {
    expect(openedRun(await open('a', { period })).run).toMatchObject({
      trigger: 'MANUAL', period: { from: '2026-10-31T23:00:00.000Z', to: '2026-11-07T23:00:00.000Z', timeZone: 'Europe/Madrid' },
    });
    expect(openedRun(await open('a', { period: { ...period, timeZone: 'Asia/Tokyo' }, rerun: '1' })).run.period.timeZone).toBe('Asia/Tokyo');
  });

  test('is one report, whoever starts it and however often', async () => {
    const { run: { reportId } } = openedRun(await open('a', { period, parameters: { a: 1 } }));

    expect(await open('b', { period: { from: '2026-10-31T23:00:00Z', to: '2026-11-07T23:00:00.000Z' }, parameters: { a: 1 } })).toEqual({ outcome: 'DUPLICATE', reportId });
    expect(openedRun(await open('b', { period, parameters: { a: 2 } })).run.reportId).not.toBe(reportId);
  });

  test('is made once more for each word', async () => {
    await open('a', { period });
    const { run: { reportId } } = openedRun(await open('b', { period, rerun: '1' }));

    expect(await open('c', { period, rerun: '1' })).toEqual({ outcome: 'DUPLICATE', reportId });
    expect(openedRun(await open('d', { period, rerun: '2' })).run.reportId).not.toBe(reportId);
  });
});

describe('while the pipeline is paused', () => {
  beforeEach(() => dynamodb.seed({ ...Ledger.PAUSE }));
  const continued = () => dynamodb.remove(`${Ledger.PAUSE.pk} ${Ledger.PAUSE.sk}`);

  test('a scheduled run is not made, and recorded as PAUSED, however often it is started', async () => {
    const paused = await open('a');
    expect(paused).toEqual({ outcome: 'PAUSED', reportId: runs()[0].reportId });
    expect([await open('b'), await open('b')]).toEqual([paused, paused]);

    expect(runs()).toEqual([expect.objectContaining({
      status: 'PAUSED',
      executionArn: execution('b').arn,
      scheduledTime: SCHEDULE.time,
      scheduleArn: SCHEDULE.arn,
      closedAt: NOW,
      period: { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' },
    })]);
    expect(runs()[0]).not.toHaveProperty('attempt');
    expect(runs()[0]).not.toHaveProperty('leaseUntil');
    expect(logs.entries()[0]).toEqual({ message: 'paused', trigger: 'SCHEDULE', reportId: runs()[0].reportId });
  });

  test('what was not made is made from the same input, when the pause is over, as the first attempt', async () => {
    const { outcome } = await open('a');
    continued();

    const opened = openedRun(await open('b'));
    expect([outcome, opened.run.attempt]).toEqual(['PAUSED', 1]);
    expect(runs()).toEqual([expect.objectContaining({ status: 'RUNNING', attempt: 1 })]);
    expect(runs()[0]).not.toHaveProperty('closedAt');
  });

  test.each<[string, StartInput]>([
    ['that somebody starts', {}],
    ['for a period', { period: { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' } }],
    ['of a schedule that is made once more', { schedule: SCHEDULE, rerun: '1' }],
  ])('a run %s is made', async (_what, input) => {
    expect(await open('a', input)).toMatchObject({ outcome: 'OPENED' });
  });

  test('a run on request is made', async () => {
    dynamodb.seed({ pk: `run#${ID}`, sk: 'run', reportId: ID, status: 'REQUESTED' });

    expect(await open(ID, { request: { reportId: ID } })).toMatchObject({ outcome: 'OPENED' });
  });

  test('a run that was opened before goes on', async () => {
    continued();
    const opened = await open('a');
    dynamodb.seed({ ...Ledger.PAUSE });

    expect(await open('a')).toEqual(opened);
    expect(await open('b')).toMatchObject({ outcome: 'DUPLICATE' });
  });

  test.each(['FAILED', 'TIMED_OUT', 'ABORTED', 'NO_RECIPIENT'])('a run that had ended as %s before is not taken over by what starts by itself', async status => {
    continued();
    const opened = openedRun(await open('a'));
    dynamodb.seed({ ...dynamodb.item(opened.ledger.pk, 'run')!, pk: opened.ledger.pk, sk: 'run', status });
    dynamodb.seed({ ...Ledger.PAUSE });

    expect(await open('b')).toMatchObject({ outcome: 'PAUSED' });
    expect(dynamodb.item(opened.ledger.pk, 'run')).toMatchObject({ status, attempt: 1 });
    expect(openedRun(await open('a')).run.attempt).toBe(2); // its own execution, redriven by somebody
  });

  test('a run whose record was made and only the answer lost is PAUSED', async () => {
    dynamodb.interrupt('after', 'Update', 'run', () => { throw new Error('ECONNRESET'); });
    await expect(open('a')).rejects.toThrow('ECONNRESET');

    expect(await open('a')).toMatchObject({ outcome: 'PAUSED' });
  });

  test('a ledger that does not tell of the pause lets nothing be made', async () => {
    dynamodb.interrupt('before', 'Get', Ledger.PAUSE.sk, () => { throw new Error('InternalServerError'); });

    await expect(open('a')).rejects.toThrow('InternalServerError');
    expect(runs()).toEqual([]);
  });
});

describe('a schedule that goes on where its last report ended', () => {
  const daily = { ...SCHEDULE, period: 'SINCE_LAST_RUN' as const };
  const lastDelivered = (to: string) => dynamodb.seed({ pk: `schedule#${SCHEDULE.arn}`, sk: 'last delivered', scheduledTime: to, to });
  const periodOf = (opened: OpenRunResult) => {
    const { period: { from, to } } = openedRun(opened).run;
    return `${from} ${to}`.replaceAll('.000Z', 'Z');
  };

  test('covers the day before its time when nothing was delivered yet', async () => {
    expect(periodOf(await open('a', { schedule: daily }))).toBe('2026-11-20T06:00:00Z 2026-11-21T06:00:00Z');
  });

  test('covers what came since the last report, however long that is ago', async () => {
    lastDelivered('2026-11-18T06:00:00.000Z');
    expect(periodOf(await open('a', { schedule: daily }))).toBe('2026-11-18T06:00:00Z 2026-11-21T06:00:00Z');
  });

  test('covers the same when it failed and is made again, whatever was delivered since', async () => {
    lastDelivered('2026-11-18T06:00:00.000Z');
    await open('a', { schedule: daily });
    change({ status: 'FAILED' });
    lastDelivered('2026-11-22T06:00:00.000Z');

    expect(periodOf(await open('b', { schedule: daily }))).toBe('2026-11-18T06:00:00Z 2026-11-21T06:00:00Z');
  });

  test('covers the same when it was paused, and is made up for', async () => {
    lastDelivered('2026-11-18T06:00:00.000Z');
    dynamodb.seed({ ...Ledger.PAUSE });
    await open('a', { schedule: daily });
    dynamodb.remove(`${Ledger.PAUSE.pk} ${Ledger.PAUSE.sk}`);
    lastDelivered('2026-11-22T06:00:00.000Z');

    expect(periodOf(await open('b', { schedule: daily }))).toBe('2026-11-18T06:00:00Z 2026-11-21T06:00:00Z');
  });

  test('covers the same when it is made once more on purpose', async () => {
    lastDelivered('2026-11-18T06:00:00.000Z');
    await open('a', { schedule: daily });
    change({ status: 'DELIVERED' });
    lastDelivered('2026-11-21T06:00:00.000Z');

    expect(periodOf(await open('b', { schedule: daily, rerun: '1' }))).toBe('2026-11-18T06:00:00Z 2026-11-21T06:00:00Z');
  });

  test('refuses a time that a later report has covered, and says what to do', async () => {
    lastDelivered('2026-11-22T06:00:00.000Z');
    await expect(open('a', { schedule: daily })).rejects.toMatchObject({
      name: 'InvalidInput', message: expect.stringMatching(/covers the time up to 2026-11-22T06:00:00.000Z; start the pipeline with a "period"/),
    });
    expect(runs()).toEqual([]);
  });
});

describe('a run that its schedule skips', () => {
  const HOLIDAY = { ...SCHEDULE, holidays: ['2026-12-25', '2026-11-21'] };
  const IN_TIME = { ...SCHEDULE, startingDeadlineSeconds: 600 };
  const ALONE = { ...SCHEDULE, onOverlap: 'SKIP' as const };
  const dayBefore = { ...ALONE, time: '2026-11-20T06:00:00Z' };

  test('because of a holiday is recorded, with the reason, and no more than that', async () => {
    const skipped = await open('a', { schedule: HOLIDAY });

    expect(skipped).toEqual({ outcome: 'SKIPPED', reportId: run().reportId });
    expect(run()).toMatchObject({ status: 'SKIPPED', reason: 'HOLIDAY', attempt: 1, closedAt: NOW, scheduledTime: SCHEDULE.time });
    expect(run()).not.toHaveProperty('rows');
  });

  test('goes by the date in its zone', async () => {
    const late = { ...HOLIDAY, time: '2026-11-21T23:30:00Z' }; // 22 November in Madrid
    const early = { ...HOLIDAY, time: '2026-11-20T23:30:00Z' }; // 21 November in Madrid
    setClock('2026-11-21T23:30:01Z');

    expect((await open('a', { schedule: late })).outcome).toBe('OPENED');
    expect((await open('b', { schedule: early })).outcome).toBe('SKIPPED');
  });

  test.each([['2026-11-21T06:10:00.000Z', 'OPENED'], ['2026-11-21T06:10:00.001Z', 'SKIPPED']])('because it is too late, at %s, or not: %s', async (now, outcome) => {
    setClock(now);
    expect((await open('a', { schedule: IN_TIME })).outcome).toBe(outcome);
    expect(run().reason).toBe(outcome === 'SKIPPED' ? 'TOO_LATE' : undefined);
  });

  test('because another one goes on, which it leaves alone', async () => {
    const first = openedRun(await open('a', { schedule: dayBefore }));

    expect((await open('b', { schedule: ALONE })).outcome).toBe('SKIPPED');
    expect(runs().map(({ reportId, status, reason }) => [reportId === first.run.reportId, status, reason])).toEqual([
      [true, 'RUNNING', undefined], [false, 'SKIPPED', 'OVERLAP'],
    ]);
  });

  test.each([['DELIVERED'], ['FAILED'], ['SKIPPED']])('is made when the other one is %s', async status => {
    await open('a', { schedule: dayBefore });
    change({ status });

    expect((await open('b', { schedule: ALONE })).outcome).toBe('OPENED');
  });

  test('stays skipped, however often it is started', async () => {
    await open('a', { schedule: HOLIDAY });
    const { reportId } = run();

    expect(await open('b', { schedule: HOLIDAY })).toEqual({ outcome: 'DUPLICATE', reportId });
    expect(await open('a', { schedule: SCHEDULE })).toEqual({ outcome: 'DUPLICATE', reportId });
  });

  test('is skipped for the same reason when only the answer of the ledger was lost', async () => {
    dynamodb.interrupt('after', 'Update', 'run', () => { throw new Error('ECONNRESET'); });
    await expect(open('a', { schedule: IN_TIME })).rejects.toThrow('ECONNRESET');
    setClock('2026-11-21T06:20:00Z'); // opened in time, and tried again later

    expect((await open('a', { schedule: IN_TIME })).outcome).toBe('OPENED');
  });

  test.each([['on a holiday', HOLIDAY], ['too late', IN_TIME], ['beside another', ALONE]])('is made %s when somebody makes it once more', async (_what, schedule) => {
    await open('a', { schedule: dayBefore });
    setClock('2026-11-21T09:00:00Z');

    expect((await open('b', { schedule, rerun: '1' })).outcome).toBe('OPENED');
  });

  test.each([['on a holiday', HOLIDAY], ['too late', IN_TIME], ['beside another', ALONE]])('goes on %s when it was begun and has failed', async (_what, schedule) => {
    await open('a', { schedule: SCHEDULE });
    change({ status: 'FAILED' });
    await open('b', { schedule: dayBefore });
    setClock('2026-11-21T09:00:00Z');

    expect(openedRun(await open('c', { schedule })).run.attempt).toBe(2);
  });
});

describe('a run on request', () => {
  const requested = { pk: `run#${ID}`, sk: 'run', reportId: ID, status: 'REQUESTED', requester: 'cognito|i|s', bodyHash: 'h', requestedAt: '2026-11-21T06:00:00Z' };
  const input: StartInput = { request: { reportId: ID } };

  test('opens what was requested, and keeps who requested it', async () => {
    dynamodb.seed(requested);

    expect(openedRun(await open(ID, input)).run).toMatchObject({ reportId: ID, attempt: 1, trigger: 'REQUEST' });
    expect(run()).toMatchObject({ status: 'RUNNING', requester: 'cognito|i|s', bodyHash: 'h', executionArn: execution(ID).arn });
  });

  test('is refused when nobody requested it: an end as DUPLICATE would look well', async () => {
    await expect(open(ID, input)).rejects.toMatchObject({ name: 'InvalidInput', message: expect.stringContaining(`nobody requested the report ${ID}`) });
    expect(dynamodb.keys()).toEqual([]);
  });

  test('is refused to an execution of another name, and what was requested waits for its own', async () => {
    dynamodb.seed(requested);

    await expect(open('other', input)).rejects.toMatchObject({ name: 'InvalidInput' });
    expect(run().status).toBe('REQUESTED');
  });
});

describe('an execution that repeats another', () => {
  test.each(['RUNNING', 'DELIVERED', 'SKIPPED'])('is a duplicate while the run is %s', async status => {
    const { run: { reportId } } = openedRun(await open('a'));
    change({ status });
    const before = run();

    expect(await open('b')).toEqual({ outcome: 'DUPLICATE', reportId });
    expect(run()).toEqual(before);
  });

  test.each(['FAILED', 'TIMED_OUT', 'ABORTED', 'NO_RECIPIENT'])('takes over a run that is %s, as the next attempt of the same report', async status => {
    const first = openedRun(await open('a'));
    change({ status, step: 'Look up the data', error: 'E', closedAt: NOW });
    setClock('2026-11-21T06:05:00.000Z');

    const second = openedRun(await open('b'));

    expect(second.run).toEqual({ ...first.run, attempt: 2, openedAt: '2026-11-21T06:05:00.000Z' });
    expect(second.files[0].key).toBe(`reports/${first.run.reportId}/2/report.html`);
    expect(second.output.key).toBe(`data/${first.run.reportId}/2/rows.ndjson`);
    expect(second.ledger.sk).toBe('link#2#');
  });

  test('takes over a run whose lease has run out, and not before', async () => {
    const { run: { reportId } } = openedRun(await open('a'));
    setClock('2026-11-21T08:15:04.500Z');
    expect(await open('b')).toEqual({ outcome: 'DUPLICATE', reportId });
    setClock('2026-11-21T08:15:04.501Z');

    expect(openedRun(await open('b')).run).toMatchObject({ reportId, attempt: 2 });
    expect(run()).toMatchObject({ executionArn: execution('b').arn, leaseUntil: '2026-11-21T10:30:04.501Z' });
  });

  test('does not take over a run whose lease has run out after its delivery was begun', async () => {
    const { run: { reportId } } = openedRun(await open('a'));
    change({ deliveryBegunAt: NOW });
    setClock('2026-11-23T06:00:00Z');

    expect(await open('b')).toEqual({ outcome: 'DUPLICATE', reportId });
  });

  test('does not take over a run that had no lease', async () => {
    const { run: { reportId } } = openedRun(await open('a'));
    change({ leaseUntil: undefined });
    setClock('2026-11-23T06:00:00Z');

    expect(await open('b')).toEqual({ outcome: 'DUPLICATE', reportId });
  });

  test('leaves nothing of the end of the attempt that it takes over', async () => {
    await open('a');
    const opened = run();
    change({ status: 'FAILED', step: 'Look up the data', error: 'E', closedAt: NOW });

    await open('b');

    expect(run()).toEqual({ ...opened, attempt: 2, executionArn: execution('b').arn });
  });

  test('does not take over a run that failed after its delivery was begun', async () => {
    const { run: { reportId } } = openedRun(await open('a'));
    change({ status: 'FAILED', deliveryBegunAt: NOW });

    expect(await open('b')).toEqual({ outcome: 'DUPLICATE', reportId });
  });

  test('opens a run whose first execution failed before it was opened', async () => {
    const { run: { reportId } } = openedRun(await open('a'));
    dynamodb.seed({ pk: `run#${reportId}`, sk: 'run', reportId, status: 'FAILED', executionArn: execution('a').arn, error: 'E', closedAt: NOW });

    expect(openedRun(await open('b')).run.attempt).toBe(1);
  });

  test('loses the race for a failed run to the one that is faster', async () => {
    const { run: { reportId } } = openedRun(await open('a'));
    change({ status: 'FAILED' });
    dynamodb.interrupt('before', 'Update', 'run', () => change({ status: 'RUNNING', attempt: 2, executionArn: execution('c').arn }));

    expect(await open('b')).toEqual({ outcome: 'DUPLICATE', reportId });
    expect(run()).toMatchObject({ attempt: 2, executionArn: execution('c').arn });
  });
});

describe('a retry of the same execution', () => {
  test('gets the same run, however much later', async () => {
    const first = await open('a');
    setClock('2026-11-21T06:00:30Z');

    expect(await open('a')).toEqual(first);
  });

  test('gets its run when only the answer of the ledger was lost', async () => {
    dynamodb.interrupt('after', 'Update', 'run', () => { throw new Error('ECONNRESET'); });
    await expect(open('a')).rejects.toThrow('ECONNRESET');

    expect(openedRun(await open('a')).run.attempt).toBe(1);
  });

  test('fails again while the ledger does, and claims nothing', async () => {
    dynamodb.interrupt('before', 'Update', 'run', () => { throw new Error('InternalServerError'); });

    await expect(open('a')).rejects.toThrow('InternalServerError');
    expect(runs()).toEqual([]);
  });
});

describe('an execution that was redriven', () => {
  test('opens its own failed run anew, also after its delivery was begun', async () => {
    const { run: { reportId } } = openedRun(await open('a'));
    change({ status: 'FAILED', deliveryBegunAt: NOW, error: 'DeliveryUncertain' });

    expect(openedRun(await open('a')).run).toMatchObject({ reportId, attempt: 2 });
    expect(run()).toMatchObject({ status: 'RUNNING', deliveryBegunAt: NOW });
  });

  test('is a duplicate of the execution that delivered the report meanwhile', async () => {
    const { run: { reportId } } = openedRun(await open('a'));
    change({ status: 'FAILED' });
    await open('b');
    change({ status: 'DELIVERED' });

    expect(await open('a')).toEqual({ outcome: 'DUPLICATE', reportId });
  });
});

describe('hostile input', () => {
  test.each<[string, any]>([
    ['a scheduled time that Scheduler did not fill in', { schedule: { ...SCHEDULE, time: '<aws.scheduler.scheduled-time>' } }],
    ['a day that there is not', { schedule: { ...SCHEDULE, time: '2026-02-30T06:00:00Z' } }],
    ['a zone that there is not', { schedule: { ...SCHEDULE, timeZone: 'Europe/Atlantis' } }],
    ['a period that begins on a day that there is not', { period: { from: '2026-02-30T00:00:00Z', to: '2026-03-08T00:00:00Z' } }],
    ['a period that ends on a day that there is not', { period: { from: '2026-02-01T00:00:00Z', to: '2026-02-31T00:00:00Z' } }],
    ['a period in a zone that there is not', { period: { from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z', timeZone: 'Europe/Atlantis' } }],
    ['a word that is to make once more what nobody names', { rerun: '1' }],
    ['a period of a unit that there is not', { schedule: { ...SCHEDULE, period: { unit: 'fortnight', from: -1, to: 0 } } }],
    ['half a period', { schedule: { ...SCHEDULE, period: { unit: 'day', from: -1 } } }],
    ['a holiday that is no date', { schedule: { ...SCHEDULE, holidays: ['Christmas'] } }],
    ['a deadline that is over before it begins', { schedule: { ...SCHEDULE, startingDeadlineSeconds: 0 } }],
    ['a list', []],
    ['parameters that are a list', { parameters: [SECRET] }],
    ['parameters of more than 16 KB', { parameters: { a: SECRET.repeat(3000) } }],
  ])('%s is refused before the ledger is asked', async (_what, input) => {
    const error = await open('a', input).catch(caught => caught);

    expect(error.name).toBe('InvalidInput');
    expect(error.message).not.toContain(SECRET);
    expect(dynamodb.keys()).toEqual([]);
  });

  test('parameters with the names of a prototype travel as they are', async () => {
    const parameters = JSON.parse('{"__proto__": {"attempt": 9}, "constructor": {"prototype": 1}}');

    const { run: opened } = openedRun(await open('a', { parameters }));

    expect(JSON.stringify(opened.parameters)).toBe('{"__proto__":{"attempt":9},"constructor":{"prototype":1}}');
    expect(opened.attempt).toBe(1);
  });
});

describe('parameters of a pipeline that has a schema for them', () => {
  const schema = {
    type: 'object', required: ['supplier'], additionalProperties: false, properties: { supplier: { type: 'string', pattern: '^(a+)+$' }, until: { format: 'date' } },
  };
  beforeEach(() => { process.env.PARAMETERS_SCHEMA = JSON.stringify(schema); });

  test.each<[string, StartInput]>([
    ['a schedule', { schedule: SCHEDULE }],
    ['somebody, for a period', { period: { from: '2026-11-01T00:00:00Z', to: '2026-11-08T00:00:00Z' } }],
    ['somebody', {}],
    ['the API', { request: { reportId: ID } }],
  ])('that are not as it asks for are refused before the ledger is asked, where %s started the run', async (_what, input) => {
    await expect(open(ID, input)).rejects.toMatchObject({
      name: 'InvalidInput', message: 'parameters.supplier is missing, which the parametersSchema of the pipeline asks for',
    });
    expect(dynamodb.keys()).toEqual([]);
  });

  test('that are as it asks for are taken', async () => {
    const parameters = { supplier: 'aaa', until: '2026-11-21' };
    expect(openedRun(await open('a', { schedule: SCHEDULE, parameters })).run.parameters).toEqual(parameters);
  });

  test.each<[string, string]>([
    ['another type', '{"supplier": ["S3CR3T"]}'],
    ['a name that nobody knows', '{"supplier": "a", "S3CR3T": 1}'],
    ['a name that would be the prototype', '{"supplier": "a", "__proto__": {"S3CR3T": 1}}'],
    ['a text that keeps the pattern busy for ever', `{"supplier": "${'a'.repeat(100)}S3CR3T"}`],
  ])('with %s are refused, and not quoted', async (_what, parameters) => {
    const error = await open('a', { schedule: SCHEDULE, parameters: JSON.parse(parameters) }).catch(caught => caught);

    expect(error.name).toBe('InvalidInput');
    expect(error.message).not.toContain(SECRET);
    expect(dynamodb.keys()).toEqual([]);
  });

  test('are checked again when the run is made again: by the schema of then', async () => {
    await expect(open('a', { schedule: SCHEDULE })).rejects.toMatchObject({ name: 'InvalidInput' });
    process.env.PARAMETERS_SCHEMA = '{"type":"object"}';

    expect(openedRun(await open('a', { schedule: SCHEDULE })).run.attempt).toBe(1);
  });
});

test('logs the report and its attempt, and a duplicate as one', async () => {
  const { run: { reportId } } = openedRun(await open('a'));
  await open('b');

  expect(logs.entries()).toEqual([
    { message: 'opened', trigger: 'SCHEDULE', reportId, attempt: 1 },
    { message: 'duplicate', trigger: 'SCHEDULE', reportId },
  ]);
});

describe('a report that is rendered again', () => {
  async function original(): Promise<string> {
    const { run: { reportId } } = openedRun(await open('a'));
    change({ status: 'FAILED' });
    openedRun(await open('b')); // what counts is its last attempt
    change({ status: 'DELIVERED' });
    return reportId;
  }

  test('is another report of the same period, which is told where the data was kept', async () => {
    const earlier = await original();
    process.env.PARAMETERS_SCHEMA = '{"type":"object","required":["supplier"]}'; // is about reports whose data is asked for
    const opened = await open('c', { rerender: earlier });

    expect(opened).toMatchObject({
      outcome: 'RERENDER',
      kept: { bucket: 'reports', key: `reports/${earlier}/2/data.json` },
      run: { attempt: 1, trigger: 'MANUAL', period: { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' }, parameters: {} },
    });
    const { reportId } = (opened as Extract<OpenRunResult, { outcome: 'RERENDER' }>).run;
    expect(reportId).not.toBe(earlier);
    expect(dynamodb.item(`run#${reportId}`, 'run')).toMatchObject({ status: 'RUNNING', rerenderOf: earlier });
    expect(dynamodb.item(`run#${reportId}`, 'run')).not.toHaveProperty('scheduledTime');
  });

  test('is made each time that somebody starts it', async () => {
    const earlier = await original();
    const ids = [await open('c', { rerender: earlier }), await open('d', { rerender: earlier }), await open('c', { rerender: earlier })]
      .map(opened => (opened as Extract<OpenRunResult, { outcome: 'RERENDER' }>).run.reportId);
    expect(ids[2]).toBe(ids[0]);
    expect(ids[1]).not.toBe(ids[0]);
  });

  test('has to have been made', async () => {
    await expect(open('c', { rerender: ID })).rejects.toMatchObject({ name: 'InvalidInput', message: expect.stringContaining(`${ID} is to be rendered again, and there is none`) });

    dynamodb.seed({ pk: `run#${ID}`, sk: 'run', reportId: ID, status: 'REQUESTED' });
    await expect(open('c', { rerender: ID })).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  test.each<[string, StartInput]>([
    ['a schedule', { schedule: SCHEDULE }], ['a period', { period: { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' } }], ['parameters', { parameters: {} }],
  ])('is about what it was about: %s beside it is refused', async (_, input) => {
    const earlier = await original();
    await expect(open('c', { rerender: earlier, ...input })).rejects.toMatchObject({ name: 'InvalidInput', message: expect.stringContaining('leave these out') });
  });

  test.each(['../x', '', 'A'.repeat(32), '__proto__'])('is named by its id, and not by %j', async id => {
    await expect(open('c', { rerender: id })).rejects.toMatchObject({ name: 'InvalidInput' });
  });
});
