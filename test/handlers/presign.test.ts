import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { NOW, PARAMETERS, SCHEDULE } from './support/runs';
import { fileName } from '../../src/handlers/file-name';
import { handler } from '../../src/handlers/presign.lambda';
import { LinkEvent, OutputFile } from '../../src/workflow/contract';

const dynamodb = new FakeDynamoDB(TABLE);
const sts = mockClient(STSClient);
captureLogs();

const ID = '3f2a9c04d1b84f77a0e6c2f1b5d98e34';
const file = (name: string, contentType: string): OutputFile => ({ name, contentType, bucket: 'reports', key: `reports/${ID}/1/${name}` });
const HTML = file('report.html', 'text/html; charset=utf-8');
const event: LinkEvent = {
  version: 1,
  reportId: ID,
  attempt: 1,
  report: 'Stock',
  trigger: 'SCHEDULE',
  period: { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' },
  scheduledTime: SCHEDULE.time,
  openedAt: NOW,
  locale: 'en-GB',
  timeZone: 'Europe/Madrid',
  parameters: PARAMETERS,
  files: [HTML],
  ledger: { table: TABLE, pk: `run#${ID}`, sk: 'link#1#' },
};
const keptLink = (name = 'report.html') => dynamodb.item(`run#${ID}`, `link#1#${name}`)!;
const keptUrl = (name?: string) => new URL(keptLink(name).url);
const assumed = () => sts.commandCalls(AssumeRoleCommand).map(call => call.args[0].input);
const sessionEndsAt = (iso: string) => sts.on(AssumeRoleCommand).resolves({
  Credentials: { AccessKeyId: 'ASIASIGNER', SecretAccessKey: SECRET, SessionToken: 'TOKEN', Expiration: new Date(iso) },
});

beforeEach(() => {
  setClock(NOW);
  sts.reset();
  sessionEndsAt('2026-11-21T07:00:05Z');
});

describe('the role that signs', () => {
  test('is assumed for this run, and its session opens the files of this run only', async () => {
    await handler({ ...event, files: [HTML, file('rows.csv', 'text/csv')] });

    expect(assumed()).toEqual([{
      RoleArn: 'arn:aws:iam::111111111111:role/signer', RoleSessionName: ID, DurationSeconds: 3600, Policy: expect.any(String),
    }]);
    expect(JSON.parse(assumed()[0].Policy!)).toEqual({
      Version: '2012-10-17',
      Statement: [{
        Effect: 'Allow', Action: 's3:GetObject', Resource: [`arn:aws:s3:::reports/reports/${ID}/1/report.html`, `arn:aws:s3:::reports/reports/${ID}/1/rows.csv`],
      }],
    });
  });

  test('may decrypt with the key of the bucket, where there is one', async () => {
    process.env.ENCRYPTION_KEY_ARN = 'arn:aws:kms:eu-west-1:111111111111:key/k';

    await handler(event);

    expect(JSON.parse(assumed()[0].Policy!).Statement[1]).toEqual({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: 'arn:aws:kms:eu-west-1:111111111111:key/k' });
  });

  test('is assumed for 15 minutes at least, because STS gives no less', async () => {
    process.env.EXPIRES_IN_SECONDS = '60';

    await handler(event);

    expect(assumed()[0].DurationSeconds).toBe(900);
    expect(keptUrl().searchParams.get('X-Amz-Expires')).toBe('60');
  });

  test('signs, and not the function itself', async () => {
    await handler(event);

    expect(keptUrl().searchParams.get('X-Amz-Credential')).toMatch(/^ASIASIGNER\/20261121\/eu-west-1\/s3\/aws4_request$/);
    expect(keptUrl().searchParams.get('X-Amz-Security-Token')).toBe('TOKEN');
  });
});

describe('the expiry', () => {
  test('is what was asked for, counted in whole seconds as the signature counts it', async () => {
    const { links } = await handler(event);

    expect(keptUrl().searchParams.get('X-Amz-Date')).toBe('20261121T060004Z');
    expect(links).toEqual([{ file: 'report.html', expiresAt: '2026-11-21T07:00:04.000Z' }]);
  });

  test('is the end of the session, where that comes first', async () => {
    sessionEndsAt('2026-11-21T06:30:00Z');

    const { links } = await handler(event);

    expect(links[0].expiresAt).toBe('2026-11-21T06:30:00.000Z');
    expect(keptLink().expiresAt).toBe('2026-11-21T06:30:00.000Z');
  });

  test('is not the end of a session that is longer than the link', async () => {
    process.env.EXPIRES_IN_SECONDS = '60';

    expect((await handler(event)).links[0].expiresAt).toBe('2026-11-21T06:01:04.000Z');
  });
});

describe('the link', () => {
  test('is kept in the ledger until it expires, and is not in the result', async () => {
    const result = await handler(event);

    expect(result).toEqual({ version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-21T07:00:04.000Z' }] });
    expect(keptLink()).toEqual({
      pk: `run#${ID}`, sk: 'link#1#report.html', url: expect.stringMatching(/^https:\/\//), expiresAt: '2026-11-21T07:00:04.000Z', ttl: Date.parse('2026-11-21T07:00:04Z') / 1000,
    });
  });

  test('asks for nothing but what a browser sends', async () => {
    await handler(event);

    expect(keptUrl().searchParams.get('X-Amz-SignedHeaders')).toBe('host');
    expect([...keptUrl().searchParams.keys()]).not.toContain('x-amz-checksum-mode');
  });

  test.each([[700, 1400], [1200, 1900]])('has, with a session token of %d characters, about %d', async (token, about) => {
    sts.on(AssumeRoleCommand).resolves({
      Credentials: { AccessKeyId: 'ASIAABCDEFGHIJKLMNOP', SecretAccessKey: SECRET, SessionToken: `${'A'.repeat(token - 4)}B/==`, Expiration: new Date('2026-11-21T07:00:05Z') },
    });
    await handler({ ...event, files: [{ ...HTML, bucket: 'inventory-reportbucket4d99a0aa-1a2b3c4d5e6f' }] });

    expect(Math.abs(keptLink().url.length - about)).toBeLessThan(100);
  });

  test('is one of each file', async () => {
    const { links } = await handler({ ...event, files: [HTML, file('rows.csv', 'text/csv')] });

    expect(links.map(link => link.file)).toEqual(['report.html', 'rows.csv']);
    expect(keptUrl('rows.csv').pathname).toBe(`/reports/${ID}/1/rows.csv`);
  });

  test.each([
    ['text/html; charset=utf-8', 'inline'],
    ['application/pdf', 'inline'],
    ['text/csv', 'attachment'],
    ['image/svg+xml', 'attachment'],
    ['application/xhtml+xml', 'attachment'],
  ])('to %s opens %s', async (contentType, disposition) => {
    await handler({ ...event, files: [file('report.x', contentType)] });

    const { searchParams } = keptUrl('report.x');
    expect(searchParams.get('response-content-type')).toBe(contentType);
    expect(searchParams.get('response-content-disposition')).toMatch(new RegExp(`^${disposition}; filename=`));
  });

  test('made anew replaces the one that aged', async () => {
    await handler(event);
    setClock('2026-11-21T06:30:00Z');
    sessionEndsAt('2026-11-21T07:30:00Z');
    await handler(event);

    expect(keptLink().expiresAt).toBe('2026-11-21T07:30:00.000Z');
  });
});

describe('the name of the file', () => {
  const named = (report: string, name = 'report.html', changes: Partial<LinkEvent> = {}) => fileName({ ...event, report, ...changes }, file(name, 'text/html'));

  test('is the report and its period, with the extension', () => {
    expect(named('Stock')).toBe('Stock 20 Nov 2026.html');
    expect(named('Stock', 'archive.tar.gz')).toBe('Stock 20 Nov 2026.gz');
    expect(named('Stock', 'README')).toBe('Stock 20 Nov 2026');
  });

  test('holds nothing that a file system or a header takes for something else', () => {
    expect(named('../a\\b:"c"\r\n<d>|?*')).toBe('..-a-b--c----d---- 20 Nov 2026.html');
  });

  test('is in the header in ASCII, and in full', async () => {
    await handler({ ...event, report: 'Bestände "heute"' });

    expect(keptUrl().searchParams.get('response-content-disposition'))
      .toBe('inline; filename="Best?nde -heute- 20 Nov 2026.html"; filename*=UTF-8\'\'Best%C3%A4nde%20-heute-%2020%20Nov%202026.html');
  });
});

describe('fails, and keeps no link,', () => {
  test.each([
    ['another report', `reports/${'0'.repeat(32)}/1/report.html`],
    ['another attempt', `reports/${ID}/2/report.html`],
    ['the data', `data/${ID}/1/rows.ndjson`],
    ['what looks like a way out', `reports/${ID}/1/../../report.html`],
  ])('when it is asked for one to %s', async (_what, key) => {
    await expect(handler({ ...event, files: [{ ...HTML, key }] })).rejects.toMatchObject({
      name: 'InvalidLink',
      message: `a link was asked for to ${key}, which is not under reports/${ID}/1/, where the files of this run are`,
    });
    expect(assumed()).toEqual([]);
  });

  test('when the role can not be assumed', async () => {
    sts.on(AssumeRoleCommand).rejects(Object.assign(new Error('is not authorized to perform: sts:AssumeRole'), { name: 'AccessDenied' }));

    await expect(handler(event)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(dynamodb.keys()).toEqual([]);
  });

  test('when the ledger can not be written', async () => {
    dynamodb.interrupt('before', 'Put', /^link#/, () => { throw new Error('ThrottlingException'); });

    await expect(handler(event)).rejects.toThrow('ThrottlingException');
  });
});
