/**
 * The expressions of EventBridge Scheduler (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
 *
 * Two forms are more than the guide tells, and Scheduler takes them: LW for the last weekday of the month, and names in any case.
 * What the guide leaves open is refused, because nobody could say when it would fire: ranges that end before they begin, steps of
 * weekdays, `L-3`, and L, W and # beside other days.
 */
export type ScheduleRule = CronRule | RateRule | OneTimeRule;

/** Fires at local times; each field has its values in order. */
export interface CronRule {
  readonly kind: 'cron';
  readonly expression: string;
  readonly minutes: number[];
  readonly hours: number[];
  readonly days: Days;
  /** From 1. */
  readonly months: number[];
  readonly years: number[];
}

/** Which days of a month. A weekday is 0 for Sunday to 6 for Saturday, as in JavaScript. */
export type Days =
  | { readonly kind: 'dates'; readonly dates: number[] }
  | { readonly kind: 'lastDate' }
  | { readonly kind: 'lastWorkday' }
  | { readonly kind: 'nearestWorkday'; readonly date: number }
  | { readonly kind: 'weekdays'; readonly weekdays: number[] }
  | { readonly kind: 'nthWeekday'; readonly weekday: number; readonly nth: number }
  | { readonly kind: 'lastWeekday'; readonly weekday: number };

export interface RateRule {
  readonly kind: 'rate';
  readonly expression: string;
  /** In milliseconds. */
  readonly interval: number;
}

export interface OneTimeRule {
  readonly kind: 'at';
  readonly expression: string;
  /** What the clocks show then, in milliseconds, as if they showed UTC. */
  readonly wallTime: number;
}

const UNITS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** @throws an Error that says what is wrong with the expression, and what is right */
export function parseSchedule(expression: string): ScheduleRule {
  const [, kind, content] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  switch (kind) {
    case 'cron': return parseCron(expression, content.trim().split(/\s+/));
    case 'rate': return parseRate(expression, content);
    case 'at': return parseAt(expression, content);
    default: throw new Error(`the schedule is ${JSON.stringify(expression)}; write it like cron(0 7 * * ? *), rate(1 day) or at(2030-01-31T07:00:00)`);
  }
}

function parseRate(expression: string, content: string): RateRule {
  const [, value, unit] = /^0*([1-9]\d{0,6})\s+(minute|hour|day)s?$/.exec(content.trim()) ?? [];
  if (!value) {
    throw new Error(`the schedule is ${expression}; write a rate as a whole number of at least 1, and minutes, hours or days, like rate(12 hours)`);
  }
  return { kind: 'rate', expression, interval: Number(value) * UNITS[unit as keyof typeof UNITS] };
}

function parseAt(expression: string, content: string): OneTimeRule {
  const wallTime = /^\d{4}(-\d\d){2}T\d\d(:\d\d){2}$/.test(content) ? Date.parse(`${content}Z`) : NaN;
  // Date.parse makes 2 March of 30 February.
  if (Number.isNaN(wallTime) || new Date(wallTime).toISOString() !== `${content}.000Z`) {
    throw new Error(`the schedule is ${expression}; write a date and a time that there are, without an offset, like at(2030-01-31T07:00:00)`);
  }
  return { kind: 'at', expression, wallTime };
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: string[];
  readonly forms: string;
}

const MINUTES: Field = { name: 'minutes', min: 0, max: 59, forms: '0 to 59 like 0, 0,30, 10-20, 0/15 or *' };
const HOURS: Field = { name: 'hours', min: 0, max: 23, forms: '0 to 23 like 7, 7,19, 8-17, 0/6 or *' };
const DATES: Field = { name: 'day of the month', min: 1, max: 31, forms: '1 to 31 like 1, 1,15, 1-7, 1/10 or *, or one of L, LW and 15W, or ?' };
const MONTHS: Field = {
  name: 'months',
  min: 1,
  max: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  forms: '1 to 12 or JAN to DEC like 1, JAN,JUL, 1-6, 1/3 or *',
};
const WEEKDAYS: Field = {
  name: 'day of the week',
  min: 1,
  max: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
  forms: '1 (Sunday) to 7 or SUN to SAT like 2, MON,THU, MON-FRI or *, or one of L, 6L (the last Friday) and 2#1 (the first Monday), or ?',
};
const YEARS: Field = { name: 'years', min: 1970, max: 2199, forms: '1970 to 2199 like 2030, 2030-2032 or *' };

