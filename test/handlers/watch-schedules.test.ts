import { GetScheduleCommand, ResourceNotFoundException, SchedulerClient } from '@aws-sdk/client-scheduler';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { OWNER_TOPIC, TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs } from './support/logs';
import { forPeople, forPrograms } from './support/messages';
import { execution } from './support/runs';
import { claimOf } from '../../src/handlers/claim';
import { Ledger } from '../../src/handlers/ledger';
import { handler } from '../../src/handlers/watch-schedules.lambda';
import { ExpectedSchedule } from '../../src/workflow/contract';

const dynamodb = new FakeDynamoDB(TABLE);
const sns = mockClient(SNSClient);
const scheduler = mockClient(SchedulerClient);
captureLogs();

const ARN = 'arn:aws:scheduler:eu-west-1:111111111111:schedule/reports/Daily';
const DAILY: ExpectedSchedule = { arn: ARN, name: 'Daily', expression: 'cron(0 7 * * ? *)', timeZone: 'Europe/Madrid', deadlineSeconds: 3 * 3600 };
const TIME = '2026-11-21T06:00:00.000Z'; // 07:00 in Madrid
const DEADLINE = '2026-11-21T09:00:00.000Z';

/** What Scheduler has. */
let deployed: Record<string, { State: string; ScheduleExpression: string } | Error>;

beforeEach(() => {
  deployed = { Daily: { State: 'ENABLED', ScheduleExpression: DAILY.expression } };
  scheduler.reset();
  scheduler.on(GetScheduleCommand).callsFake(({ GroupName, Name }) => {
    expect(GroupName).toBe('reports');
    const schedule = deployed[Name] ?? new ResourceNotFoundException({ message: `there is no ${Name}`, $metadata: {} } as any);
    if (schedule instanceof Error) throw schedule;
    return schedule;
  });
  sns.reset();
  sns.on(PublishCommand).resolves({ MessageId: 'm' });
});

/** Looks at a time. */
const look = async (now: string, ...schedules: ExpectedSchedule[]) => {
  setClock(now);
  await handler({ schedules: schedules.length > 0 ? schedules : [DAILY] });
};
const reportIdAt = (time: string, arn = ARN) => claimOf({ arn }, { schedule: { arn, time, timeZone: 'UTC' } }).reportId;
const seedRun = (time: string, fields: object, arn = ARN) => {
  const reportId = reportIdAt(time, arn);
  dynamodb.seed({ pk: `run#${reportId}`, sk: 'run', reportId, executionArn: execution('a').arn, ...fields });
};
const notices = () => sns.commandCalls(PublishCommand).map(call => call.args[0].input);
const bodies = () => notices().map(notice => forPrograms(notice).body);
const missed = () => bodies().flatMap(({ runs }) => runs.map(({ scheduledTime, status }: any) => `${scheduledTime} ${status}`));

