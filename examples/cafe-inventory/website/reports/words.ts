import type { Period, Report, ReportStatus, SkipReason, Step } from './contract';

const LANGUAGE = 'en-GB'; // of the page

/** A time as one would say it: "today, 07:00", "yesterday, 07:00", "Monday, 07:00", "3 November, 07:00", "3 November 2025, 07:00". */
export function when(iso: string, now = new Date(), timeZone?: string): string {
  const time = new Date(iso);
  const format = (options: Intl.DateTimeFormatOptions, date = time) => new Intl.DateTimeFormat(LANGUAGE, { timeZone, ...options }).format(date);
  const dayNumber = (date: Date) => {
    const [day, month, year] = format({ dateStyle: 'short' }, date).split('/').map(Number);
    return Date.UTC(year, month - 1, day) / 86_400_000;
  };
  const daysAgo = dayNumber(now) - dayNumber(time);
  const isThisYear = format({ year: 'numeric' }) === format({ year: 'numeric' }, now);
  const day = daysAgo >= -1 && daysAgo <= 1 ? new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' }).format(-daysAgo, 'day')
    : daysAgo > 1 && daysAgo < 7 ? format({ weekday: 'long' })
      : format({ day: 'numeric', month: 'long', ...!isThisYear && { year: 'numeric' } });
  return `${day}, ${format({ hour: '2-digit', minute: '2-digit' })}`;
}

/** The days that a report covers, where it was made. It ends before the time at which its period does. */
export function daysOf({ from, to, timeZone }: Period): string {
  return new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'long', year: 'numeric', timeZone })
    .formatRange(new Date(from), new Date(Math.max(Date.parse(from), Date.parse(to) - 1)));
}

const STATUS: Record<ReportStatus, string> = {
  REQUESTED: 'Being made',
  RUNNING: 'Being made',
  PAUSED: 'Paused',
  DELIVERED: 'Ready',
  SKIPPED: 'Not sent',
  NO_RECIPIENT: 'Not sent',
  FAILED: 'Failed',
  TIMED_OUT: 'Failed',
  ABORTED: 'Stopped',
  ERASING: 'Being deleted',
};

export function statusOf({ status }: Report): string {
  return STATUS[status];
}

const SKIPPED: Record<SkipReason, string> = {
  EMPTY: 'There was nothing to report.',
  UNCHANGED: 'It says what the last report said.',
  HOLIDAY: 'No report is made on a holiday.',
  TOO_LATE: 'Its time had passed before it could be made.',
  OVERLAP: 'The report before it was still being made.',
};

/** What the status means for who reads it. */
export function explanationOf({ status, reason }: Report): string {
  switch (status) {
    case 'REQUESTED':
    case 'RUNNING': return 'You need not wait: it comes by mail, too.';
    case 'PAUSED': return 'The café’s reports are paused, so this one was not made. Ask the owner when they go on.';
    case 'DELIVERED': return 'It was mailed, and you can open it here.';
    case 'SKIPPED': return SKIPPED[reason!];
    case 'NO_RECIPIENT': return 'Nobody has subscribed to the mail yet.';
    case 'FAILED':
    case 'TIMED_OUT': return 'Something went wrong, and the owner has been told. You can request another one.';
    case 'ABORTED': return 'Somebody stopped it. You can request another one.';
    case 'ERASING': return 'Its deletion was begun, and has not come to its end.';
  }
}

export function isEnded({ status }: Report): boolean {
  return status !== 'REQUESTED' && status !== 'RUNNING';
}

const STEPS: Record<string, string> = {
  'Look up the data': 'Look up the stock',
  'Render report': 'Write the report',
  'Presign link': 'Make the link',
  'Deliver': 'Send the mail',
};

/** The steps have the names of the workflow's states. */
export function nameOf({ name }: Step): string {
  return STEPS[name] ?? name;
}

export const STEP_STATUS: Record<Step['status'], string> = { WAITING: 'waiting', RUNNING: 'under way', DONE: 'done', FAILED: 'failed' };

export const NO_ANSWER = 'There was no answer: perhaps your connection is gone.';
