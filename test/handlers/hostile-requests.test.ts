import { GetExecutionHistoryCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { STSClient } from '@aws-sdk/client-sts';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { setClock } from './support/clock';
import { TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { runs } from './support/fuzz';
import { HOSTILE_BODIES, HOSTILE_WORDS, hostileEvent } from './support/hostile';
import { captureLogs } from './support/logs';
import { NOW } from './support/runs';
import { handler as erase } from '../../src/handlers/erase-report.lambda';
import { Ledger } from '../../src/handlers/ledger';
import { handler as open } from '../../src/handlers/open-report.lambda';
import { handler } from '../../src/handlers/report-api.lambda';
import { INSIDE, OPERATIONS, undocumented } from '../support/openapi';

const dynamodb = new FakeDynamoDB(TABLE);
const sfn = mockClient(SFNClient);
const sts = mockClient(STSClient);
const logs = captureLogs();

/** The same requests each time; `FUZZ=100 npx jest hostile` makes a hundred times as many. */
const seeded = (usual: number) => ({ ...runs(usual), seed: 1 });

const ANA = { claims: { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool', sub: 'ana' } };
const ID = '3f2a9c04d1b84f77a0e6c2f1b5d98e34';
/** The methods that are about one report, and the function behind each. */
const ABOUT_A_REPORT = Object.keys(OPERATIONS).filter(method => method.includes('{id}'));
const behind = (method: string) => method === 'DELETE /reports/{id}' ? erase : handler;

const ABSENT = '0'.repeat(32);

beforeEach(() => {
  setClock(NOW);
  sfn.reset();
  sfn.on(StartExecutionCommand).resolves({});
  sfn.on(GetExecutionHistoryCommand).resolves({ events: [] });
  dynamodb.seed({
    pk: `run#${ID}`, sk: 'run', reportId: ID, status: 'DELIVERED', report: 'Salaries', requester: `cognito|${ANA.claims.iss}|ana`, createdAt: NOW, files: [],
  });
});

async function answerTo(event: APIGatewayProxyEvent) {
  const { body, ...answer } = await behind(`${event.httpMethod} ${event.resource}`)(event);
  return { ...answer, body: body === '' ? undefined : JSON.parse(body) };
}

describe('the REST API', () => {
  test('answers whatever is asked as its document says, and without a word of its inside', async () => {
    await fc.assert(fc.asyncProperty(hostileEvent(ID), async event => {
      const answer = await answerTo(event);
      const method = `${event.httpMethod} ${event.resource}`;

      expect(OPERATIONS[method] ? undocumented(method, answer) : answer.statusCode === 404 ? undefined : answer).toBeUndefined();
      expect(answer.statusCode).toBeLessThan(500);
      expect(JSON.stringify(answer)).not.toMatch(INSIDE);
      expect(logs.entries()).toEqual([]);
    }), seeded(1500));
  });

  test.each(HOSTILE_BODIES)('takes or refuses a body with %s', async (_what, body, statusCode) => {
    const answer = await answerTo({
      httpMethod: 'POST', resource: '/create_report', headers: {}, requestContext: { authorizer: ANA }, ...body(),
    } as unknown as APIGatewayProxyEvent);

    expect(answer.statusCode).toBe(statusCode);
    expect(undocumented('POST /create_report', answer)).toBeUndefined();
    expect(sfn.commandCalls(StartExecutionCommand)).toHaveLength(statusCode === 202 ? 1 : 0);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  test('tells a stranger the same of a report that there is as of one that there is not, after the same look-up', async () => {
    const read = jest.spyOn(Ledger.prototype, 'run');
    await fc.assert(fc.asyncProperty(
      hostileEvent(ID), fc.constantFrom(...ABOUT_A_REPORT), async (event, method) => {
        const [httpMethod, resource] = method.split(' ');
        const asked = async (id: string) => {
          read.mockClear();
          const answer = await behind(method)({ ...event, body: null, httpMethod, resource, pathParameters: { id } });
          return { answer, reads: read.mock.calls.length };
        };

        const [theirs, none] = [await asked(ID), await asked(ABSENT)];

        expect(theirs).toEqual(none);
        expect(theirs.reads).toBe(1);
        expect(theirs.answer.statusCode).toBe(404);
      }), seeded(300));
    expect(sts.calls()).toEqual([]);
  });

  test('finds nothing by what is no id', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...HOSTILE_WORDS, `${ID}\n`, `${ID}/`, ` ${ID}`, ID.toUpperCase(), `run#${ID}`, `${ID}%00`), async id => {
      const event = { httpMethod: 'GET', resource: '/reports/{id}', headers: {}, pathParameters: { id }, requestContext: { authorizer: ANA } };

      expect((await handler(event as unknown as APIGatewayProxyEvent)).statusCode).toBe(404);
    }), seeded(100));
  });
});

describe('the endpoint of links', () => {
  test('answers every token that opens nothing with the same bytes', async () => {
    const unknown = await open({ httpMethod: 'GET', pathParameters: { token: 'A'.repeat(32) } });
    const token = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.base64String({ maxLength: 64 }), fc.constantFrom(...HOSTILE_WORDS));
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'TRACE', '');

    await fc.assert(fc.asyncProperty(token, method, hostileEvent(ID), async (asked, httpMethod, event) => {
      expect(await open({ ...event, httpMethod, pathParameters: { token: asked } } as APIGatewayProxyEvent)).toEqual(unknown);
      expect(logs.entries()).toEqual([]);
    }), seeded(500));
    expect(unknown.statusCode).toBe(404);
    expect(JSON.stringify(unknown)).not.toMatch(INSIDE);
    expect(sts.calls()).toEqual([]);
  });
});
