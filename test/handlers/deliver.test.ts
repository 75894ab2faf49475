import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { passing, setClock, setClockAndTimers } from './support/clock';
import { TABLE, TOPIC } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { forPeople, forPrograms } from './support/messages';
import { BYTES, deliverEvent, execution, keepLink, LINK_URL, openedRun, openEvent, rendered, SCHEDULE } from './support/runs';
import { handler } from '../../src/handlers/deliver.lambda';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
import { checkedMessage } from '../../src/message';
import { DeliverEvent, OpenRunResult } from '../../src/workflow/contract';

const dynamodb = new FakeDynamoDB(TABLE);
const sns = mockClient(SNSClient);
const lambda = mockClient(LambdaClient);
const logs = captureLogs();

let opened: OpenRunResult;
let fetched: { url: string; headers: any }[];
/** What happened outside, in order. */
let happened: string[];

beforeEach(async () => {
  setClock('2026-11-21T06:00:03Z');
  opened = await openRun(openEvent('a'));
  keepLink(dynamodb, opened);
  setClock('2026-11-21T06:00:10Z');
  logs.entries().length = 0;
  happened = [];
  sns.reset();
  sns.on(PublishCommand).callsFake(() => {
    happened.push('publish');
    return { MessageId: 'm-1' };
  });
  sns.on(GetTopicAttributesCommand).resolves({ Attributes: { SubscriptionsConfirmed: '1', SubscriptionsPending: '0' } });
  lambda.reset();
  jest.spyOn(Math, 'random').mockReturnValue(0); // waits between tries take no time
  opens();
});

/** What S3 answers to who opens the link. */
function opens(status = 206, headers: Record<string, string> = { 'content-range': `bytes 0-0/${BYTES}` }): void {
  fetched = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    happened.push('open');
    fetched.push({ url: String(url), headers: init!.headers });
    return new Response('x', { status, headers });
  });
}

const withEtag = (etag: string) => rendered({ files: rendered().files.map(file => ({ ...file, etag })) });
const deliver = async (changes: Partial<DeliverEvent> = {}, name = 'a') => handler(deliverEvent(opened, name, changes));
const failure = async (changes?: Partial<DeliverEvent>) => deliver(changes).then(() => { throw new Error('it did not fail'); }, error => error as Error);
const pk = () => openedRun(opened).ledger.pk;
const run = () => dynamodb.item(pk(), 'run')!;
const delivery = () => dynamodb.item(pk(), `delivery#${TOPIC}`);
const published = () => sns.commandCalls(PublishCommand).map(call => forPeople(call.args[0].input));
/** What a function returned, as the client of Lambda hands it on. */
const payload = (value: unknown) => Object.assign(Buffer.from(JSON.stringify(value)), { transformToString: () => JSON.stringify(value) }) as any;
const DATA = 'da'.repeat(32);
/** Ends the function before or after its n-th write; each item of a transaction counts as one. */
function crash(when: 'before' | 'after', n = 1): void {
  for (let write = 1; write < n; write++) {
    dynamodb.interrupt(when, 'Update', /./, () => {});
  }
  dynamodb.interrupt(when, 'Update', /./, () => { throw new Error('the function ended here'); });
}
/** Delivers as the workflow does: what a try may mend is tried twice more. Returns how it ended. */
async function tries(changes: Partial<DeliverEvent> = {}): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const ended = await passing(deliver(changes)).then(({ status }) => status, ({ name }) => name);
    if (ended !== 'Error' || attempt === 3) {
      return ended;
    }
  }
}
/** An error as SNS or the network throws it. */
const thrown = (name: string, httpStatusCode?: number) => Object.assign(new Error(`${name} said`), { name, $metadata: { httpStatusCode } });

