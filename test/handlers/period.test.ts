import * as fc from 'fast-check';
import { DateTime, Settings } from 'luxon';
import { periodOf } from '../../src/handlers/period';
import { CalendarPeriod, StartInput } from '../../src/workflow/contract';

const START = '2030-01-01T00:00:00Z';
const scheduleAt = (time: string, timeZone = 'Europe/Madrid') => ({ schedule: { arn: 'a', time, timeZone } });
const scheduled = (time: string, timeZone?: string) => {
  const { from, to } = periodOf(scheduleAt(time, timeZone), START, 'Pacific/Kiritimati');
  return `${from} ${to}`.replaceAll('.000Z', 'Z');
};

describe('a scheduled report', () => {
  test('is about the calendar day before, in the zone of its schedule', () => {
    expect(periodOf(scheduleAt('2026-11-21T06:00:00Z'), '2026-11-21T06:00:01Z', 'Asia/Tokyo')).toEqual({
      from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid',
    });
  });

  test('is about the same day however late it is made', () => {
    expect(scheduled('2026-11-21T06:00:00Z')).toBe('2026-11-19T23:00:00Z 2026-11-20T23:00:00Z');
  });

  test('is about the same day whatever the clock and the zone of the machine', () => {
    Settings.now = () => Date.parse('2031-05-05T05:05:05Z');
    Settings.defaultZone = 'Asia/Tokyo';
    try {
      expect(scheduled('2026-11-21T06:00:00Z')).toBe('2026-11-19T23:00:00Z 2026-11-20T23:00:00Z');
    } finally {
      Settings.now = () => Date.now();
      Settings.defaultZone = 'system';
    }
  });

  test('is about the day before even when it is scheduled at midnight', () => {
    expect(scheduled('2026-11-20T23:00:00Z')).toBe('2026-11-19T23:00:00Z 2026-11-20T23:00:00Z');
  });

  test('may have its time in any offset', () => {
    expect(scheduled('2026-11-21T07:00:00+01:00')).toBe('2026-11-19T23:00:00Z 2026-11-20T23:00:00Z');
  });

  test.each([
    ['of 23 hours, when summer time begins', 'Europe/Madrid', '2026-03-30T05:00:00Z', '2026-03-28T23:00:00Z 2026-03-29T22:00:00Z'],
    ['of 25 hours, when it ends', 'Europe/Madrid', '2026-10-26T06:00:00Z', '2026-10-24T22:00:00Z 2026-10-25T23:00:00Z'],
    ['that begins at 01:00, because its midnight is left out', 'America/Santiago', '2026-09-07T10:00:00Z', '2026-09-06T04:00:00Z 2026-09-07T03:00:00Z'],
    ['before one that begins at 01:00, with its first hour', 'America/Santiago', '2026-09-06T10:00:00Z', '2026-09-05T04:00:00Z 2026-09-06T04:00:00Z'],
    ['that has its midnight twice, from the first', 'Atlantic/Azores', '2026-10-26T08:00:00Z', '2026-10-25T00:00:00Z 2026-10-26T01:00:00Z'],
    ['before one that has its midnight twice, to the first', 'Atlantic/Azores', '2026-10-25T08:00:00Z', '2026-10-24T00:00:00Z 2026-10-25T00:00:00Z'],
    ['in a zone with half an hour', 'Asia/Kolkata', '2026-11-21T02:00:00Z', '2026-11-19T18:30:00Z 2026-11-20T18:30:00Z'],
    ['of a leap year', 'UTC', '2028-03-01T07:00:00Z', '2028-02-29T00:00:00Z 2028-03-01T00:00:00Z'],
  ])('may be about a day %s', (_what, timeZone, time, period) => {
    expect(scheduled(time, timeZone)).toBe(period);
  });

  test.each(['Europe/Madrid', 'America/Santiago', 'Atlantic/Azores', 'America/Havana', 'Africa/Cairo', 'Australia/Lord_Howe', 'Pacific/Apia'])(
    'leaves no gap and no overlap between two days of a year in %s', timeZone => {
      let [, end] = scheduled('2026-01-01T12:00:00Z', timeZone).split(' ');
      for (let day = Date.UTC(2026, 0, 2, 12); day < Date.UTC(2027, 0, 2); day += 24 * 3600 * 1000) {
        const [from, to] = scheduled(new Date(day).toISOString(), timeZone).split(' ');
        expect(from).toBe(end);
        end = to;
      }
    });
});

