import { Annotations, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { checkTimeZone } from './checks';
import { CalendarPeriod, PeriodRule } from './contract';
import { fireTimes } from './fire-times';
import { parseSchedule, ScheduleRule } from './schedule-expression';
import { findings, FindingKind } from './schedule-findings';
import { Zone } from './time-zone';

/** When a schedule fires, and what its reports are about. */
export interface ScheduleTiming {
  readonly expression: string;
  readonly timeZone: string;
  readonly start?: Date;
  readonly end?: Date;
  readonly period: PeriodRule;
}

/** A time at which a schedule will fire. */
export interface FireTime {
  /** ISO 8601, what the clocks of the schedule show, with their offset. */
  readonly local: string;
  /** ISO 8601. */
  readonly utc: string;
}

/** The type of the metadata with the next times of a schedule. */
export const FIRE_TIMES_METADATA = 'cdk-scheduled-report-pipeline:fire-times';

/** So many of its next times are told. */
const NEXT = 10;

/** Schedules are older than nothing here: what never fires after it never does. */
const LONG_AGO = new Date('2000-01-01T00:00:00Z');
/** A year and its changes of the clocks, for what fires daily. What is compared must not depend on the day of the synthesis. */
const SAMPLE_BEGINS = new Date('2024-01-01T00:00:00Z');
const SAMPLE = 400;

/** What a finding is, if it is more than good to know. */
const WARNINGS: readonly FindingKind[] = ['NEVER_FIRES', 'SKIPPED_TIME', 'MISSING_DAY', 'DRIFTING_RATE'];

/** Refuses a schedule that can not be meant so. One that is over is not refused: it would stop each later deployment. */
export function checkTiming(schedule: string, { expression, timeZone, start, end }: ScheduleTiming): void {
  checkTimeZone(timeZone);
  if (start && end && end <= start) {
    throw new Error(`the schedule ${schedule} ends at ${end.toISOString()}, and begins at ${start.toISOString()}; choose an end after its start`);
  }
  const rule = knownRule(schedule, expression, timeZone);
  if (rule?.kind === 'at' && (start || end)) {
    throw new Error(`the schedule ${schedule} is ${expression}, one time, and has a start or an end, which Scheduler ignores; leave them out`);
  }
  if (rule && fireTimes(rule, { timeZone, start, end, after: LONG_AGO }).next().done) {
    const bounds = [start && `from ${start.toISOString()}`, end && `until ${end.toISOString()}`].filter(Boolean).map(bound => ` ${bound}`).join('');
    throw new Error(`the schedule ${schedule} is ${expression}, which never fires in ${timeZone}${bounds}; choose a time that there is`);
  }
}

/** The shortest time between two runs, in milliseconds, if there is more than one. */
export function shortestInterval({ expression, timeZone, start, end }: ScheduleTiming): number | undefined {
  const rule = knownRule('', expression, timeZone);
  const after = start && start > SAMPLE_BEGINS ? new Date(start.getTime() - 1) : SAMPLE_BEGINS;
  const times = rule ? take(SAMPLE, fireTimes(rule, { timeZone, start, end, after })) : [];
  return times.length < 2 ? undefined : Math.min(...times.slice(1).map((time, n) => time.getTime() - times[n].getTime()));
}

/** Tells the next times of a schedule, as metadata, and what its writer may not have thought of. Returns these times. */
export function tellTiming(construct: IConstruct, timing: ScheduleTiming): FireTime[] {
  const { expression, timeZone, start, end, period } = timing;
  const rule = knownRule(construct.node.id, expression, timeZone);
  if (!rule) {
    return [];
  }
  const bounds = { timeZone, start, end, after: new Date() };
  const times = take(NEXT, fireTimes(rule, bounds));
  const next = times.map(time => ({ local: localTime(timeZone, time), utc: time.toISOString() }));
  construct.node.addMetadata(FIRE_TIMES_METADATA, { expression, timeZone, next });

  const annotations = Annotations.of(construct);
  const tell = (kind: string, message: string) => annotations.addWarningV2(`cdk-scheduled-report-pipeline:${kind.toLowerCase().replaceAll('_', '-')}`, message);
  for (const { kind, message } of findings(rule, bounds)) {
    if (WARNINGS.includes(kind)) {
      tell(kind, message);
    } else {
      annotations.addInfo(message);
    }
  }
  const days = period === 'SINCE_LAST_RUN' ? [] : times.map(time => ({ time: localTime(timeZone, time).slice(0, 16), ...daysOf(period, timeZone, time) }));
  const pairs = days.slice(1).map((later, n) => ({ earlier: days[n], later }));
  const gap = pairs.find(({ earlier, later }) => earlier.to < later.from);
  if (gap) {
    tell('PERIODS_LEAVE_GAPS', `the report of ${gap.earlier.time} ends before ${date(gap.earlier.to)}, and that of ${gap.later.time} begins with ${date(gap.later.from)}: `
      + 'what is between them is in no report; choose a period as long as the interval, or ReportPeriod.sinceLastRun()');
  }
  const overlap = pairs.find(({ earlier, later }) => later.from < earlier.to);
  if (overlap) {
    tell('PERIODS_OVERLAP', `the report of ${overlap.earlier.time} ends before ${date(overlap.earlier.to)}, and that of ${overlap.later.time} begins with ${date(overlap.later.from)}: `
      + 'what is between these is in both; choose a period as long as the interval, or ReportPeriod.sinceLastRun(), or acknowledge this warning');
  }
  return next;
}

/** The rule of a schedule, unless its expression or its zone is only known when it is deployed. */
function knownRule(schedule: string, expression: string, timeZone: string): ScheduleRule | undefined {
  if (Token.isUnresolved(expression) || Token.isUnresolved(timeZone)) {
    return undefined;
  }
  try {
    return parseSchedule(expression);
  } catch (error) {
    throw new Error(`${schedule}: ${(error as Error).message}`);
  }
}

/** The first and the last edge of a period, as a time at which clocks in UTC show the date. */
function daysOf({ unit, from, to }: CalendarPeriod, timeZone: string, time: Date): { readonly from: number; readonly to: number } {
  const wall = new Date(time.getTime() + Zone.of(timeZone).offsetAt(time.getTime()));
  const [year, month, day, weekday] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), (wall.getUTCDay() + 6) % 7];
  const edge = (offset: number) => {
    switch (unit) {
      case 'day': return Date.UTC(year, month, day + offset);
      case 'week': return Date.UTC(year, month, day - weekday + 7 * offset);
      case 'month': return Date.UTC(year, month + offset);
      case 'quarter': return Date.UTC(year, month - month % 3 + 3 * offset);
      case 'year': return Date.UTC(year + offset, 0);
    }
  };
  return { from: edge(from), to: edge(to) };
}

const date = (time: number) => new Date(time).toISOString().slice(0, 10);

function localTime(timeZone: string, time: Date): string {
  const offset = Zone.of(timeZone).offsetAt(time.getTime());
  const ahead = new Date(Math.abs(offset)).toISOString().slice(11, 16);
  return `${new Date(time.getTime() + offset).toISOString().slice(0, 19)}${offset < 0 ? '-' : '+'}${ahead}`;
}

function take<T>(count: number, values: Generator<T>): T[] {
  const taken: T[] = [];
  for (const value of values) {
    taken.push(value);
    if (taken.length === count) break;
  }
  return taken;
}
