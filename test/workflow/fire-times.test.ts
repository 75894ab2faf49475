import * as fc from 'fast-check';
import { cronExpressions, digest, recordedCases, RECORDED, timesOf, ZONES } from './oracle/cases';
import recorded from './oracle/recorded.json';
import { Bounds, datesOf, fireTimes } from '../../src/workflow/fire-times';
import { CronRule, parseSchedule } from '../../src/workflow/schedule-expression';
import { Zone } from '../../src/workflow/time-zone';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The first times of a schedule, as far as they come. */
function times(expression: string, timeZone: string, after: string, count: number, bounds: Partial<Bounds> = {}): string[] {
  const found: string[] = [];
  for (const time of fireTimes(parseSchedule(expression), { timeZone, after: new Date(after), ...bounds })) {
    found.push(time.toISOString().replace(':00.000Z', 'Z'));
    if (found.length === count) break;
  }
  return found;
}

describe('as another implementation has recorded it, over ten years', () => {
  test('in all zones and of all expressions', () => {
    expect(Object.keys(recorded)).toEqual(ZONES);
    expect(Object.keys(recorded.UTC)).toEqual(RECORDED.expressions);
  });

  test.each(ZONES)('in %s', timeZone => {
    const ours = recordedCases(timeZone).map(each => [each.expression, digest(timesOf(each))]);
    expect(Object.fromEntries(ours)).toEqual(recorded[timeZone as keyof typeof recorded]);
  });
});

