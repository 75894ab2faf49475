import { App, Duration, Lazy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { OnClickLinkOptions, ReportLink, ScheduledReportPipelineProps } from '../src';
import { TestStack } from './support/synth';

function onClick(options?: OnClickLinkOptions, props: (stack: TestStack) => Partial<ScheduledReportPipelineProps> = () => ({})): TestStack {
  const stack = new TestStack(new App());
  stack.pipeline({ link: ReportLink.onClick(options), ...props(stack) });
  return stack;
}
const stage = (stack: TestStack) => stack.propertiesBelow('ReportLinkOpen', 'AWS::ApiGateway::Stage')[0];
/** What a role may do, of the policies whose logical ids begin so. */
const statements = (stack: TestStack, role: string) => stack.propertiesBelow(role, 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
const variables = (stack: TestStack, fn: string) => stack.propertiesBelow(fn, 'AWS::Lambda::Function')[0].Environment.Variables;
const LEDGER = { 'Fn::GetAtt': [expect.stringMatching(/^ReportLedger/), 'Arn'] };
const LOGS = { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow', Resource: expect.anything() };
const only = (partitions: string[], attributes?: string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
  ...(attributes && {
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes },
    'StringEqualsIfExists': { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', 'UPDATED_NEW'] },
  }),
});

describe('the expiry of a link that is signed when it is opened', () => {
  test('is 7 days, unless another is chosen', () => {
    expect(variables(onClick(), 'ReportLinkFunction').EXPIRES_IN_SECONDS).toBe('604800');
    expect(variables(onClick({ expiresIn: Duration.minutes(1) }), 'ReportLinkFunction').EXPIRES_IN_SECONDS).toBe('60');
    expect(variables(onClick({ expiresIn: Duration.days(30) }), 'ReportDeliver').LINK_LIFETIME_SECONDS).toBe('2592000');
  });

  test.each([Duration.seconds(59), Duration.millis(1)])('of less than a minute is refused: %s', expiresIn => {
    expect(() => ReportLink.onClick({ expiresIn })).toThrow(
      `expiresIn of a link that is signed when it is opened is ${expiresIn.toHumanString()}; choose 1 minute up to the retention of the pipeline`);
  });

  test('that is not known at synth is refused', () => {
    expect(() => ReportLink.onClick({ expiresIn: Duration.seconds(Lazy.number({ produce: () => 60 })) })).toThrow(/is not known at synth; choose 1 minute/);
  });

  test('that is longer than the report is kept is refused', () => {
    expect(() => onClick({ expiresIn: Duration.days(31) })).toThrow(/^the link lives 31 days, and the report only 30 days/);
  });

  test('is what a presigned link of more than an hour is sent to', () => {
    expect(() => ReportLink.presigned({ expiresIn: Duration.hours(2) })).toThrow(/choose 1 second to 1 hour, or ReportLink\.onClick, whose link is signed when it is opened$/);
  });
});

describe('the endpoint of such links', () => {
  test('opens /{token} by GET and HEAD, to whoever has the token', () => {
    const stack = onClick();
    const methods = stack.propertiesBelow('ReportLinkOpen', 'AWS::ApiGateway::Method');
    expect(methods.map(({ HttpMethod, AuthorizationType }) => `${HttpMethod} ${AuthorizationType}`).sort()).toEqual(['GET NONE', 'HEAD NONE']);
    expect(stack.propertiesBelow('ReportLinkOpen', 'AWS::ApiGateway::Resource').map(({ PathPart }) => PathPart)).toEqual(['{token}']);
    stack.template.hasResourceProperties('AWS::ApiGateway::RestApi', { EndpointConfiguration: { Types: ['REGIONAL'] } });
  });

  test('is throttled, and writes neither traces nor execution logs', () => {
    expect(stage(onClick())).toMatchObject({
      StageName: 'open',
      TracingEnabled: false,
      MethodSettings: [{
        HttpMethod: '*', ResourcePath: '/*', DataTraceEnabled: false, LoggingLevel: 'OFF', ThrottlingBurstLimit: 100, ThrottlingRateLimit: 50,
      }],
    });
    expect(stage(onClick())).not.toHaveProperty('AccessLogSetting');
  });

  test('logs each request where it is asked to, by its resource and without its path', () => {
    const { AccessLogSetting: { DestinationArn, Format } } = stage(onClick({ accessLog: true }));
    expect(JSON.stringify(DestinationArn)).toContain('ReportLogs');
    expect(JSON.parse(Format)).toEqual({
      requestId: '$context.requestId',
      time: '$context.requestTime',
      httpMethod: '$context.httpMethod',
      resourcePath: '$context.resourcePath',
      status: '$context.status',
      responseLatency: '$context.responseLatency',
    });
  });

  test('is told to the function that makes links', () => {
    expect(JSON.stringify(variables(onClick(), 'ReportLinkFunction').BASE_URL)).toMatch(/execute-api\..*"\/",{"Ref":"ReportLinkOpenRestApiDeploymentStageopen\w+"},"\/"/);
  });

  test('is not traced by its function either', () => {
    expect(onClick().propertiesBelow('ReportLink', 'AWS::Lambda::Function').map(({ TracingConfig }) => TracingConfig)).toEqual([undefined, undefined]);
  });
});

describe('least privilege:', () => {
  const stack = onClick();

  test('who makes links can add them, and nothing else', () => {
    expect(statements(stack, 'ReportLinkRole')).toEqual([
      LOGS,
      { Action: 'dynamodb:PutItem', Effect: 'Allow', Resource: LEDGER, Condition: only(['link#*', 'report-links#*']) },
    ]);
  });

  test('who opens links can read them and record openings, and nothing else', () => {
    expect(statements(stack, 'ReportLinkOpenRole')).toEqual([
      LOGS,
      { Action: 'dynamodb:GetItem', Effect: 'Allow', Resource: LEDGER, Condition: only(['link#*']) },
      { Action: 'dynamodb:UpdateItem', Effect: 'Allow', Resource: LEDGER, Condition: only(['link#*'], ['pk', 'sk', 'openings', 'lastOpenedAt']) },
    ]);
  });

  test('who signs can read reports, no data, and is assumed by these two', () => {
    expect(statements(stack, 'ReportLinkSigner')).toEqual([
      { Action: 's3:GetObject', Effect: 'Allow', Resource: { 'Fn::Join': ['', [expect.anything(), '/reports/*']] } },
    ]);
    const [{ AssumeRolePolicyDocument }] = stack.propertiesBelow('ReportLinkSigner', 'AWS::IAM::Role');
    const trusted = JSON.stringify(AssumeRolePolicyDocument.Statement.map(({ Principal }: any) => Principal));
    expect(trusted.match(/"ReportLink(Open)?Role\w+","Arn"/g)).toHaveLength(2);
    expect(trusted.match(/"(Service|Federated|\*)"/g)).toBeNull();
  });

  test('a key is used as by every other function', () => {
    const withKey = onClick({}, scope => ({ encryptionKey: new kms.Key(scope, 'Key') }));
    const uses = (role: string) => statements(withKey, role).filter(({ Resource }) => JSON.stringify(Resource).includes('"Key')).flatMap(({ Action }) => Action);
    expect(new Set(uses('ReportLinkRole'))).toEqual(new Set(['kms:Decrypt', 'kms:GenerateDataKey']));
    expect(new Set(uses('ReportLinkOpenRole'))).toEqual(new Set(['kms:Decrypt', 'kms:GenerateDataKey']));
    expect(uses('ReportLinkSigner')).toEqual(['kms:Decrypt']);
    expect(variables(withKey, 'ReportLinkOpenFunction')).toHaveProperty('ENCRYPTION_KEY_ARN');
  });

  test('who may revoke finds the links of a report and says since when they are revoked', () => {
    const withOperator = new TestStack();
    const operator = new iam.Role(withOperator, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    withOperator.pipeline({ link: ReportLink.onClick() }).grants.revokeLinks(operator);
    expect(statements(withOperator, 'Operator')).toEqual([
      { Action: 'dynamodb:Query', Effect: 'Allow', Resource: LEDGER, Condition: only(['report-links#*']) },
      { Action: 'dynamodb:UpdateItem', Effect: 'Allow', Resource: LEDGER, Condition: only(['link#*'], ['pk', 'sk', 'revokedAt']) },
    ]);
  });

  test('who may erase reports finds their links, too, and deletes them', () => {
    const withOperator = new TestStack();
    const operator = new iam.Role(withOperator, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    withOperator.pipeline({ link: ReportLink.onClick() }).grants.eraseReports(operator);
    expect(statements(withOperator, 'Operator')).toEqual(expect.arrayContaining([
      { Action: 'dynamodb:Query', Effect: 'Allow', Resource: LEDGER, Condition: only(['run#*', 'report-links#*']) },
      { Action: 'dynamodb:DeleteItem', Effect: 'Allow', Resource: LEDGER, Condition: only(['run#*', 'report-links#*', 'link#*', 'reader#*']) },
    ]));
  });

  test('a presigned link can not be revoked, and nobody is granted to', () => {
    const presigned = new TestStack();
    const operator = new iam.Role(presigned, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    const { grants } = presigned.pipeline();
    expect(() => grants.revokeLinks(operator)).toThrow(
      'the links of this pipeline can not be revoked: they open until they expire; choose ReportLink.onClick, or grant eraseReports instead');
    grants.eraseReports(operator);
    expect(JSON.stringify(statements(presigned, 'Operator'))).not.toContain('link');
  });

  test('a presigned link has none of this', () => {
    const presigned = new TestStack();
    presigned.pipeline();
    presigned.template.resourceCountIs('AWS::ApiGateway::RestApi', 0);
    presigned.template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ EXPIRES_IN_SECONDS: '3600' }) } });
  });
});
