import { Column, ColumnType } from '../../workflow/contract';
import { dayFormat, instantFormat } from '../wording';
import { kept, quickInstantText, quickNumberText } from './quick-text';

/** The value of a cell that is not null. */
export type Value = string | number | boolean;

interface CellType {
  /** What a value of this type is, as the end of the sentence "expected …". */
  readonly expected: string;
  accepts(value: unknown): boolean;
}

/**
 * What each type of column takes.
 *
 * JSON numbers are binary fractions with at most 17 digits, so a number that must be exact may come as a string of digits. A
 * number so large that it has lost digits on its way is refused.
 */
export const CELL_TYPES: Readonly<Record<ColumnType, CellType>> = {
  text: { expected: 'a string', accepts: value => typeof value === 'string' },
  integer: {
    expected: 'a whole number, or a string of digits where it is above 2^53',
    accepts: value => typeof value === 'string' ? INTEGER.test(value) : Number.isSafeInteger(value),
  },
  decimal: { expected: 'a number, or a string such as "12.50" where each digit counts', accepts: isDecimal },
  currency: { expected: 'a number, or a string such as "12.50" where each digit counts', accepts: isDecimal },
  date: { expected: 'a day such as "2026-11-20"', accepts: isDay },
  datetime: { expected: 'a time with its offset such as "2026-11-20T07:00:00Z"', accepts: isInstant },
  boolean: { expected: 'true or false', accepts: value => typeof value === 'boolean' },
  link: { expected: 'an http or https URL without a password', accepts: isWebAddress },
};

/** The text of the values of a column, as its readers write numbers and times. */
export function cellText(column: Column, locale: string, timeZone: string): (value: Value) => string {
  switch (column.type) {
    case 'integer': return numberText(locale, { maximumFractionDigits: 0 });
    case 'decimal': return column.decimals === undefined ? decimalText(locale) : numberText(locale, digits(column.decimals));
    case 'currency': return numberText(locale, {
      style: 'currency',
      currency: column.currency,
      ...(column.decimals === undefined ? {} : digits(column.decimals)),
    });
    case 'date': return dayText(locale);
    case 'datetime': return instantText(locale, timeZone);
    case 'boolean': return value => value ? 'Yes' : 'No';
    case 'link': return value => placeOf(new URL(value as string));
    case 'text': return String;
  }
}

/** More digits than any database keeps in a number, and few enough for `Intl` to keep each of them. */
const INTEGER = /^-?\d{1,100}$/;
const DECIMAL = /^-?\d{1,100}(\.\d{1,100})?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** What `Intl` can show in each Node.js that runs this. */
const MOST_DECIMALS = 20;

function isDecimal(value: unknown): boolean {
  return typeof value === 'string' ? DECIMAL.test(value) : Number.isFinite(value) && Math.abs(value as number) <= Number.MAX_SAFE_INTEGER;
}

function isDay(value: unknown): boolean {
  return typeof value === 'string' && DAY.test(value) && isDayOfMonth(value);
}

/** Whether there is the day with which the text begins: four, two and two digits, with one sign between them. */
function isDayOfMonth(text: string): boolean {
  const year = Number(text.slice(0, 4));
  const month = digitsAt(text, 5);
  const day = digitsAt(text, 8);
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month >= 1 && month <= 12 && day >= 1 && day <= (month === 2 && isLeapYear ? 29 : DAYS[month - 1]);
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function digitsAt(text: string, index: number): number {
  return (text.charCodeAt(index) - 0x30) * 10 + text.charCodeAt(index + 1) - 0x30;
}

export function isInstant(value: unknown): boolean {
  return typeof value === 'string' && INSTANT.test(value) && isDayOfMonth(value) && !Number.isNaN(Date.parse(value));
}

export function isWebAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) {
    return false;
  }
  const url = new URL(value);
  return ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
}

/** Strings are formatted digit by digit: those that a number could not hold are never made one on the way. */
function numberText(locale: string, options: Intl.NumberFormatOptions): (value: Value) => string {
  // Both are in each Node.js that runs this, and not in the types of ES2022: strings as values, and a sign for what is below zero
  // once it is rounded.
  const format = new Intl.NumberFormat(locale, { ...options, signDisplay: 'negative' as 'auto' });
  return quickNumberText(format, format.resolvedOptions().minimumFractionDigits!) as (value: Value) => string;
}

/** As many decimals as the value has: a string may end in zeros. */
function decimalText(locale: string): (value: Value) => string {
  const formats: ((value: Value) => string)[] = [];
  return value => {
    const decimals = Number.isInteger(value) ? 0 : Math.min(String(value).split('.')[1]?.length ?? 0, MOST_DECIMALS);
    formats[decimals] ??= numberText(locale, { minimumFractionDigits: decimals, maximumFractionDigits: MOST_DECIMALS });
    return formats[decimals](value);
  };
}

function digits(decimals: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
}

/** A day has no zone: it is the same one wherever it is read. */
function dayText(locale: string): (value: Value) => string {
  const format = dayFormat(locale, 'UTC');
  return kept(day => format.format(new Date(`${day}T00:00:00Z`))) as (value: Value) => string;
}

function instantText(locale: string, timeZone: string): (value: Value) => string {
  return quickInstantText(instantFormat(locale, timeZone)) as (value: Value) => string;
}

/** Where a link leads: the host first, since that is what readers decide by. */
function placeOf(url: URL): string {
  return `${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}
