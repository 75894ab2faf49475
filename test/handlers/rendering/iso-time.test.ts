import * as fc from 'fast-check';
import { instantOf, isDay, isInstant } from '../../../src/handlers/rendering/iso-time';
import { runs } from '../support/fuzz';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** The obvious way: `Date` takes the 31st of a month with 30 days for the first of the next one. */
function slowIsDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).getTime() >= -1e15 && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}

function slowInstantOf(text: string): number {
  return INSTANT.test(text) && slowIsDay(text.slice(0, 10)) ? Date.parse(text) : NaN;
}

const two = (most: number) => fc.integer({ min: 0, max: most }).map(number => String(number).padStart(2, '0'));
const year = fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 99, 100, 400, 1582, 1700, 1900, 1969, 1970, 2000, 2024, 2100, 9999)).map(number => String(number).padStart(4, '0'));
const day = fc.tuple(year, two(13), two(32)).map(parts => parts.join('-'));
const clock = fc.tuple(two(25), two(61), fc.option(two(61)), fc.option(fc.stringMatching(/^\d{1,10}$/)))
  .map(([hour, minute, second, fraction]) => `${hour}:${minute}${second === null ? '' : `:${second}`}${second === null || fraction === null ? '' : `.${fraction}`}`);
const zone = fc.oneof(fc.constant('Z'), fc.tuple(fc.constantFrom('+', '-'), two(25), two(61)).map(([sign, hour, minute]) => `${sign}${hour}:${minute}`), fc.constantFrom('', 'z', '+0100'));
const instant = fc.tuple(day, clock, zone).map(([date, time, offset]) => `${date}T${time}${offset}`);
const usual = fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map(time => time.toISOString()).chain(iso => fc.constantFrom(iso, iso.replace(/\.\d+/, '')));
/** With one character that is another, one more or one less. */
const damaged = fc.tuple(fc.oneof(usual, instant, day), fc.nat(30), fc.constantFrom('', '0', '9', '-', ':', '.', 'T', 'Z', ' ', '/', ';', '\u0660', '\n', 'é'), fc.boolean())
  .map(([text, at, other, isMore]) => text.slice(0, at) + other + text.slice(isMore ? at : at + 1));

test('a time is the same as for Date.parse, if it has an offset and its day exists', () => {
  fc.assert(fc.property(fc.oneof(usual, instant, damaged, fc.string()), text => {
    expect(instantOf(text)).toBe(slowInstantOf(text));
    expect(isInstant(text)).toBe(!Number.isNaN(slowInstantOf(text)));
  }), runs(5000));
});

test('each day from 1890 to 2110', () => {
  for (let time = Date.UTC(1890, 0, 1, 12, 34, 56, 789); time < Date.UTC(2110, 0, 1); time += 24 * 60 * 60 * 1000) {
    const iso = new Date(time).toISOString();
    if (instantOf(iso) !== time || !isDay(iso.slice(0, 10))) {
      throw new Error(iso);
    }
  }
});

test('a day is one that the calendar has', () => {
  fc.assert(fc.property(fc.oneof(day, damaged, fc.string()), text => {
    expect(isDay(text)).toBe(slowIsDay(text));
  }), runs(5000));
});
