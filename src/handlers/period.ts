import { DateTime } from 'luxon';
import { ReportError } from './errors';
import { Period, StartInput } from '../workflow/contract';

/**
 * The period of a report. It derives from the time for which the run was started, never from the clock, so that a late or
 * repeated run covers the same time: a scheduled report covers the calendar day before its scheduled time, a requested one
 * the day up to the request, and one that somebody starts for a period covers that.
 */
export function periodOf({ schedule, period }: StartInput, startTime: string, defaultTimeZone: string): Period {
  const timeZone = schedule?.timeZone ?? period?.timeZone ?? defaultTimeZone;
  const at = inZone(schedule?.time ?? period?.to ?? startTime, timeZone);
  if (period) {
    return { from: inZone(period.from, timeZone).toUTC().toISO()!, to: at.toUTC().toISO()!, timeZone };
  }
  const today = startOfDay(at);
  const [from, to] = schedule ? [startOfDay(today.minus({ days: 1 })), today] : [today, at];
  return { from: from.toUTC().toISO()!, to: to.toUTC().toISO()!, timeZone };
}

function inZone(time: string, timeZone: string): DateTime {
  const at = DateTime.fromISO(time, { zone: timeZone });
  if (!at.isValid) {
    throw new ReportError('InvalidInput', `${time} is not a time in the zone ${timeZone}: ${at.invalidExplanation}`);
  }
  return at;
}

/** Some zones leave out the midnight of a day once a year, and some have one twice: the day starts with the first. */
function startOfDay(at: DateTime): DateTime {
  return at.startOf('day').getPossibleOffsets()[0];
}
