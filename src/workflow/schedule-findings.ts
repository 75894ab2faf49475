import { Bounds, datesOf, fireTimes, wallTimes } from './fire-times';
import { CronRule, Days, OneTimeRule, RateRule, ScheduleRule } from './schedule-expression';
import { Zone } from './time-zone';

const DAY = 86_400_000;

/** How far ahead a person is told of times that do not come. */
const YEARS = 10;

export type FindingKind =
  /** It fires at no time, or at none that is still to come. */
  | 'NEVER_FIRES'
  /** The clocks leave out a time at which it should fire, and Scheduler skips the run. */
  | 'SKIPPED_TIME'
  /** The clocks show a time twice, and Scheduler fires the first time only. */
  | 'REPEATED_TIME'
  /** Some of its months lack its day. */
  | 'MISSING_DAY'
  /** The times of a rate move through the day, or by an hour with summer time. */
  | 'DRIFTING_RATE'
  /** A rate without a start counts from its creation. */
  | 'STARTS_WHEN_CREATED';

export interface Finding {
  readonly kind: FindingKind;
  /** A sentence for the person who wrote the schedule. */
  readonly message: string;
}

/** What a person should know of a schedule, because the expression does not say it. */
export function findings(rule: ScheduleRule, bounds: Bounds): Finding[] {
  if (fireTimes(rule, bounds).next().done) {
    return [neverFires(rule, bounds)];
  }
  switch (rule.kind) {
    case 'cron': return [...clockFindings(rule, bounds), ...dayFindings(rule, bounds)];
    case 'rate': return rateFindings(rule, bounds);
    case 'at': return oneTimeFindings(rule, bounds);
  }
}

function neverFires(rule: ScheduleRule, { timeZone, after, start, end }: Bounds): Finding {
  const bounds = [`after ${after.toISOString()}`, start && `from ${start.toISOString()}`, end && `until ${end.toISOString()}`].filter(Boolean).join(', ');
  const message = rule.kind === 'at' && Zone.of(timeZone).instantOf(rule.wallTime) === undefined
    ? `the clocks of ${timeZone} leave out the time of ${rule.expression}; choose one before or after`
    : `${rule.expression} fires at no time in ${timeZone} ${bounds}; choose a time that there is, is still to come, and lies between its start and its end`;
  return { kind: 'NEVER_FIRES', message };
}

function clockFindings(rule: CronRule, bounds: Bounds): Finding[] {
  const { timeZone } = bounds;
  const changes = changesOf(bounds);
  const firing = (from: number, until: number) => {
    const times: string[] = [];
    for (const wallTime of wallTimes(rule, from)) {
      if (wallTime >= until) break;
      times.push(shown(wallTime));
    }
    return times;
  };
  // A schedule of every hour does without the hour that there is not.
  const skipped = rule.hours.length === 24 ? [] : changes.flatMap(({ at, before, after }) => firing(at + before, at + after));
  const repeated = changes.flatMap(({ at, before, after }) => firing(at + after, at + before));
  const found: Finding[] = [];
  if (skipped.length > 0) {
    found.push({
      kind: 'SKIPPED_TIME',
      message: `the clocks of ${timeZone} leave out ${listed(skipped)}, and Scheduler skips the run; choose an hour of the day that they never leave out`,
    });
  }
  if (repeated.length > 0) {
    found.push({
      kind: 'REPEATED_TIME',
      message: `the clocks of ${timeZone} show ${listed(repeated)} twice, and Scheduler fires the first time only: the next run comes that much later`,
    });
  }
  return found;
}

function dayFindings({ days, months, years, expression }: CronRule, bounds: Bounds): Finding[] {
  const [from, until] = horizon(bounds);
  const missing = years.filter(year => Date.UTC(year + 1) > from && Date.UTC(year) <= until)
    .flatMap(year => months.map(month => ({ year, month })))
    .filter(({ year, month }) => Date.UTC(year, month) > from && Date.UTC(year, month - 1) <= until && isMissing(days, year, month))
    .map(({ year, month }) => `${year}-${String(month).padStart(2, '0')}`);
  return missing.length === 0 ? [] : [{
    kind: 'MISSING_DAY',
    message: `a day of ${expression} does not exist in ${listed(missing)}, and has no run there; L is the last day of each month, and 6L its last Friday`,
  }];
}

/** The 31st of 30,31 is missed like the 30th is, and that of 1-31 by nobody: of days in a row, the first counts. */
function isMissing(days: Days, year: number, month: number): boolean {
  const dates = datesOf(days, year, month);
  return days.kind === 'dates' ? days.dates.some(date => !days.dates.includes(date - 1) && !dates.includes(date)) : dates.length === 0;
}

function rateFindings({ interval, expression }: RateRule, bounds: Bounds): Finding[] {
  const { timeZone, start } = bounds;
  const found: Finding[] = [];
  if (!start) {
    found.push({ kind: 'STARTS_WHEN_CREATED', message: `${expression} counts from the creation of the schedule, to the minute; give it a start to choose its times` });
  }
  if (interval % DAY !== 0 && DAY % interval !== 0) {
    found.push({ kind: 'DRIFTING_RATE', message: `${expression} fires at other times each day; write a cron expression to choose the hours` });
  } else if (changesOf(bounds).some(({ before, after }) => (after - before) % interval !== 0)) {
    found.push({
      kind: 'DRIFTING_RATE',
      message: `${expression} counts days of 24 hours, so that it fires at another time of the day when the clocks of ${timeZone} have changed; write a cron expression to follow them`,
    });
  }
  return found;
}

function oneTimeFindings({ wallTime, expression }: OneTimeRule, { timeZone }: Bounds): Finding[] {
  const change = Zone.of(timeZone).changes(wallTime - 2 * DAY, wallTime + 2 * DAY)
    .find(({ at, before, after }) => wallTime >= at + after && wallTime < at + before);
  return change ? [{ kind: 'REPEATED_TIME', message: `the clocks of ${timeZone} show the time of ${expression} twice; it is taken to be the first` }] : [];
}

function changesOf(bounds: Bounds) {
  return Zone.of(bounds.timeZone).changes(...horizon(bounds));
}

/** From when until when to look. */
function horizon({ after, start, end }: Bounds): [number, number] {
  const from = new Date(Math.max(after.getTime(), start?.getTime() ?? -Infinity));
  const until = new Date(from).setUTCFullYear(from.getUTCFullYear() + YEARS);
  return [from.getTime(), Math.min(until, end?.getTime() ?? Infinity)];
}

function listed([first, ...others]: string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more within ${YEARS} years`;
}

/** What the clocks show, for people. */
function shown(wallTime: number): string {
  return new Date(wallTime).toISOString().slice(0, 16).replace('T', ' ');
}
