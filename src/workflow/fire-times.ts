import { CronRule, Days, ScheduleRule } from './schedule-expression';
import { Zone } from './time-zone';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** No schedule names a later year. */
const LATEST = Date.UTC(2200, 0, 1);

export interface Bounds {
  /** IANA. A rate goes by none. */
  readonly timeZone: string;
  /** Excluded. */
  readonly after: Date;
  /** Included. Default: none. */
  readonly until?: Date;
  /** When the schedule begins, included: its StartDate. Default: none. */
  readonly start?: Date;
  /** When the schedule ends, included: its EndDate. Default: none. */
  readonly end?: Date;
}

/**
 * The times for which EventBridge Scheduler fires a schedule, the earliest first
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
 *
 * - A cron expression names times that the clocks show. One that they leave out when they go forward is skipped, and one that
 *   they show twice when they go back fires the first time only: so the guide.
 * - A rate counts days of 24 hours. It fires first at its start or, without one, as soon as it is there, which nobody knows before: it
 *   is then counted from `after`. The guide is silent about a start that has passed; this keeps counting from it.
 * - A one-time schedule has no start and no end. The guide is silent about a time that the clocks leave out: here it never fires,
 *   so that somebody looks at it.
 *
 * Scheduler invokes its target within the minute that begins then, or within the flexible time window.
 */
export function* fireTimes(rule: ScheduleRule, bounds: Bounds): Generator<Date> {
  const { timeZone, after, until, start, end } = rule.kind === 'at' ? { ...bounds, start: undefined, end: undefined } : bounds;
  const earliest = Math.max(after.getTime() + 1, start?.getTime() ?? -Infinity);
  const latest = Math.min(until?.getTime() ?? LATEST, end?.getTime() ?? LATEST);
  for (const time of timesAround(earliest, rule, Zone.of(timeZone), start ?? after)) {
    if (time > latest) return;
    if (time >= earliest) yield new Date(time);
  }
}

/** The times of a rule in order, from the earliest or somewhat before. */
function* timesAround(earliest: number, rule: ScheduleRule, zone: Zone, first: Date): Generator<number> {
  if (rule.kind === 'rate') {
    const count = Math.ceil((earliest - first.getTime()) / rule.interval);
    for (let time = first.getTime() + count * rule.interval; ; time += rule.interval) {
      yield time;
    }
  }
  for (const wallTime of rule.kind === 'at' ? [rule.wallTime] : wallTimes(rule, earliest + zone.offsetAt(earliest))) {
    const time = zone.instantOf(wallTime);
    if (time !== undefined) yield time;
  }
}

/** What clocks show, in milliseconds as if they showed UTC, when a cron expression fires, from a time on: before anybody looks at the time zone. */
export function* wallTimes({ years, months, days, hours, minutes }: CronRule, from: number): Generator<number> {
  for (const year of years.filter(each => Date.UTC(each + 1) > from)) {
    for (const month of months.filter(each => Date.UTC(year, each) > from)) {
      for (const date of datesOf(days, year, month)) {
        const day = Date.UTC(year, month - 1, date);
        for (const hour of day + DAY > from ? hours : []) {
          yield* minutes.map(minute => day + hour * HOUR + minute * MINUTE).filter(time => time >= from);
        }
      }
    }
  }
}

/** The dates of the days of a month (1 to 12), in order. */
export function datesOf(days: Days, year: number, month: number): number[] {
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const dates = Array.from({ length }, (_, index) => index + 1);
  const weekdayOf = (date: number) => new Date(Date.UTC(year, month - 1, date)).getUTCDay();
  const isWorkday = (date: number) => weekdayOf(date) % 6 !== 0;
  const all = (weekday: number) => dates.filter(date => weekdayOf(date) === weekday);
  switch (days.kind) {
    case 'dates': return days.dates.filter(date => date <= length);
    case 'lastDate': return [length];
    case 'lastWorkday': return dates.filter(isWorkday).slice(-1);
    // The nearest within the month, and none in a month without that date, as the console of AWS shows it; the guide is silent about both.
    case 'nearestWorkday': return [0, -1, 1, -2, 2].map(distance => days.date + distance)
      .filter(date => days.date <= length && date >= 1 && date <= length && isWorkday(date)).slice(0, 1);
    case 'weekdays': return dates.filter(date => days.weekdays.includes(weekdayOf(date)));
    case 'nthWeekday': return all(days.weekday).slice(days.nth - 1, days.nth);
    case 'lastWeekday': return all(days.weekday).slice(-1);
  }
}
