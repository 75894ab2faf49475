/**
 * Quick ways to what `Intl` writes, for the values of which most columns consist: `Intl` takes a microsecond for a number, and
 * more for a time. Each asks `Intl` how it writes, and leaves to it whatever it is not sure of.
 */

/** A number, or a string of digits with a point before its decimals. */
type Numeric = number | string;

/** The same as `exact`, which writes so many decimals. */
export function quickNumberText(exact: Intl.NumberFormat, decimals: number): (value: Numeric) => string {
  const slow = (value: Numeric) => exact.format(value as number);
  const affixes = [1, -1].map(sign => affixesOf(exact.formatToParts(sign)));
  const group = partOf(exact.formatToParts(12_345_678), 'group');
  const point = partOf(exact.formatToParts(0), 'decimal');
  const groupedFrom = partOf(exact.formatToParts(1234), 'group') === '' ? 10_000 : 1000;
  const scale = 10 ** decimals;

  const quick = (value: Numeric) => {
    const number = typeof value === 'number' ? value : isShort(value, decimals) ? Number(value) : NaN;
    const units = Math.round(number * scale);
    // A fraction that has other digits behind the last decimal has to be rounded, and a longer number may have lost some of its own.
    if (units / scale !== number || !(Math.abs(units) < 1e15)) {
      return slow(value);
    }
    const [prefix, suffix] = affixes[units < 0 ? 1 : 0];
    const whole = Math.floor(Math.abs(units) / scale);
    const text = prefix + (whole < groupedFrom ? String(whole) : grouped(whole, group));
    const fraction = decimals === 0 ? '' : point + String(Math.abs(units) - whole * scale).padStart(decimals, '0');
    return text + fraction + suffix;
  };
  return PROBES.every(probe => quick(probe / scale) === slow(probe / scale)) ? quick : slow;
}

/** They tell whether a language has other digits, other groups, or a sign elsewhere. */
const PROBES = [0, 1, 9, 10, 999, 1000, 9999, 10_000, 123_456, 1_234_567, 98_765_432, 1_234_567_890, 99_999_999_999_999]
  .flatMap(probe => [probe, -probe]);

/** Whether a string of digits is as good as a number: so short that each of its digits is kept, and with no more decimals than are written. */
function isShort(digits: string, decimals: number): boolean {
  const point = digits.indexOf('.');
  return digits.length <= 15 && (point < 0 || digits.length - point - 1 <= decimals);
}

function grouped(whole: number, separator: string): string {
  let text = '';
  let rest = whole;
  while (rest >= 1000) {
    text = separator + THREE_DIGITS[rest % 1000] + text;
    rest = Math.floor(rest / 1000);
  }
  return rest + text;
}

const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));
const TWO_DIGITS = THREE_DIGITS.map(digits => digits.slice(1));

function partOf(parts: Intl.NumberFormatPart[], type: string): string {
  return parts.find(part => part.type === type)?.value ?? '';
}

/** What stands before the first and behind the last digit. */
function affixesOf(parts: Intl.NumberFormatPart[]): [prefix: string, suffix: string] {
  const isDigits = ({ type }: Intl.NumberFormatPart) => type === 'integer' || type === 'fraction';
  const first = parts.findIndex(isDigits);
  const last = parts.length - 1 - [...parts].reverse().findIndex(isDigits);
  return [textOf(parts.slice(0, first)), textOf(parts.slice(last + 1))];
}

function textOf(parts: readonly { readonly value: string }[]): string {
  return parts.map(({ value }) => value).join('');
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The most texts that are kept, so that what is kept does not grow with the rows: the hours of more than two years. */
const MOST_KEPT = 20_000;

/** The same as `exact`, which writes times with their minute: within an hour of the clock, only the minute changes. */
export function quickInstantText(exact: Intl.DateTimeFormat): (iso: string) => string {
  const hours = new Map<number, HourText | undefined>();
  // Where an hour of the clock begins, in zones with half an hour in their offset.
  const shift = Number(aroundMinute(exact, 0).minute) * MINUTE_MS || 0;
  return iso => {
    const time = Date.parse(iso);
    const hour = Math.floor((time + shift) / HOUR_MS);
    let text = hours.get(hour);
    if (text === undefined && hours.size < MOST_KEPT && !hours.has(hour)) {
      text = hourText(exact, hour * HOUR_MS - shift);
      hours.set(hour, text);
    }
    return text ? text.before + TWO_DIGITS[Math.floor((time + shift) / MINUTE_MS) - hour * 60] + text.after : exact.format(time);
  };
}

interface HourText {
  readonly before: string;
  readonly after: string;
}

/** What stands around the minute throughout an hour; nothing where the clock is changed within it, or where its minutes are not those of UTC. */
function hourText(exact: Intl.DateTimeFormat, start: number): HourText | undefined {
  const first = aroundMinute(exact, start);
  const last = aroundMinute(exact, start + HOUR_MS - 1);
  const isWhole = first.minute === '00' && last.minute === '59' && first.before === last.before && first.after === last.after;
  return isWhole ? first : undefined;
}

function aroundMinute(exact: Intl.DateTimeFormat, time: number): HourText & { readonly minute: string } {
  // The spaces of the parts may be other ones than those of the text: https://github.com/nodejs/node/issues/46123
  const text = exact.format(time);
  const parts = exact.formatToParts(time);
  const index = parts.findIndex(({ type }) => type === 'minute');
  const start = textOf(parts.slice(0, index)).length;
  const end = start + parts[index].value.length;
  return { before: text.slice(0, start), minute: text.slice(start, end), after: text.slice(end) };
}

/** The same as `exact`, which is not asked again for a text that it has written: a column of days has few different ones. */
export function kept(exact: (value: string) => string): (value: string) => string {
  const texts = new Map<string, string>();
  return value => {
    let text = texts.get(value);
    if (text === undefined) {
      text = exact(value);
      if (texts.size < MOST_KEPT) {
        texts.set(value, text);
      }
    }
    return text;
  };
}
