import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { STATE_MACHINE, TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs } from './support/logs';
import { NOW } from './support/runs';
import { handler as erase } from '../../src/handlers/erase-report.lambda';
import { RunStatus } from '../../src/handlers/ledger';
import { LinkTokens } from '../../src/handlers/link-tokens';
import { handler as open } from '../../src/handlers/open-report.lambda';
import { handler as api } from '../../src/handlers/report-api.lambda';
import { OPERATIONS } from '../support/openapi';

/*
 * How long an answer takes is how long AWS takes for what the handler asks it: so a stranger learns nothing from time where that is the same,
 * call by call. Here the calls are compared, and not the time, which differs by chance.
 */

const dynamodb = new FakeDynamoDB(TABLE);
mockClient(SFNClient).on(StartExecutionCommand).resolves({});
mockClient(S3Client);
const sts = mockClient(STSClient);
captureLogs();

const LATER = '2026-11-21T07:00:00.000Z';
const ISSUER = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool';
const ANA = { authorizer: { claims: { 'iss': ISSUER, 'sub': 'ana', 'cognito:groups': 'bookkeeping' } } };
const REQUESTER = `cognito|${ISSUER}|ana`;
const [ID, ABSENT] = ['a'.repeat(32), '0'.repeat(32)];

/** All that is asked of AWS, in this order; what was asked about stands as `<it>`. */
let asked: (it: string) => string[];

beforeEach(() => {
  setClock(NOW);
  process.env.READER_GROUPS = '["bookkeeping"]';
  sts.on(AssumeRoleCommand).resolves({ Credentials: { AccessKeyId: 'ASIASIGNER', SecretAccessKey: 'secret', SessionToken: 'token', Expiration: new Date(LATER) } });
  const calls: string[] = [];
  for (const prototype of [DynamoDBDocumentClient.prototype, SFNClient.prototype, S3Client.prototype, STSClient.prototype] as any[]) {
    const { send } = prototype;
    jest.spyOn(prototype, 'send').mockImplementation(function (this: unknown, ...args: any[]) {
      calls.push(`${args[0].constructor.name} ${JSON.stringify(args[0].input)}`);
      return send.apply(this, args);
    });
  }
  jest.spyOn(globalThis, 'fetch').mockImplementation(async address => {
    calls.push(`fetch ${address}`);
    return new Response(null, { status: 206 });
  });
  asked = it => calls.splice(0).map(call => call.replaceAll(it, '<it>'));
});

async function answerTo(operation: string, id: string, caller: object, body: string | null = null) {
  const [httpMethod, resource] = operation.split(' ');
  const handler = operation === 'DELETE /reports/{id}' ? erase : api;
  return handler({
    httpMethod, resource, headers: {}, body, isBase64Encoded: false, pathParameters: { id }, requestContext: { identity: {}, ...caller },
  } as unknown as APIGatewayProxyEvent);
}

const STRANGERS: Record<string, object> = {
  'somebody else': { authorizer: { claims: { iss: ISSUER, sub: 'mallory' } } },
  'a member of another group': { authorizer: { claims: { 'iss': ISSUER, 'sub': 'mallory', 'cognito:groups': 'baristas' } } },
  'a namesake of another pool': { authorizer: { claims: { iss: `${ISSUER}2`, sub: 'ana' } } },
  'who comes by another authorizer': { authorizer: { principalId: 'ana', groups: 'baristas' } },
  'a role': { identity: { userArn: 'arn:aws:sts::111111111111:assumed-role/ana/session' } },
  'nobody': {},
};

/** What a report may have come to: the compiler refuses one that is missing here. */
const STATUSES: Record<RunStatus, object> = {
  REQUESTED: { leaseUntil: LATER },
  RUNNING: { leaseUntil: LATER, executionArn: `${STATE_MACHINE.replace('stateMachine', 'execution')}:${ID}` },
  PAUSED: {},
  DELIVERED: { files: [{ name: 'report.html', key: `reports/${ID}/1/report.html`, bucket: 'reports', contentType: 'text/html', fileName: 'f' }], rows: 48, linkExpiresAt: LATER },
  SKIPPED: { reason: 'EMPTY' },
  NO_RECIPIENT: {},
  FAILED: { error: 'DataGone' },
  TIMED_OUT: {},
  ABORTED: {},
  ERASING: {},
  ERASED: {},
};