describe('a report that opens', () => {
  test('is delivered: its link is published once it was opened', async () => {
    expect(await deliver()).toEqual({ status: 'DELIVERED', reportId: openedRun(opened).run.reportId, messageId: 'm-1' });
    expect(happened).toEqual(['open', 'publish']);
  });

  test('is asked for one byte, through the very link that is sent', async () => {
    await deliver();

    expect(fetched).toEqual([{ url: LINK_URL, headers: { range: 'bytes=0-0' } }]);
  });

  test('is announced with its period, rows, times in the zone of the readers, and the link', async () => {
    await deliver();

    const [{ Message, ...message }] = published();
    expect(message).toEqual({ TopicArn: TOPIC, Subject: 'Stock: 20 Nov 2026' });
    expect(Message!.replace(/\s/g, ' ')).toBe(`Stock for 20 Nov 2026 is ready: ${LINK_URL} until 21 Nov 2026, 08:00 CET. `
      + `Rows: 1,200, as of 21 Nov 2026, 07:00 CET. Run: ${openedRun(opened).run.reportId}`);
  });

  test('is announced to programs as JSON, and to each with attributes to filter by', async () => {
    await deliver();

    const { body, attributes } = forPrograms(sns.commandCalls(PublishCommand)[0].args[0].input);
    const { run: { reportId, period } } = openedRun(opened);
    expect(attributes).toEqual({ kind: 'REPORT', report: 'Stock', status: 'COMPLETE' });
    expect(body).toEqual({
      version: 1,
      kind: 'REPORT',
      status: 'COMPLETE',
      reportId,
      attempt: 1,
      report: 'Stock',
      trigger: 'SCHEDULE',
      period,
      scheduledTime: SCHEDULE.time,
      asOf: '2026-11-21T06:00:02Z',
      rows: 1200,
      totalRows: 1200,
      links: [{ file: 'report.html', url: LINK_URL, expiresAt: '2026-11-21T07:00:03.000Z' }],
      subject: 'Stock: 20 Nov 2026',
      text: expect.stringContaining(LINK_URL),
    });
  });

  test('is announced with the groups that may see it, to filter by', async () => {
    await deliver({ readerGroups: ['bookkeeping', 'café "owners"'] });

    const { body, attributes } = forPrograms(sns.commandCalls(PublishCommand)[0].args[0].input);
    expect(attributes.group).toEqual(['bookkeeping', 'café "owners"']);
    expect(body.readerGroups).toEqual(['bookkeeping', 'café "owners"']);
  });

  test('is announced to programs as what is left of it, where rows were left out', async () => {
    await deliver({ rendered: rendered({ rows: 1000, totalRows: 5234, truncated: true }) });

    const { body, attributes } = forPrograms(sns.commandCalls(PublishCommand)[0].args[0].input);
    expect(attributes.status).toBe('TRUNCATED');
    expect(body).toMatchObject({ status: 'TRUNCATED', rows: 1000, totalRows: 5234 });
  });

  test('is DELIVERED in the ledger, with its rows and the expiry of its link', async () => {
    await deliver();

    expect(run()).toMatchObject({ status: 'DELIVERED', rows: 1200, linkExpiresAt: '2026-11-21T07:00:03.000Z', closedAt: '2026-11-21T06:00:10.000Z' });
    expect(delivery()).toMatchObject({
      status: 'SENT', messageId: 'm-1', linkExpiresAt: '2026-11-21T07:00:03.000Z', begunAt: '2026-11-21T06:00:10.000Z', endedAt: '2026-11-21T06:00:10.000Z',
    });
  });

  test.each([
    ['a short link fits into a line of mail', 'https://abcdefghij.execute-api.cn-northwest-1.amazonaws.com.cn/open/'.padEnd(100, 'x'), 100],
    ['a presigned link does not, and is on a line of its own', `https://reports.s3.eu-west-1.amazonaws.com/?X-Amz-Security-Token=${'x'.repeat(1400)}`, 1465],
  ])('is announced to people so that %s', async (_what, url, length) => {
    process.env.MESSAGE_BODY = checkedMessage().body;
    keepLink(dynamodb, opened, undefined, url);
    await deliver();

    const { Message, Subject } = forPeople(sns.commandCalls(PublishCommand)[0].args[0].input);
    expect(url).toHaveLength(length);
    expect(Message!.split('\n')).toContain(url);
    expect(Message!.split('\n').filter(line => line.length > 998)).toEqual(length > 998 ? [url] : []);
    expect(Subject).toMatch(/^[\x20-\x7e]{1,99}$/);
  });

  test('is kept with the files that were sent, so that they can be opened later', async () => {
    await deliver();

    const [{ name, bucket, key, contentType }] = openedRun(opened).files;
    expect(run().files).toEqual([{ name, bucket, key, contentType, fileName: 'Stock 20 Nov 2026.html' }]);
  });

  test('is logged without its link', async () => {
    await deliver();

    expect(logs.entries()).toEqual([{ message: 'delivered', reportId: openedRun(opened).run.reportId, attempt: 1, rows: 1200 }]);
  });

  test('from which rows were left out says so first, and how many', async () => {
    await deliver({ rendered: rendered({ rows: 1000, totalRows: 5234, truncated: true }) });

    expect(published()[0].Message).toMatch(/^Rows were left out of this report: it shows the first 1,000 of 5,234\.\n\nStock for 20 Nov 2026 is ready: /);
    expect(published()[0].Message).toContain('Rows: 1,000 of 5,234, as of');
    expect(run()).toMatchObject({ status: 'DELIVERED', rows: 1000, totalRows: 5234 });
    expect(delivery()).toMatchObject({ rows: 1000, totalRows: 5234 });
  });

  test('from which rows were left out says so even where it is not known how many', async () => {
    await deliver({ rendered: rendered({ truncated: true }) });

    expect(published()[0].Message).toMatch(/^Rows were left out of this report: it shows the first 1,200\.\n\nStock/);
  });

  test('in full says nothing of rows that were left out', async () => {
    await deliver({ rendered: rendered({ totalRows: 1200, truncated: false }) });

    expect(published()[0].Message).toMatch(/^Stock for 20 Nov 2026 is ready: /);
  });

  test('with the ETag that the renderer got is delivered', async () => {
    opens(206, { 'content-range': `bytes 0-0/${BYTES}`, 'etag': '"e1"' });

    expect(await deliver({ rendered: withEtag('"e1"') })).toMatchObject({ status: 'DELIVERED' });
  });

  describe('in several files', () => {
    const several = (): Partial<DeliverEvent> => {
      const { files, ledger } = openedRun(opened);
      dynamodb.seed({ pk: ledger.pk, sk: `${ledger.sk}rows.csv`, url: `${LINK_URL}&csv`, expiresAt: '2026-11-21T06:59:00.000Z' });
      return {
        files: [...files, { ...files[0], name: 'rows.csv', contentType: 'text/csv' }],
        rendered: rendered({ files: [...rendered().files, { name: 'rows.csv', bytes: BYTES, sha256: 'cd'.repeat(32) }] }),
        link: { version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-21T07:00:03.000Z' }, { file: 'rows.csv', expiresAt: '2026-11-21T06:59:00.000Z' }] },
      };
    };

    test('has each opened and linked in one message, and expires with the first', async () => {
      await deliver(several());

      expect(fetched.map(({ url }) => url)).toEqual([LINK_URL, `${LINK_URL}&csv`]);
      expect(published()).toHaveLength(1);
      expect(published()[0].Message).toContain(`report.html:\n${LINK_URL}\n\nrows.csv:\n${LINK_URL}&csv until`);
      expect(run().linkExpiresAt).toBe('2026-11-21T06:59:00.000Z');
    });

    test('is not delivered when one of them was not rendered', async () => {
      expect(await failure({ ...several(), rendered: rendered() })).toMatchObject({
        name: 'InvalidRender', message: 'the renderer was asked for the files report.html, rows.csv and says that it wrote report.html',
      });
    });
  });
});

describe('a report that does not open', () => {
  const noLink = 'the link function kept no link to report.html in the ledger and returned none, or none with a url and an expiresAt';
  const answersWith = (...links: object[]) => lambda.on(InvokeCommand).resolves({ Payload: payload({ version: 1, links }) });

  afterEach(() => {
    expect(published()).toEqual([]);
    expect(delivery()).toBeUndefined();
    expect(run()).toMatchObject({ status: 'RUNNING' });
    expect(run()).not.toHaveProperty('deliveryBegunAt');
  });

  test.each([
    ['it is forbidden', 403, {}],
    ['it is not there', 404, {}],
    ['it is empty', 416, {}],
    ['its whole is sent, as a log-in page would be', 200, { 'content-length': `${BYTES}` }],
    ['its length is not told', 206, { 'content-range': 'bytes 0-0/*' }],
    ['no range is told', 206, {}],
  ])('because %s is not delivered, and not tried again', async (_what, status, headers) => {
    opens(status, headers as {});

    expect(await failure()).toMatchObject({
      name: 'InvalidLink',
      message: `the link to report.html answers ${status} where its first byte was asked for, and a link that opens answers 206 and the length`,
    });
  });

  test('because S3 is slow just now is tried again by the workflow', async () => {
    opens(503);

    expect((await failure()).name).toBe('Error');
  });

  test('because the network is down is tried again by the workflow', async () => {
    jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }));

    expect(await failure()).toMatchObject({ name: 'Error', message: 'the link to report.html could not be opened: ECONNREFUSED' });
  });

  test.each([BYTES - 1, BYTES + 1])('as it was rendered, but with %d bytes, is not delivered', async length => {
    opens(206, { 'content-range': `bytes 0-0/${length}` });

    expect(await failure()).toMatchObject({ name: 'InvalidRender', message: `report.html has ${length} bytes in S3, and the renderer wrote ${BYTES}; it was replaced or cut short` });
  });

  test.each<[string, Record<string, string>]>([['of another one', { etag: '"e2"' }], ['of one that is weak', { etag: 'W/"e1"' }], ['that is not told', {}]])(
    'as it was rendered, but with the ETag %s, is not delivered, although its length is the same', async (_what, headers) => {
      opens(206, { 'content-range': `bytes 0-0/${BYTES}`, ...headers });

      expect(await failure({ rendered: withEtag('"e1"') })).toMatchObject({
        name: 'InvalidRender', message: 'report.html is no longer what the renderer wrote: it was replaced in S3 by something of the same length',
      });
    });

  test.each<[string, object | undefined]>([
    ['it is no URL', { url: `reports/${SECRET}`, expiresAt: '2026-11-21T07:00:03.000Z' }],
    ['it has no expiry', { url: LINK_URL }],
  ])('because its link is not in the ledger: %s', async (_what, link) => {
    const { ledger } = openedRun(opened);
    dynamodb.seed({ pk: ledger.pk, sk: `${ledger.sk}report.html`, ...link });

    const error = await failure();

    expect(error).toMatchObject({ name: 'InvalidLink', message: noLink });
    expect(fetched).toEqual([]);
  });

  test.each<[string, object | undefined]>([
    ['there is none', undefined],
    ['it is no URL', { url: `reports/${SECRET}` }],
    ['it has no web address', { url: 'javascript:alert(1)' }],
    ['what verifies it has none', { url: 'https://example.com/t', verifyUrl: 'file:///etc/passwd' }],
  ])('because its link is neither in the ledger nor returned: %s', async (_what, link) => {
    dynamodb.remove(`${openedRun(opened).ledger.pk} ${openedRun(opened).ledger.sk}report.html`);
    answersWith({ file: 'report.html', expiresAt: '2026-11-21T07:00:03.000Z', ...link });

    expect(await failure()).toMatchObject({ name: 'InvalidLink', message: noLink });
    expect(fetched).toEqual([]);
  });

  test('because the link is to another file, and to no other when it is asked for', async () => {
    const links = [{ file: 'other.html', expiresAt: '2026-11-21T07:00:03.000Z' }];
    answersWith(...links);

    expect(await failure({ link: { version: 1, links } })).toMatchObject({ name: 'InvalidLink', message: noLink });
  });

  test.each<[string, any, string]>([
    ['the renderer', { rendered: { version: 1, rows: 1 } }, "InvalidRender: the result of the renderer is not what the data contract asks for: it must have required property 'asOf'"],
    ['the renderer', { rendered: null }, 'InvalidRender: the result of the renderer is not what the data contract asks for: it must be an object'],
    ['the renderer', { rendered: rendered({ rows: -1 }) }, 'InvalidRender: the result of the renderer is not what the data contract asks for: rows must be >= 0'],
    ['the link', { link: { version: 1, links: [] } }, 'InvalidLink: the result of the link function is not what the data contract asks for: links must not be empty'],
    ['the link', { link: { version: 1, links: [{ file: 'report.html', url: LINK_URL, expiresAt: '2026-11-21T07:00:03Z' }] } },
      'InvalidLink: the result of the link function is not what the data contract asks for: links.0 has a property "url" that the contract does not know'],
  ])('because %s answered something else', async (_what, changes, sentence) => {
    expect(String(await failure(changes))).toBe(sentence);
  });

  test('because the message can not be worded, before its delivery is begun', async () => {
    expect(await failure({ rendered: rendered({ asOf: '2026-13-45T99:99Z' }) })).toMatchObject({ name: 'RangeError' });
  });
});

