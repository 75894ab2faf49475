import * as fc from 'fast-check';
import { wallClock } from '../../../src/handlers/rendering/wall-clock';
import { runs } from '../support/fuzz';

const ZONES = ['Europe/Madrid', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Pacific/Apia', 'UTC'];

test.each(ZONES)('it is as late as Intl says in %s', timeZone => {
  const clock = wallClock(timeZone);
  const intl = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const asIntl = (instant: number) => expect(new Date(clock(instant)).toISOString().slice(0, 19).replace('T', ' ')).toBe(intl.format(instant));
  fc.assert(fc.property(fc.date({ min: new Date('1900-01-01'), max: new Date('9999-12-30'), noInvalidDate: true }), date => asIntl(date.getTime())), runs(300));
  // Where clocks are changed, and around: the same quarter of a day is asked for before and behind.
  const quarterOfYear = fc.integer({ min: 0, max: 365 * 24 * 4 });
  fc.assert(fc.property(fc.integer({ min: 1950, max: 2040 }), quarterOfYear, (year, quarter) =>
    asIntl(Date.UTC(year, 0, 1) + quarter * 900_000)), runs(1000));
});

test('milliseconds are kept, and years of one digit are these', () => {
  expect(wallClock('Asia/Kathmandu')(Date.parse('2026-11-20T07:00:00.123Z'))).toBe(Date.parse('2026-11-20T12:45:00.123Z'));
  expect(wallClock('UTC')(Date.parse('0007-03-01T00:00:00Z'))).toBe(Date.parse('0007-03-01T00:00:00Z'));
});
