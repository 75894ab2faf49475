import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { fireTimes } from '../../../src/workflow/fire-times';
import { parseSchedule } from '../../../src/workflow/schedule-expression';

/** One question to the oracle; times in milliseconds. */
export interface Case {
  readonly expression: string;
  readonly timeZone: string;
  readonly after: number;
  readonly until: number;
  readonly limit: number;
}

/** Our own answer to it. */
export function timesOf({ expression, timeZone, after, until, limit }: Case): number[] {
  const times: number[] = [];
  for (const time of fireTimes(parseSchedule(expression), { timeZone, after: new Date(after), until: new Date(until) })) {
    times.push(time.getTime());
    if (times.length === limit) break;
  }
  return times;
}

/** Ten years have thousands of times. */
export function digest(times: number[]): string {
  return `${times.length} ${createHash('sha256').update(times.join()).digest('hex').slice(0, 16)}`;
}

export const ZONES = [
  'UTC',
  'Africa/Cairo', // summer time was given up, and taken up again
  'Africa/Casablanca', // goes back for Ramadan
  'America/Havana', // changes at midnight
  'America/New_York',
  'America/Santiago', // leaves out midnights
  'America/Sao_Paulo', // had summer time, from midnight, until 2019
  'America/St_Johns', // -03:30
  'Antarctica/Troll', // changes by two hours
  'Asia/Kathmandu', // +05:45
  'Asia/Pyongyang', // changed by half an hour, twice
  'Asia/Tehran', // +03:30, and had summer time until 2022
  'Atlantic/Azores', // shows a midnight twice
  'Australia/Lord_Howe', // changes by half an hour
  'Europe/Dublin', // counts winter time as the exception
  'Europe/Madrid',
  'Pacific/Apia', // left out 30 December 2011, and had summer time until 2021
  'Pacific/Chatham', // +12:45
  'Pacific/Kiritimati', // +14:00
];

/** What is recorded of the oracle: each of these in each zone, over ten years that have passed, of which every edition of the time zone database knows the same. */
export const RECORDED = {
  expressions: [
    'cron(0 7 * * ? *)', 'cron(30 2 * * ? *)', 'cron(0 0 * * ? *)', 'cron(15 1 * * ? *)', 'cron(0/30 0-3 * * ? *)', 'cron(45 */8 * * ? *)',
    'cron(0 8 ? * MON-FRI *)', 'cron(30 0 ? * 1 *)', 'cron(0 3 ? * L *)', 'cron(20 2 ? 3,11 1#2 *)', 'cron(10 2 ? * SUNL *)', 'cron(15 10 ? * 6L 2016-2020)',
    'cron(0 0 ? * sun#5 *)', 'cron(0 18 L * ? *)', 'cron(0 18 LW * ? *)', 'cron(45 23 15W * ? *)', 'cron(30 1 1W * ? *)', 'cron(0 9 31W * ? *)',
    'cron(0 6 29 2 ? *)', 'cron(5 1/6 1,31 JAN,mar,10-12 ? 2015,2018-2022)', 'cron(0 7 30 2 ? *)',
  ],
  after: Date.UTC(2014, 0, 1),
  until: Date.UTC(2024, 0, 1),
};

export const recordedCases = (timeZone: string): Case[] =>
  RECORDED.expressions.map(expression => ({ expression, timeZone, after: RECORDED.after, until: RECORDED.until, limit: Infinity }));

/** Valid cron expressions of every form, and more often than not at hours at which clocks change. */
export function cronExpressions(): fc.Arbitrary<string> {
  const field = (min: number, max: number, names: string[] = [], hasSteps = true) => {
    const written = (value: number) => fc.constantFrom(...[String(value), names[value - min], names[value - min]?.toLowerCase()].filter(Boolean));
    const value = fc.integer({ min, max });
    const single = value.chain(written);
    // 4-4/7 is to cronsim what 4/7 is, and to nobody of interest.
    const range = fc.uniqueArray(value, { minLength: 2, maxLength: 2 })
      .chain(ends => fc.tuple(written(Math.min(...ends)), written(Math.max(...ends))))
      .map(ends => ends.join('-'));
    const stepped = fc.tuple(fc.oneof(fc.constant('*'), single, range), fc.integer({ min: 1, max: max - min })).map(([of, by]) => `${of}/${by}`);
    const part = hasSteps ? fc.oneof(single, single, range, stepped) : fc.oneof(single, range);
    return fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join(','));
  };
  const often = (text: string, rest: fc.Arbitrary<string>) => fc.oneof(fc.constant(text), rest);
  const weekday = fc.constantFrom('1', '2', '3', '4', '5', '6', '7', 'SUN', 'MON', 'TUE', 'wed', 'Thu', 'FRI', 'SAT');
  const dates = fc.oneof(often('*', field(1, 31)), fc.constantFrom('L', 'LW', 'lw'), fc.integer({ min: 1, max: 31 }).map(date => `${date}W`));
  const weekdays = fc.oneof(
    often('*', field(1, 7, ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'], false)),
    fc.constant('L'), weekday.map(day => `${day}L`), fc.tuple(weekday, fc.integer({ min: 1, max: 5 })).map(([day, nth]) => `${day}#${nth}`));
  return fc.tuple(
    field(0, 59),
    fc.oneof(fc.constantFrom('0', '1', '2', '3', '0-4', '23'), often('*', field(0, 23))),
    fc.oneof(dates.map(each => [each, '?']), weekdays.map(each => ['?', each])),
    often('*', field(1, 12, ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'])),
    often('*', fc.constantFrom('2011', '2010-2014', '2012,2015-2020,2024', '2005-2199')),
  ).map(([minutes, hours, [date, day], months, years]) => `cron(${[minutes, hours, date, months, day, years].join(' ')})`);
}
