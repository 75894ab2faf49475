import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Answer, ask, askOnce } from './ask';
import { expectEqual } from '../../examples/cafe-inventory/local/expect';
import { until } from '../../examples/cafe-inventory/local/loopback';
import { HOSTILE_SEGMENTS } from '../handlers/support/hostile';
import { INSIDE, OPERATIONS } from '../support/openapi';

export const ABSENT = '0'.repeat(32);

/** The methods that are about one report. */
const ABOUT_A_REPORT = Object.keys(OPERATIONS).filter(method => method.includes('{id}'));

/** Who has no token, or one that is not of this pool, gets the same words everywhere. Returns how often it was tried. */
export async function refuseWithoutToken(api: string, token: string, reportId: string): Promise<number> {
  const refused: Answer[] = [];
  for (const method of Object.keys(OPERATIONS)) {
    for (const headers of [{}, ...forged(token).map(authorization => ({ authorization }))]) {
      refused.push(await askApi(api, method, reportId, headers), await askApi(api, method, ABSENT, headers));
    }
  }
  for (const { status, body } of refused) {
    expectEqual('answer without a token', [status, body], [401, refused[0].body]);
  }
  return refused.length;
}

/** Who has requested none of these reports gets for each of them what he gets for one that there is not. */
export async function tellStrangersNothing(api: string, token: string, reportIds: string[]): Promise<number> {
  let asked = 0;
  for (const method of ABOUT_A_REPORT) {
    for (const origin of ['https://elsewhere.example', 'null']) {
      const headers = { authorization: token, origin };
      const none = await askApi(api, method, ABSENT, headers);
      expectEqual(`${method}: status for a report that there is not`, none.status, 404);
      for (const id of reportIds) {
        const theirs = await askApi(api, method, id, headers);
        if (!isDeepStrictEqual(theirs, none)) {
          throw new Error(`${method} tells a stranger of ${id}: ${JSON.stringify(theirs)}, and of none: ${JSON.stringify(none)}`);
        }
        asked += 1;
      }
    }
  }
  return asked;
}

/** Ids that are paths, keys and worse, in front of a report of somebody else, too: no answer is a failure, or tells of it or of anything inside. */
export async function surviveHostileIds(api: string, token: string, reportId: string): Promise<number> {
  const ids = HOSTILE_SEGMENTS.flatMap(segment => [segment, `${segment}${reportId}`]);
  for (const method of ABOUT_A_REPORT) {
    for (const id of ids) {
      const { status, body } = await askApi(api, method, id, { authorization: token });
      if (status >= 500 || INSIDE.test(body) || body.includes(reportId)) {
        throw new Error(`${method} with the id ${id.slice(0, 100)} answers ${status} ${body}`);
      }
    }
  }
  return ids.length * ABOUT_A_REPORT.length;
}

/**
 * How long a stranger waits for an answer about what there is not, and about what is there for others: the middle of as many as that, in turns. It
 * is told and not judged, because it differs by chance; that AWS is asked the same for both is what the unit tests hold.
 */
export async function waits(what: Record<string, string>, headers: Record<string, string>, times: number): Promise<string> {
  const taken = Object.entries(what).map(([name, url]) => ({ name, url, milliseconds: [] as number[] }));
  for (let turn = 0; turn < times; turn++) {
    for (const { url, milliseconds } of taken) {
      milliseconds.push(await until('an answer', 30, () => waitFor(url, headers)));
    }
  }
  return taken.map(({ name, milliseconds }) => `${name} ${milliseconds.sort((one, other) => one - other)[Math.floor(times / 2)].toFixed(1)} ms`).join(', ');
}

async function waitFor(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const begun = performance.now();
  const { status } = await askOnce('GET', url, headers);
  const milliseconds = performance.now() - begun;
  if (status !== 429) {
    expectEqual('status of the answer', status, 404);
    return milliseconds;
  }
  return undefined;
}

/** A key that somebody else has used is a key like any other. */
export async function tellNothingOfKeys(api: string, token: string, usedKey: string): Promise<void> {
  const request = async (idempotencyKey: string) =>
    ask('POST', `${api}create_report`, { 'authorization': token, 'content-type': 'application/json' }, JSON.stringify({ idempotencyKey, parameters: { onlyBelowReorderLevel: true } }));
  const [used, unused] = [await request(usedKey), await request(randomUUID())];
  expectEqual('answers to a key of somebody else, and to a new one', [used.status, JSON.parse(used.body).status], [unused.status, JSON.parse(unused.body).status]);
  expectEqual('status of the answer', used.status, 202);
}

/** Tokens that somebody makes up, some of them from one that is good. */
function forged(token: string): string[] {
  const [header, payload, signature] = token.split('.');
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return [
    '', 'x', 'Bearer', `${header}.${payload}`, `${header}.${payload}.`, `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
    `${encoded({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    `${header}.${encoded({ ...claims, sub: randomUUID() })}.${signature}`,
    `${header}.${encoded({ ...claims, exp: claims.exp + 1e6 })}.${signature}`,
  ];
}

async function askApi(api: string, operation: string, id: string, headers: Record<string, string>): Promise<Answer> {
  const [method, path] = operation.split(' ');
  return ask(method, `${api}${path.slice(1).replace('{id}', id)}`, headers);
}
