import type { FromSchema, JSONSchema } from 'json-schema-to-ts';
import { validated } from '../../src/handlers/validation';
import * as valid from '../../src/handlers/validators.generated';
import type { DataNotReady, DataSourceResult, LinkResult, LinksToSend, RenderResult } from '../../src/workflow/contract';
import type { dataNotReady, dataSourceResult, linkResult, linksToSend, renderResult } from '../../src/workflow/schema';

/** A schema without what types can not say: how many items, and which of two properties. */
type Typed<S> = S extends readonly (infer I)[] ? readonly Typed<I>[]
  : S extends object ? { [K in keyof S as K extends 'minItems' | 'maxItems' | 'oneOf' ? never : K]: K extends 'required' | 'enum' | 'type' ? S[K] : Typed<S[K]> }
    : S;
type FromContract<S> = Typed<S> extends infer T extends JSONSchema ? FromSchema<T> : never;
type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;
/** True where each of the two may stand for the other. */
type Agree<A, B> = [A] extends [B] ? [B] extends [A] ? true : 'the schema allows less' : 'the schema allows more';

// Compiled, and not run: tsc fails here when a schema and its interface part.
const agree: [
  Agree<Omit<Writable<FromContract<typeof dataSourceResult>>, 'totals'>, Omit<Writable<DataSourceResult>, 'totals'>>,
  // The cells of totals are of more types in the interface, as the cells of rows are.
  FromContract<typeof dataSourceResult>['totals'] extends DataSourceResult['totals'] ? true : false,
  Agree<Writable<FromContract<typeof renderResult>>, Writable<RenderResult>>,
  Agree<Writable<FromContract<typeof linkResult>>, Writable<LinkResult>>,
  Agree<Writable<FromContract<typeof linksToSend>>, Writable<LinksToSend>>,
  Agree<Writable<FromContract<typeof dataNotReady>>, Writable<DataNotReady>>,
] = [true, true, true, true, true, true];

test('the schemas and the interfaces agree', () => {
  expect(agree).toEqual([true, true, true, true, true, true]);
});

const columns: DataSourceResult['columns'] = [{ name: 'supplier', type: 'text' }, { name: 'price', label: 'Price', type: 'currency', currency: 'EUR', decimals: 2 }];
const rows = [{ supplier: 'Nariño', price: 12.5 }, { supplier: null, price: null }];
const data: DataSourceResult['data'] = { key: 'data/r/1/rows.ndjson', format: 'NDJSON' };

