import { Bounds } from '../../src/workflow/fire-times';
import { parseSchedule } from '../../src/workflow/schedule-expression';
import { findings } from '../../src/workflow/schedule-findings';

const AFTER = new Date('2026-11-21T07:00:00Z');
const found = (expression: string, timeZone: string, bounds: Partial<Bounds> = {}) =>
  findings(parseSchedule(expression), { timeZone, after: AFTER, ...bounds });
const message = (expression: string, timeZone: string, bounds?: Partial<Bounds>) => found(expression, timeZone, bounds).map(each => `${each.kind}: ${each.message}`).join('\n');

test.each([
  ['cron(0 7 * * ? *)', 'Europe/Madrid'],
  ['cron(30 2 * * ? *)', 'UTC'],
  ['cron(30 2 * * ? *)', 'Asia/Kathmandu'],
  ['cron(0 7 ? * MON-FRI *)', 'Australia/Lord_Howe'],
  ['cron(0 7 L * ? *)', 'Europe/Madrid'],
  ['cron(0 7 LW * ? *)', 'Europe/Madrid'],
  ['cron(0 7 1-31 * ? *)', 'Europe/Madrid'],
  ['cron(0 7 31 1,3,5,7,8,10,12 ? *)', 'Europe/Madrid'],
  ['cron(0 7 29 2 ? 2028)', 'Europe/Madrid'],
  ['cron(30 2 1 1 ? *)', 'Europe/Madrid'],
  ['at(2027-03-28T03:30:00)', 'Europe/Madrid'],
])('nothing about %s in %s', (expression, timeZone) => {
  expect(found(expression, timeZone)).toEqual([]);
});

describe('a schedule that never fires', () => {
  test.each([
    ['cron(0 7 30 2 ? *)', {}],
    ['cron(0 7 * * ? 2020-2025)', {}],
    ['cron(30 2 ? 3 SUNL *)', {}],
    ['at(2026-11-21T07:59:00)', {}],
    ['cron(0 7 1 * ? *)', { start: new Date('2026-12-02T00:00:00Z'), end: new Date('2026-12-31T00:00:00Z') }],
    ['rate(1 day)', { start: new Date('2026-12-02T00:00:00Z'), end: new Date('2026-12-01T00:00:00Z') }],
  ])('%s', (expression, bounds) => {
    expect(found(expression, 'Europe/Madrid', bounds)).toEqual([{ kind: 'NEVER_FIRES', message: expect.stringContaining(`${expression} fires at no time in Europe/Madrid after 2026-11-21T07:00:00.000Z`) }]);
  });

  test('says so of a time that the clocks leave out', () => {
    expect(message('at(2027-03-28T02:30:00)', 'Europe/Madrid')).toBe(
      'NEVER_FIRES: the clocks of Europe/Madrid leave out the time of at(2027-03-28T02:30:00); choose one before or after');
  });
});

