import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { linkEvent, openedRun, openEvent } from './support/runs';
import { LinkTokens } from '../../src/handlers/link-tokens';
import { handler as mint } from '../../src/handlers/mint-link.lambda';
import { handler as open } from '../../src/handlers/open-report.lambda';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
import { LinkEvent, LinksToSend } from '../../src/workflow/contract';

const dynamodb = new FakeDynamoDB(TABLE);
const sts = mockClient(STSClient);
const logs = captureLogs();

const MINTED_AT = '2026-11-21T06:00:00.000Z';
const EXPIRES_AT = '2026-11-28T06:00:00.000Z';
/** The longest names that there are: a region of 14 letters, and the domain of China. */
const LONGEST_BASE_URL = 'https://abcdefghij.execute-api.cn-northwest-1.amazonaws.com.cn/open/';

let event: LinkEvent;

beforeEach(async () => {
  setClock(MINTED_AT);
  process.env.EXPIRES_IN_SECONDS = `${7 * 24 * 3600}`;
  sts.reset();
  sts.on(AssumeRoleCommand).callsFake(({ DurationSeconds }) => ({
    Credentials: { AccessKeyId: 'ASIASIGNER', SecretAccessKey: SECRET, SessionToken: 'TOKEN', Expiration: new Date(Date.now() + DurationSeconds * 1000) },
  }));
  event = { ...linkEvent(await openRun(openEvent('a'))), report: 'Salaries' };
  logs.entries().length = 0;
});

const minted = async (changes: Partial<LinkEvent> = {}) => (await mint({ ...event, deliver: true, ...changes }) as LinksToSend).links;
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);
const newToken = async () => tokenOf((await minted())[0].url!);
const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const linkItem = (token: string) => dynamodb.item(`link#${hash(token)}`, 'link');
const get = async (token: unknown, httpMethod = 'GET') => open({ httpMethod, pathParameters: { token } as any });
const assumed = () => sts.commandCalls(AssumeRoleCommand).map(call => call.args[0].input);
const location = async (token: string) => new URL((await get(token)).headers!.location as string);

describe('in the workflow', () => {
  test('no link is made: it is told when one will expire, and keeps nothing', async () => {
    const before = dynamodb.keys();

    expect(await mint(event)).toEqual({ version: 1, links: [{ file: 'report.html', expiresAt: EXPIRES_AT }] });
    expect(dynamodb.keys()).toEqual(before);
    expect(assumed()).toEqual([]);
  });

  test.each([undefined, true] as const)('a file of another report is refused (deliver: %s)', async deliver => {
    const files = [{ ...event.files[0], key: `reports/${'0'.repeat(32)}/1/report.html` }];

    await expect(mint({ ...event, files, deliver })).rejects.toMatchObject({ name: 'InvalidLink' });
    expect(assumed()).toEqual([]);
  });
});