describe('a scheduled report of whole units', () => {
  const covers = (period: CalendarPeriod, time: string, timeZone = 'Europe/Madrid') => {
    const { from, to } = periodOf({ schedule: { ...scheduleAt(time, timeZone).schedule, period } }, START, 'UTC');
    return [from, to].map(edge => DateTime.fromISO(edge, { zone: timeZone }).toISO({ suppressMilliseconds: true })).join(' ');
  };

  test.each<[string, CalendarPeriod, string, string]>([
    ['the day before', { unit: 'day', from: -1, to: 0 }, '2026-11-21T06:00:00Z', '2026-11-20T00:00:00+01:00 2026-11-21T00:00:00+01:00'],
    ['seven days', { unit: 'day', from: -7, to: 0 }, '2026-03-31T06:00:00Z', '2026-03-24T00:00:00+01:00 2026-03-31T00:00:00+02:00'],
    ['the day to come', { unit: 'day', from: 1, to: 2 }, '2026-12-31T06:00:00Z', '2027-01-01T00:00:00+01:00 2027-01-02T00:00:00+01:00'],
    ['the week before, on a Monday', { unit: 'week', from: -1, to: 0 }, '2026-11-23T06:00:00Z', '2026-11-16T00:00:00+01:00 2026-11-23T00:00:00+01:00'],
    ['the week before, on a Sunday', { unit: 'week', from: -1, to: 0 }, '2026-11-22T06:00:00Z', '2026-11-09T00:00:00+01:00 2026-11-16T00:00:00+01:00'],
    ['the week of a new year', { unit: 'week', from: -1, to: 0 }, '2027-01-04T06:00:00Z', '2026-12-28T00:00:00+01:00 2027-01-04T00:00:00+01:00'],
    ['the week in which summer time begins', { unit: 'week', from: -1, to: 0 }, '2026-03-30T06:00:00Z', '2026-03-23T00:00:00+01:00 2026-03-30T00:00:00+02:00'],
    ['the month before, on the 31st', { unit: 'month', from: -1, to: 0 }, '2026-03-31T06:00:00Z', '2026-02-01T00:00:00+01:00 2026-03-01T00:00:00+01:00'],
    ['a February with a leap day', { unit: 'month', from: -1, to: 0 }, '2028-03-01T06:00:00Z', '2028-02-01T00:00:00+01:00 2028-03-01T00:00:00+01:00'],
    ['the last month of a year', { unit: 'month', from: -1, to: 0 }, '2026-12-31T23:30:00Z', '2026-12-01T00:00:00+01:00 2027-01-01T00:00:00+01:00'],
    ['the month so far', { unit: 'month', from: 0, to: 1 }, '2026-10-25T06:00:00Z', '2026-10-01T00:00:00+02:00 2026-11-01T00:00:00+01:00'],
    ['the quarter before', { unit: 'quarter', from: -1, to: 0 }, '2026-02-28T06:00:00Z', '2025-10-01T00:00:00+02:00 2026-01-01T00:00:00+01:00'],
    ['the year before', { unit: 'year', from: -1, to: 0 }, '2026-01-01T06:00:00Z', '2025-01-01T00:00:00+01:00 2026-01-01T00:00:00+01:00'],
  ])('may be about %s', (_what, period, time, expected) => {
    expect(covers(period, time)).toBe(expected);
  });

  test('begins with the first hour of a day that has no midnight', () => {
    expect(covers({ unit: 'week', from: 0, to: 1 }, '2026-09-09T10:00:00Z', 'America/Santiago')).toBe('2026-09-07T00:00:00-03:00 2026-09-14T00:00:00-03:00');
    expect(covers({ unit: 'day', from: -3, to: 0 }, '2026-09-09T10:00:00Z', 'America/Santiago')).toBe('2026-09-06T01:00:00-03:00 2026-09-09T00:00:00-03:00');
  });

  test('leaves no gap and no overlap between one and the next, in any zone, whenever they are made', () => {
    fc.assert(fc.property(
      fc.constantFrom('Europe/Madrid', 'America/Santiago', 'Atlantic/Azores', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu', 'Africa/Casablanca'),
      fc.constantFrom<CalendarPeriod['unit'][]>('day', 'week', 'month', 'quarter', 'year'),
      fc.date({ min: new Date('2014-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
      fc.integer({ min: -400, max: 400 }),
      (timeZone, unit, time, offset) => {
        const edges = (from: number) => periodOf({ schedule: { ...scheduleAt(time.toISOString(), timeZone).schedule, period: { unit, from, to: from + 1 } } }, START, 'UTC');
        expect(edges(offset).to).toBe(edges(offset + 1).from);
        expect(edges(offset).from < edges(offset).to).toBe(true);
        const { from, to } = edges(0);
        expect(from <= time.toISOString() && time.toISOString() < to).toBe(true);
      },
    ), { numRuns: 300 });
  });
});

describe('a report on request, or that somebody starts', () => {
  test.each([['request', { request: { reportId: 'r' } }], ['start', {}]])('is about its day, up to the start of its execution, in the zone of the readers: %s', (_what, input) => {
    expect(periodOf(input, '2026-11-21T09:30:00.123Z', 'Europe/Madrid')).toEqual({
      from: '2026-11-20T23:00:00.000Z', to: '2026-11-21T09:30:00.123Z', timeZone: 'Europe/Madrid',
    });
  });
});

describe('a report for a period', () => {
  const period = { from: '2026-10-25T00:00:00+02:00', to: '2026-11-01T00:00:00.5+01:00' };

  test('is about that, to the millisecond, whenever it is started', () => {
    expect(periodOf({ period }, START, 'Europe/Madrid')).toEqual({ from: '2026-10-24T22:00:00.000Z', to: '2026-10-31T23:00:00.500Z', timeZone: 'Europe/Madrid' });
  });

  test('may name a zone of its own, which moves none of its times', () => {
    expect(periodOf({ period: { ...period, timeZone: 'Asia/Tokyo' } }, START, 'Europe/Madrid')).toEqual({
      from: '2026-10-24T22:00:00.000Z', to: '2026-10-31T23:00:00.500Z', timeZone: 'Asia/Tokyo',
    });
  });
});

describe('refuses', () => {
  const AT = '2026-11-21T06:00:00Z';

  test.each<[string, StartInput, string, string]>([
    ['a zone that there is not', scheduleAt(AT, 'Europe/Atlantis'), AT, 'Europe/Atlantis'],
    ['a day that there is not', scheduleAt('2026-02-30T06:00:00Z'), '2026-02-30T06:00:00Z', 'Europe/Madrid'],
    ['a period that begins on such a day', { period: { from: '2026-02-30T06:00:00Z', to: AT } }, '2026-02-30T06:00:00Z', 'UTC'],
    ['a period that ends on such a day', { period: { from: AT, to: '2026-11-31T06:00:00Z' } }, '2026-11-31T06:00:00Z', 'UTC'],
    ['a period in a zone that there is not', { period: { from: AT, to: AT, timeZone: 'Europe/Atlantis' } }, AT, 'Europe/Atlantis'],
  ])('%s, as an input that trying again does not mend', (_what, input, time, timeZone) => {
    expect(() => periodOf(input, AT, 'UTC')).toThrow(
      expect.objectContaining({ name: 'InvalidInput', message: expect.stringContaining(`${time} is not a time in the zone ${timeZone}: `) }));
  });
});
