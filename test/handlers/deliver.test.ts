import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { TABLE, TOPIC } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { BYTES, deliverEvent, execution, keepLink, LINK_URL, openedRun, openEvent, rendered } from './support/runs';
import { handler } from '../../src/handlers/deliver.lambda';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
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

const deliver = async (changes: Partial<DeliverEvent> = {}, name = 'a') => handler(deliverEvent(opened, name, changes));
const failure = async (changes?: Partial<DeliverEvent>) => deliver(changes).then(() => { throw new Error('it did not fail'); }, error => error as Error);
const pk = () => openedRun(opened).ledger.pk;
const run = () => dynamodb.item(pk(), 'run')!;
const delivery = () => dynamodb.item(pk(), `delivery#${TOPIC}`);
const published = () => sns.commandCalls(PublishCommand).map(call => call.args[0].input);
/** What a function returned, as the client of Lambda hands it on. */
const payload = (value: unknown) => Object.assign(Buffer.from(JSON.stringify(value)), { transformToString: () => JSON.stringify(value) }) as any;
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

  test('is DELIVERED in the ledger, with its rows and the expiry of its link', async () => {
    await deliver();

    expect(run()).toMatchObject({ status: 'DELIVERED', rows: 1200, linkExpiresAt: '2026-11-21T07:00:03.000Z', closedAt: '2026-11-21T06:00:10.000Z' });
    expect(delivery()).toMatchObject({
      status: 'SENT', messageId: 'm-1', linkExpiresAt: '2026-11-21T07:00:03.000Z', begunAt: '2026-11-21T06:00:10.000Z', endedAt: '2026-11-21T06:00:10.000Z',
    });
  });

  test('is logged without its link', async () => {
    await deliver();

    expect(logs.entries()).toEqual([{ message: 'delivered', reportId: openedRun(opened).run.reportId, attempt: 1, rows: 1200 }]);
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

  test.each<[string, object | undefined]>([
    ['there is none', undefined],
    ['it is no URL', { url: `reports/${SECRET}`, expiresAt: '2026-11-21T07:00:03.000Z' }],
    ['it has no expiry', { url: LINK_URL }],
  ])('because its link is not in the ledger: %s', async (_what, link) => {
    const { ledger } = openedRun(opened);
    dynamodb.seed({ pk: ledger.pk, sk: `${ledger.sk}report.html`, ...link });

    const error = await failure();

    expect(error).toMatchObject({ name: 'InvalidLink', message: 'the link function kept no link to report.html in the ledger, or none with a url and an expiresAt' });
    expect(fetched).toEqual([]);
  });

  test('because the link is to another file', async () => {
    expect(await failure({ link: { version: 1, links: [{ file: 'other.html', expiresAt: '2026-11-21T07:00:03.000Z' }] } })).toMatchObject({ name: 'InvalidLink' });
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

  test('is made by the function of the link, which is told what it was told before', async () => {
    setClock('2026-11-21T06:30:00Z');
    await deliver();

    const { run: told, files, ledger } = openedRun(opened);
    expect(lambda.commandCalls(InvokeCommand)).toHaveLength(1);
    const { FunctionName, Payload } = lambda.commandCalls(InvokeCommand)[0].args[0].input;
    expect(FunctionName).toBe('arn:aws:lambda:eu-west-1:111111111111:function:link');
    expect(JSON.parse(Payload as string)).toEqual({ ...told, files, ledger });
  });

  test('and can not be made anew for now is tried again by the workflow', async () => {
    setClock('2026-11-21T06:30:00Z');
    lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: payload({ errorType: 'ThrottlingException', errorMessage: 'Rate exceeded' }) });

    expect(await failure()).toMatchObject({ name: 'Error', message: 'the link had aged and could not be made anew: Rate exceeded' });
    expect(published()).toEqual([]);
  });

  test('and is answered with something else is not sent', async () => {
    setClock('2026-11-21T06:30:00Z');
    lambda.on(InvokeCommand).resolves({ Payload: payload(null) });

    expect(await failure()).toMatchObject({ name: 'InvalidLink' });
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
    expect(run()).toMatchObject({ status: 'SKIPPED', rows: 0 });
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
  });
});

describe('what SNS answers', () => {
  const answers = (...errors: (Error | 'ok')[]) => {
    let publishing = sns.on(PublishCommand);
    for (const error of errors) {
      publishing = error === 'ok' ? publishing.resolvesOnce({ MessageId: 'm-2' }) : publishing.rejectsOnce(error);
    }
  };

  test.each([['Throttling', 400], ['ThrottledException', 429], ['ThrottlingException', 400], ['TooManyRequestsException', 429], ['RequestLimitExceeded', 503]])(
    '%s (%d) and then success is SENT, after two calls', async (name, status) => {
      answers(thrown(name, status), 'ok');

      expect(await deliver()).toMatchObject({ status: 'DELIVERED', messageId: 'm-2' });
      expect(published()).toHaveLength(2);
      expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm-2' });
    });

  test.each([['ThrottledException', 429], ['RequestLimitExceeded', 503]])('%s for ever is REFUSED after five calls: SNS said that it took none', async (name, status) => {
    sns.on(PublishCommand).rejects(thrown(name, status));

    expect(await failure()).toMatchObject({ name: 'DeliveryRefused' });
    expect(published()).toHaveLength(5);
    expect(delivery()).toMatchObject({ status: 'REFUSED' });
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
      name: 'DeliveryUncertain', message: `it is not known whether the report was delivered: the publish call ended with ${name} and without an answer; it is not sent again by itself`,
    });
    expect(await failure()).toMatchObject({ name: 'DeliveryUncertain' });
    expect(published()).toHaveLength(1);
    expect(delivery()).toMatchObject({ status: 'UNKNOWN' });
    expect(run().status).toBe('RUNNING'); // for the failure handler to close
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
});

