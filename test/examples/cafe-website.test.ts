import type { Report } from '../../examples/cafe-inventory/website/reports/contract';
import { daysOf, explanationOf, isEnded, nameOf, statusOf, when } from '../../examples/cafe-inventory/website/reports/words';

const MADRID = 'Europe/Madrid';

describe('a time, as one would say it', () => {
  const now = new Date('2026-11-21T16:00:00Z'); // a Saturday, 17:00 in Madrid

  test.each([
    ['2026-11-21T06:00:00Z', 'today, 07:00'],
    ['2026-11-20T23:00:00Z', 'today, 00:00'],
    ['2026-11-20T22:59:59Z', 'yesterday, 23:59'],
    ['2026-11-22T04:43:00Z', 'tomorrow, 05:43'],
    ['2026-11-24T06:00:00Z', '24 November, 07:00'],
    ['2026-11-15T06:00:00Z', 'Sunday, 07:00'],
    ['2026-11-14T06:00:00Z', '14 November, 07:00'],
    ['2025-12-31T22:59:00Z', '31 December 2025, 23:59'],
  ])('%s is %s', (time, said) => {
    expect(when(time, now, MADRID)).toBe(said);
  });

  test('counts days by the calendar, also over a night in which the clocks change', () => {
    expect(when('2026-10-24T20:00:00Z', new Date('2026-10-25T22:30:00Z'), MADRID)).toBe('yesterday, 22:00');
    expect(when('2026-03-28T22:30:00Z', new Date('2026-03-29T21:30:00Z'), MADRID)).toBe('yesterday, 23:30');
  });

  test('says yesterday on the first day of a year', () => {
    expect(when('2026-12-31T06:00:00Z', new Date('2027-01-01T06:00:00Z'), MADRID)).toBe('yesterday, 07:00');
  });
});

describe('the days of a report', () => {
  test.each([
    ['one whole day', '2026-11-19T23:00:00Z', '2026-11-20T23:00:00Z', '20 November 2026'],
    ['today up to now', '2026-11-20T23:00:00Z', '2026-11-21T16:01:00Z', '21 November 2026'],
    ['a month', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z', '1–31 October 2026'],
    ['a moment', '2026-11-20T23:00:00Z', '2026-11-20T23:00:00Z', '21 November 2026'],
  ])('%s', (_, from, to, days) => {
    expect(daysOf({ from, to, timeZone: MADRID }).replace(/\s*–\s*/, '–')).toBe(days); // how wide the spaces are, Node.js decides
  });
});

describe('where a report stands', () => {
  const at = (status: Report['status'], reason?: Report['reason']): Report => ({ reportId: '0', status, reason });

  test('is said of each status, without its name', () => {
    for (const status of ['REQUESTED', 'RUNNING', 'PAUSED', 'DELIVERED', 'NO_RECIPIENT', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const) {
      expect(`${statusOf(at(status))}. ${explanationOf(at(status))}`).toMatch(/^[A-Z][a-z]+( [a-z]+)?\. [A-Z][^_]+\.$/);
    }
  });

  test('says why a report was skipped, each reason in other words', () => {
    const said = (['EMPTY', 'UNCHANGED', 'HOLIDAY', 'TOO_LATE', 'OVERLAP'] as const).map(reason => explanationOf(at('SKIPPED', reason)));
    expect(said.filter(words => !/^[A-Z][a-z][^_]+\.$/.test(words))).toEqual([]);
    expect(new Set(said).size).toBe(said.length);
  });

  test('is waited for as long as it may change', () => {
    expect((['REQUESTED', 'RUNNING', 'PAUSED', 'DELIVERED', 'FAILED'] as const).filter(status => !isEnded(at(status)))).toEqual(['REQUESTED', 'RUNNING']);
  });

  test('names a step that the page does not know as the workflow does', () => {
    expect(nameOf({ name: 'Presign link', status: 'DONE' })).toBe('Make the link');
    expect(nameOf({ name: 'Count beans', status: 'DONE' })).toBe('Count beans');
  });
});
