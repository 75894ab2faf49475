import { accepts, cellText, Value } from '../../../src/handlers/rendering/cells';
import { Column, ColumnType } from '../../../src/workflow/contract';

/** `Intl` uses spaces that do not break. */
function text(column: Partial<Column> & { type: ColumnType }, value: Value, locale = 'en-GB', timeZone = 'Europe/Madrid'): string {
  return cellText({ name: 'c', ...column }, locale, timeZone)(value).replace(/\s/g, ' ');
}

describe('each type takes', () => {
  test.each<[ColumnType, unknown[], unknown[]]>([
    ['text', ['', 'café', '42'], [42, true, {}, [], undefined]],
    ['integer', [0, -7, 2 ** 53 - 1, '12345678901234567890', '-3'], [1.5, 2 ** 53, NaN, Infinity, '1.0', '', ' 1', '1e3', '0x10', '+1', true, '9'.repeat(101)]],
    ['decimal', [0, -1.25, '12.50', '-0.1', '12345678901234567890.12'], [NaN, -Infinity, 2 ** 53, 1e300, '', '.5', '5.', '1,5', '1e3', 'NaN', '∞', true]],
    ['currency', [9.99, '9.99'], ['€ 9.99', NaN, {}]],
    ['date', ['2026-11-20', '2024-02-29', '0001-01-01'], ['2026-02-29', '2026-02-30', '2026-13-01', '2026-00-10', '2026-1-1', '20261120', '2026-11-20T00:00:00Z', '', 0]],
    ['datetime', ['2026-11-20T07:00Z', '2026-11-20T07:00:00.123456789+05:30'],
      ['2026-11-20', '2026-11-20T07:00:00', '2026-02-30T07:00:00Z', '2026-11-20T25:00:00Z', '2026-11-20T07:00:00+99:00', '20 Nov 2026', 0]],
    ['boolean', [true, false], ['true', 0, 1, 'yes']],
    ['link', ['https://example.com/a?b=c', 'http://localhost:8080'],
      ['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', '//example.com', 'example.com', 'https://', 'https://good.example@evil.example/', '', 1]],
  ])('%s', (type, good, bad) => {
    expect(good.filter(value => !accepts(type, value))).toEqual([]);
    expect(bad.filter(value => accepts(type, value))).toEqual([]);
  });
});

describe('numbers', () => {
  test('a string keeps each digit', () => {
    expect(text({ type: 'decimal' }, '12345678901234567890.12')).toBe('12,345,678,901,234,567,890.12');
    expect(text({ type: 'integer' }, '9007199254740993')).toBe('9,007,199,254,740,993');
    expect(text({ type: 'currency', currency: 'EUR' }, '99999999999999999999.99')).toBe('€99,999,999,999,999,999,999.99');
  });

  test('a decimal has as many digits as the value, or as the column says', () => {
    expect(text({ type: 'decimal' }, '12.50')).toBe('12.50');
    expect(text({ type: 'decimal' }, 12.5)).toBe('12.5');
    expect(text({ type: 'decimal' }, 3)).toBe('3');
    expect(text({ type: 'decimal' }, 1.5e-7)).toBe('0.00000015');
    expect(text({ type: 'decimal', decimals: 3 }, '12.5')).toBe('12.500');
    expect(text({ type: 'decimal', decimals: 0 }, '12.5')).toBe('13');
  });

  test('money has the digits of its currency, or as many as the column says', () => {
    expect(text({ type: 'currency', currency: 'EUR' }, 1234.5)).toBe('€1,234.50');
    expect(text({ type: 'currency', currency: 'JPY' }, 1234)).toBe('JP¥1,234');
    expect(text({ type: 'currency', currency: 'EUR', decimals: 4 }, '0.0125')).toBe('€0.0125');
    expect(text({ type: 'currency', currency: 'EUR' }, '1234.5', 'de-DE')).toBe('1.234,50 €');
  });

  test('what rounds to zero has no sign', () => {
    expect(text({ type: 'decimal', decimals: 1 }, -0.01)).toBe('0.0');
    expect(text({ type: 'integer' }, -4)).toBe('-4');
  });
});

describe('times', () => {
  test.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Europe/Madrid'])('a date is the same day in %s', timeZone => {
    expect(text({ type: 'date' }, '2026-11-20', 'en-GB', timeZone)).toBe('20 Nov 2026');
  });

  test('a datetime is shown in the readers’ zone, on both sides of a change of clocks', () => {
    expect(text({ type: 'datetime' }, '2026-10-25T00:30:00Z')).toBe('25 Oct 2026, 02:30 CEST');
    expect(text({ type: 'datetime' }, '2026-10-25T01:30:00Z')).toBe('25 Oct 2026, 02:30 CET');
    expect(text({ type: 'datetime' }, '2026-03-29T02:30:00+01:00')).toBe('29 Mar 2026, 03:30 CEST');
  });
});

test('a link shows where it leads', () => {
  expect(text({ type: 'link' }, 'https://example.com')).toBe('example.com');
  expect(text({ type: 'link' }, 'https://example.com:8443/a/b?token=1#x')).toBe('example.com:8443/a/b');
  expect(text({ type: 'link' }, 'https://еxample.com/')).toBe('xn--xample-2of.com');
});