describe('a run that was never started', () => {
  beforeEach(async () => look('2026-11-20T12:00:00Z'));

  test('is told once, when its deadline is over', async () => {
    await look('2026-11-21T08:59:59.999Z');
    expect(notices()).toEqual([]);
    await look(DEADLINE);
    await look(DEADLINE);
    await look('2026-11-21T09:15:00Z');

    expect(missed()).toEqual([`${TIME} NONE`]);
  });

  test('is told to people with what is missing and what to do, and to programs', async () => {
    await look(DEADLINE);

    expect(forPeople(notices()[0])).toEqual({
      TopicArn: OWNER_TOPIC,
      Subject: 'MISSED: Stock, schedule Daily',
      Message: [
        'The report "Stock" was not finished 3 hours after its time, as the deadline of the schedule "Daily" asks:',
        `- 21 Nov 2026, 07:00 CET: was not started (run ${reportIdAt(TIME)})`,
        '',
        'What to do: A start that Scheduler has given up is in the dead-letter queue dead-letters, with the reason. When that is mended, start the pipeline with the input of '
        + 'its target, in which "arn" and "time" are those of the schedule and the missing run.',
        '',
        `Schedule: ${ARN}`,
        'When: cron(0 7 * * ? *) in Europe/Madrid',
      ].join('\n'),
    });
    expect(forPrograms(notices()[0])).toMatchObject({
      body: {
        kind: 'SCHEDULE',
        status: 'MISSED',
        report: 'Stock',
        schedule: { arn: ARN, name: 'Daily' },
        runs: [{ scheduledTime: TIME, reportId: reportIdAt(TIME), status: 'NONE' }],
      },
      attributes: { kind: 'SCHEDULE', report: 'Stock', status: 'MISSED' },
    });
  });

  test('is told with the others that came in the meantime, however long nobody looked', async () => {
    await look('2026-11-24T12:00:00Z');

    expect(notices()).toHaveLength(1);
    expect(missed()).toEqual(['21', '22', '23', '24'].map(day => `2026-11-${day}T06:00:00.000Z NONE`));
  });

  test('is told again when the notice was not taken, or could not be recorded', async () => {
    sns.on(PublishCommand).rejectsOnce(new Error('Rate exceeded')).resolves({});
    await expect(look(DEADLINE)).rejects.toThrow('Rate exceeded');
    dynamodb.interrupt('before', 'Update', 'watched', () => { throw new Error('InternalServerError'); });
    await expect(look(DEADLINE)).rejects.toThrow('InternalServerError');
    await look(DEADLINE);
    await look(DEADLINE);

    expect(notices()).toHaveLength(3);
  });

  test('is told with what somebody has made of the schedule', async () => {
    deployed.Daily = { State: 'ENABLED', ScheduleExpression: 'cron(0 8 * * ? *)' };
    await look(DEADLINE);

    expect(bodies()[0].text).toContain('The schedule is cron(0 8 * * ? *) in Scheduler, which is not what was deployed. Deploy its stack anew.');
  });
});

describe('a run that was started', () => {
  beforeEach(async () => look('2026-11-20T12:00:00Z'));

  test.each(['DELIVERED', 'SKIPPED', 'PAUSED', 'NO_RECIPIENT', 'FAILED', 'TIMED_OUT', 'ABORTED'])('is not told when it is %s by its deadline', async status => {
    seedRun(TIME, { status, leaseUntil: '2026-11-21T08:15:00.000Z' });
    await look(DEADLINE);

    expect(notices()).toEqual([]);
  });

  test('and hangs is told once, with its execution', async () => {
    seedRun(TIME, { status: 'RUNNING', leaseUntil: '2026-11-21T09:00:01.000Z' });
    await look(DEADLINE);
    await look('2026-11-21T09:15:00Z');

    expect(missed()).toEqual([`${TIME} RUNNING`]);
    expect(bodies()[0].text).toMatch(new RegExp(`07:00 CET: is still under way, in ${execution('a').arn}[^]*Look what the execution waits for. If it hangs, stop it, and redrive it.`));
  });

  test('and whose claim never ended is told so', async () => {
    seedRun(TIME, { status: 'RUNNING', leaseUntil: '2026-11-21T08:15:00.000Z' });
    await look(DEADLINE);

    expect(missed()).toEqual([`${TIME} TIMED_OUT`]);
    expect(bodies()[0].text).toMatch(/nobody works on it any more[^]*What to do: Redrive the execution, or start the pipeline with the input of its target/);
  });

  test('is one of those that are told when it is the only one that has not ended', async () => {
    seedRun(TIME, { status: 'DELIVERED' });
    seedRun('2026-11-22T06:00:00.000Z', { status: 'RUNNING', leaseUntil: '2026-11-22T08:15:00.000Z' });
    await look('2026-11-23T09:00:00Z');

    expect(missed()).toEqual(['2026-11-22T06:00:00.000Z TIMED_OUT', '2026-11-23T06:00:00.000Z NONE']);
  });
});

