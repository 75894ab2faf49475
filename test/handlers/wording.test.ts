import { formatCount, formatInstant, formatPeriod } from '../../src/handlers/wording';

/** `Intl` sets ranges with thin spaces. */
const plain = (text: string) => text.replace(/\s/g, ' ');
const period = (from: string, to: string, timeZone = 'Europe/Madrid', locale = 'en-GB') => plain(formatPeriod({ from, to, timeZone }, locale));

describe('formatInstant', () => {
  test('shows the time where the readers are, and names their zone', () => {
    expect(plain(formatInstant('2026-11-21T06:00:00Z', 'en-GB', 'Europe/Madrid'))).toBe('21 Nov 2026, 07:00 CET');
    expect(plain(formatInstant('2026-11-21T06:00:00+02:00', 'es-ES', 'Europe/Madrid'))).toBe('21 nov 2026, 05:00 CET');
  });

  test('tells the two hours apart that have the same name when summer time ends', () => {
    expect(plain(formatInstant('2026-10-25T00:30:00Z', 'en-GB', 'Europe/Madrid'))).toBe('25 Oct 2026, 02:30 CEST');
    expect(plain(formatInstant('2026-10-25T01:30:00Z', 'en-GB', 'Europe/Madrid'))).toBe('25 Oct 2026, 02:30 CET');
  });
});

describe('formatPeriod', () => {
  test('a day is a single day', () => {
    expect(period('2026-11-19T23:00:00Z', '2026-11-20T23:00:00Z')).toBe('20 Nov 2026');
  });

  test.each([
    ['of 23 hours', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', 'Europe/Madrid', '29 Mar 2026'],
    ['of 25 hours', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 'Europe/Madrid', '25 Oct 2026'],
    ['that begins at 01:00', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z', 'America/Santiago', '6 Sept 2026'],
    ['before one that begins at 01:00', '2026-09-05T04:00:00Z', '2026-09-06T04:00:00Z', 'America/Santiago', '5 Sept 2026'],
    ['in a zone with half an hour', '2026-11-19T18:30:00Z', '2026-11-20T18:30:00Z', 'Asia/Kolkata', '20 Nov 2026'],
  ])('a day %s is a single day', (_what, from, to, timeZone, words) => {
    expect(period(from, to, timeZone)).toBe(words);
  });

  test('several whole days end with the last one that is included', () => {
    expect(period('2026-11-13T23:00:00Z', '2026-11-20T23:00:00Z')).toBe('14 – 20 Nov 2026');
    expect(period('2026-10-23T22:00:00Z', '2026-10-26T23:00:00Z')).toBe('24 – 26 Oct 2026');
  });

  test('a range over the end of a year names both years', () => {
    expect(period('2026-12-27T23:00:00Z', '2027-01-03T23:00:00Z')).toBe('28 Dec 2026 – 3 Jan 2027');
    expect(period('2026-12-30T23:00:00Z', '2026-12-31T23:00:00Z')).toBe('31 Dec 2026');
  });

  test('anything else is told with its times and zone', () => {
    expect(period('2026-11-20T05:00:00Z', '2026-11-20T08:30:00Z')).toBe('20 Nov 2026, 06:00–09:30 CET');
    expect(period('2026-11-19T23:00:00Z', '2026-11-20T08:30:00Z')).toBe('20 Nov 2026, 00:00–09:30 CET');
    expect(period('2026-10-24T05:00:00Z', '2026-10-25T08:00:00Z')).toBe('24 Oct 2026, 07:00 CEST – 25 Oct 2026, 09:00 CET');
  });

  test('a day of another zone is no whole day', () => {
    expect(period('2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z')).toBe('20 Nov 2026, 01:00 CET – 21 Nov 2026, 01:00 CET');
  });

  test('a period without length is an instant', () => {
    expect(period('2026-11-19T23:00:00Z', '2026-11-19T23:00:00Z')).toBe('20 Nov 2026, 00:00 CET');
  });
});

test('formatCount groups digits as the locale does', () => {
  expect(formatCount(1234567, 'en-GB')).toBe('1,234,567');
  expect(formatCount(1234567, 'de-DE')).toBe('1.234.567');
});
