import { Period } from '../workflow/contract';

/** The words for times, periods and counts, the same in the report, in its message and in a notice of failure. */

/** "21 Nov 2026, 07:00 CET" */
export function formatInstant(iso: string, locale: string, timeZone: string): string {
  return instantFormat(locale, timeZone).format(new Date(iso));
}

/** Making a format costs many times what using it does: whoever formats a column of instants makes it once. */
export function instantFormat(locale: string, timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short', timeZone,
  });
}

/**
 * "20 Nov 2026" for a day, "14 – 20 Nov 2026" for whole days, with the last one that the period includes, and otherwise
 * "20 Nov 2026, 06:00–09:30 CET".
 */
export function formatPeriod(period: Period, locale: string): string {
  const { timeZone } = period;
  const from = Date.parse(period.from);
  const to = Date.parse(period.to);
  if (from < to && isStartOfDay(from, timeZone) && isStartOfDay(to, timeZone)) {
    return dayFormat(locale, timeZone).formatRange(from, to - 1);
  }
  return instantFormat(locale, timeZone).formatRange(from, to);
}

/** "20 Nov 2026" */
export function dayFormat(locale: string, timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone });
}

/** "1,234" */
export function formatCount(count: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** "1,234 rows" */
export function formatRowCount(count: number, locale: string): string {
  return `${formatCount(count, locale)} ${count === 1 ? 'row' : 'rows'}`;
}

export function nothingToReport(period: Period, locale: string): string {
  return `There is nothing to report for ${formatPeriod(period, locale)}.`;
}

/** Stands between the rows and their totals. */
export function rowsLeftOut(count: number, hasTotals: boolean, locale: string): string {
  return `${formatCount(count, locale)} more ${count === 1 ? 'row is' : 'rows are'} not in this report${hasTotals ? '; the totals are of all rows' : ''}`;
}

export function cutShort(shown: number, total: number, locale: string): string {
  return `Cut short: these are the first ${formatCount(shown, locale)} of ${formatRowCount(total, locale)}`;
}

export function writingDirection(locale: string): 'ltr' | 'rtl' {
  return /^(Adlm|Arab|Hebr|Mand|Nkoo|Rohg|Samr|Syrc|Thaa)$/.test(new Intl.Locale(locale).maximize().script ?? '') ? 'rtl' : 'ltr';
}

/** A day starts where the date changes: not always at 00:00, because some zones leave out that hour once a year. */
function isStartOfDay(instant: number, timeZone: string): boolean {
  const day = dayFormat('en', timeZone);
  return day.format(instant) !== day.format(instant - 1);
}