describe('a schedule that somebody has switched off', () => {
  test.each([['DISABLED', 'Enable it.'], ['DELETED', 'Deploy its stack anew, so that it is made again.']])('%s is told once, at the next look, and its runs are not', async (state, toDo) => {
    await look('2026-11-20T12:00:00Z');
    if (state === 'DISABLED') deployed.Daily = { State: 'DISABLED', ScheduleExpression: DAILY.expression }; else delete deployed.Daily;
    await look('2026-11-20T12:15:00Z');
    await look('2026-11-20T12:30:00Z');
    await look('2026-11-25T12:00:00Z');

    expect(bodies().map(({ status }) => status)).toEqual([state]);
    expect(forPeople(notices()[0]).Subject).toBe(`SCHEDULE ${state}: Stock, schedule Daily`);
    expect(bodies()[0].text).toContain(`What to do: ${toDo} To stop reports on purpose, pause the pipeline instead`);
  });

  test('is told even if it was so when it was first looked at', async () => {
    deployed.Daily = { State: 'DISABLED', ScheduleExpression: DAILY.expression };
    await look('2026-11-20T12:00:00Z');

    expect(bodies().map(({ status }) => status)).toEqual(['DISABLED']);
  });

  test('and on again is told when it is switched off once more; what it missed meanwhile was told with that', async () => {
    await look('2026-11-20T12:00:00Z');
    for (const [now, State] of [['2026-11-20T13:00:00Z', 'DISABLED'], ['2026-11-21T07:00:00Z', 'ENABLED'], ['2026-11-21T12:00:00Z', 'ENABLED'], ['2026-11-21T13:00:00Z', 'DISABLED']]) {
      deployed.Daily = { State, ScheduleExpression: DAILY.expression };
      await look(now);
    }
    expect(bodies().map(({ status }) => status)).toEqual(['DISABLED', 'DISABLED']);
  });
});

describe('while the pipeline is paused', () => {
  const pause = () => dynamodb.seed({ ...Ledger.PAUSE });
  const resume = () => dynamodb.remove(`${Ledger.PAUSE.pk} ${Ledger.PAUSE.sk}`);

  test('nobody is told of a missing run, then or later', async () => {
    await look('2026-11-20T12:00:00Z');
    pause();
    await look('2026-11-21T12:00:00Z');
    resume();
    await look('2026-11-21T12:15:00Z');

    expect(notices()).toEqual([]);
  });

  test('nobody is told that a schedule is disabled, before the pause is over', async () => {
    await look('2026-11-20T12:00:00Z');
    pause();
    deployed.Daily = { State: 'DISABLED', ScheduleExpression: DAILY.expression };
    await look('2026-11-20T12:15:00Z');
    expect(notices()).toEqual([]);
    resume();
    await look('2026-11-20T12:30:00Z');

    expect(bodies().map(({ status }) => status)).toEqual(['DISABLED']);
  });
});

describe('what is expected', () => {
  test('begins when it is first looked at: nothing is told of times before', async () => {
    await look('2026-11-21T06:00:01Z');
    await look('2026-11-21T09:15:00Z');

    expect(notices()).toEqual([]);
  });

  test('begins anew with another expression', async () => {
    await look('2026-11-20T12:00:00Z');
    const later = { ...DAILY, expression: 'cron(0 8 * * ? *)' };
    await look('2026-11-21T07:00:01Z', later);
    await look('2026-11-21T12:00:00Z', later);
    expect(notices()).toEqual([]);
    await look('2026-11-22T12:00:00Z', later);

    expect(missed()).toEqual(['2026-11-22T07:00:00.000Z NONE']);
  });

  test('is nothing before the start of a schedule and after its end', async () => {
    const bounded = { ...DAILY, start: '2026-11-21T06:00:00.000Z', end: '2026-11-22T06:00:00.000Z' };
    await look('2026-11-18T12:00:00Z', bounded);
    await look('2026-11-25T12:00:00Z', bounded);

    expect(missed()).toEqual(['2026-11-21T06:00:00.000Z NONE', '2026-11-22T06:00:00.000Z NONE']);
  });

  test('is the one time of a one-time schedule', async () => {
    const once = { ...DAILY, expression: 'at(2026-11-21T07:00:00)' };
    await look('2026-11-20T12:00:00Z', once);
    await look('2026-11-25T12:00:00Z', once);

    expect(missed()).toEqual([`${TIME} NONE`]);
  });

  test('follows the clocks', async () => {
    await look('2026-10-23T12:00:00Z');
    await look('2026-10-26T12:00:00Z');

    expect(missed()).toEqual(['2026-10-24T05:00:00.000Z NONE', '2026-10-25T06:00:00.000Z NONE', '2026-10-26T06:00:00.000Z NONE']);
  });
});