describe('when the clocks change', () => {
  test('an hour that they leave out and repeat is told, with the first date and how many there are', () => {
    expect(message('cron(30 2 * * ? *)', 'Europe/Madrid')).toBe([
      'SKIPPED_TIME: the clocks of Europe/Madrid leave out 2027-03-28 02:30 and 9 more within 10 years, and Scheduler skips the run; choose an hour of the day that they never leave out',
      'REPEATED_TIME: the clocks of Europe/Madrid show 2027-10-31 02:30 and 9 more within 10 years twice, and Scheduler fires the first time only: the next run comes that much later',
    ].join('\n'));
  });

  test('only times that it has are told: half an hour, a midnight, one date in many years', () => {
    expect(found('cron(45 2 * * ? *)', 'Australia/Lord_Howe')).toEqual([]);
    expect(message('cron(15 2 * * ? *)', 'Australia/Lord_Howe')).toContain('leave out 2027-10-03 02:15');
    expect(message('cron(0 0 * * ? *)', 'America/Santiago')).toContain('leave out 2027-09-05 00:00');
    expect(message('cron(30 2 31 3 ? *)', 'Europe/Madrid')).toBe(
      'SKIPPED_TIME: the clocks of Europe/Madrid leave out 2030-03-31 02:30, and Scheduler skips the run; choose an hour of the day that they never leave out');
  });

  test('a schedule of every hour misses none when there is none, but it does when there are two', () => {
    expect(found('cron(0 * * * ? *)', 'Europe/Madrid').map(({ kind }) => kind)).toEqual(['REPEATED_TIME']);
  });

  test('only what lies between its start and its end is told', () => {
    expect(found('cron(30 2 * * ? *)', 'Europe/Madrid', { end: new Date('2027-03-01T00:00:00Z') })).toEqual([]);
    expect(found('cron(30 2 * * ? *)', 'Europe/Madrid', { start: new Date('2027-04-01T00:00:00Z'), end: new Date('2027-11-01T00:00:00Z') }))
      .toEqual([{ kind: 'REPEATED_TIME', message: expect.stringContaining('show 2027-10-31 02:30 twice') }]);
  });

  test('a one-time schedule may have its time twice', () => {
    expect(message('at(2027-10-31T02:30:00)', 'Europe/Madrid')).toContain('REPEATED_TIME: the clocks of Europe/Madrid show the time of at(2027-10-31T02:30:00) twice');
    expect(found('at(2027-10-31T03:00:00)', 'Europe/Madrid')).toEqual([]);
  });
});

describe('a month that lacks a day', () => {
  test.each([
    ['cron(0 7 31 * ? *)', '2026-11 and 50 more'],
    ['cron(0 7 15,30 * ? *)', '2027-02 and 9 more'],
    ['cron(0 7 31W * ? *)', '2026-11 and 50 more'],
    ['cron(0 7 29 2 ? *)', '2027-02 and 6 more'],
    ['cron(0 7 ? 2 2#5 *)', '2027-02 and 9 more'],
    ['cron(0 7 1,30 2 ? 2029)', '2029-02, and has no run there'],
  ])('is told of %s', (expression, months) => {
    const [finding, ...others] = found(expression, 'Europe/Madrid');
    expect(others).toEqual([]);
    expect(finding).toEqual({ kind: 'MISSING_DAY', message: expect.stringContaining(`a day of ${expression} does not exist in ${months}`) });
  });
});

describe('a rate', () => {
  const start = new Date('2026-12-01T06:00:00Z');
  const kinds = (expression: string, timeZone: string, bounds: Partial<Bounds> = { start }) =>
    found(expression, timeZone, bounds).map(({ kind }) => kind);

  test('without a start begins when it is made', () => {
    expect(kinds('rate(1 hour)', 'UTC', {})).toEqual(['STARTS_WHEN_CREATED']);
    expect(kinds('rate(1 hour)', 'UTC')).toEqual([]);
  });

  test('that is no part of a day and no number of days moves through the day', () => {
    expect(kinds('rate(5 hours)', 'UTC')).toEqual(['DRIFTING_RATE']);
    expect(kinds('rate(36 hours)', 'UTC')).toEqual(['DRIFTING_RATE']);
    expect(kinds('rate(90 minutes)', 'UTC')).toEqual([]);
  });

  test('moves by an hour with summer time, where there is one, unless its runs are no farther apart', () => {
    expect(kinds('rate(1 day)', 'Europe/Madrid')).toEqual(['DRIFTING_RATE']);
    expect(kinds('rate(1 day)', 'Asia/Kathmandu')).toEqual([]);
    expect(kinds('rate(1 hour)', 'Europe/Madrid')).toEqual([]);
    expect(kinds('rate(1 hour)', 'Australia/Lord_Howe')).toEqual(['DRIFTING_RATE']);
    expect(kinds('rate(30 minutes)', 'Australia/Lord_Howe')).toEqual([]);
  });
});
