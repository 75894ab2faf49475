import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schedulesIn } from '../../scripts/schedules';

const NOW = new Date('2026-10-24T00:00:00Z');

let assembly: string;
beforeEach(() => { assembly = mkdtempSync(join(tmpdir(), 'assembly-')); });
afterEach(() => rmSync(assembly, { recursive: true }));

function template(file: string, ...schedules: object[]): void {
  mkdirSync(join(assembly, file, '..'), { recursive: true });
  const resources = schedules.map((properties, index) => [`Schedule${index}`, { Type: 'AWS::Scheduler::Schedule', Properties: properties }]);
  writeFileSync(join(assembly, file), JSON.stringify({ Resources: { Other: { Type: 'AWS::SNS::Topic' }, ...Object.fromEntries(resources) } }));
}

test('shows the next ten times, in the zone and in UTC', () => {
  template('Cafe.template.json', { ScheduleExpression: 'cron(0 7 * * ? *)', ScheduleExpressionTimezone: 'Europe/Madrid' });
  const [table] = schedulesIn(assembly, NOW);
  const lines = table.split('\n');
  expect(lines).toHaveLength(12);
  expect(lines.slice(0, 4)).toEqual([
    'Cafe/Schedule0',
    '  cron(0 7 * * ? *) in Europe/Madrid',
    '  Sat 2026-10-24 07:00 +02:00   2026-10-24 05:00 UTC',
    '  Sun 2026-10-25 07:00 +01:00   2026-10-25 06:00 UTC',
  ]);
});

test('shows offsets of any sign and size, and the bounds are kept', () => {
  template('Cafe.template.json',
    { ScheduleExpression: 'cron(0 0 1 1 ? *)', ScheduleExpressionTimezone: 'America/St_Johns', EndDate: '2027-06-01T00:00:00Z', State: 'DISABLED' },
    { ScheduleExpression: 'cron(0 0 1 1 ? *)', ScheduleExpressionTimezone: 'Pacific/Chatham', StartDate: '2028-01-01T00:00:00Z', EndDate: '2029-06-01T00:00:00Z' });
  expect(schedulesIn(assembly, NOW)).toEqual([
    'Cafe/Schedule0 (disabled)\n  cron(0 0 1 1 ? *) in America/St_Johns\n  Fri 2027-01-01 00:00 -03:30   2027-01-01 03:30 UTC',
    'Cafe/Schedule1\n  cron(0 0 1 1 ? *) in Pacific/Chatham\n  Mon 2029-01-01 00:00 +13:45   2028-12-31 10:15 UTC',
  ]);
});

test('shows what a person should know, and goes on after a schedule that is not right or not known', () => {
  template('Cafe.template.json',
    { ScheduleExpression: 'cron(30 2 * * ? *)', ScheduleExpressionTimezone: 'Europe/Madrid' },
    { ScheduleExpression: 'cron(0 7 * * * *)' },
    { ScheduleExpression: 'cron(0 7 * * ? *)', ScheduleExpressionTimezone: 'Europe/Atlantis' },
    { ScheduleExpression: { Ref: 'Expression' } },
    { ScheduleExpression: 'rate(1 day)', StartDate: { Ref: 'Start' } },
    { ScheduleExpression: 'cron(0 7 30 2 ? *)' });
  const notes = schedulesIn(assembly, NOW).map(table => table.split('\n').filter(line => line.startsWith('  ! ')).join('\n'));
  expect(notes).toEqual([
    expect.stringMatching(/leave out 2027-03-28 02:30 .*\n.*show 2026-10-25 02:30/),
    expect.stringContaining('write ? for the one that does not matter'),
    expect.stringContaining('Europe/Atlantis'),
    '  ! its expression or its zone is known only when it is deployed',
    '  ! its start or end is {"Ref":"Start"}, which is no date that is known before it is deployed',
    expect.stringContaining('fires at no time in UTC'),
  ]);
});

test('looks into nested stacks and stages', () => {
  template('Cafe.template.json');
  template('CafeNested.nested.template.json', { ScheduleExpression: 'at(2026-12-01T07:00:00)' });
  template('assembly-Production/ProductionCafe.template.json', { ScheduleExpression: 'at(2026-12-01T07:00:00)' });
  expect(schedulesIn(assembly, NOW).map(table => table.split('\n')[0])).toEqual(['CafeNested.nested/Schedule0', 'ProductionCafe/Schedule0']);
});

test('refuses a directory that is no assembly', () => {
  expect(() => schedulesIn(assembly, NOW)).toThrow(`${assembly} has no templates; pass the directory that cdk synth writes`);
});