function parseCron(expression: string, fields: string[]): CronRule {
  if (fields.length < 5 || fields.length > 6) {
    throw new Error(`the schedule is ${expression}, with ${fields.length} fields; write minutes, hours, day of the month, month, day of the week and year, like cron(0 7 * * ? *)`);
  }
  const [minutes, hours, date, months, weekday, years = '*'] = fields;
  if ((date === '?') === (weekday === '?')) {
    throw new Error(`the schedule is ${expression}, with ${date} as the day of the month and ${weekday} as the day of the week; write ? for the one that does not matter`);
  }
  const values = (field: Field, text: string) => valuesOf(field, text) ?? refuse(expression, field, text);
  return {
    kind: 'cron',
    expression,
    minutes: values(MINUTES, minutes),
    hours: values(HOURS, hours),
    days: weekday === '?'
      ? specialDate(date) ?? { kind: 'dates', dates: values(DATES, date) }
      : specialWeekday(weekday) ?? { kind: 'weekdays', weekdays: weekday.includes('/') ? refuse(expression, WEEKDAYS, weekday) : values(WEEKDAYS, weekday).map(day => day - 1) },
    months: values(MONTHS, months),
    years: values(YEARS, years),
  };
}

function refuse(expression: string, { name, forms }: Field, text: string): never {
  throw new Error(`the schedule is ${expression}, with ${text} as its ${name}; write ${forms}`);
}

function specialDate(text: string): Days | undefined {
  const upper = text.toUpperCase();
  if (upper === 'L') return { kind: 'lastDate' };
  if (upper === 'LW') return { kind: 'lastWorkday' };
  const date = upper.endsWith('W') ? valueOf(DATES, upper.slice(0, -1)) : undefined;
  return date === undefined ? undefined : { kind: 'nearestWorkday', date };
}

function specialWeekday(text: string): Days | undefined {
  const upper = text.toUpperCase();
  if (upper === 'L') return { kind: 'weekdays', weekdays: [6] }; // the last day of the week
  const [, name, last, nth] = /^(\w+?)(?:(L)|#([1-5]))$/.exec(upper) ?? [];
  const weekday = valueOf(WEEKDAYS, name ?? '');
  if (weekday === undefined) return undefined;
  return last ? { kind: 'lastWeekday', weekday: weekday - 1 } : { kind: 'nthWeekday', weekday: weekday - 1, nth: Number(nth) };
}

/** The values of a list of values, ranges and steps, in order; undefined if it is none. */
function valuesOf(field: Field, text: string): number[] | undefined {
  const parts = text.split(',').map(part => rangeOf(field, part));
  return parts.every(part => part !== undefined) ? [...new Set(parts.flat())].sort((one, other) => one - other) : undefined;
}

function rangeOf(field: Field, text: string): number[] | undefined {
  const [, every, from, to, by] = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(text) ?? [];
  const first = every ? field.min : from && valueOf(field, from);
  const last = to ? valueOf(field, to) : every || by ? field.max : first;
  const step = Number(by ?? 1);
  // A step as long as the field would fire once, where its writer meant something else.
  if (typeof first !== 'number' || typeof last !== 'number' || first > last || step < 1 || step > field.max - field.min) {
    return undefined;
  }
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);
}

function valueOf({ min, max, names = [] }: Field, text: string): number | undefined {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : min + names.indexOf(text.toUpperCase());
  return value >= min && value <= max ? value : undefined;
}
