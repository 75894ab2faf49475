import * as fc from 'fast-check';
import { cronExpressions } from './oracle/cases';
import { CronRule, parseSchedule } from '../../src/workflow/schedule-expression';

const cron = (expression: string) => parseSchedule(expression) as CronRule;
const all = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a cron expression', () => {
  test('has lists, ranges, steps and names, in any order and case', () => {
    expect(cron('cron(30,0 8-10,1 1/10,2 FEB,jan,12 ? 2030-2031,2026)')).toEqual({
      kind: 'cron',
      expression: 'cron(30,0 8-10,1 1/10,2 FEB,jan,12 ? 2030-2031,2026)',
      minutes: [0, 30],
      hours: [1, 8, 9, 10],
      days: { kind: 'dates', dates: [1, 2, 11, 21, 31] },
      months: [1, 2, 12],
      years: [2026, 2030, 2031],
    });
  });

  test('has all values for a star, and steps from the first or within a range', () => {
    expect(cron('cron(*/25 * 2-9/3 * ? *)')).toMatchObject({
      minutes: [0, 25, 50], hours: all(0, 23), days: { dates: [2, 5, 8] }, months: all(1, 12), years: all(1970, 2199),
    });
  });

  test('may leave out the year, and have more than one space between its fields', () => {
    expect(cron('cron( 0  7 *\t* ? )').years).toEqual(all(1970, 2199));
  });

  test.each([
    ['L * ?', { kind: 'lastDate' }],
    ['lw * ?', { kind: 'lastWorkday' }],
    ['15W * ?', { kind: 'nearestWorkday', date: 15 }],
    ['? * *', { kind: 'weekdays', weekdays: [0, 1, 2, 3, 4, 5, 6] }],
    ['? * 1', { kind: 'weekdays', weekdays: [0] }],
    ['? * MON-FRI', { kind: 'weekdays', weekdays: [1, 2, 3, 4, 5] }],
    ['? * SAT,Sun', { kind: 'weekdays', weekdays: [0, 6] }],
    ['? * L', { kind: 'weekdays', weekdays: [6] }],
    ['? * 6L', { kind: 'lastWeekday', weekday: 5 }],
    ['? * friL', { kind: 'lastWeekday', weekday: 5 }],
    ['? * 3#2', { kind: 'nthWeekday', weekday: 2, nth: 2 }],
    ['? * MON#5', { kind: 'nthWeekday', weekday: 1, nth: 5 }],
  ])('has days like %s', (fields, days) => {
    expect(cron(`cron(0 7 ${fields} *)`).days).toEqual(days);
  });

  test('of any valid form is understood', () => {
    fc.assert(fc.property(cronExpressions(), expression => {
      const { minutes, hours, months, years } = cron(expression);
      for (const values of [minutes, hours, months, years]) {
        expect(values.length).toBeGreaterThan(0);
        expect(values).toEqual([...new Set(values)].sort((one, other) => one - other));
      }
    }), { numRuns: 300 });
  });
});

test.each([
  ['rate(1 minute)', 60_000],
  ['rate(90 minutes)', 90 * 60_000],
  ['rate(1 hours)', 3_600_000],
  ['rate(7 days)', 7 * 24 * 3_600_000],
])('%s has an interval', (expression, interval) => {
  expect(parseSchedule(expression)).toEqual({ kind: 'rate', expression, interval });
});

test('a one-time schedule has what the clocks show', () => {
  expect(parseSchedule('at(2028-02-29T23:59:30)')).toMatchObject({ kind: 'at', wallTime: Date.UTC(2028, 1, 29, 23, 59, 30) });
});

