import fc from 'fast-check';
import { checkOf, flawOfSchema } from '../../src/handlers/json-schema';

const PARAMETERS = {
  type: 'object',
  required: ['supplier'],
  additionalProperties: false,
  properties: {
    'supplier': { type: 'string', maxLength: 20, pattern: '^\\p{L}' },
    'day': { format: 'date' },
    'kind': { enum: ['beans', 'tea', 3, null] },
    'version': { const: 2 },
    'lines': { type: 'array', maxItems: 3, uniqueItems: true, items: { type: 'integer', minimum: 2 } },
    'limits': { type: 'object', propertyNames: { maxLength: 6 }, additionalProperties: { type: 'integer' } },
    'mail': { if: { type: 'string' }, then: { format: 'email' } },
    'top': { oneOf: [{ type: 'integer' }, { type: 'number', minimum: 10 }] },
    'any': { anyOf: [{ type: 'integer' }, { type: 'string', minLength: 3 }] },
    'old': false,
    'a/b~c': { type: ['string', 'null'] },
  },
};

/** What is wrong with these parameters beside a supplier. */
const flawOf = (parameters: unknown, schema: object = PARAMETERS) =>
  checkOf(JSON.stringify(schema))(parameters, 'parameters');

describe('parameters', () => {
  test.each<[string, object]>([
    ['the least', {}],
    ['a text in any script', { supplier: 'Ñandú 茶' }],
    ['a day', { day: '2028-02-29' }],
    ['each of a list', { kind: null, version: 2, lines: [2, 3, 4], limits: { a: 1, b: 2 } }],
    ['a choice', { top: 10.5, any: 'abc', mail: 'ana@example.com' }],
    ['a choice that is not asked for', { mail: 7 }],
    ['a name that has to be escaped in a path', { 'a/b~c': null }],
  ])('of %s are as the schema asks for', (_what, parameters) => {
    expect(flawOf({ supplier: 'Finca', ...parameters })).toBeUndefined();
  });

  test.each<[string, object, string]>([
    ['a property that is missing', { supplier: undefined }, 'parameters.supplier is missing'],
    ['a property that nobody knows', { suplier: 'Finca' }, 'parameters must not have a property that the schema does not name'],
    ['another type', { supplier: 3 }, 'parameters.supplier must be string'],
    ['another type than several', { 'a/b~c': 3 }, 'parameters.a/b~c must be string or null'],
    ['a text that is too long', { supplier: 'x'.repeat(21) }, 'parameters.supplier must not have more than 20 characters'],
    ['a text of another pattern', { supplier: '٣' }, 'parameters.supplier must match pattern "^\\p{L}"'],
    ['a day that there is not', { day: '2026-02-30' }, 'parameters.day must match format "date"'],
    ['none of a list', { kind: 'coffee' }, 'parameters.kind must be one of "beans", "tea", 3, null'],
    ['another constant', { version: '2' }, 'parameters.version must be 2'],
    ['an item that is wrong', { lines: [2, 1] }, 'parameters.lines[1] must be >= 2'],
    ['too many items', { lines: [2, 3, 4, 5] }, 'parameters.lines must not have more than 3 items'],
    ['items that are the same', { lines: [2, 2] }, 'parameters.lines must not have duplicate items (items ## 1 and 0 are identical)'],
    ['an entry under a name that the schema does not name', { limits: { 4111: 'x' } }, 'parameters.limits.* must be integer'],
    ['a name that is too long', { limits: { secretive: 1 } }, 'parameters.limits must not have a property with such a name'],
    ['the second half of a condition', { mail: 'ana' }, 'parameters.mail must match format "email"'],
    ['both of two choices', { top: 10 }, 'parameters.top must be exactly one of the kinds that it is given to choose from'],
    ['none of several choices', { any: 'ab' }, 'parameters.any must be one of the kinds that it is given to choose from'],
    ['what must not be there', { old: 1 }, 'parameters.old must not be there'],
  ])('with %s are refused, by their place and what should be there', (_what, parameters, flaw) => {
    expect(flawOf(JSON.parse(JSON.stringify({ supplier: 'Finca', ...parameters })))).toBe(flaw);
  });

  test('are measured in characters, however many code units these take', () => {
    expect(flawOf({ supplier: '𐐷'.repeat(20) })).toBeUndefined();
    expect(flawOf({ supplier: '𐐷'.repeat(21) })).toBe('parameters.supplier must not have more than 20 characters');
  });

  test('are those that were sent, and none that an object inherits', () => {
    const named = { type: 'object', required: ['constructor', 'toString'], properties: { constructor: { type: 'string' } } };
    expect(flawOf({}, named)).toBe('parameters.constructor is missing');
    expect(flawOf({}, { ...named, required: [] })).toBeUndefined();
    expect(flawOf({}, { type: 'object', required: ['__proto__'] })).toBe('parameters.__proto__ is missing');
  });

  test.each(['{"__proto__": {"admin": true}}', '{"constructor": {}}', '{"hasOwnProperty": 1}'])('that would shadow what objects inherit are no others: %s', text => {
    expect(flawOf(JSON.parse(text), { type: 'object', additionalProperties: false })).toBe('parameters must not have a property that the schema does not name');
    expect(({} as any).admin).toBeUndefined();
  });

  test('keep their defaults to themselves', () => {
    const parameters = {};
    expect(flawOf(parameters, { type: 'object', properties: { supplier: { default: 'Finca' } } })).toBeUndefined();
    expect(parameters).toEqual({});
  });

  test('that make a pattern go back and forth for ever are given up', () => {
    const begin = process.hrtime.bigint();
    const flaw = flawOf({ text: `${'a'.repeat(5000)}!` }, { type: 'object', properties: { text: { pattern: '^(a+)+$' } } });
    expect(flaw).toBe('parameters can not be checked in 2 seconds');
    expect(Number(process.hrtime.bigint() - begin) / 1e9).toBeLessThan(20);
  });

  test('that are nested deeper than a function can follow are refused', () => {
    const nest = (depth: number) => JSON.parse(`{"nest":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    const lists = { type: 'object', properties: { nest: { $ref: '#/$defs/list' } }, $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } } };
    expect(flawOf(nest(100), lists)).toBeUndefined();
    expect(flawOf(nest(100_000), lists)).toBe('parameters is nested too deep');
  });

  test('that are lists are compared item by item', () => {
    const items = Array.from({ length: 200 }, (_, n) => ({ n }));
    const different = { type: 'object', properties: { items: { type: 'array', uniqueItems: true } } };
    expect(flawOf({ items }, different)).toBeUndefined();
    expect(flawOf({ items: [...items, { n: 7 }] }, different)).toBe('parameters.items must not have duplicate items (items ## 7 and 200 are identical)');
  });

  test('are quoted in nothing that is said of them, neither values nor names', () => {
    const word = fc.stringMatching(/^[a-z]{0,3}$/).map(rest => `S3CR3T${rest}`);
    const value = fc.letrec(tie => ({
      any: fc.oneof({ depthSize: 'small' }, word, fc.integer(), fc.array(tie('any'), { maxLength: 5 }), fc.dictionary(fc.oneof(word, fc.constantFrom(...Object.keys(PARAMETERS.properties))), tie('any'))),
    })).any;
    fc.assert(fc.property(fc.record({
      supplier: value, day: value, kind: value, lines: value, limits: fc.dictionary(word, value), mail: value, top: value, any: value, ['S3CR3T']: value,
    }, { requiredKeys: [] }), parameters => {
      expect(flawOf(parameters) ?? '').not.toMatch(/S3CR3T/);
      expect(flawOf(parameters, { ...PARAMETERS, required: [], additionalProperties: { type: 'object' } }) ?? '').not.toMatch(/S3CR3T/);
    }));
  });
});

describe('a schema', () => {
  const withProperty = (property: unknown, more: object = {}) => ({ type: 'object', properties: { a: property }, ...more });
  const flaw = (schema: object) => flawOfSchema(schema, 'parametersSchema');

  test.each<[string, object]>([
    ['without a draft', PARAMETERS],
    ['of 2020-12', { ...withProperty({ prefixItems: [{ type: 'string' }], items: false }), $schema: 'https://json-schema.org/draft/2020-12/schema', unevaluatedProperties: false }],
    ['of draft-07', { ...withProperty({ items: [{ type: 'string' }], additionalItems: false }), $schema: 'http://json-schema.org/draft-07/schema#' }],
    ['that refers to its own parts', withProperty({ $ref: '#/$defs/b' }, { $id: 'https://example.com/s', $defs: { b: { $ref: 'https://example.com/s#/$defs/c' }, c: true } })],
    ['that refers to itself', withProperty({ $ref: '#' })],
    ['that tells of itself', withProperty({ title: 'A', description: 'a', default: 1, examples: [1], writeOnly: true, deprecated: true, $comment: 'c' })],
  ])('%s is one', (_what, schema) => {
    expect(flaw(schema)).toBeUndefined();
  });

  test.each<[string, object, string]>([
    ['a keyword with another value', withProperty({ maxLength: 'ten' }), 'parametersSchema.properties.a.maxLength must be integer'],
    ['a type that there is not', { type: 'object', required: 'a' }, 'parametersSchema.required must be array'],
    ['a keyword that is misspelt', { type: 'object', requried: ['a'] }, 'parametersSchema can not be used: unknown keyword: "requried"'],
    ['a format that nobody knows', withProperty({ format: 'day' }), 'parametersSchema can not be used: unknown format "day" ignored in schema at path "#/properties/a"'],
    ['a pattern that is none', withProperty({ pattern: '(' }), 'parametersSchema can not be used: Invalid regular expression: /(/u: Unterminated group'],
    ['a part that is not there', withProperty({ $ref: '#/$defs/b' }), 'parametersSchema refers to #/$defs/b, which is not in it; nothing is fetched: write what is meant below "$defs"'],
    ['a part that is somewhere else', withProperty({ $ref: 'https://example.com/b.json' }),
      'parametersSchema refers to https://example.com/b.json, which is not in it; nothing is fetched: write what is meant below "$defs"'],
    ['the schema of schemas', withProperty({ $ref: 'https://json-schema.org/draft/2020-12/schema' }),
      'parametersSchema refers to https://json-schema.org/draft/2020-12/schema, which is not in it; nothing is fetched: write what is meant below "$defs"'],
    ['another draft', { $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' },
      'parametersSchema.$schema is "http://json-schema.org/draft-04/schema#"; write it in "https://json-schema.org/draft/2020-12/schema" or "http://json-schema.org/draft-07/schema"'],
    ['a draft that objects inherit', { $schema: 'constructor', type: 'object' }, 'parametersSchema.$schema is "constructor"; write it in "https://json-schema.org/draft/2020-12/schema" or "http://json-schema.org/draft-07/schema"'],
    ['the way of 2020-12 in draft-07', { ...withProperty({ prefixItems: [] }), $schema: 'http://json-schema.org/draft-07/schema#' },
      'parametersSchema can not be used: unknown keyword: "prefixItems"'],
    ['an answer that comes later', { $async: true, type: 'object' }, 'parametersSchema has the keyword "$async", which is none of JSON Schema'],
  ])('with %s is none', (_what, schema, said) => {
    expect(flaw(schema)).toBe(said);
  });
});