describe.each(Object.keys(OPERATIONS).filter(operation => operation.includes('{id}')))('%s', operation => {
  test.each(Object.keys(STATUSES) as RunStatus[])('asks for a report of somebody else that is %s what it asks for one that there is not', async status => {
    const whose = status === 'ERASED' ? {} : { requester: REQUESTER, readerGroups: ['bookkeeping'], report: 'Salaries', attempt: 1, createdAt: NOW };
    dynamodb.seed({ pk: `run#${ID}`, sk: 'run', reportId: ID, status, ...whose, ...STATUSES[status] });
    await new LinkTokens(TABLE).create(linkOf(ID), 1);
    asked(ID);

    for (const caller of Object.values(STRANGERS)) {
      const none = { answer: await answerTo(operation, ABSENT, caller), asked: asked(ABSENT) };
      const theirs = { answer: await answerTo(operation, ID, caller), asked: asked(ID) };

      expect(theirs).toEqual(none);
      expect(none.answer.statusCode).toBe(404);
      expect(none.asked).toEqual([expect.stringContaining('"run#<it>"')]);
    }
  });

  test('asks more for who may see it, so that this test would see a difference', async () => {
    dynamodb.seed({ pk: `run#${ID}`, sk: 'run', reportId: ID, requester: REQUESTER, createdAt: NOW, status: 'RUNNING', ...STATUSES.RUNNING });
    await answerTo(operation, ID, ANA);
    const running = asked(ID);
    dynamodb.seed({ pk: `run#${ID}`, sk: 'run', reportId: ID, requester: REQUESTER, createdAt: NOW, status: 'DELIVERED', ...STATUSES.DELIVERED });
    await answerTo(operation, ID, ANA);

    expect(Math.max(running.length, asked(ID).length)).toBeGreaterThan(1);
  });
});

test('a key that somebody else has used is recorded and started like any other', async () => {
  const request = async (idempotencyKey: string) => {
    const { statusCode, body } = await answerTo('POST /create_report', '', STRANGERS['somebody else'], JSON.stringify({ idempotencyKey }));
    const { reportId, ...answer } = JSON.parse(body);
    return { statusCode, answer, asked: asked(reportId) };
  };
  await answerTo('POST /create_report', '', ANA, '{"idempotencyKey":"used"}');
  asked(ID);

  const [used, unused] = [await request('used'), await request('unused')];
  expect(used).toEqual(unused);
  expect(used.asked.length).toBeGreaterThan(1);
});

describe('the endpoint of links', () => {
  const reasons: Record<string, (token: string) => Promise<unknown> | void> = {
    'was revoked': () => new LinkTokens(TABLE).revokeAll(ID, NOW),
    'has expired': () => setClock(LATER),
    'has expired and was revoked': async () => {
      await new LinkTokens(TABLE).revokeAll(ID, NOW);
      setClock(LATER);
    },
    'was deleted with its report': () => new LinkTokens(TABLE).eraseAll(ID),
  };
  const opened = async (token: string, httpMethod: string) => ({
    answer: await open({ httpMethod, pathParameters: { token } }), asked: asked(createHash('sha256').update(token).digest('hex')),
  });

  test.each(Object.keys(reasons).flatMap(reason => ['GET', 'HEAD'].map(method => [method, reason])))('by %s asks for a token that %s what it asks for one that there is not', async (method, reason) => {
    const token = await new LinkTokens(TABLE).create(linkOf(ID), 1);
    await reasons[reason](token);
    asked(ID);

    const [theirs, none] = [await opened(token, method), await opened('A'.repeat(32), method)];
    expect(theirs).toEqual(none);
    expect(none.answer.statusCode).toBe(404);
    expect(none.asked).toEqual([expect.stringContaining('"link#<it>"')]);
  });

  test('asks more for a token that opens, so that this test would see a difference', async () => {
    const { asked: calls } = await opened(await new LinkTokens(TABLE).create(linkOf(ID), 1), 'GET');
    expect(calls.length).toBeGreaterThan(2);
  });

  test('looks a token up by its hash: how much of one was guessed makes no difference', async () => {
    const token = await new LinkTokens(TABLE).create(linkOf(ID), 1);
    const [first, last] = [`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`];
    asked(ID);

    expect(await opened(first, 'GET')).toEqual(await opened(last, 'GET'));
    expect(JSON.stringify([await opened(token, 'HEAD'), await opened(first, 'HEAD')].map(({ asked: calls }) => calls))).not.toContain(token.slice(0, 16));
  });
});

function linkOf(reportId: string) {
  return {
    reportId, attempt: 1, file: 'report.html', bucket: 'reports', key: `reports/${reportId}/1/report.html`, contentType: 'text/html', fileName: 'f', createdAt: NOW, expiresAt: LATER,
  };
}