describe('a rate', () => {
  const HOURLY = { ...DAILY, expression: 'rate(1 hour)', deadlineSeconds: 600 };
  const fired = (time: string, status = 'DELIVERED') => {
    dynamodb.seed({ pk: `schedule#${ARN}`, sk: `fired#${time}`, reportId: reportIdAt(time) });
    seedRun(time, { status, leaseUntil: '2026-11-21T23:00:00.000Z' });
  };
  const at = (time: string) => `2026-11-21T${time}.000Z`;

  beforeEach(async () => look(at('06:30:00'), HOURLY));

  test('goes on from the times for which it has fired, whenever it began', async () => {
    ['06:47:31', '07:47:31', '08:47:31'].map(at).forEach(time => fired(time));
    await look(at('08:58:00'), HOURLY);
    expect(notices()).toEqual([]);
    await look(at('09:58:32'), HOURLY);
    await look(at('09:58:32'), HOURLY);

    expect(missed()).toEqual([`${at('09:47:31')} NONE`]);
  });

  test('that never fired is told an interval after it is expected', async () => {
    await look(at('07:41:00'), HOURLY);
    expect(notices()).toEqual([]);
    await look(at('07:41:01'), HOURLY);

    expect(missed()).toEqual([`${at('07:30:00')} NONE`]);
  });

  test('that left some out and has a run that hangs is told of these', async () => {
    fired(at('06:47:31'));
    fired(at('07:47:31'), 'RUNNING');
    fired(at('10:47:31'));
    await look(at('11:00:00'), HOURLY);

    expect(missed()).toEqual([`${at('07:47:31')} RUNNING`, `${at('08:47:31')} NONE`, `${at('09:47:31')} NONE`]);
  });

  test('with a start is expected from there, and until its end', async () => {
    const bounded = { ...HOURLY, start: at('09:00:00'), end: at('10:30:00') };
    await look(at('06:40:00'), bounded);
    await look(at('08:59:00'), bounded);
    expect(notices()).toEqual([]);
    await look(at('13:00:00'), bounded);

    expect(missed()).toEqual([`${at('09:00:00')} NONE`, `${at('10:00:00')} NONE`]);
  });
});

test('the other schedules are looked at when one can not be', async () => {
  const other = { ...DAILY, arn: ARN.replace('Daily', 'Other'), name: 'Other' };
  deployed.Other = { State: 'ENABLED', ScheduleExpression: DAILY.expression };
  await look('2026-11-20T12:00:00Z', DAILY, other);
  deployed.Daily = new Error('Rate exceeded');
  await expect(look(DEADLINE, DAILY, other)).rejects.toThrow('Rate exceeded');

  expect(bodies().map(({ schedule }) => schedule.name)).toEqual(['Other']);
});

test('of very many runs the first are listed, and programs get all', async () => {
  const often = { ...DAILY, expression: 'cron(0/5 * * * ? *)', deadlineSeconds: 60 };
  await look('2026-11-20T12:00:00Z', often);
  await look('2026-11-20T15:01:00Z', often);

  expect(bodies()[0].runs).toHaveLength(36);
  expect(bodies()[0].text.match(/was not started/g)).toHaveLength(20);
  expect(bodies()[0].text).toContain('- and 16 more');
});
