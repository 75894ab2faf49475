import { Settings } from 'luxon';
import { periodOf } from '../../src/handlers/period';
import { StartInput } from '../../src/workflow/contract';

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
