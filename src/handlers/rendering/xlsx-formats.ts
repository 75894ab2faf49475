import { Column } from '../../workflow/contract';
import { dayFormat, instantFormat } from '../wording';

/**
 * Number formats as Excel writes them. It shows the separators of whoever opens the file; what the locale of the report decides is the
 * order of what is shown, and where a currency stands.
 */
export function numberFormat(decimals: number): string {
  return `#,##0${decimals > 0 ? `.${'0'.repeat(decimals)}` : ''}`;
}

export function currencyFormat({ currency, decimals }: Column, locale: string): string {
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    ...(decimals === undefined ? {} : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  });
  const number = numberFormat(format.resolvedOptions().maximumFractionDigits!);
  return format.formatToParts(1).map(({ type, value }) => {
    switch (type) {
      case 'integer': return number;
      case 'currency': return `[$${value}]`;
      case 'literal': return quoted(value);
      default: return '';
    }
  }).join('');
}

export function dateFormat(locale: string): string {
  return patternOf(dayFormat(gregorian(locale), 'UTC'));
}

export function datetimeFormat(locale: string): string {
  return patternOf(instantFormat(gregorian(locale), 'UTC'));
}

/** Excel knows the calendar of Gregory, and writes its digits as whoever opens the file does. */
function gregorian(locale: string): string {
  return new Intl.Locale(locale, { calendar: 'gregory', numberingSystem: 'latn' }).toString();
}

/** A time at which a part has one digit only if it is written without a zero before it. */
const SAMPLE = Date.UTC(2005, 2, 4, 6, 7);

function patternOf(format: Intl.DateTimeFormat): string {
  return format.formatToParts(SAMPLE).map(({ type, value }) => {
    switch (type) {
      case 'year': return 'yyyy';
      case 'month': return /^\d+$/.test(value) ? 'm'.repeat(value.length) : 'mmm';
      case 'day': return 'd'.repeat(value.length);
      case 'hour': return 'h'.repeat(value.length);
      case 'minute': return 'mm';
      case 'dayPeriod': return 'AM/PM';
      case 'literal': return quoted(value);
      default: return ''; // the zone, which stands in the heading
    }
  }).join('').trim();
}

/** Signs that separate are shown as they are, and everything else where it is in quotes. */
function quoted(text: string): string {
  return text.replace(/[^ ,.:/-]+/g, part => `"${part.replaceAll('"', '')}"`);
}
