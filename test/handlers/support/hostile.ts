import type { APIGatewayProxyEvent } from 'aws-lambda';
import fc from 'fast-check';

/** Words that have broken programs: ways out of a folder, keys of tables and of objects, bytes that are no text, code in several languages. */
export const HOSTILE_WORDS = [
  '', '.', '..', '../../etc/passwd', '..%2f..%2frun', '%2e%2e%2f', '..\\..\\run', '/', '//', 'run', 'run#', 'link#', 'reader#public', '#', '?', '%', '%00', '%zz', '\u0000',
  'a\u0000b', '\ud800', '\udfff\ud800', '\ufeff', '\u202e', '\r\nSet-Cookie: a=b', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN',
  '-1', '1e999', '9'.repeat(400), '${jndi:ldap://x}', '{{7*7}}', "' OR 1=1 --", '<script>alert(1)</script>', '$(id)', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32),
  'A'.repeat(10_000), '\u{1F480}', 'ǅ', 'ß'.repeat(32),
];

/** The same, as a part of an address: half a surrogate has no place there. */
export const HOSTILE_SEGMENTS = HOSTILE_WORDS.filter(word => Buffer.from(word).toString() === word).map(encodeURIComponent);

const word = fc.oneof(fc.constantFrom(...HOSTILE_WORDS), fc.string({ unit: 'binary', maxLength: 40 }));
const words = fc.dictionary(
  fc.oneof(fc.constantFrom('limit', 'next', 'origin', 'Origin', 'authorization', 'content-type', '__proto__'), word), word, { maxKeys: 5 },
);

/** Claims of somebody else, in the shapes in which authorizers of all kinds pass them on, and in some that there should not be. */
const stranger = fc.oneof(
  fc.constantFrom(undefined, null, {}, { claims: {} }, { claims: null }, { principalId: '' }, { principalId: 'user', groups: 'bookkeeping' }),
  fc.record({ claims: fc.record({ 'iss': word, 'sub': word, 'cognito:groups': word }) }),
  fc.record({ principalId: word, groups: word }),
);
const identity = fc.oneof(fc.constantFrom(undefined, {}), fc.record({
  userArn: fc.constantFrom('arn:aws:iam::1:user/ana', 'arn:aws:sts::1:assumed-role/r/s', ''), cognitoIdentityId: word,
}));

const json = fc.oneof(
  fc.json({ maxDepth: 6 }),
  fc.json().map(parameters => `{"parameters":${parameters}}`),
  word.map(idempotencyKey => JSON.stringify({ idempotencyKey })),
  fc.record({ parameters: fc.dictionary(word, fc.jsonValue()), idempotencyKey: fc.stringMatching(/^[!-~]{1,128}$/) }).map(body => JSON.stringify(body)),
);
const body = fc.oneof(
  fc.record({ body: fc.oneof(json, word, fc.constant(null)), isBase64Encoded: fc.constant(false) }),
  fc.record({ body: fc.oneof(json, word).map(text => Buffer.from(text).toString('base64')), isBase64Encoded: fc.constant(true) }),
  fc.record({ body: fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes).toString('base64')), isBase64Encoded: fc.constant(true) }),
  fc.record({ body: word, isBase64Encoded: fc.constant(true) }), // which is no base64
);

/** A request as API Gateway hands it on, of somebody who has requested nothing; `id` is a report of somebody else. */
export const hostileEvent = (id: string) => fc.tuple(
  fc.record({
    httpMethod: fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'get'),
    resource: fc.constantFrom('/create_report', '/reports', '/reports/{id}', '/reports/{id}/link', '/reports/{id}/rerender', '/', '/{proxy+}'),
    path: word,
    headers: fc.oneof(fc.constant(null), words),
    multiValueHeaders: fc.oneof(fc.constant(null), fc.dictionary(word, fc.array(word, { maxLength: 3 }), { maxKeys: 3 })),
    queryStringParameters: fc.oneof(fc.constant(null), words),
    multiValueQueryStringParameters: fc.oneof(fc.constant(null), fc.dictionary(word, fc.array(word, { maxLength: 3 }), { maxKeys: 3 })),
    pathParameters: fc.oneof(fc.constant(null), fc.record({ id: fc.oneof(word, fc.constant(id)) })),
    requestContext: fc.record({ authorizer: stranger, identity }),
  }),
  body,
).map(([event, sent]) => ({ ...event, ...sent }) as unknown as APIGatewayProxyEvent);

const text = (content: string) => () => ({ body: content, isBase64Encoded: false });
const bytes = (content: Buffer) => () => ({ body: content.toString('base64'), isBase64Encoded: true });

/** Bodies by name, and the status of the answer. */
export const HOSTILE_BODIES: [string, () => { body: string; isBase64Encoded: boolean }, number][] = [
  ['the key of every prototype', text('{"__proto__":{"polluted":1}}'), 400],
  ['a constructor', text('{"constructor":{"prototype":{"polluted":1}}}'), 400],
  ['prototypes in the parameters', text('{"parameters":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}'), 202],
  ['lists 10,000 deep', text(`{"parameters":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`), 413],
  ['lists 8,000 deep', text(`{"parameters":{"a":${'['.repeat(8000)}${']'.repeat(8000)}}}`), 400],
  ['objects 1,000 deep', text(`{"parameters":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`), 400],
  ['10 MB', text(`{"parameters":{"a":"${'a'.repeat(10 * 1024 * 1024)}"}}`), 413],
  ['10 MB, encoded', bytes(Buffer.alloc(10 * 1024 * 1024, 'a')), 413],
  ['half a surrogate, escaped', text('{"parameters":{"a":"\\ud800"}}'), 400],
  ['half a surrogate in a key', text('{"parameters":{"a":[{"\\udc00":1}]}}'), 400],
  ['the halves of a character the wrong way round', text('{"parameters":{"a":"\\udc80\\ud83d"}}'), 400],
  ['both halves of a character, escaped', text('{"parameters":{"\\ud83d\\udc80":"\\ud83d\\udc80"}}'), 202],
  ['half a surrogate in UTF-8', bytes(Buffer.from([...Buffer.from('{"parameters":{"a":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}}')])), 400],
  ['NUL, escaped', text('{"parameters":{"a\\u0000":"\\u0000"}}'), 202],
  ['NUL, as it is', text('{"parameters":{"a":"\u0000"}}'), 400],
  ['the same key twice', text('{"idempotencyKey":"a","idempotencyKey":"b"}'), 202],
  ['a number that is not finite', text('{"parameters":{"a":1e999}}'), 400],
  ['a number that is not finite, deep within', text('{"parameters":{"a":[{"b":-1e400}]}}'), 400],
  ['a number of 10,000 digits', text(`{"parameters":{"a":${'9'.repeat(10_000)}}}`), 400],
  ['a mark of byte order', bytes(Buffer.from('\ufeff{}')), 202],
  ['UTF-16', bytes(Buffer.from('\ufeff{"parameters":{}}', 'utf16le')), 400],
  ['base64 that is none', () => ({ body: '!!!', isBase64Encoded: true }), 202],
  ['two values', text('{}{}'), 400],
  ['a comment', text('{/* */}'), 400],
  ['blanks', text('   \n'), 400],
];