describe.each<{ what: string; validator: Parameters<typeof validated>[0]; good: [string, unknown][]; bad: [string, unknown, string][] }>([
  {
    what: 'the result of the data source',
    validator: valid.dataSourceResult,
    good: [
      ['rows', { version: 1, columns, rows } satisfies DataSourceResult],
      ['no rows', { version: 1, columns, rows: [] } satisfies DataSourceResult],
      ['rows in CSV', { version: 1, columns, data: { ...data!, format: 'CSV' } } satisfies DataSourceResult],
      ['a reference, a time and totals', { version: 1, columns, data, asOf: '2026-11-20T07:00:00.123456789+05:30', totals: { price: 12.5, supplier: null } } satisfies DataSourceResult],
    ],
    bad: [
      ['nothing', undefined, 'it must be an object'],
      ['a list', [], 'it must be an object'],
      ['another version', { version: 2, columns, rows }, 'version must be 1'],
      ['no version', { columns, rows }, "it must have required property 'version'"],
      ['no columns', { version: 1, columns: [], rows }, 'columns must not be empty'],
      ['neither rows nor data', { version: 1, columns }, 'it must have either "rows" or "data", and not both'],
      ['both rows and data', { version: 1, columns, rows, data }, 'it must have either "rows" or "data", and not both'],
      ['a misspelt property', { version: 1, columns, rows, totl: {} }, 'it has a property "totl" that the contract does not know'],
      ['a type that there is not', { version: 1, columns: [{ name: 'a', type: 'money' }], rows },
        'columns.0.type must be one of text, integer, decimal, currency, date, datetime, boolean, link'],
      ['a currency in small letters', { version: 1, columns: [{ name: 'a', type: 'currency', currency: 'eur' }], rows }, 'columns.0.currency must be of the form ^[A-Z]{3}$'],
      ['a column without a name', { version: 1, columns: [{ type: 'text' }], rows }, "columns.0 must have required property 'name'"],
      ['a row that is a list', { version: 1, columns, rows: [{}, []] }, 'rows.1 must be an object'],
      ['rows in YAML', { version: 1, columns, data: { ...data, format: 'YAML' } }, 'data.format must be one of NDJSON, JSON, CSV'],
      ['a time without its offset', { version: 1, columns, rows, asOf: '2026-11-20T07:00:00' }, 'asOf must be a time with its offset, such as "2026-11-20T07:00:00Z"'],
      ['a day', { version: 1, columns, rows, asOf: '2026-11-20' }, 'asOf must be a time with its offset, such as "2026-11-20T07:00:00Z"'],
      ['a total that is an object', { version: 1, columns, rows, totals: { price: {} } }, 'totals.price must be string,number,boolean,null'],
    ],
  },
  {
    what: 'the answer of a data source that is not ready',
    validator: valid.dataNotReady,
    good: [['a reason', { version: 1, notReady: { reason: 'the till of Lugo has not closed' } } satisfies DataNotReady]],
    bad: [
      ['no reason', { version: 1, notReady: {} }, "notReady must have required property 'reason'"],
      ['an empty reason', { version: 1, notReady: { reason: '' } }, 'notReady.reason must NOT have fewer than 1 characters'],
      ['a reason that is too long', { version: 1, notReady: { reason: 'x'.repeat(501) } }, 'notReady.reason must NOT have more than 500 characters'],
      ['rows, too', { version: 1, notReady: { reason: 'x' }, columns, rows }, 'it has a property "columns" that the contract does not know'],
    ],
  },
  {
    what: 'the result of the renderer',
    validator: valid.renderResult,
    good: [
      ['a file', { version: 1, rows: 0, asOf: '2026-11-20T07:00Z', files: [{ name: 'report.html', bytes: 1, sha256: '0a'.repeat(32) }] } satisfies RenderResult],
      ['rows that were left out, a hash of the data and an ETag', {
        version: 1,
        rows: 1000,
        truncated: true,
        totalRows: 5234,
        dataSha256: 'da'.repeat(32),
        asOf: '2026-11-20T07:00Z',
        files: [{ name: 'report.html', bytes: 1, sha256: '0a'.repeat(32), etag: '"e"' }],
      } satisfies RenderResult],
    ],
    bad: [
      ['no files', { version: 1, rows: 0, asOf: '2026-11-20T07:00Z', files: [] }, 'files must not be empty'],
      ['a file without bytes', { version: 1, rows: 0, asOf: '2026-11-20T07:00Z', files: [{ name: 'a', bytes: 0, sha256: '0a'.repeat(32) }] }, 'files.0.bytes must be >= 1'],
      ['a hash in capitals', { version: 1, rows: 0, asOf: '2026-11-20T07:00Z', files: [{ name: 'a', bytes: 1, sha256: '0A'.repeat(32) }] }, 'files.0.sha256 must be of the form ^[0-9a-f]{64}$'],
      ['half of all rows', { version: 1, rows: 0, totalRows: 0.5, asOf: '2026-11-20T07:00Z', files: [{ name: 'a', bytes: 1, sha256: '0a'.repeat(32) }] }, 'totalRows must be a whole number'],
      ['a hash of the data that is none', { version: 1, rows: 0, dataSha256: '', asOf: '2026-11-20T07:00Z', files: [{ name: 'a', bytes: 1, sha256: '0a'.repeat(32) }] },
        'dataSha256 must be of the form ^[0-9a-f]{64}$'],
      ['truncated as a text', { version: 1, rows: 0, truncated: 'no', asOf: '2026-11-20T07:00Z', files: [{ name: 'a', bytes: 1, sha256: '0a'.repeat(32) }] }, 'truncated must be boolean'],
      ['an empty ETag', { version: 1, rows: 0, asOf: '2026-11-20T07:00Z', files: [{ name: 'a', bytes: 1, sha256: '0a'.repeat(32), etag: '' }] },
        'files.0.etag must NOT have fewer than 1 characters'],
      ['half a row', { version: 1, rows: 0.5, asOf: '2026-11-20T07:00Z', files: [{ name: 'a', bytes: 1, sha256: '0a'.repeat(32) }] }, 'rows must be a whole number'],
    ],
  },
  {
    what: 'the result of the link function',
    validator: valid.linkResult,
    good: [['a link', { version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-20T08:00:00.000Z' }] } satisfies LinkResult]],
    bad: [
      ['a URL, which would be in the execution history', { version: 1, links: [{ file: 'a', expiresAt: '2026-11-20T08:00:00.000Z', url: 'https://a' }] },
        'links.0 has a property "url" that the contract does not know'],
      ['an expiry in seconds', { version: 1, links: [{ file: 'a', expiresAt: 1795240800 }] }, 'links.0.expiresAt must be a text'],
    ],
  },
])('$what', ({ what, validator, good, bad }) => {
  test.each(good)('may have %s', (_case, value) => {
    expect(validated(validator, value, what, 'InvalidData')).toBe(value);
  });

  test.each(bad)('is refused with %s, in a plain sentence', (_case, value, sentence) => {
    expect(() => validated(validator, value, what, 'InvalidData'))
      .toThrow(expect.objectContaining({ name: 'InvalidData', message: `${what} is not what the data contract asks for: ${sentence}` }));
  });
});
