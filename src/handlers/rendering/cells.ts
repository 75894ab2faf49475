import { Column, ColumnType } from '../../workflow/contract';
import { dayFormat, instantFormat } from '../wording';
import { instantOf, isDay, isInstant } from './iso-time';
import { decimalsOf, Numeric } from './quick-text';

/** The value of a cell that is not null. */
export type Value = string | number | boolean;

/**
 * Whether a column of this type takes a value.
 *
 * JSON numbers are binary fractions with at most 17 digits, so a number that must be exact may come as a string of digits. A
 * number so large that it has lost digits on its way is refused.
 */
export function accepts(type: ColumnType, value: unknown): boolean {
  // One function, and not one of each type: calls of many functions from one place take longer than most of these checks.
  switch (type) {
    case 'text': return typeof value === 'string';
    case 'integer': return typeof value === 'string' ? INTEGER.test(value) : Number.isSafeInteger(value);
    case 'decimal':
    case 'currency': return typeof value === 'string' ? DECIMAL.test(value) : typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    case 'date': return typeof value === 'string' && isDay(value);
    case 'datetime': return typeof value === 'string' && isInstant(value);
    case 'boolean': return typeof value === 'boolean';
    case 'link': return isWebAddress(value);
  }
}

/** What a value of each type is, as the end of the sentence "expected …". */
export const EXPECTED: Readonly<Record<ColumnType, string>> = {
  text: 'a string',
  integer: 'a whole number, or a string of digits where it is above 2^53',
  decimal: 'a number, or a string such as "12.50" where each digit counts',
  currency: 'a number, or a string such as "12.50" where each digit counts',
  date: 'a day such as "2026-11-20"',
  datetime: 'a time with its offset such as "2026-11-20T07:00:00Z"',
  boolean: 'true or false',
  link: 'an http or https URL without a password',
};

/** The text of the values of a column, as its readers write numbers and times. */
export function cellText(column: Column, locale: string, timeZone: string): (value: Value) => string {
  switch (column.type) {
    case 'integer':
    case 'decimal':
    case 'currency': {
      const formatOf = byDecimals(column, decimals => numberFormat(column, locale, decimals));
      return value => formatOf(value as Numeric).format(value as number);
    }
    case 'date': {
      // A day has no zone: it is the same one wherever it is read.
      const format = dayFormat(locale, 'UTC');
      return value => format.format(new Date(`${value}T00:00:00Z`));
    }
    case 'datetime': {
      const format = instantFormat(locale, timeZone);
      return value => format.format(instantOf(value as string));
    }
    case 'boolean': return value => value ? 'Yes' : 'No';
    case 'link': return value => placeOf(new URL(value as string));
    case 'text': return String;
  }
}

/** What is made for numbers of a column, one for each count of decimals where the column does not say it: a string may end in zeros. */
export function byDecimals<T>({ type, decimals }: Column, make: (decimals: number | undefined) => T): (value: Numeric) => T {
  if (type !== 'decimal' || decimals !== undefined) {
    const made = make(decimals);
    return () => made;
  }
  const made: T[] = [];
  return value => {
    const count = Math.min(decimalsOf(value), MOST_DECIMALS);
    return made[count] ??= make(count);
  };
}

/** Strings are formatted digit by digit: those that a number could not hold are never made one on the way. */
export function numberFormat(column: Column, locale: string, decimals: number | undefined): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, {
    ...column.type === 'currency' ? { style: 'currency', currency: column.currency } : {},
    ...column.type === 'integer' ? { maximumFractionDigits: 0 }
      : decimals === undefined ? {} : { minimumFractionDigits: decimals, maximumFractionDigits: column.decimals ?? MOST_DECIMALS },
    // This, and strings as values, are in each Node.js that runs this, and not in the types of ES2022: what is zero once it is rounded has no sign.
    signDisplay: 'negative' as 'auto',
  });
}

/** More digits than any database keeps in a number, and few enough for `Intl` to keep each of them. */
const INTEGER = /^-?\d{1,100}$/;
const DECIMAL = /^-?\d{1,100}(\.\d{1,100})?$/;

/** What `Intl` can show in each Node.js that runs this. */
const MOST_DECIMALS = 20;

export function isWebAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) {
    return false;
  }
  const url = new URL(value);
  return ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
}

/** Where a link leads: the host first, since that is what readers decide by. */
function placeOf(url: URL): string {
  return `${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}
