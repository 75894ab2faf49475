import { DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs } from './support/logs';
import { NOW } from './support/runs';
import { handler } from '../../src/handlers/erase-report.lambda';
import { Ledger } from '../../src/handlers/ledger';
import { LinkTokens } from '../../src/handlers/link-tokens';

const dynamodb = new FakeDynamoDB(TABLE);
const s3 = mockClient(S3Client);
const logs = captureLogs();

const ANA = { claims: { 'iss': 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool', 'sub': 'ana', 'cognito:groups': '' } };
const BEN = { claims: { ...ANA.claims, 'sub': 'ben', 'cognito:groups': 'bookkeeping' } };
const CAROL = { claims: { ...ANA.claims, sub: 'carol' } };
const REQUESTER = `cognito|${ANA.claims.iss}|ana`;
const [ID, OTHER] = ['a'.repeat(32), 'b'.repeat(32)];
const STILL_AT_WORK = 'This report is still being made, or failed less than 15 minutes ago, and what made it may still be at work. Delete it later.';
const LATER = '2026-11-21T07:00:00.000Z';

let objects: Set<string>;
/** What S3 does instead of the next command of a kind. */
let instead: Map<string, () => object>;

function answered(command: string, answer: () => object): object {
  const other = instead.get(command);
  instead.delete(command);
  return (other ?? answer)();
}
const slowDown = () => { throw new Error('SlowDown'); };

beforeEach(async () => {
  setClock(NOW);
  process.env.READER_GROUPS = '["bookkeeping"]';
  objects = new Set();
  instead = new Map();
  s3.reset();
  s3.on(ListObjectsV2Command).callsFake(({ Prefix, ContinuationToken = '' }) => answered('list', () => {
    const found = [...objects].sort().filter(key => key.startsWith(Prefix) && key > ContinuationToken);
    return { Contents: found.slice(0, 2).map(Key => ({ Key })), ...(found.length > 2 && { NextContinuationToken: found[1], IsTruncated: true }) };
  }));
  s3.on(DeleteObjectsCommand).callsFake(({ Delete: { Objects } }) => answered('delete', () => {
    Objects.forEach(({ Key }: { Key: string }) => objects.delete(Key));
    return {};
  }));
  await seedReport(ID);
  await seedReport(OTHER);
});

/** A report of two attempts, with all that is ever kept of one. */
async function seedReport(reportId: string): Promise<void> {
  const ledger = new Ledger(TABLE, 1000);
  await ledger.request({ reportId, requester: REQUESTER, bodyHash: 'h', requestedAt: NOW, leaseUntil: LATER });
  await ledger.open({
    reportId, executionArn: 'a', report: 'Stock', trigger: 'REQUEST', period: { from: NOW, to: LATER, timeZone: 'Etc/UTC' }, openedAt: NOW, leaseUntil: LATER, readerGroups: ['bookkeeping'],
  });
  await ledger.recordEnd(reportId, 'a#0', { endedHere: true, endedAt: NOW });
  await ledger.resume(reportId, 'a#1', NOW);
  dynamodb.seed({ ...Ledger.key(reportId), sk: 'link#1#report.html', url: 'x' });
  dynamodb.seed({ ...Ledger.key(reportId), sk: 'delivery#topic', status: 'SENT' });
  for (let count = 0; count < 3; count++) {
    await new LinkTokens(TABLE).create({ reportId, attempt: 1, file: 'report.html', bucket: 'reports', key: 'k', contentType: 't', fileName: 'f', expiresAt: LATER, createdAt: NOW }, 1);
  }
  setStatus(reportId, 'DELIVERED');
  for (const name of ['reports/#/1/report.html', 'reports/#/1/data.json', 'reports/#/1/manifest.json', 'reports/#/2/report.html', 'data/#/1/rows.ndjson', 'data/#/2/rows.ndjson']) {
    objects.add(name.replace('#', reportId));
  }
}

const run = (reportId = ID) => dynamodb.item(`run#${reportId}`, 'run');
const setStatus = (reportId: string, status: string, changes: object = {}) => dynamodb.seed({ ...run(reportId)!, pk: `run#${reportId}`, sk: 'run', status, ...changes });
const keysOf = (reportId: string) => dynamodb.keys().filter(key => key.includes(reportId) || JSON.stringify(dynamodb.item(...key.split(' ') as [string, string])).includes(reportId));

async function erase(id = ID, authorizer: object = ANA) {
  const { statusCode, body } = await handler({
    httpMethod: 'DELETE', resource: '/reports/{id}', headers: {}, body: null, isBase64Encoded: false, pathParameters: { id }, requestContext: { authorizer, identity: {} },
  } as unknown as APIGatewayProxyEvent);
  return { statusCode, message: body === '' ? undefined : JSON.parse(body).message };
}

test('erases all that was kept of the report, and nothing of another', async () => {
  const [others, files] = [keysOf(OTHER), [...objects].filter(key => key.includes(OTHER))];
  expect(keysOf(ID)).toHaveLength(13);

  expect(await erase()).toEqual({ statusCode: 204, message: undefined });

  expect(keysOf(ID)).toEqual([`run#${ID} run`]);
  expect(run()).toEqual({ pk: `run#${ID}`, sk: 'run', reportId: ID, status: 'ERASED', ttl: expect.any(Number) });
  expect([...objects]).toEqual(files);
  expect(dynamodb.keys().filter(key => !key.includes(ID)).sort()).toEqual(others.sort());
  expect(logs.entries()).toEqual([{ message: 'erased', reportId: ID }]);
});

test('looks for no links that could be revoked, where the pipeline makes none', async () => {
  delete process.env.REVOCABLE_LINKS;
  const links = keysOf(ID).filter(key => /^(report-links|link)#/.test(key));

  expect((await erase()).statusCode).toBe(204);
  expect(links).toHaveLength(6);
  expect(keysOf(ID).sort()).toEqual([`run#${ID} run`, ...links].sort());
});

test('asks S3 for the folders of this report only', async () => {
  await erase();
  expect([...new Set(s3.commandCalls(ListObjectsV2Command).map(({ args: [{ input }] }) => `${input.Bucket} ${input.Prefix}`))]).toEqual([`reports data/${ID}/`, `reports reports/${ID}/`]);
});

test('what was erased is gone: another try finds no report', async () => {
  await erase();
  expect(await erase()).toEqual(await erase('c'.repeat(32)));
});

test('a member of its groups may read it and not erase it', async () => {
  expect(await erase(ID, BEN)).toEqual({ statusCode: 403, message: 'Only who requested a report deletes it.' });
  expect(keysOf(ID)).toHaveLength(13);
});

test('for a stranger it does not exist', async () => {
  expect(await erase(ID, CAROL)).toEqual({ statusCode: 404, message: 'There is no report with this id that you may see.' });
  expect(await erase('../x', CAROL)).toEqual(await erase(ID, CAROL));
});

test.each(['REQUESTED', 'RUNNING'])('a report that is %s is not erased while somebody works on it', async status => {
  setStatus(ID, status, { leaseUntil: NOW });
  expect(await erase()).toEqual({ statusCode: 409, message: STILL_AT_WORK });
  expect(run()!.status).toBe(status);
  expect(objects.size).toBe(12);

  setClock('2026-11-21T06:00:04.501Z');
  expect((await erase()).statusCode).toBe(204);
});

test.each(['FAILED', 'TIMED_OUT', 'ABORTED'])('a report that is %s is not erased while a function of it may be at work', async status => {
  setStatus(ID, status, { closedAt: '2026-11-21T05:45:04.500Z' });
  expect(await erase()).toEqual({ statusCode: 409, message: STILL_AT_WORK });
  expect(run()!.status).toBe(status);

  setClock('2026-11-21T06:00:04.501Z');
  expect((await erase()).statusCode).toBe(204);
  expect(keysOf(ID)).toEqual([`run#${ID} run`]);
});

test.each(['SKIPPED', 'NO_RECIPIENT'])('a report that is %s is erased', async status => {
  setStatus(ID, status, { closedAt: NOW });
  expect((await erase()).statusCode).toBe(204);
  expect(keysOf(ID)).toEqual([`run#${ID} run`]);
});

test('nobody makes the report again while it is erased', async () => {
  setStatus(ID, 'NO_RECIPIENT');
  instead.set('list', slowDown);
  await erase();

  const opening = { reportId: ID, executionArn: 'a', report: 'Stock', trigger: 'REQUEST', period: run()!.period, openedAt: LATER, leaseUntil: LATER } as const;
  expect(await new Ledger(TABLE, 1000).open(opening)).toBeUndefined();
  expect(run()!.status).toBe('ERASING');
});

test('what comes late does not take the report for a new one', async () => {
  await erase();
  const erased = run();
  const ledger = new Ledger(TABLE, 1000);
  const opening = { reportId: ID, executionArn: 'a', report: 'Stock', trigger: 'REQUEST', period: { from: NOW, to: LATER, timeZone: 'Etc/UTC' }, openedAt: LATER, leaseUntil: LATER } as const;

  expect(await ledger.open(opening)).toBeUndefined();
  await ledger.fail(ID, 'a', 'FAILED', { step: 'Deliver', error: 'E', closedAt: LATER });
  await expect(ledger.delivered({ reportId: ID, executionArn: 'a' }, { status: 'SENT' }, LATER)).rejects.toThrow();
  expect(await ledger.request({ reportId: ID, requester: REQUESTER, bodyHash: 'h', requestedAt: NOW, leaseUntil: LATER })).toMatchObject({ status: 'ERASED' });
  expect(run()).toEqual(erased);
});

describe('erasing that was interrupted', () => {
  test.each<[string, () => unknown]>([
    ['when S3 does not list', () => instead.set('list', slowDown)],
    ['when S3 does not delete', () => instead.set('delete', slowDown)],
    ['when S3 deletes some', () => instead.set('delete', () => ({ Errors: [{ Key: 'k', Code: 'InternalError' }] }))],
    ['among the links', () => dynamodb.interrupt('before', 'Delete', 'link', () => { throw new Error('ThrottlingException'); })],
    ['among the lists', () => dynamodb.interrupt('before', 'Delete', /#a+$/, () => { throw new Error('ThrottlingException'); })],
    ['before the run itself', () => dynamodb.interrupt('before', 'Update', 'run', () => dynamodb.interrupt('before', 'Update', 'run', () => { throw new Error('ThrottlingException'); }))],
  ])('%s fails, leaves the run for another try, which ends it', async (_, interrupt) => {
    const files = [...objects].filter(key => key.includes(OTHER));
    interrupt();

    expect((await erase()).statusCode).toBe(500);
    expect(run()!.status).toBe('ERASING');

    expect((await erase()).statusCode).toBe(204);
    expect(keysOf(ID)).toEqual([`run#${ID} run`]);
    expect(run()!.status).toBe('ERASED');
    expect([...objects]).toEqual(files);
  });
});
