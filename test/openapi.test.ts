import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { ReportApi, ReportApiProps } from '../src';
import { OPERATIONS, openapi, undocumented } from './support/openapi';
import { TestStack } from './support/synth';
import { RunStatus, SkipReason } from '../src/handlers/ledger';
import { Step, stepsOf } from '../src/handlers/progress';
import { createReportBody, dataSourceEvent, rerenderBody } from '../src/workflow/schema';

const { schemas } = openapi.components;

/** The methods that are deployed, without those that answer the preflight of browsers. */
function deployed(props: Partial<ReportApiProps>): string[] {
  const stack = new TestStack();
  new ReportApi(stack, 'Api', { pipeline: stack.pipeline(), ...props });
  const resources = stack.template.findResources('AWS::ApiGateway::Resource');
  const pathOf = (id: string): string => resources[id] ? `${pathOf(resources[id].Properties.ParentId.Ref ?? '')}/${resources[id].Properties.PathPart}` : '';
  return Object.values<any>(stack.template.findResources('AWS::ApiGateway::Method'))
    .filter(({ Properties }) => Properties.HttpMethod !== 'OPTIONS')
    .map(({ Properties: { HttpMethod, ResourceId } }) => `${HttpMethod} ${pathOf(ResourceId.Ref)}`).sort();
}

/** A schema without what it tells people, and with what it refers to. */
function plain(schema: any): any {
  const { $ref, ...rest } = JSON.parse(JSON.stringify(schema, (key, value) => ['description', 'examples'].includes(key) ? undefined : value));
  const properties = rest.properties && Object.fromEntries(Object.entries(rest.properties).map(([name, property]) => [name, plain(property)]));
  return $ref ? plain(schemas[$ref.split('/').at(-1)]) : { ...rest, ...(properties && { properties }) };
}

test('says of each method that is deployed, and of no other', () => {
  expect(Object.keys(OPERATIONS).sort()).toEqual(deployed({ authorizationType: apigateway.AuthorizationType.IAM, allowedOrigins: ['https://cafe.example.com'] }));
});

test('names the methods that a public API has not', () => {
  const missing = Object.keys(OPERATIONS).filter(method => !deployed({ publicAccess: true }).includes(method));

  expect(missing).not.toEqual([]);
  const [, named] = /these are missing: ([^.]*)\./.exec(openapi.info.description)!;
  expect(named.split(/,\s+/)).toEqual(missing.map(method => `\`${method}\``));
});

test('asks for authorization everywhere', () => {
  expect(openapi.security).not.toEqual([]);
  expect(openapi.security).not.toContainEqual({});
  expect(Object.values(OPERATIONS).filter(({ security }) => security)).toEqual([]);
});

test('has the schema of a body by which the handler judges it', () => {
  expect(plain(schemas.CreateReportBody)).toEqual(createReportBody);
  expect(plain(schemas.RerenderBody)).toEqual(rerenderBody);
});

test('knows ids and times as the handlers do', () => {
  expect(plain(schemas.ReportId)).toEqual(dataSourceEvent.properties.reportId);
  expect(plain(schemas.Instant)).toEqual(dataSourceEvent.properties.openedAt);
});

test('knows each status, each reason and each step', () => {
  // The compiler refuses one that is missing here.
  const statuses: Record<Exclude<RunStatus, 'ERASED'>, true> = {
    REQUESTED: true,
    RUNNING: true,
    PAUSED: true,
    DELIVERED: true,
    SKIPPED: true,
    NO_RECIPIENT: true,
    FAILED: true,
    TIMED_OUT: true,
    ABORTED: true,
    ERASING: true,
  };
  const reasons: Record<SkipReason, true> = { EMPTY: true, UNCHANGED: true, HOLIDAY: true, TOO_LATE: true, OVERLAP: true };
  const stepStatuses: Record<Step['status'], true> = { WAITING: true, RUNNING: true, DONE: true, FAILED: true };

  expect(schemas.Status.enum).toEqual(Object.keys(statuses));
  expect(schemas.Report.properties.reason.enum).toEqual([...Object.keys(reasons), 'DATA_GONE']);
  expect(schemas.Step.properties.status.enum).toEqual(Object.keys(stepStatuses));
  expect(schemas.Step.properties.name.enum).toEqual(stepsOf('DELIVERED', { reportId: '', status: 'DELIVERED' }, [])!.map(({ name }) => name));
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
test.each<[string, number, object]>([
  ['a request that it can not read', 400, { message: 'Invalid request' }],
  ['no token', 401, { message: 'Unauthorized' }],
  ['a token that has expired', 401, { message: 'The incoming token has expired' }],
  ['no signature', 403, { message: 'Missing Authentication Token' }],
  ['a policy that denies', 403, { Message: 'User is not authorized to access this resource with an explicit deny' }],
  ['10 MB', 413, { message: 'Request Too Long' }],
  ['too many requests', 429, { message: 'Too Many Requests' }],
  ['a Lambda authorizer that fails', 500, { message: null }],
  ['a function that fails', 502, { message: 'Internal server error' }],
  ['a function that is late', 504, { message: 'Endpoint request timed out' }],
])('knows what API Gateway answers to %s', (_what, statusCode, body) => {
  expect(undocumented('POST /create_report', { statusCode, body })).toBeUndefined();
});

test.each<[string, string, object]>([
  ['a status code that it does not name', 'is not documented to answer 201', { statusCode: 201, body: {} }],
  ['a property that it does not name', 'must NOT have additional properties', {
    statusCode: 202, body: { reportId: '0'.repeat(32), status: 'REQUESTED', executionArn: 'arn' }, headers: { 'cache-control': 'no-store' },
  }],
  ['an answer that may be stored', 'may be stored', { statusCode: 202, body: { reportId: '0'.repeat(32), status: 'REQUESTED' }, headers: {} }],
])('shows %s', (_what, complaint, answer) => {
  expect(undocumented('POST /create_report', answer as any)).toContain(complaint);
});
