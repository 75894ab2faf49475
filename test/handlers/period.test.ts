import { Settings } from 'luxon';
import { periodOf } from '../../src/handlers/period';

const scheduled = (scheduledTime: string, timeZone = 'Europe/Madrid') => {
  const { from, to } = periodOf({ scheduledTime, startTime: '2030-01-01T00:00:00Z', timeZone });
  return `${from} ${to}`.replaceAll('.000Z', 'Z');
};

describe('a scheduled report', () => {
  test('is about the calendar day before, in the zone of its schedule', () => {
    expect(periodOf({ scheduledTime: '2026-11-21T06:00:00Z', startTime: '2026-11-21T06:00:01Z', timeZone: 'Europe/Madrid' })).toEqual({
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

describe('a report on request', () => {
  test('is about its day, up to the start of its execution', () => {
    expect(periodOf({ startTime: '2026-11-21T09:30:00.123Z', timeZone: 'Europe/Madrid' })).toEqual({
      from: '2026-11-20T23:00:00.000Z', to: '2026-11-21T09:30:00.123Z', timeZone: 'Europe/Madrid',
    });
  });
});

describe('refuses', () => {
  test.each([
    ['a zone that there is not', '2026-11-21T06:00:00Z', 'Europe/Atlantis'],
    ['a day that there is not', '2026-02-30T06:00:00Z', 'Europe/Madrid'],
  ])('%s, as an input that trying again does not mend', (_what, scheduledTime, timeZone) => {
    expect(() => periodOf({ scheduledTime, startTime: '2026-11-21T06:00:00Z', timeZone })).toThrow(
      expect.objectContaining({ name: 'InvalidInput', message: expect.stringContaining(`${scheduledTime} is not a time in the zone ${timeZone}: `) }));
  });
});
