import type { PeriodRule } from './workflow/contract';

/**
 * A unit of the calendar.
 */
export enum PeriodUnit {
  /** From midnight to midnight in the schedule's time zone; with a change of the clocks it has 23 or 25 hours. */
  DAY = 'day',
  /** From Monday to Sunday. */
  WEEK = 'week',
  /** A calendar month. */
  MONTH = 'month',
  /** Three months, from January, April, July or October on. */
  QUARTER = 'quarter',
  /** A calendar year. */
  YEAR = 'year',
}

/**
 * A period in whole units of the calendar.
 */
export interface CustomPeriodOptions {
  /**
   * What is counted.
   */
  readonly unit: PeriodUnit;

  /**
   * Where the period begins: so many units after the start of the one in which the scheduled time is. -7 with days is midnight a week ago.
   */
  readonly from: number;

  /**
   * Where the period ends, counted in the same way. It ends before that time.
   *
   * @default 0 - with the start of the unit in which the scheduled time is
   */
  readonly to?: number;
}

/** The furthest that an edge of a period may be from the scheduled time. */
const FURTHEST = 1000;

/**
 * What a scheduled report is about. It is computed from the scheduled time in the schedule's time zone, never from the clock: a run that
 * is late, or tried again, is about the same period.
 */
export class ReportPeriod {
  /** The calendar day before. */
  public static previousDay(): ReportPeriod {
    return ReportPeriod.custom({ unit: PeriodUnit.DAY, from: -1 });
  }

  /** The calendar week before, from Monday to Sunday. */
  public static previousWeek(): ReportPeriod {
    return ReportPeriod.custom({ unit: PeriodUnit.WEEK, from: -1 });
  }

  /** The calendar month before. */
  public static previousMonth(): ReportPeriod {
    return ReportPeriod.custom({ unit: PeriodUnit.MONTH, from: -1 });
  }

  /**
   * From where the last delivered report of the schedule ended to the scheduled time: what a run did not deliver is in the next report. The first
   * report is about the 24 hours, as the clocks count them, before its time.
   */
  public static sinceLastRun(): ReportPeriod {
    return new ReportPeriod('SINCE_LAST_RUN');
  }

  /**
   * Whole units of the calendar.
   *
   * @example
   * const theSevenDaysBefore = ReportPeriod.custom({ unit: PeriodUnit.DAY, from: -7 });
   * const theMonthSoFar = ReportPeriod.custom({ unit: PeriodUnit.MONTH, from: 0, to: 1 });
   *
   * @param options Which units.
   */
  public static custom(options: CustomPeriodOptions): ReportPeriod {
    const { unit, from, to = 0 } = options;
    if (![from, to].every(edge => Number.isInteger(edge) && Math.abs(edge) <= FURTHEST) || from >= to) {
      throw new Error(`the period is from ${from} to ${to}; choose whole numbers between -${FURTHEST} and ${FURTHEST}, the first less than the second`);
    }
    return new ReportPeriod({ unit, from, to });
  }

  /** @internal */
  public readonly _rule: PeriodRule;

  private constructor(rule: PeriodRule) {
    this._rule = rule;
  }
}