describe('a link that has aged', () => {
  const mint = (expiresAt: string) => lambda.on(InvokeCommand).callsFake(() => {
    happened.push('mint');
    keepLink(dynamodb, opened, expiresAt, `${LINK_URL}&anew`);
    return { Payload: payload({ version: 1, links: [{ file: 'report.html', expiresAt }] }) };
  });
  beforeEach(() => {
    mint('2026-11-21T07:10:00.000Z');
  });

  test('to 90 % of its life is sent', async () => {
    setClock('2026-11-21T06:06:03.000Z');
    await deliver();

    expect(happened).toEqual(['open', 'publish']);
  });

  test('to less than 90 % is made anew, and the new one is opened and sent', async () => {
    setClock('2026-11-21T06:06:03.001Z');
    await deliver();

    expect(happened).toEqual(['mint', 'open', 'publish']);
    expect(fetched[0].url).toBe(`${LINK_URL}&anew`);
    expect(published()[0].Message).toContain(`${LINK_URL}&anew until 21 Nov 2026, 08:10`);
    expect(run().linkExpiresAt).toBe('2026-11-21T07:10:00.000Z');
  });

  test('is made by the function of the link, which is told what it was told before and that it is sent now', async () => {
    setClock('2026-11-21T06:30:00Z');
    await deliver();

    const { run: told, files, ledger } = openedRun(opened);
    expect(lambda.commandCalls(InvokeCommand)).toHaveLength(1);
    const { FunctionName, Payload } = lambda.commandCalls(InvokeCommand)[0].args[0].input;
    expect(FunctionName).toBe('arn:aws:lambda:eu-west-1:111111111111:function:link');
    expect(JSON.parse(Payload as string)).toEqual({ ...told, files, ledger, deliver: true });
  });

  test('and can not be made anew for now is tried again by the workflow', async () => {
    setClock('2026-11-21T06:30:00Z');
    lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: payload({ errorType: 'ThrottlingException', errorMessage: 'Rate exceeded' }) });

    expect(await failure()).toMatchObject({ name: 'Error', message: 'the links to send could not be made: Rate exceeded' });
    process.env.WITHHOLD_CAUSES = 'true';
    expect((await failure()).message).toMatch(/^the links to send could not be made: what was said is not repeated here/);
    expect(published()).toEqual([]);
  });

  test('and is answered with something else is not sent', async () => {
    setClock('2026-11-21T06:30:00Z');
    lambda.on(InvokeCommand).resolves({ Payload: payload(null) });

    expect(await failure()).toMatchObject({ name: 'InvalidLink' });
  });
});

