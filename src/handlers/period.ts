import { DateTime } from 'luxon';
import { ReportError } from './errors';
import { CalendarPeriod, Period, StartInput } from '../workflow/contract';

const DAY_BEFORE: CalendarPeriod = { unit: 'day', from: -1, to: 0 };

/**
 * The period of a report. It derives from the time for which the run was started, never from the clock, so that a late or
 * repeated run covers the same time: a scheduled report covers what its schedule says, by default the calendar day before its
 * scheduled time, a requested one the day up to the request, and one that somebody starts for a period covers that.
 *
 * @param lastTo where the last delivered report of the schedule ended, if there is one and the schedule goes on from there
 */
export function periodOf({ schedule, period }: StartInput, startTime: string, defaultTimeZone: string, lastTo?: string): Period {
  const timeZone = schedule?.timeZone ?? period?.timeZone ?? defaultTimeZone;
  const at = inZone(schedule?.time ?? period?.to ?? startTime, timeZone);
  const between = (from: DateTime, to: DateTime) => ({ from: from.toUTC().toISO()!, to: to.toUTC().toISO()!, timeZone });
  if (period) {
    return between(inZone(period.from, timeZone), at);
  }
  if (!schedule) {
    return between(start(at, 'day'), at);
  }
  if (schedule.period === 'SINCE_LAST_RUN') {
    return between(lastTo === undefined ? at.minus({ days: 1 }) : sinceLast(lastTo, at), at);
  }
  const { unit, from, to } = schedule.period ?? DAY_BEFORE;
  const edge = (offset: number) => start(start(at, unit).plus({ [unit]: offset }), unit);
  return between(edge(from), edge(to));
}

/** The calendar date of a time, as YYYY-MM-DD. */
export function dateIn(timeZone: string, time: string): string {
  return inZone(time, timeZone).toISODate()!;
}

function sinceLast(lastTo: string, at: DateTime): DateTime {
  const from = inZone(lastTo, at.zoneName!);
  if (from >= at) {
    throw new ReportError('InvalidInput', `a later report of this schedule was delivered, which covers the time up to ${lastTo}; `
      + 'start the pipeline with a "period" instead of the schedule to make another report of that time');
  }
  return from;
}

function inZone(time: string, timeZone: string): DateTime {
  const at = DateTime.fromISO(time, { zone: timeZone });
  if (!at.isValid) {
    throw new ReportError('InvalidInput', `${time} is not a time in the zone ${timeZone}: ${at.invalidExplanation}`);
  }
  return at;
}

/** Some zones leave out the midnight of a day once a year, and some have one twice: the day starts with the first. */
function start(at: DateTime, unit: CalendarPeriod['unit']): DateTime {
  return at.startOf(unit).getPossibleOffsets()[0];
}