describe('is refused, with what is wrong and what is right:', () => {
  const minutes = 'write 0 to 59 like 0, 0,30, 10-20, 0/15 or *';
  const hours = 'write 0 to 23 like 7, 7,19, 8-17, 0/6 or *';
  const dates = 'write 1 to 31 like 1, 1,15, 1-7, 1/10 or *, or one of L, LW and 15W, or ?';
  const weekdays = 'write 1 (Sunday) to 7 or SUN to SAT like';
  const anyDay = 'write ? for the one that does not matter';

  test.each([
    ['cron(60 7 * * ? *)', 'with 60 as its minutes', minutes],
    ['cron(-1 7 * * ? *)', 'with -1 as its minutes', minutes],
    ['cron(0,,5 7 * * ? *)', 'with 0,,5 as its minutes', minutes],
    ['cron(1.5 7 * * ? *)', 'with 1.5 as its minutes', minutes],
    ['cron(0/0 7 * * ? *)', 'with 0/0 as its minutes', minutes],
    ['cron(*/60 7 * * ? *)', 'with */60 as its minutes', minutes],
    ['cron(/5 7 * * ? *)', 'with /5 as its minutes', minutes],
    ['cron(? 7 * * ? *)', 'with ? as its minutes', minutes],
    ['cron(0 24 * * ? *)', 'with 24 as its hours', hours],
    ['cron(0 22-2 * * ? *)', 'with 22-2 as its hours', hours],
    ['cron(0 7 0 * ? *)', 'with 0 as its day of the month', dates],
    ['cron(0 7 32W * ? *)', 'with 32W as its day of the month', dates],
    ['cron(0 7 W * ? *)', 'with W as its day of the month', dates],
    ['cron(0 7 1,L * ? *)', 'with 1,L as its day of the month', dates],
    ['cron(0 7 L-3 * ? *)', 'with L-3 as its day of the month', dates],
    ['cron(0 7 1 13 ? *)', 'with 13 as its months', 'write 1 to 12 or JAN to DEC'],
    ['cron(0 7 1 MON ? *)', 'with MON as its months', 'write 1 to 12 or JAN to DEC'],
    ['cron(0 7 ? * 0 *)', 'with 0 as its day of the week', weekdays],
    ['cron(0 7 ? * 8L *)', 'with 8L as its day of the week', weekdays],
    ['cron(0 7 ? * FRI-MON *)', 'with FRI-MON as its day of the week', weekdays],
    ['cron(0 7 ? * MON/2 *)', 'with MON/2 as its day of the week', weekdays],
    ['cron(0 7 ? * 2#6 *)', 'with 2#6 as its day of the week', weekdays],
    ['cron(0 7 ? * 3#1,6#3 *)', 'with 3#1,6#3 as its day of the week', weekdays],
    ['cron(0 7 ? * constructor *)', 'with constructor as its day of the week', weekdays],
    ['cron(0 7 1 1 ? 1969)', 'with 1969 as its years', 'write 1970 to 2199'],
    ['cron(0 7 * * * *)', 'with * as the day of the month and * as the day of the week', anyDay],
    ['cron(0 7 ? * ? *)', 'with ? as the day of the month and ? as the day of the week', anyDay],
    ['cron(0 7 1 * MON *)', 'with 1 as the day of the month and MON as the day of the week', anyDay],
    ['cron(0 7 * *)', 'with 4 fields', 'like cron(0 7 * * ? *)'],
    ['cron()', 'with 1 fields', 'like cron(0 7 * * ? *)'],
    ['rate(0 days)', 'rate(0 days)', 'at least 1'],
    ['rate(1.5 days)', 'rate(1.5 days)', 'whole number'],
    ['rate(1 week)', 'rate(1 week)', 'minutes, hours or days'],
    ['rate(99999999999 days)', 'rate(99999999999 days)', 'rate(12 hours)'],
    ['at(2026-02-30T07:00:00)', 'at(2026-02-30T07:00:00)', 'a date and a time that there are'],
    ['at(2026-02-20T24:00:00)', 'at(2026-02-20T24:00:00)', 'a date and a time that there are'],
    ['at(2026-02-20T07:00:00Z)', 'at(2026-02-20T07:00:00Z)', 'without an offset'],
    ['0 7 * * ? *', '"0 7 * * ? *"', 'like cron(0 7 * * ? *), rate(1 day) or at('],
    ['cron(0 7 * * ? *) ', '"cron(0 7 * * ? *) "', 'like cron(0 7 * * ? *), rate(1 day) or at('],
  ])('%s', (expression, wrong, right) => {
    expect(() => parseSchedule(expression)).toThrow(expect.objectContaining({ message: expect.stringContaining(wrong) }));
    expect(() => parseSchedule(expression)).toThrow(expect.objectContaining({ message: expect.stringContaining(right) }));
  });
});
