/* eslint-disable no-bitwise -- arithmetic with integers is many times as fast as with fractions */
import { ByteBuffer, digitCount, LARGEST_QUICK_NUMBER } from './byte-buffer';
import { escape, writeEscaped } from './escape';
import { instantOf } from './iso-time';

/**
 * Quick ways to write into a page what `Intl` makes of the values of which most columns consist: `Intl` takes a microsecond for a number, and
 * more for a time. Each asks `Intl` how it writes, and leaves to it whatever it is not sure of.
 */
export type Write<T> = (value: T, out: ByteBuffer) => void;

/** A number, or a string of digits with a point before its decimals. */
export type Numeric = number | string;

/** Writes what `exact` makes of a number: with as many decimals as it writes at least. */
export function quickNumber(exact: Intl.NumberFormat): Write<Numeric> {
  const decimals = exact.resolvedOptions().minimumFractionDigits!;
  const slow: Write<Numeric> = (value, out) => writeEscaped(exact.format(value as number), out);
  const affixes = [1, -1].map(sign => affixesOf(exact.formatToParts(sign)));
  const group = escaped(partOf(exact.formatToParts(12_345_678), 'group'));
  const point = escaped(partOf(exact.formatToParts(0), 'decimal'));
  const groupedFrom = partOf(exact.formatToParts(1234), 'group') === '' ? 10_000 : 1000;
  const scale = 10 ** decimals;

  const quick: Write<Numeric> = (value, out) => {
    const number = typeof value === 'number' ? value : isShort(value, decimals) ? Number(value) : NaN;
    const units = Math.round(number * scale);
    const size = Math.abs(units);
    const whole = Math.floor(size / scale);
    // A fraction that has other digits behind the last decimal has to be rounded, and a longer number may have lost some of its own.
    if (units / scale !== number || !(size < 1e15) || whole > LARGEST_QUICK_NUMBER) {
      slow(value, out);
      return;
    }
    const { prefix, suffix } = affixes[units < 0 ? 1 : 0];
    out.literal(prefix);
    if (whole < groupedFrom) {
      out.digits(whole, digitCount(whole));
    } else {
      writeGrouped(whole, group, out);
    }
    if (decimals > 0) {
      out.literal(point);
      out.digits(size - whole * scale, decimals);
    }
    out.literal(suffix);
  };
  const scratch = new ByteBuffer();
  const textOf = (write: Write<Numeric>, probe: number) => {
    write(probe / scale, scratch);
    return scratch.written().toString();
  };
  return scale <= LARGEST_QUICK_NUMBER && PROBES.every(probe => textOf(quick, probe) === textOf(slow, probe)) ? quick : slow;
}

/** They tell whether a language has other digits, other groups, or a sign elsewhere. */
const PROBES = [0, 1, 9, 10, 999, 1000, 9999, 10_000, 123_456, 1_234_567, 98_765_432, 1_234_567_890, 99_999_999_999_999]
  .flatMap(probe => [probe, -probe]);

/** Whether a string of digits is as good as a number: so short that each of its digits is kept, and with no more decimals than are written. */
function isShort(digits: string, decimals: number): boolean {
  const point = digits.indexOf('.');
  return digits.length <= 15 && (point < 0 || digits.length - point - 1 <= decimals);
}

function writeGrouped(whole: number, group: Uint8Array, out: ByteBuffer): void {
  if (whole < 1000) {
    out.digits(whole, digitCount(whole));
    return;
  }
  writeGrouped((whole / 1000) | 0, group, out);
  out.literal(group);
  out.digits(whole % 1000, 3);
}

function escaped(text: string): Uint8Array {
  return Buffer.from(escape(text));
}

function partOf(parts: Intl.NumberFormatPart[], type: string): string {
  return parts.find(part => part.type === type)?.value ?? '';
}

/** What stands before the first and behind the last digit. */
function affixesOf(parts: Intl.NumberFormatPart[]): { readonly prefix: Uint8Array; readonly suffix: Uint8Array } {
  const isDigits = ({ type }: Intl.NumberFormatPart) => type === 'integer' || type === 'fraction';
  const textOf = (some: Intl.NumberFormatPart[]) => escaped(some.map(({ value }) => value).join(''));
  const first = parts.findIndex(isDigits);
  const last = parts.length - 1 - [...parts].reverse().findIndex(isDigits);
  return { prefix: textOf(parts.slice(0, first)), suffix: textOf(parts.slice(last + 1)) };
}

/** How many decimals a number or a string of digits has. */
export function decimalsOf(value: Numeric): number {
  const thousandths = typeof value === 'number' ? Math.round(value * 1000) : NaN;
  if (thousandths / 1000 === value && Math.abs(thousandths) <= LARGEST_QUICK_NUMBER) {
    const units = thousandths | 0;
    return units % 10 !== 0 ? 3 : units % 100 !== 0 ? 2 : units % 1000 !== 0 ? 1 : 0;
  }
  return Number.isInteger(value) ? 0 : String(value).split('.')[1]?.length ?? 0;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The most texts that are kept, so that what is kept does not grow with the rows: the hours of more than two years. */
const MOST_KEPT = 20_000;

/** Writes what `exact` makes of a time, with its minute: within an hour of the clock, only the minute changes. */
export function quickInstant(exact: Intl.DateTimeFormat): Write<string> {
  const hours = new Map<number, HourText | undefined>();
  // Where an hour of the clock begins, in zones with half an hour in their offset.
  const shift = Number(exact.formatToParts(0).find(({ type }) => type === 'minute')!.value) * MINUTE_MS || 0;
  return (iso, out) => {
    const time = instantOf(iso);
    const hour = Math.floor((time + shift) / HOUR_MS);
    let text = hours.get(hour);
    if (text === undefined && hours.size < MOST_KEPT && !hours.has(hour)) {
      text = hourText(exact, hour * HOUR_MS - shift);
      hours.set(hour, text);
    }
    if (text) {
      out.literal(text.before);
      out.digits(Math.floor((time + shift) / MINUTE_MS) - hour * 60, 2);
      out.literal(text.after);
    } else {
      writeEscaped(exact.format(time), out);
    }
  };
}

interface HourText {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** What stands around the minute throughout an hour; nothing where the clock is changed within it, or where its minutes are not those of UTC. */
function hourText(exact: Intl.DateTimeFormat, start: number): HourText | undefined {
  const first = exact.format(start);
  const last = exact.format(start + HOUR_MS - 1);
  const minute = [...first].findIndex((character, index) => character !== last[index]);
  const [before, after] = [first.slice(0, minute), first.slice(minute + 2)];
  return first === `${before}00${after}` && last === `${before}59${after}` ? { before: escaped(before), after: escaped(after) } : undefined;
}

/** Writes what `exact` returns, which is not asked again for a text that it has written: a column of days has few different ones. */
export function kept(exact: (value: string) => string): Write<string> {
  const texts = new Map<string, Uint8Array>();
  return (value, out) => {
    let text = texts.get(value);
    if (text === undefined) {
      text = escaped(exact(value));
      if (texts.size < MOST_KEPT) {
        texts.set(value, text);
      }
    }
    out.literal(text);
  };
}
