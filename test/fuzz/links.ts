import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type Answer, ask } from './ask';
import { expectEqual } from '../../examples/cafe-inventory/local/expect';
import { HOSTILE_SEGMENTS } from '../handlers/support/hostile';
import { INSIDE } from '../support/openapi';

type Headers = Record<string, string | string[]>;

/** Headers by which proxies, frameworks and caches are misled. */
const HOSTILE_HEADERS: Headers[] = [
  {}, { host: 'evil.example' }, { 'x-forwarded-host': 'evil.example' }, { 'x-forwarded-for': ['1.2.3.4', '::1'] }, { 'x-http-method-override': 'DELETE' },
  { 'x-original-url': '/', 'x-rewrite-url': '/' }, { cookie: 'a=b; a=c' }, { range: 'bytes=0-0' }, { accept: 'application/json' }, { 'content-type': '\t' },
  { authorization: 'Basic Og==' }, { 'x-long': 'a'.repeat(8000) }, { 'transfer-encoding': 'chunked' }, { expect: '200-ok' },
];

const QUERIES = ['', '?', '?token=x', '?a=1&a=2&a=', '?%00', '?__proto__=1&constructor=2', `?${'a'.repeat(4000)}`, '?redirect=https://evil.example&location=//evil.example'];

const MISLEADING: [string, Headers][] = [
  ...QUERIES.map((query): [string, Headers] => [query, {}]),
  ...HOSTILE_HEADERS.map((headers): [string, Headers] => ['', headers]),
];

/**
 * Asks the endpoint of links for what opens nothing, in every way that comes to mind. Where it is asked for a token, the answer is the same
 * to the byte; elsewhere it is that of API Gateway. Returns how often it was asked.
 */
export async function openNothingUnknown(endpoint: string, { runs, seed }: { runs: number; seed: number }): Promise<number> {
  let asked = 0;
  const word = 'A'.repeat(32);
  const unknown: Record<string, Answer> = { GET: await ask('GET', `${endpoint}${word}`), HEAD: await ask('HEAD', `${endpoint}${word}`) };
  expectEqual('status of a link that there is not', [unknown.GET.status, unknown.HEAD.status], [404, 404]);

  const judge = async (method: string, path: string, headers: Headers, isToken: boolean) => {
    const answer = await ask(method, `${endpoint}${path}`, headers);
    asked += 1;
    const isHarmless = answer.status >= 400 && answer.status < 500 && !INSIDE.test(answer.body) && !('location' in answer.headers);
    if (!isDeepStrictEqual(answer, unknown[method]) && (isToken || !isHarmless)) {
      throw new Error(`${method} ${path.slice(0, 200)} with ${JSON.stringify(headers).slice(0, 200)} answers ${told(answer)}`);
    }
  };

  for (const [query, headers] of MISLEADING) {
    await judge('GET', `${word}${query}`, headers, true);
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    await judge(method, word, {}, false);
  }

  const path = fc.oneof(
    fc.constantFrom(...HOSTILE_SEGMENTS),
    fc.string({ unit: 'grapheme', maxLength: 60 }).map(encodeURIComponent),
    fc.array(fc.constantFrom('%2F', '/', '..', '%2e%2e', '%252e', ';', '%00', '%', '%ff', '%C0%AE', '#', '\\', 'A', '+'), { maxLength: 8 }).map(parts => parts.join('')),
    fc.base64String({ maxLength: 100 }),
  );
  const request = fc.tuple(fc.constantFrom('GET', 'HEAD'), path, fc.constantFrom(...QUERIES), fc.constantFrom(...HOSTILE_HEADERS));
  await fc.assert(fc.asyncProperty(request, async ([method, segment, query, headers]) => judge(method, `${segment}${query}`, headers, false)), { numRuns: runs, seed });
  return asked;
}

/** A token that is almost right opens nothing; the right one opens its own file, whatever else the request says. */
export async function openOnlyTheRightOne(url: string): Promise<number> {
  const [, endpoint, token] = /^(.*\/)([^/]+)$/.exec(url)!;
  const other = (character: string) => character === 'A' ? 'B' : 'A';
  const near = [
    token.slice(1), token.slice(0, -1), `${token}A`, `${token}=`, `${token}%00`, `${token}%20`, `%20${token}`, `${token}%2Fx`, `x%2F..%2F${token}`,
    token.toUpperCase(), token.toLowerCase(), `${other(token[0])}${token.slice(1)}`, `${token.slice(0, -1)}${other(token.at(-1)!)}`, [...token].reverse().join(''), `%25${token}`,
  ].filter(word => word !== token);
  for (const word of near) {
    const answer = await ask('GET', `${endpoint}${word}`);
    if (![403, 404].includes(answer.status) || 'location' in answer.headers) {
      throw new Error(`almost the right token, ${word.replace(token, '<token>')}, answers ${answer.status}`);
    }
  }

  const placeOf = ({ headers }: Answer) => { const { origin, pathname } = new URL(headers.location as string); return `${origin}${pathname}`; };
  const right = placeOf(await ask('GET', url));
  for (const [query, headers] of MISLEADING) {
    expectEqual('where the right token leads', placeOf(await ask('HEAD', `${url}${query}`, headers)), right);
  }
  return near.length + MISLEADING.length;
}

const told = ({ status, headers, body }: Answer) => `${status} ${JSON.stringify(headers)} ${body.slice(0, 500)}`;