describe('a cron expression', () => {
  test('fires at its local time, summer and winter', () => {
    expect(times('cron(0 7 * * ? *)', 'Europe/Madrid', '2026-10-23T06:00:00Z', 3)).toEqual(['2026-10-24T05:00Z', '2026-10-25T06:00Z', '2026-10-26T06:00Z']);
  });

  // The example of the guide.
  test('skips a time that the clocks leave out, and fires the first time only at one that they repeat', () => {
    expect(times('cron(30 2 * * ? *)', 'America/Los_Angeles', '2027-03-13T00:00:00Z', 3)).toEqual(['2027-03-13T10:30Z', '2027-03-15T09:30Z', '2027-03-16T09:30Z']);
    expect(times('cron(30 1 * * ? *)', 'America/Los_Angeles', '2026-10-31T00:00:00Z', 3)).toEqual(['2026-10-31T08:30Z', '2026-11-01T08:30Z', '2026-11-02T09:30Z']);
  });

  test('does not fire in the second of two hours, even when somebody asks from there on', () => {
    expect(times('cron(0/30 * * * ? *)', 'Europe/Madrid', '2026-10-25T00:15:00Z', 3)).toEqual(['2026-10-25T00:30Z', '2026-10-25T02:00Z', '2026-10-25T02:30Z']);
    expect(times('cron(0/30 * * * ? *)', 'Europe/Madrid', '2026-10-25T01:05:00Z', 1)).toEqual(['2026-10-25T02:00Z']);
  });

  test('skips the day that a zone has left out', () => {
    expect(times('cron(0 12 * * ? 2011)', 'Pacific/Apia', '2011-12-28T23:00:00Z', 3)).toEqual(['2011-12-29T22:00Z', '2011-12-30T22:00Z']);
  });

  test('of half an hour that the clocks leave out fires on each other day', () => {
    expect(times('cron(15 2 * * ? *)', 'Australia/Lord_Howe', '2026-10-02T12:00:00Z', 2)).toEqual(['2026-10-02T15:45Z', '2026-10-04T15:15Z']);
  });

  test('fires after `after`, from `start` on, and up to `until` and `end`, both included', () => {
    const bounded = (bounds: Partial<Bounds>) => times('cron(0 7 * * ? *)', 'UTC', '2026-11-21T07:00:00Z', 9, { until: new Date('2026-11-24T07:00:00Z'), ...bounds });
    expect(bounded({})).toEqual(['2026-11-22T07:00Z', '2026-11-23T07:00Z', '2026-11-24T07:00Z']);
    expect(bounded({ start: new Date('2026-11-23T07:00:00Z') })).toEqual(['2026-11-23T07:00Z', '2026-11-24T07:00Z']);
    expect(bounded({ start: new Date('2026-11-23T07:00:01Z') })).toEqual(['2026-11-24T07:00Z']);
    expect(bounded({ end: new Date('2026-11-23T07:00:00Z') })).toEqual(['2026-11-22T07:00Z', '2026-11-23T07:00Z']);
    expect(bounded({ end: new Date('2026-11-23T06:59:59Z') })).toEqual(['2026-11-22T07:00Z']);
    expect(bounded({ end: new Date('2026-11-20T00:00:00Z') })).toEqual([]);
  });

  test('on the weekday nearest to a date stays within the month, and leaves out the months without that date', () => {
    expect(times('cron(0 7 1W 8 ? *)', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual(['2026-08-03T07:00Z']); // 1 August 2026 is a Saturday
    expect(times('cron(0 7 31W 1,2,5 ? *)', 'UTC', '2026-01-01T00:00:00Z', 3)).toEqual(['2026-01-30T07:00Z', '2026-05-29T07:00Z', '2027-01-29T07:00Z']);
  });

  test.each(['cron(0 7 30 2 ? *)', 'cron(0 7 * * ? 2020)', 'cron(* 2 ? 3 1L *)', 'cron(* * 31 4,6,9,11 ? *)'])('that can never fire ends: %s', expression => {
    expect(times(expression, 'Europe/Madrid', '2026-11-21T00:00:00Z', 1)).toEqual([]);
  });

  test('fires when the clocks of its zone show it, and never when they show it again', () => {
    const moments = fc.constantFrom(...ZONES).chain(timeZone => {
      const changes = Zone.of(timeZone).changes(Date.UTC(2010), Date.UTC(2024)).map(({ at }) => at);
      const anywhere = fc.integer({ min: Date.UTC(2010) / MINUTE, max: Date.UTC(2024) / MINUTE }).map(minutes => minutes * MINUTE);
      return fc.record({ timeZone: fc.constant(timeZone), at: changes.length > 0 ? fc.oneof(fc.constantFrom(...changes), anywhere) : anywhere });
    });
    fc.assert(fc.property(cronExpressions(), moments, (expression, { timeZone, at }) => {
      const [after, until] = [at - 6 * HOUR, at + 6 * HOUR];
      const rule = parseSchedule(expression) as CronRule;
      expect(timesOf({ expression, timeZone, after, until, limit: Infinity })).toEqual(minutesThatMatch(rule, timeZone, after, until));
    }), { numRuns: Number(process.env.FIRE_TIMES_RUNS ?? 50) });
  });
});

/** The same the other way round: looks at the clocks at each minute, from well before, to know what they have shown already. */
function minutesThatMatch({ minutes, hours, days, months, years }: CronRule, timeZone: string, after: number, until: number): number[] {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  const seen = new Set<string>();
  const found: number[] = [];
  for (let instant = after - 6 * HOUR; instant <= until; instant += MINUTE) {
    const shown = clock.format(instant);
    const [year, month, date, hour, minute] = shown.split(/\D/).map(Number);
    const isDay = years.includes(year) && months.includes(month) && datesOf(days, year, month).includes(date);
    if (isDay && hours.includes(hour) && minutes.includes(minute) && !seen.has(shown) && instant > after) found.push(instant);
    seen.add(shown);
  }
  return found;
}

describe('a rate', () => {
  test('counts days of 24 hours from its start, whatever the clocks do', () => {
    const start = new Date('2026-10-24T05:00:00Z');
    expect(times('rate(1 day)', 'Europe/Madrid', '2026-10-23T00:00:00Z', 3, { start })).toEqual(['2026-10-24T05:00Z', '2026-10-25T05:00Z', '2026-10-26T05:00Z']);
  });

  test('keeps counting from a start that has passed', () => {
    const start = new Date('2026-01-01T00:10:00Z');
    expect(times('rate(5 hours)', 'UTC', '2026-01-02T02:00:00Z', 2, { start })).toEqual(['2026-01-02T06:10Z', '2026-01-02T11:10Z']);
    expect(times('rate(5 hours)', 'UTC', '2026-01-02T01:10:00Z', 1, { start })).toEqual(['2026-01-02T06:10Z']);
  });

  test('counts from the moment that is asked for without one, and ends at its end', () => {
    expect(times('rate(90 minutes)', 'UTC', '2026-01-01T00:00:00Z', 9, { end: new Date('2026-01-01T04:30:00Z') })).toEqual([
      '2026-01-01T01:30Z', '2026-01-01T03:00Z', '2026-01-01T04:30Z',
    ]);
  });
});

describe('a one-time schedule', () => {
  test('fires once, at its local time, whatever its start and end', () => {
    expect(times('at(2026-11-22T07:00:00)', 'Asia/Kathmandu', '2026-11-21T00:00:00Z', 9, { start: new Date('2030-01-01'), end: new Date('2020-01-01') })).toEqual(['2026-11-22T01:15Z']);
  });

  test.each([
    ['when it has passed', 'at(2026-11-20T07:00:00)'],
    ['when the clocks leave out its time', 'at(2027-03-28T02:30:00)'],
  ])('does not fire %s', (_when, expression) => {
    expect(times(expression, 'Europe/Madrid', '2026-11-21T00:00:00Z', 1)).toEqual([]);
  });

  test('fires the first time when the clocks show it twice', () => {
    expect(times('at(2026-10-25T02:30:00)', 'Europe/Madrid', '2026-01-01T00:00:00Z', 2)).toEqual(['2026-10-25T00:30Z']);
  });
});

test('a zone that there is not is refused', () => {
  expect(() => times('cron(0 7 * * ? *)', 'Europe/Atlantis', '2026-11-21T00:00:00Z', 1)).toThrow('Europe/Atlantis');
});
