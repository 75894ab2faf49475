import * as fc from 'fast-check';
import { ByteBuffer } from '../../../src/handlers/rendering/byte-buffer';
import { escape } from '../../../src/handlers/rendering/escape';
import { decimalsOf, kept, quickInstant, quickNumber, Write } from '../../../src/handlers/rendering/quick-text';
import { instantFormat } from '../../../src/handlers/wording';
import { runs } from '../support/fuzz';

const out = new ByteBuffer();

function textOf<T>(write: Write<T>, value: T): string {
  write(value, out);
  return out.written().toString();
}

/** Other digits, groups of two, groups from five digits on, signs behind the number or with marks of direction, spaces and apostrophes between groups. */
const LOCALES = ['en-GB', 'de-DE', 'de-CH', 'de-AT', 'es-ES', 'pl-PL', 'pt-PT', 'fr-FR', 'sv-SE', 'en-IN', 'hi-IN', 'ar-EG', 'fa-IR', 'he-IL', 'bn-BD', 'ja-JP', 'ne-NP', 'my-MM', 'lt-LT', 'eu-ES', 'sl-SI', 'de-u-nu-thai'];

/** Numbers as reports have them, and those at which a quick way could go wrong. */
const number = fc.oneof(
  fc.integer({ min: -(10 ** 7), max: 10 ** 7 }),
  fc.tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.nat(6)).map(([units, decimals]) => units / 10 ** decimals),
  fc.tuple(fc.integer({ min: -(10 ** 6), max: 10 ** 6 }), fc.nat(4)).map(([units, decimals]) => (units + 0.5) / 10 ** decimals),
  fc.double({ noNaN: true, min: -(2 ** 53), max: 2 ** 53 }),
  fc.constantFrom(0, -0, 0.1 + 0.2, 1.005, 2.675, -0.004, 999.995, 1e15, 1e15 - 1, 2 ** 53, 1e-7, 5e-324),
  fc.constantFrom(999_999_999, 1_000_000_000, -9_999_999.99, 999_999_999.99, 1_000_000_000.5),
);
const digits = fc.stringMatching(/^-?\d{1,20}(\.\d{1,8})?$/);

test.each(LOCALES)('numbers in %s are as Intl writes them', locale => {
  const options: Intl.NumberFormatOptions[] = [
    { maximumFractionDigits: 0 }, { minimumFractionDigits: 2, maximumFractionDigits: 2 }, { minimumFractionDigits: 3, maximumFractionDigits: 20 },
    { style: 'currency', currency: 'EUR' }, { style: 'currency', currency: 'JPY' }, { style: 'currency', currency: 'KWD' }, { minimumFractionDigits: 8, maximumFractionDigits: 20 }, { minimumFractionDigits: 12, maximumFractionDigits: 20 },
  ];
  for (const option of options) {
    const exact = new Intl.NumberFormat(locale, { ...option, signDisplay: 'negative' as 'auto' });
    const quick = quickNumber(exact);
    fc.assert(fc.property(fc.oneof(number, digits), value => {
      expect(textOf(quick, value)).toBe(escape(exact.format(value as number)));
    }), runs(100));
  }
});

test('a number has as many decimals as JavaScript writes, and a string as many as it has', () => {
  fc.assert(fc.property(fc.oneof(number, digits), value => {
    expect(decimalsOf(value)).toBe(Number.isInteger(value) ? 0 : String(value).split('.')[1]?.length ?? 0);
  }), runs(2000));
});

const ZONES = [
  'UTC', 'Europe/Madrid', 'Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns', 'America/New_York', 'Africa/Casablanca', 'Africa/Monrovia', 'Pacific/Apia',
  'Pacific/Chatham', 'Antarctica/Troll', 'Asia/Pyongyang',
];
const instant = fc.oneof(
  fc.date({ min: new Date('1965-01-01T00:00:00Z'), max: new Date('2045-01-01T00:00:00Z'), noInvalidDate: true }),
  // Near changes of the clock.
  fc.tuple(fc.constantFrom('2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2011-03-13T03:31:00Z', '2026-04-04T15:00:00Z', '1972-01-07T00:44:30Z', '2011-12-30T10:00:00Z', '2018-05-04T15:00:00Z'),
    fc.integer({ min: -7_200_000, max: 7_200_000 })).map(([change, distance]) => new Date(Date.parse(change) + distance)),
);

test.each(ZONES)('times in %s are as Intl writes them', timeZone => {
  for (const locale of ['en-GB', 'en-US', 'de-DE', 'ja-JP', 'ar-EG', 'hi-IN', 'ko-KR']) {
    const exact = instantFormat(locale, timeZone);
    const quick = quickInstant(exact);
    fc.assert(fc.property(instant, fc.constantFrom('Z', '+00:00'), (time, offset) => {
      const iso = time.toISOString().replace('Z', offset);
      expect(textOf(quick, iso)).toBe(escape(exact.format(new Date(iso))));
      expect(textOf(quick, iso)).toBe(escape(exact.format(new Date(iso))));
    }), runs(100));
  }
});

test('what is kept does not grow with the rows', () => {
  let asked = 0;
  const texts = new Set<string>();
  const write = kept(value => { asked += 1; return `<${value}>`; });
  for (let round = 0; round < 2; round += 1) {
    for (let value = 0; value < 25_000; value += 1) {
      texts.add(textOf(write, `${value}`));
    }
  }
  expect(texts.size).toBe(25_000);
  expect(texts).toContain('&lt;24999&gt;');
  expect(asked).toBe(25_000 + 5000);
});