describe('at most once', () => {
  test('a second Deliver of a delivered report sends nothing, and answers the same', async () => {
    const first = await deliver();

    expect(await deliver()).toEqual(first);
    expect(published()).toHaveLength(1);
  });

  test('a redrive that finds it sent tells the expiry of the link that was sent, not of one that was made since', async () => {
    dynamodb.interrupt('before', 'Update', 'run', () => {}); // beginDelivery
    dynamodb.interrupt('before', 'Update', 'run', () => { throw new Error('InternalServerError'); }); // complete
    await expect(deliver()).rejects.toThrow('InternalServerError');
    setClock('2026-11-22T09:00:00Z');
    lambda.on(InvokeCommand).callsFake(() => {
      keepLink(dynamodb, opened, '2026-11-22T10:00:00.000Z');
      return { Payload: payload({ version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-22T10:00:00.000Z' }] }) };
    });

    expect(await deliver()).toMatchObject({ status: 'DELIVERED', messageId: 'm-1' });
    expect(published()).toHaveLength(1);
    expect(run()).toMatchObject({ status: 'DELIVERED', linkExpiresAt: '2026-11-21T07:00:03.000Z' });
  });

  test('a crash between SENDING and the call is UNKNOWN: nobody can know that it was before the call', async () => {
    sns.on(PublishCommand).rejectsOnce(new Error('the function ended here'));
    dynamodb.interrupt('before', 'Update', /^delivery#/, () => { throw new Error('the function ended here'); });
    await expect(deliver()).rejects.toThrow('the function ended here');
    expect(delivery()).toMatchObject({ status: 'SENDING' });

    expect(await failure()).toMatchObject({ name: 'DeliveryUncertain', message: expect.stringContaining('an earlier try to publish ended without an answer') });
    expect(published()).toHaveLength(1);
    expect(delivery()).toMatchObject({ status: 'UNKNOWN' });
  });

  test('a ledger that fails after the call lets no retry send again, and the delivery is uncertain', async () => {
    dynamodb.interrupt('before', 'Update', /^delivery#/, () => { throw new Error('InternalServerError'); });
    await expect(deliver()).rejects.toThrow('InternalServerError');

    expect([await failure(), await failure()].map(({ name }) => name)).toEqual(['DeliveryUncertain', 'DeliveryUncertain']);
    expect(published()).toHaveLength(1);
  });

  test('a ledger whose answer is lost after it recorded the call finds it SENT', async () => {
    dynamodb.interrupt('after', 'Update', /^delivery#/, () => { throw new Error('ECONNRESET'); });
    await expect(deliver()).rejects.toThrow('ECONNRESET');

    expect(await deliver()).toMatchObject({ status: 'DELIVERED', messageId: 'm-1' });
    expect(published()).toHaveLength(1);
  });

  test('a ledger that can not claim the delivery lets nothing be sent', async () => {
    dynamodb.interrupt('before', 'Put', /^delivery#/, () => { throw new Error('InternalServerError'); });
    await expect(deliver()).rejects.toThrow('InternalServerError');
    expect(published()).toEqual([]);

    expect(await deliver()).toMatchObject({ status: 'DELIVERED' }); // the retry may
    expect(published()).toHaveLength(1);
  });

  test('twins that meet send one message; what the slower one called unknown is SENT in the end', async () => {
    let answer!: () => void;
    sns.on(PublishCommand).callsFake(async () => new Promise(resolve => { answer = () => resolve({ MessageId: 'm-3' }); }));
    const first = deliver();
    while (published().length === 0) {
      await new Promise(resolve => setImmediate(resolve));
    }

    expect(await failure()).toMatchObject({ name: 'DeliveryUncertain' });
    answer();

    expect(await first).toMatchObject({ status: 'DELIVERED', messageId: 'm-3' });
    expect(published()).toHaveLength(1);
    expect(delivery()).toMatchObject({ status: 'SENT', messageId: 'm-3' });
    expect(run().status).toBe('DELIVERED');
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
  let requests: number;
  let answer: { status: number; body: string } | 'none';

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        requests += 1;
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

    expect(await failure()).toMatchObject({ name: 'DeliveryRefused' });
    expect(requests).toBe(5);
  });
});
