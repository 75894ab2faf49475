/*
 * Days and times in ISO 8601, told from other texts by the codes of their characters: regular expressions and `Date.parse` take many times as
 * long, and each row may have several.
 */

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Whether there is such a day: "2026-11-20". */
export function isDay(text: string): boolean {
  return text.length === 10 && beginsWithDay(text);
}

/** Whether there is such a time, with its offset: "2026-11-20T07:00:00Z". */
export function isInstant(text: string): boolean {
  return beginsWithDay(text) && (isUsualTime(text) || (INSTANT.test(text) && !Number.isNaN(Date.parse(text))));
}

/** Milliseconds since 1970, without a fraction of one; NaN if the text is no time with its offset, or there is no such time. */
export function instantOf(text: string): number {
  if (!beginsWithDay(text)) {
    return NaN;
  }
  if (!isUsualTime(text)) {
    return INSTANT.test(text) ? Date.parse(text) : NaN;
  }
  const days = dayNumber(digitsAt(text, 0) * 100 + digitsAt(text, 2), digitsAt(text, 5), digitsAt(text, 8));
  const milliseconds = text.length === LENGTH_WITH_MILLISECONDS ? digitsAt(text, 20) * 10 + digitsAt(text, 21) % 10 : 0;
  return (days * 24 + digitsAt(text, 11)) * 3_600_000 + digitsAt(text, 14) * 60_000 + digitsAt(text, 17) * 1000 + milliseconds;
}

/** Whether a day is followed by a time as most programs write it, with or without milliseconds: "T07:00:00.000Z". Others may be right as well. */
function isUsualTime(text: string): boolean {
  const { length } = text;
  const hasMilliseconds = length === LENGTH_WITH_MILLISECONDS && text.charCodeAt(19) === POINT && digitsAt(text, 20) >= 0 && digitsAt(text, 21) >= 0;
  return (hasMilliseconds || length === LENGTH_WITHOUT) && text.charCodeAt(length - 1) === UPPER_Z && text.charCodeAt(10) === UPPER_T
    && text.charCodeAt(13) === COLON && text.charCodeAt(16) === COLON
    && isUpTo(23, digitsAt(text, 11)) && isUpTo(59, digitsAt(text, 14)) && isUpTo(59, digitsAt(text, 17));
}

const LENGTH_WITH_MILLISECONDS = '2026-11-20T07:00:00.000Z'.length;
const LENGTH_WITHOUT = '2026-11-20T07:00:00Z'.length;

function isUpTo(most: number, digits: number): boolean {
  return digits >= 0 && digits <= most;
}

function beginsWithDay(text: string): boolean {
  const century = digitsAt(text, 0);
  const year = digitsAt(text, 2);
  const month = digitsAt(text, 5);
  const day = digitsAt(text, 8);
  const isLeapYear = (year === 0 ? century : year) % 4 === 0;
  return century >= 0 && year >= 0 && text.charCodeAt(4) === HYPHEN && month >= 1 && month <= 12 && text.charCodeAt(7) === HYPHEN
    && day >= 1 && day <= (month === 2 && isLeapYear ? 29 : DAYS[month - 1]);
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since 1970. Years are taken to begin in March, so that the day that leap years have more is their last. */
function dayNumber(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return 365 * years + Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400) + dayOfYear - 719_468;
}

/** Two digits as a number, and -1 if they are none. */
function digitsAt(text: string, index: number): number {
  const tens = text.charCodeAt(index) - ZERO;
  const ones = text.charCodeAt(index + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

const HYPHEN = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