describe('a link that the ledger does not keep', () => {
  const SHORT_URL = 'https://abcdefghij.execute-api.eu-west-1.amazonaws.com/open/';
  let made: number;
  beforeEach(() => {
    dynamodb.remove(`${openedRun(opened).ledger.pk} ${openedRun(opened).ledger.sk}report.html`);
    made = 0;
    lambda.on(InvokeCommand).callsFake(({ Payload }) => {
      happened.push('mint');
      expect(JSON.parse(Payload).deliver).toBe(true);
      return { Payload: payload({ version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-28T06:00:00Z', url: `${SHORT_URL}${++made}`, verifyUrl: LINK_URL }] }) };
    });
  });

  test('is asked for, the file verified without it, and it is sent', async () => {
    expect(await deliver()).toMatchObject({ status: 'DELIVERED' });

    expect(happened).toEqual(['mint', 'open', 'publish']);
    expect(fetched.map(({ url }) => url)).toEqual([LINK_URL]);
    expect(published()[0].Message).toContain(`${SHORT_URL}1 until 28 Nov 2026, 07:00`);
    expect(published()[0].Message).not.toContain(LINK_URL);
    expect(run()).toMatchObject({ status: 'DELIVERED', linkExpiresAt: '2026-11-28T06:00:00Z' });
  });

  test('is verified itself, where nothing else is said to verify it', async () => {
    lambda.on(InvokeCommand).resolves({ Payload: payload({ version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-28T06:00:00Z', url: `${SHORT_URL}1` }] }) });
    await deliver();

    expect(fetched.map(({ url }) => url)).toEqual([`${SHORT_URL}1`]);
  });

  test('is kept nowhere', async () => {
    await deliver();

    expect(JSON.stringify(dynamodb.keys().map(key => dynamodb.item(key.split(' ')[0], key.slice(key.indexOf(' ') + 1))))).not.toContain(SHORT_URL);
    expect(JSON.stringify(await deliver())).not.toContain(SHORT_URL);
    expect(published()).toHaveLength(1);
  });

  test('is not sent where the file behind it is not what was rendered', async () => {
    opens(206, { 'content-range': 'bytes 0-0/1' });

    expect(await failure()).toMatchObject({ name: 'InvalidRender' });
    expect(published()).toEqual([]);
  });

  test('is not made for a report that is skipped', async () => {
    process.env.ON_EMPTY = 'SKIP';
    await deliver({ rendered: rendered({ rows: 0 }) });

    expect(happened).toEqual([]);
  });

  test.each<['before' | 'after', number, string, string[]]>([
    ['before', 1, 'DELIVERED', ['mint', 'open', 'mint', 'open', 'publish']], // nothing was claimed: it is sent with another link
    ['after', 1, 'DeliveryUncertain', ['mint', 'open', 'mint', 'open']],
    ['before', 3, 'DeliveryUncertain', ['mint', 'open', 'publish', 'mint', 'open']],
    ['after', 3, 'DELIVERED', ['mint', 'open', 'publish']],
    ['before', 4, 'DELIVERED', ['mint', 'open', 'publish']],
  ])('is never published twice: the function ends %s its write %d', async (when, n, end, what) => {
    setClockAndTimers('2026-11-21T06:00:10Z');
    crash(when, n);

    expect(await tries()).toBe(end);
    expect(happened).toEqual(what);
  });
});

describe('a report without rows', () => {
  const empty = { rendered: rendered({ rows: 0 }) };

  test('is delivered where onEmpty is SEND', async () => {
    expect(await deliver(empty)).toMatchObject({ status: 'DELIVERED' });
    expect(run()).toMatchObject({ status: 'DELIVERED', rows: 0 });
  });

  test('is SKIPPED where onEmpty is SKIP, however often it is tried', async () => {
    process.env.ON_EMPTY = 'SKIP';

    expect([await deliver(empty), await deliver(empty)]).toEqual(Array(2).fill({ status: 'SKIPPED', reportId: openedRun(opened).run.reportId }));
    expect(run()).toMatchObject({ status: 'SKIPPED', reason: 'EMPTY', rows: 0 });
    expect(happened).toEqual([]);
  });

  test('fails where onEmpty is FAIL, with the remedy', async () => {
    process.env.ON_EMPTY = 'FAIL';

    expect(await failure(empty)).toMatchObject({ name: 'EmptyReport', message: expect.stringContaining('set onEmpty to SEND or SKIP') });
    expect(happened).toEqual([]);
    expect(run().status).toBe('RUNNING');
  });

  test.each(['SKIP', 'FAIL'])('is a matter of rows, not of bytes: one with a row is delivered where onEmpty is %s', async onEmpty => {
    process.env.ON_EMPTY = onEmpty;

    expect(await deliver({ rendered: rendered({ rows: 1 }) })).toMatchObject({ status: 'DELIVERED' });
    expect(published()).toHaveLength(1);
  });
});

describe('the readers of the topic', () => {
  const answers = (...attributes: (Record<string, string> | undefined)[]) => attributes.reduce(
    (topic, Attributes) => topic.resolvesOnce({ Attributes }), sns.on(GetTopicAttributesCommand, { TopicArn: TOPIC }));

  test('that there are not yet get nothing: the report is not delivered, and its delivery not begun', async () => {
    answers({ SubscriptionsConfirmed: '0', SubscriptionsPending: '3' });

    expect(await failure()).toMatchObject({ name: 'NoRecipient', message: expect.stringContaining(`the topic ${TOPIC} has no confirmed subscription`) });
    expect(published()).toEqual([]);
    expect(delivery()).toBeUndefined();
    expect(run()).not.toHaveProperty('deliveryBegunAt');
  });

  test('that have confirmed meanwhile get the report', async () => {
    answers({ SubscriptionsConfirmed: '0' }, { SubscriptionsConfirmed: '1' });
    await failure();

    expect(await deliver()).toMatchObject({ status: 'DELIVERED' });
    expect(published()).toHaveLength(1);
  });

  test.each<[string, Record<string, string> | undefined]>([['are ten', { SubscriptionsConfirmed: '10' }], ['are not counted', {}], ['are not told of', undefined]])(
    'that %s get the report', async (_what, attributes) => {
      answers(attributes);

      expect(await deliver()).toMatchObject({ status: 'DELIVERED' });
    });

  test.each([['NotFoundException', 404], ['AuthorizationErrorException', 403], ['InvalidParameterException', 400]])(
    'are not told of because of %s (%d), which trying again does not mend', async (name, status) => {
      sns.on(GetTopicAttributesCommand).rejects(thrown(name, status));

      expect(await failure()).toMatchObject({ name: 'DeliveryRefused', message: expect.stringContaining(`${name}: ${name} said; the topic must be there`) });
      expect(published()).toEqual([]);
      expect(delivery()).toBeUndefined();
    });

  test.each<[string, number | undefined]>([['ThrottledException', 429], ['Throttling', 400], ['InternalErrorException', 500], ['TimeoutError', undefined]])(
    'are not told of because of %s (%s), and the workflow tries again', async (name, status) => {
      sns.on(GetTopicAttributesCommand).rejectsOnce(thrown(name, status)).resolves({ Attributes: { SubscriptionsConfirmed: '1' } });

      expect(await failure()).toMatchObject({ name: 'Error', message: expect.stringContaining(`${name} said`) });
      expect(published()).toEqual([]);
      expect(await deliver()).toMatchObject({ status: 'DELIVERED' });
    });
});

describe('data that has not changed', () => {
  const unchanged = { rendered: rendered({ dataSha256: DATA }) };
  /** Opens and delivers the report of the schedule for another time. */
  const scheduled = async (day: string, dataSha256: string, input: object = {}) => {
    const name = `${day}${Object.keys(input)}`;
    opened = await openRun(openEvent(name, { schedule: { ...SCHEDULE, time: `2026-11-${day}T06:00:00Z` }, ...input }));
    keepLink(dynamodb, opened);
    return (await deliver({ rendered: rendered({ dataSha256 }) }, name)).status;
  };
  beforeEach(() => { process.env.ON_UNCHANGED = 'SKIP'; });

  test('since the last delivery of the schedule is not delivered again, until it changes', async () => {
    const ends = [await deliver(unchanged), ...[await scheduled('22', DATA), await scheduled('23', DATA)]].map(end => typeof end === 'string' ? end : end.status);

    expect(ends).toEqual(['DELIVERED', 'SKIPPED', 'SKIPPED']);
    expect(run()).toMatchObject({ status: 'SKIPPED', reason: 'UNCHANGED', rows: 1200 });
    expect(run()).not.toHaveProperty('deliveryBegunAt');
    expect(await scheduled('24', 'e'.repeat(64))).toBe('DELIVERED');
    expect(await scheduled('25', DATA)).toBe('DELIVERED');
    expect(published()).toHaveLength(3);
  });

  test('is neither opened nor are its readers looked for', async () => {
    await deliver(unchanged);
    happened = [];
    sns.resetHistory();
    await scheduled('22', DATA);

    expect(happened).toEqual([]);
    expect(sns.calls()).toHaveLength(0);
  });

  test('is delivered where onUnchanged is SEND, and no hash is kept of it', async () => {
    process.env.ON_UNCHANGED = 'SEND';
    await deliver(unchanged);

    expect(await scheduled('22', DATA)).toBe('DELIVERED');
    expect(dynamodb.item(`schedule#${SCHEDULE.arn}`, 'last delivered')).toEqual({
      pk: `schedule#${SCHEDULE.arn}`, sk: 'last delivered', scheduledTime: '2026-11-22T06:00:00.000Z', to: '2026-11-21T23:00:00.000Z',
    });
  });

  test.each([['the same', '21'], ['a later', '22']])('since a delivery for %s time is delivered: a twin may have sent this very report, and an earlier run may be late', async (_which, day) => {
    dynamodb.seed({ pk: `schedule#${SCHEDULE.arn}`, sk: 'last delivered', dataSha256: DATA, scheduledTime: `2026-11-${day}T06:00:00.000Z` });

    expect(await deliver(unchanged)).toMatchObject({ status: 'DELIVERED' });
  });

  test('is a matter of each schedule', async () => {
    await deliver(unchanged);

    expect(await scheduled('21', DATA, { schedule: { ...SCHEDULE, arn: `${SCHEDULE.arn}2` } })).toBe('DELIVERED');
  });

  test('is delivered to who makes the report once more', async () => {
    await deliver(unchanged);

    expect(await scheduled('21', DATA, { rerun: '1' })).toBe('DELIVERED');
  });

  test('is delivered to who starts the pipeline, which changes nothing for the schedule', async () => {
    await deliver(unchanged);
    opened = await openRun(openEvent('mine', {}));
    keepLink(dynamodb, opened);

    expect(await deliver(unchanged, 'mine')).toMatchObject({ status: 'DELIVERED' });
    expect(dynamodb.item(`schedule#${SCHEDULE.arn}`, 'last delivered')).toMatchObject({ scheduledTime: '2026-11-21T06:00:00.000Z' });
  });

  test('can not be told where the renderer gives no dataSha256, and the remedy is named', async () => {
    expect(await failure()).toMatchObject({ name: 'InvalidRender', message: expect.stringContaining('return it, or set onUnchanged to SEND') });
    expect(happened).toEqual([]);
  });

  test('need not be told where nobody would be spared it', async () => {
    opened = await openRun(openEvent('mine', {}));
    keepLink(dynamodb, opened);

    expect(await deliver({}, 'mine')).toMatchObject({ status: 'DELIVERED' });
  });

  test('is that of the latest time, whenever an earlier run comes to its end', async () => {
    expect(await scheduled('23', DATA)).toBe('DELIVERED');
    expect(await scheduled('22', 'e'.repeat(64))).toBe('DELIVERED'); // late
    expect(await scheduled('24', DATA)).toBe('SKIPPED');
  });

  test('of a delivery that is uncertain is delivered the next time', async () => {
    sns.on(PublishCommand).rejectsOnce(thrown('TimeoutError')).resolves({ MessageId: 'm-2' });
    expect(await failure(unchanged)).toMatchObject({ name: 'DeliveryUncertain' });

    expect(await scheduled('22', DATA)).toBe('DELIVERED');
  });

  test('is compared with what the readers got last, also where the function that sent it ended right afterwards', async () => {
    await deliver(unchanged);
    dynamodb.interrupt('before', 'Update', 'last delivered', () => { throw new Error('the function ended here'); });
    await expect(scheduled('22', 'e'.repeat(64))).rejects.toThrow('the function ended here');
    await deliver({ rendered: rendered({ dataSha256: 'e'.repeat(64) }) }, '22'); // the retry
    expect(published()).toHaveLength(2);

    expect(await scheduled('23', DATA)).toBe('DELIVERED'); // it changed back
  });

  test('and is empty is skipped as empty', async () => {
    process.env.ON_EMPTY = 'SKIP';
    await deliver({ rendered: rendered({ rows: 0, dataSha256: DATA }) });

    expect(run()).toMatchObject({ status: 'SKIPPED', reason: 'EMPTY' });
  });
});

describe('what SNS answers', () => {
  const answers = (...errors: (Error | 'ok')[]) => {
    let publishing = sns.on(PublishCommand);
    for (const error of errors) {
      publishing = error === 'ok' ? publishing.resolvesOnce({ MessageId: 'm-2' }) : publishing.rejectsOnce(error);
    }
  };

  test.each([['Throttling', 400], ['KMSThrottlingException', 400], ['ThrottledException', 429], ['ThrottlingException', 400], ['TooManyRequestsException', 429], ['RequestLimitExceeded', 503]])(
    '%s (%d) and then success is SENT, after two calls', async (name, status) => {
      answers(thrown(name, status), 'ok');

      expect(await deliver()).toMatchObject({ status: 'DELIVERED', messageId: 'm-2' });
      expect(published()).toHaveLength(2);
      expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm-2' });
    });

  test.each([['ThrottledException', 429], ['RequestLimitExceeded', 503]])(
    '%s while the lease has room for a call is PENDING: SNS said that it took nothing, and a later try publishes once', async (name, status) => {
      let throttled = true;
      sns.on(PublishCommand).callsFake(async () => {
        jest.setSystemTime(Date.now() + 5000);
        if (throttled) {
          throw thrown(name, status);
        }
        return { MessageId: 'm-2' };
      });

      expect(await failure()).toMatchObject({ name: 'Error', message: `SNS did not take the message: ${name}: ${name} said` });
      expect(published()).toHaveLength(5); // the sixth would begin 25 seconds into the lease, and may take 10
      expect(delivery()).toMatchObject({ status: 'PENDING', publishes: 1 });
      expect(run()).not.toHaveProperty('deliveryBegunAt');

      throttled = false;
      expect(await deliver()).toMatchObject({ status: 'DELIVERED', messageId: 'm-2' });
      expect(published()).toHaveLength(6);
      expect(delivery()).toMatchObject({ status: 'SENT', publishes: 2 });
    });

  test('throttled in vain leaves a run that another execution takes over when it has failed', async () => {
    sns.on(PublishCommand).callsFake(async () => {
      jest.setSystemTime(Date.now() + 20_001);
      throw thrown('Throttling', 400);
    });
    await failure();
    dynamodb.seed({ ...run(), status: 'FAILED' });

    expect(openedRun(await openRun(openEvent('b'))).run.attempt).toBe(2);
  });

  test.each([['AuthorizationErrorException', 403], ['NotFoundException', 404], ['InvalidParameterException', 400], ['KMSDisabledException', 400]])(
    '%s (%d) is REFUSED, and not tried again', async (name, status) => {
      answers(thrown(name, status));

      expect(await failure()).toMatchObject({ name: 'DeliveryRefused', message: `SNS refused the message: ${name}: ${name} said` });
      expect(published()).toHaveLength(1);
      expect(delivery()).toMatchObject({ status: 'REFUSED' });
    });

  test.each<[string, number | undefined]>([
    ['InternalErrorException', 500], ['ServiceUnavailable', 503], ['TimeoutError', undefined], ['ECONNRESET', undefined], ['CredentialsProviderError', undefined],
  ])('%s (%s) is UNKNOWN, and never sent again', async (name, status) => {
    answers(thrown(name, status));

    expect(await failure()).toMatchObject({
      name: 'DeliveryUncertain',
      message: 'it is not known whether the report was delivered: SNS was asked to publish it, and there was no answer; it is not sent again by itself',
    });
    expect(await failure()).toMatchObject({ name: 'DeliveryUncertain' });
    expect(published()).toHaveLength(1);
    expect(delivery()).toMatchObject({ status: 'UNKNOWN' });
    expect(run()).toMatchObject({ status: 'RUNNING', deliveryBegunAt: expect.any(String) }); // for the failure handler to close
    expect(logs.entries()[0]).toEqual({ message: 'uncertain', reportId: openedRun(opened).run.reportId, reason: `the publish call ended with ${name} and without an answer` });
  });

  test('throttled and then lost is UNKNOWN', async () => {
    answers(thrown('Throttling', 400), thrown('TimeoutError'));

    expect(await failure()).toMatchObject({ name: 'DeliveryUncertain' });
    expect(published()).toHaveLength(2);
  });

  test('refused, and then mended: the next try sends it', async () => {
    answers(thrown('AuthorizationErrorException', 403), 'ok');
    await failure();

    expect(await deliver()).toMatchObject({ status: 'DELIVERED', messageId: 'm-2' });
    expect(published()).toHaveLength(2);
    expect(run()).toMatchObject({ status: 'DELIVERED', deliveryBegunAt: expect.any(String) });
  });

  describe('where onUncertain is RESEND, and there is no answer', () => {
    beforeEach(() => { process.env.ON_UNCERTAIN = 'RESEND'; });

    test('is sent again', async () => {
      answers(thrown('TimeoutError'), 'ok');

      expect(await deliver()).toMatchObject({ status: 'DELIVERED', messageId: 'm-2' });
      expect(published()).toHaveLength(2);
      expect(delivery()).toMatchObject({ status: 'SENT', publishes: 2 });
    });

    test('is sent three times at most, in all tries', async () => {
      sns.on(PublishCommand).rejects(thrown('InternalErrorException', 500));

      expect([await failure(), await failure()].map(({ name }) => name)).toEqual(['DeliveryUncertain', 'DeliveryUncertain']);
      expect(published()).toHaveLength(3);
      expect(delivery()).toMatchObject({ status: 'UNKNOWN', publishes: 3 });
    });

    test('is sent again by the try that finds a claim whose function ended', async () => {
      setClockAndTimers('2026-11-21T06:00:10Z');
      crash('after', 2); // the claim

      expect(await tries()).toBe('DELIVERED');
      expect(published()).toHaveLength(1);
      expect(delivery()).toMatchObject({ status: 'SENT', publishes: 2 });
    });

    test('is not sent again when SNS refuses it the second time', async () => {
      answers(thrown('TimeoutError'), thrown('NotFoundException', 404));

      expect(await failure()).toMatchObject({ name: 'DeliveryRefused' });
      expect(published()).toHaveLength(2);
    });
  });
});

describe('at most once', () => {
  test('a second Deliver of a delivered report sends nothing, and answers the same', async () => {
    const first = await deliver();

    expect(await deliver()).toEqual(first);
    expect(published()).toHaveLength(1);
  });

  test('a Deliver of what was sent before completes it as it was sent: it opens nothing, asks nobody, and looks at nothing new', async () => {
    crash('before', 4); // of the run, after the claim and the end of the delivery
    expect(await failure({ rendered: rendered({ rows: 7, totalRows: 70, truncated: true }) })).toMatchObject({ name: 'Error' });
    setClock('2026-11-22T09:00:00Z');
    happened = [];
    sns.resetHistory();

    expect(await deliver({ rendered: undefined, link: undefined })).toMatchObject({ status: 'DELIVERED', messageId: 'm-1' });
    expect(happened).toEqual([]);
    expect(sns.calls()).toHaveLength(0);
    expect(run()).toMatchObject({ status: 'DELIVERED', rows: 7, totalRows: 70, linkExpiresAt: '2026-11-21T07:00:03.000Z' });
  });

  test.each([['DELIVERED', 'a'], ['RUNNING', 'b']])('a Deliver of what was sent before does not complete a run that is %s in execution %s as its own', async (status, name) => {
    await deliver();
    const sent = delivery();
    dynamodb.seed({ ...run(), status, executionArn: execution(name).arn });
    const before = run();

    expect(await tries()).toBe(name === 'a' ? 'DELIVERED' : 'Error');
    expect([run(), delivery()]).toEqual([before, sent]);
    expect(published()).toHaveLength(1);
  });

  describe('a function that ends in the midst of it, and is tried again', () => {
    beforeEach(() => {
      process.env.ON_UNCHANGED = 'SKIP';
      setClockAndTimers('2026-11-21T06:00:10Z');
    });
    const last = () => dynamodb.item(`schedule#${SCHEDULE.arn}`, 'last delivered');

    test.each<['before' | 'after', number, string, string, number]>([
      ['before', 1, 'the claim of the delivery', 'DELIVERED', 1],
      ['before', 2, 'the claim of the delivery', 'DELIVERED', 1],
      ['after', 1, 'the claim of the delivery', 'DeliveryUncertain', 0], // nobody can know that it was before the call
      ['after', 2, 'the claim of the delivery', 'DeliveryUncertain', 0],
      ['before', 3, 'the record that it was sent', 'DeliveryUncertain', 1],
      ['after', 3, 'the record that it was sent', 'DELIVERED', 1],
      ['before', 4, 'the write after it', 'DELIVERED', 1],
      ['after', 4, 'the write after it', 'DELIVERED', 1],
      ['before', 5, 'the last write', 'DELIVERED', 1],
      ['after', 5, 'the last write', 'DELIVERED', 1],
    ])('%s write %d, %s, ends as %s', async (when, n, _what, ended, messages) => {
      crash(when, n);

      expect(await tries({ rendered: rendered({ dataSha256: DATA }) })).toBe(ended);
      expect(published()).toHaveLength(messages);
      if (ended === 'DELIVERED') {
        expect(run()).toMatchObject({ status: 'DELIVERED', rows: 1200, linkExpiresAt: '2026-11-21T07:00:03.000Z' });
        expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm-1' });
        expect(last()).toMatchObject({ dataSha256: DATA });
      } else {
        expect(run()).toMatchObject({ status: 'RUNNING', deliveryBegunAt: expect.any(String) });
        expect(delivery()).toMatchObject({ status: 'UNKNOWN' });
        expect(last()).toBeUndefined();
      }
    });

    test.each<['before' | 'after', number, string]>([['before', 3, 'UNKNOWN'], ['before', 4, 'UNKNOWN'], ['after', 3, 'SENT'], ['after', 4, 'SENT']])(
      '%s write %d, of a refusal, does not lose who is to get it: it is %s', async (when, n, status) => {
        sns.on(PublishCommand).rejectsOnce(thrown('NotFoundException', 404)).resolves({ MessageId: 'm-2' });
        crash(when, n);

        expect(await tries({ rendered: rendered({ dataSha256: DATA }) })).toBe(status === 'SENT' ? 'DELIVERED' : 'DeliveryUncertain');
        expect(delivery()).toMatchObject({ status });
        expect(published()).toHaveLength(status === 'SENT' ? 2 : 1);
      });

    test.each<['before' | 'after']>([['before'], ['after']])('%s the write that settles an uncertain delivery, sends nothing', async when => {
      crash('before', 3);
      await expect(passing(deliver({ rendered: rendered({ dataSha256: DATA }) }))).rejects.toThrow('the function ended here');
      setClockAndTimers('2026-11-21T06:01:00Z'); // the lease has run out
      crash(when);

      expect(await tries({ rendered: rendered({ dataSha256: DATA }) })).toBe('DeliveryUncertain');
      expect(delivery()).toMatchObject({ status: 'UNKNOWN' });
      expect(published()).toHaveLength(1);
    });

    test.each<['before' | 'after']>([['before'], ['after']])('%s the write that skips it, skips it', async when => {
      process.env.ON_EMPTY = 'SKIP';
      crash(when);

      expect(await tries({ rendered: rendered({ rows: 0 }) })).toBe('SKIPPED');
      expect(run()).toMatchObject({ status: 'SKIPPED', reason: 'EMPTY' });
      expect(published()).toEqual([]);
    });
  });

  describe('a conflict with a transaction', () => {
    const conflict = new TransactionCanceledException({ message: 'conflict', $metadata: {}, CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }] });
    const meets = (times: number, error: Error, sk: RegExp = /^delivery#/) => {
      for (let n = 0; n < times; n++) {
        dynamodb.interrupt('before', 'Update', sk, () => { throw error; });
      }
    };

    test('is tried again by the function itself', async () => {
      meets(5, conflict);

      expect(await deliver()).toMatchObject({ status: 'DELIVERED' });
      expect(published()).toHaveLength(1);
    });

    test('that lasts claims nothing, and is tried again by the workflow', async () => {
      meets(6, conflict);

      await expect(deliver()).rejects.toBe(conflict);
      expect(published()).toEqual([]);
      expect(await deliver()).toMatchObject({ status: 'DELIVERED' });
    });

    test('does not lose that the message was sent', async () => {
      sns.on(PublishCommand).callsFake(() => {
        meets(5, new TransactionConflictException({ message: 'conflict', $metadata: {} }));
        return { MessageId: 'm-1' };
      });

      expect(await deliver()).toMatchObject({ status: 'DELIVERED' });
      expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm-1' });
    });
  });

  test.each(['FAILED', 'TIMED_OUT', 'ABORTED', 'NO_RECIPIENT'])('a run that was closed as %s meanwhile is not delivered, unless the execution was redriven', async status => {
    dynamodb.seed({ ...run(), status } as any);

    await expect(deliver()).rejects.toThrow('was closed');
    expect(published()).toEqual([]);
    expect(await deliver({ redriveCount: 1 })).toMatchObject({ status: 'DELIVERED' });
  });

  describe('twins', () => {
    let answer: () => void;
    beforeEach(() => {
      setClockAndTimers('2026-11-21T06:00:10Z');
      sns.on(PublishCommand).callsFake(async () => new Promise(resolve => { answer = () => resolve({ MessageId: 'm-3' }); }));
    });

    test('that meet send one message: the slower one waits for the other, and answers the same', async () => {
      const both = Promise.all([deliver(), deliver()]);
      await jest.advanceTimersByTimeAsync(5000);
      expect(published()).toHaveLength(1);
      answer();

      const [first, second] = await passing(both);
      expect(first).toMatchObject({ status: 'DELIVERED', messageId: 'm-3' });
      expect(second).toEqual(first);
      expect(published()).toHaveLength(1);
      expect(run().status).toBe('DELIVERED');
    });

    test('of which one never ends leave the other in doubt, once the lease has run out and not before', async () => {
      void deliver();
      await jest.advanceTimersByTimeAsync(0);

      await expect(passing(deliver())).rejects.toMatchObject({ name: 'DeliveryUncertain' });
      expect(Date.now() - Date.parse('2026-11-21T06:00:10Z')).toBeGreaterThan(30_000);
      expect(Date.now() - Date.parse('2026-11-21T06:00:10Z')).toBeLessThan(32_000);
      expect(delivery()).toMatchObject({ status: 'UNKNOWN' });
      expect(published()).toHaveLength(1);
    });

    test('of which one answers after the other gave up end as SENT', async () => {
      const first = deliver();
      await jest.advanceTimersByTimeAsync(0);
      await expect(passing(deliver())).rejects.toMatchObject({ name: 'DeliveryUncertain' });
      answer();

      expect(await passing(first)).toMatchObject({ status: 'DELIVERED', messageId: 'm-3' });
      expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm-3' });
      expect(run().status).toBe('DELIVERED');
    });

    test('of which the first is refused are not both refused: the second publishes', async () => {
      sns.on(PublishCommand).rejectsOnce(thrown('NotFoundException', 404)).resolves({ MessageId: 'm-4' });
      const first = failure();
      const second = deliver();

      expect([(await passing(first)).name, (await passing(second)).messageId]).toEqual(['DeliveryRefused', 'm-4']);
      expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm-4' });
    });
  });

  test('an execution whose run was taken over sends nothing', async () => {
    dynamodb.seed({ ...run(), status: 'FAILED' });
    const second = await openRun(openEvent('b'));
    expect(openedRun(second).run.attempt).toBe(2);

    await expect(deliver()).rejects.toThrow('belongs to another execution');
    expect(published()).toEqual([]);
    expect(run()).toMatchObject({ status: 'RUNNING', executionArn: execution('b').arn });
  });

  test('a run that is taken over while it is opened sends one message: that of who has it', async () => {
    const first = deliverEvent(opened, 'a');
    jest.spyOn(globalThis, 'fetch').mockImplementationOnce(async () => {
      dynamodb.seed({ ...run(), status: 'FAILED' });
      opened = await openRun(openEvent('b'));
      keepLink(dynamodb, opened);
      await handler(deliverEvent(opened, 'b'));
      return new Response('x', { status: 206, headers: { 'content-range': `bytes 0-0/${BYTES}` } });
    });

    await expect(handler(first)).rejects.toThrow('belongs to another execution');
    expect(published()).toHaveLength(1);
    expect(run()).toMatchObject({ status: 'DELIVERED', executionArn: execution('b').arn });
  });
});

/** Last, because from here on the handler's own client is not faked: it speaks with a server that stands for SNS. */
describe('the client of SNS, as it is, makes one request', () => {
  let server: Server;
  /** How often it was asked to publish. */
  let requests: number;
  let answer: { status: number; body: string } | 'none';

  const ATTRIBUTES = '<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes><entry><key>SubscriptionsConfirmed</key><value>2</value></entry></Attributes>'
    + '</GetTopicAttributesResult></GetTopicAttributesResponse>';

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => { body += chunk; }).on('end', () => {
        if (body.includes('Action=GetTopicAttributes')) {
          response.writeHead(200, { 'content-type': 'text/xml' }).end(ATTRIBUTES);
          return;
        }
        requests += 1;
        jest.setSystemTime(Date.now() + 9000);
        if (answer === 'none') {
          request.socket.destroy();
        } else {
          response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
        }
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => { server.close(); });
  beforeEach(() => {
    sns.restore();
    requests = 0;
    process.env.AWS_ENDPOINT_URL_SNS = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  const refusal = (status: number, code: string) => ({ status, body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>` });

  test('that succeeds', async () => {
    answer = { status: 200, body: '<PublishResponse><PublishResult><MessageId>m-9</MessageId></PublishResult></PublishResponse>' };

    expect(await deliver()).toMatchObject({ status: 'DELIVERED', messageId: 'm-9' });
    expect(requests).toBe(1);
  });

  test('whose connection is lost, and it is UNKNOWN', async () => {
    answer = 'none';

    expect(await failure()).toMatchObject({ name: 'DeliveryUncertain' });
    expect(requests).toBe(1);
    expect(delivery()).toMatchObject({ status: 'UNKNOWN' });
  });

  test('that SNS fails on, and it is UNKNOWN', async () => {
    answer = refusal(500, 'InternalError');

    expect(await failure()).toMatchObject({ name: 'DeliveryUncertain' });
    expect(requests).toBe(1);
  });

  test('that SNS refuses, and it is REFUSED', async () => {
    answer = refusal(403, 'AuthorizationError');

    expect(await failure()).toMatchObject({ name: 'DeliveryRefused', message: expect.stringContaining('AuthorizationError') });
    expect(requests).toBe(1);
  });

  test('for each time that SNS says it throttled', async () => {
    answer = refusal(400, 'Throttling');

    expect(await failure()).toMatchObject({ name: 'Error', message: expect.stringContaining('Throttling') });
    expect(requests).toBe(3); // of 9 seconds each, and each may take 10, in a lease of 30
    expect(delivery()).toMatchObject({ status: 'PENDING' });
  });
});