describe('a link', () => {
  test.each([
    ['the longest names', LONGEST_BASE_URL, 100],
    ['the shortest region', 'https://abcdefghij.execute-api.eu-west-1.amazonaws.com/open/', 92],
  ])('is shorter than 150 characters, with %s', async (_what, baseUrl, length) => {
    process.env.BASE_URL = baseUrl;
    const [{ url }] = await minted();

    expect(url).toHaveLength(length);
  });

  test('has a token of 192 random bits, another one each time', async () => {
    const tokens = [await newToken(), await newToken(), await newToken()];

    expect(tokens).toEqual(Array(3).fill(expect.stringMatching(/^[A-Za-z0-9_-]{32}$/)));
    expect(new Set(tokens).size).toBe(3);
  });

  test('is kept by the hash of its token, as long as the run', async () => {
    const token = await newToken();

    const ttl = Date.parse(MINTED_AT) / 1000 + 120 * 24 * 3600;
    expect(linkItem(token)).toEqual({
      pk: `link#${hash(token)}`,
      sk: 'link',
      reportId: event.reportId,
      attempt: 1,
      file: 'report.html',
      bucket: 'reports',
      key: event.files[0].key,
      contentType: 'text/html; charset=utf-8',
      fileName: 'Salaries 20 Nov 2026.html',
      createdAt: MINTED_AT,
      expiresAt: EXPIRES_AT,
      openings: 0,
      ttl,
    });
    expect(dynamodb.item(`report-links#${event.reportId}`, hash(token))).toEqual({ pk: `report-links#${event.reportId}`, sk: hash(token), ttl });
  });

  test('is known to its report before it opens, so that revoking finds it', async () => {
    dynamodb.interrupt('before', 'Put', 'link', () => { throw new Error('the function ended here'); });

    await expect(minted()).rejects.toThrow('the function ended here');
    expect(dynamodb.keys().filter(key => key.includes('link'))).toEqual([expect.stringMatching(/^report-links#/)]);
  });

  test('is one of each file', async () => {
    const links = await minted({ files: [event.files[0], { ...event.files[0], name: 'rows.csv', key: event.files[0].key.replace('report.html', 'rows.csv') }] });

    expect(links.map(({ file }) => file)).toEqual(['report.html', 'rows.csv']);
    expect((await location(tokenOf(links[1].url!))).pathname).toMatch(/rows\.csv$/);
  });

  test('comes with what verifies it: what opening it gives at the same moment, and no opening', async () => {
    const [{ url, verifyUrl }] = await minted();

    expect(linkItem(tokenOf(url!))!.openings).toBe(0);
    expect((await location(tokenOf(url!))).href).toBe(verifyUrl);
  });

  test('leaves no token in the table, nor in a log', async () => {
    const [{ url }] = await minted();
    const token = tokenOf(url!);
    for (const method of ['GET', 'HEAD']) {
      await get(token, method);
    }
    dynamodb.interrupt('before', 'Update', 'link', () => { throw new Error('throttled'); });
    await get(token);
    sts.on(AssumeRoleCommand).rejects(new Error('is not authorized to perform: sts:AssumeRole'));
    await get(token);
    await new LinkTokens(TABLE).revokeAll(event.reportId, MINTED_AT);
    await get(token);

    const kept = dynamodb.keys().map(key => dynamodb.item(key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)));
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(kept)).not.toContain(token);
    expect(logs.entries()).toHaveLength(3);
    expect(inspect(logs.entries(), { depth: 20 })).not.toContain(token);
    expect(inspect(logs.entries(), { depth: 20 })).not.toContain(hash(token));
  });
});

describe('who opens a link', () => {
  test.each(['GET', 'HEAD'])('by %s is sent on, and nobody keeps, hands on or indexes the address', async method => {
    expect(await get(await newToken(), method)).toEqual({
      statusCode: 302,
      headers: {
        'cache-control': 'no-store',
        'location': expect.stringMatching(/^https:\/\/reports\.s3\.eu-west-1\.amazonaws\.com\/reports\//),
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-robots-tag': 'noindex',
      },
      body: '',
    });
  });

  test('gets a URL of a minute that is signed now, with type, name and disposition, by a session for this file', async () => {
    const token = await newToken();
    sts.resetHistory();
    setClock('2026-11-24T12:00:00.900Z');
    const { searchParams } = await location(token);

    expect(Object.fromEntries(searchParams)).toMatchObject({
      'X-Amz-Date': '20261124T120000Z',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host',
      'response-content-type': 'text/html; charset=utf-8',
      'response-content-disposition': 'inline; filename="Salaries 20 Nov 2026.html"',
    });
    expect(assumed()).toEqual([expect.objectContaining({ RoleSessionName: event.reportId, DurationSeconds: 900 })]);
    expect(JSON.parse(assumed()[0].Policy!).Statement).toEqual([{ Effect: 'Allow', Action: 's3:GetObject', Resource: [`arn:aws:s3:::reports/${event.files[0].key}`] }]);
  });

  test.each([
    ['an hour', '2026-11-28T05:00:00.000Z', '60'],
    ['a minute', '2026-11-28T05:59:00.000Z', '60'],
    ['59.999 seconds, of a signature that counts whole seconds', '2026-11-28T05:59:00.001Z', '60'],
    ['59 seconds', '2026-11-28T05:59:01.000Z', '59'],
    ['a second', '2026-11-28T05:59:59.000Z', '1'],
  ])('%s before it expires gets a URL that does not outlive it', async (_what, now, seconds) => {
    const token = await newToken();
    setClock(now);
    const { searchParams } = await location(token);

    expect(searchParams.get('X-Amz-Expires')).toBe(seconds);
    const signedAt = Date.parse(searchParams.get('X-Amz-Date')!.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
    expect(signedAt + Number(seconds) * 1000).toBeLessThanOrEqual(Date.parse(EXPIRES_AT));
  });

  test('is counted by GET, with the time, as often as she likes, and not by HEAD', async () => {
    const token = await newToken();
    await get(token);
    setClock('2026-11-22T08:00:00.000Z');
    await get(token);
    setClock('2026-11-23T08:00:00.000Z');
    await get(token, 'HEAD');

    expect(linkItem(token)).toMatchObject({ openings: 2, lastOpenedAt: '2026-11-22T08:00:00.000Z' });
    expect(logs.entries()).toEqual(Array(2).fill({ message: 'opened', reportId: event.reportId, file: 'report.html' }));
  });

  test('gets the report although the opening can not be recorded', async () => {
    const token = await newToken();
    dynamodb.interrupt('before', 'Update', 'link', () => { throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' }); });

    expect((await get(token)).statusCode).toBe(302);
    expect(logs.entries()).toEqual([
      { message: 'opened, and not recorded', reportId: event.reportId, file: 'report.html', error: 'ThrottlingException', reason: 'slow down' },
    ]);
  });
});

describe('a link that does not open', () => {
  const unknown = async () => get('A'.repeat(32));

  test.each(['GET', 'HEAD'])('by %s answers with the same bytes, whether it is unknown, expired or revoked', async method => {
    const token = await newToken();
    const revoked = await newToken();
    await new LinkTokens(TABLE).revokeAll(event.reportId, MINTED_AT);
    dynamodb.seed({ ...linkItem(token), revokedAt: undefined });
    setClock('2026-11-27T06:00:00.000Z');
    expect((await get(token)).statusCode).toBe(302);
    const answers = [await get('A'.repeat(32), method), await get(revoked, method)];
    setClock('2026-11-28T06:00:01.000Z');
    answers.push(await get(token, method));

    expect(answers).toEqual(Array(3).fill(await unknown()));
    expect(answers[0].statusCode).toBe(404);
  });

  test.each(['2026-11-28T06:00:00.000Z', '2026-11-28T06:00:01.000Z', '2027-11-28T06:00:00.000Z'])('does not open at %s, whether DynamoDB has deleted it or not', async now => {
    const token = await newToken();
    setClock(now);

    expect(await get(token)).toEqual(await unknown());
    expect(linkItem(token)!.openings).toBe(0);
  });

  test('is looked up once and asks for no signature, whatever the reason', async () => {
    const token = await newToken();
    await new LinkTokens(TABLE).revokeAll(event.reportId, MINTED_AT);
    sts.resetHistory();
    const reads: string[] = [];
    for (const hopeless of [token, 'A'.repeat(32), '../../run']) {
      dynamodb.interrupt('before', 'Get', 'link', () => { reads.push(hopeless); });
      await get(hopeless);
    }

    expect(reads).toEqual([token, 'A'.repeat(32), '../../run']);
    expect(assumed()).toEqual([]);
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['a way up', '../../run'],
    ['an encoded way up', '..%2f..%2frun'],
    ['very long', 'A'.repeat(10_000)],
    ['not ASCII', '\u{1F480}\ud800é'],
    ['with a zero', 'a\u0000b'],
    ['__proto__', '__proto__'],
    ['the hash of one', hash('known')],
    ['markup', '<script>alert(1)</script>'],
  ])('because its token is %s answers like one that is unknown', async (_what, token) => {
    expect(await get(token)).toEqual(await unknown());
    expect(await open({ httpMethod: 'GET', pathParameters: null })).toEqual(await unknown());
    expect(logs.entries()).toEqual([]);
  });

  test('shows a page that needs nothing else, and tells no more than what to do', async () => {
    await newToken();
    const { headers, body } = await unknown();

    const [, style] = /<style>(.*)<\/style>/s.exec(body)!;
    expect(headers).toEqual({
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; `
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
    });
    expect(style).toContain('color-scheme: dark');
    expect(body).toContain('ask whoever sends you the report for a new link');
    expect(body).not.toMatch(/Salaries|<script|<form|src=|href=/);
  });

  test.each<[string, () => void]>([
    ['the ledger', () => dynamodb.interrupt('before', 'Get', 'link', () => { throw new Error('table gone'); })],
    ['the role', () => sts.on(AssumeRoleCommand).rejects(new Error('is not authorized'))],
  ])('because %s fails says to try again, and nothing of why', async (_what, fail) => {
    const token = await newToken();
    fail();
    const { statusCode, headers, body } = await get(token);

    expect(statusCode).toBe(503);
    expect(headers).toMatchObject({ 'retry-after': '30', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(body).toContain('Open it again in a minute.');
    expect(body).not.toMatch(/table gone|authorized/);
    expect(logs.entries()).toEqual([expect.objectContaining({ message: 'a link could not be opened' })]);
    expect(linkItem(token)!.openings).toBe(0);
  });
});

describe('revoking', () => {
  const revokeAll = async (now: string) => new LinkTokens(TABLE).revokeAll(event.reportId, now);

  test('closes all links of a report, and none of another', async () => {
    const tokens = [await newToken(), await newToken(), await newToken()];
    const other = openedRun(await openRun(openEvent('b', { parameters: { other: 1 } })));
    const [{ url }] = await minted({ ...other.run, files: other.files, ledger: other.ledger });

    expect(await revokeAll('2026-11-21T07:00:00.000Z')).toBe(3);
    expect(await Promise.all(tokens.map(async token => (await get(token)).statusCode))).toEqual([404, 404, 404]);
    expect((await get(tokenOf(url!))).statusCode).toBe(302);
  });

  test('again changes nothing', async () => {
    const token = await newToken();
    await revokeAll('2026-11-21T07:00:00.000Z');

    expect(await revokeAll('2026-11-21T08:00:00.000Z')).toBe(1);
    expect(linkItem(token)!.revokedAt).toBe('2026-11-21T07:00:00.000Z');
  });

  test('makes no link of one that was never finished', async () => {
    dynamodb.interrupt('before', 'Put', 'link', () => { throw new Error('the function ended here'); });
    await minted().catch(() => {});

    expect(await revokeAll(MINTED_AT)).toBe(1);
    expect(dynamodb.keys().filter(key => key.startsWith('link#'))).toEqual([]);
  });

  test('that fails says so', async () => {
    await newToken();
    dynamodb.interrupt('before', 'Update', 'link', () => { throw new Error('ThrottlingException'); });

    await expect(revokeAll(MINTED_AT)).rejects.toThrow('ThrottlingException');
  });

  test('of a report without links finds none', async () => {
    expect(await revokeAll(MINTED_AT)).toBe(0);
  });
});
