import { DateTime } from 'luxon';
import { ReportError } from './errors';
import { Period } from '../workflow/contract';

/**
 * The period of a report. It derives from the time for which the run was started, never from the clock, so that a late or
 * repeated run covers the same time: a scheduled report covers the calendar day before its scheduled time, a requested one
 * the day up to the request.
 */
export function periodOf(start: { scheduledTime?: string; startTime: string; timeZone: string }): Period {
  const at = DateTime.fromISO(start.scheduledTime ?? start.startTime, { zone: start.timeZone });
  if (!at.isValid) {
    throw new ReportError('InvalidInput', `${start.scheduledTime ?? start.startTime} is not a time in the zone ${start.timeZone}: ${at.invalidExplanation}`);
  }
  const today = startOfDay(at);
  const [from, to] = start.scheduledTime ? [startOfDay(today.minus({ days: 1 })), today] : [today, at];
  return { from: from.toUTC().toISO()!, to: to.toUTC().toISO()!, timeZone: start.timeZone };
}

/** Some zones leave out the midnight of a day once a year, and some have one twice: the day starts with the first. */
function startOfDay(at: DateTime): DateTime {
  return at.startOf('day').getPossibleOffsets()[0];
}
