import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fireTimes } from '../src/workflow/fire-times';
import { parseSchedule } from '../src/workflow/schedule-expression';

/** The rows of the table in the document: when, the expression, and its first times in Madrid in 2027. */
const rows = [...readFileSync(join(__dirname, '../docs/schedules.md'), 'utf8').matchAll(/^\| (.+) \| `((?:cron|at)\(.*\))` \| (.+) \|$/gm)]
  .map(([, when, expression, times]) => ({ when, expression, times: times.split(', ') }));

test('the document shows an expression for each kind of schedule', () => {
  expect(rows).toHaveLength(13);
});

test.each(rows)('$when: $expression', ({ expression, times }) => {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Madrid', dateStyle: 'short', timeStyle: 'short' });
  const first = fireTimes(parseSchedule(expression), { timeZone: 'Europe/Madrid', after: new Date('2026-12-31T23:00:00Z') });

  expect(times.map(() => clock.format(first.next().value))).toEqual(times);
});
