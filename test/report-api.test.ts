import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { ReportApi, ReportApiProps, ReportLink } from '../src';
import { TestStack } from './support/synth';

function withApi(props: (stack: TestStack) => Partial<ReportApiProps>) {
  const stack = new TestStack();
  const pipeline = stack.pipeline();
  return { stack, make: () => new ReportApi(stack, 'Api', { pipeline, ...props(stack) }) };
}

const cognitoAuthorizer = (stack: TestStack) => new apigateway.CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [new cognito.UserPool(stack, 'Users')] });

describe('ReportApi', () => {
  /** Each method with its path and who may call it. */
  const methodsOf = (stack: TestStack) => {
    const resources = stack.template.findResources('AWS::ApiGateway::Resource');
    const pathOf = (id: string): string => resources[id] ? `${pathOf(resources[id].Properties.ParentId.Ref ?? '')}/${resources[id].Properties.PathPart}` : '';
    return Object.values<any>(stack.template.findResources('AWS::ApiGateway::Method'))
      .map(({ Properties: { HttpMethod, ResourceId, AuthorizationType } }) => `${HttpMethod} ${pathOf(ResourceId.Ref ?? '')} ${AuthorizationType}`).sort();
  };

  test('serves all its methods to who is signed in', () => {
    const { stack, make } = withApi(s => ({ authorizer: cognitoAuthorizer(s) }));
    make();
    expect(methodsOf(stack)).toEqual([
      'DELETE /reports/{id} COGNITO_USER_POOLS',
      'DELETE /reports/{id}/link COGNITO_USER_POOLS',
      'GET /reports COGNITO_USER_POOLS',
      'GET /reports/{id} COGNITO_USER_POOLS',
      'GET /reports/{id}/link COGNITO_USER_POOLS',
      'POST /create_report COGNITO_USER_POOLS',
      'POST /reports/{id}/rerender COGNITO_USER_POOLS',
    ]);
  });

  test('lists, opens, renders again, deletes and revokes nothing for a public that it can not tell apart', () => {
    const { stack, make } = withApi(() => ({ publicAccess: true }));
    make();
    expect(methodsOf(stack)).toEqual(['GET /reports/{id} NONE', 'POST /create_report NONE']);
    expect(Object.keys(stack.template.findResources('AWS::IAM::Role')).filter(id => id.startsWith('ApiSigner') || id.startsWith('ApiErase'))).toEqual([]);
  });

  test('opens reports by a role of its own, which only its function may assume', () => {
    const { stack, make } = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM }));
    make();
    const [signer] = stack.propertiesBelow('ApiSigner', 'AWS::IAM::Role');
    const [policy] = stack.propertiesBelow('ApiSigner', 'AWS::IAM::Policy');
    expect(signer.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { AWS: { 'Fn::GetAtt': [expect.stringMatching(/^ApiRole/), 'Arn'] } } },
    ]);
    expect(policy.PolicyDocument.Statement).toEqual([
      { Action: 's3:GetObject', Effect: 'Allow', Resource: { 'Fn::Join': ['', [expect.anything(), expect.stringMatching(/^\/.*reports\/\*$/)]] } },
    ]);
  });

  test.each([
    [ReportLink.onClick({ expiresIn: Duration.days(3) }), '60'],
    [ReportLink.presigned(), '60'],
    [ReportLink.presigned({ expiresIn: Duration.seconds(20) }), '20'], // the bucket takes no older signature
  ])('opens them for a minute at most, and not longer than the link that is sent', (link, seconds) => {
    const stack = new TestStack();
    new ReportApi(stack, 'Api', { pipeline: stack.pipeline({ link }), authorizationType: apigateway.AuthorizationType.IAM });
    expect(stack.propertiesBelow('ApiFunction', 'AWS::Lambda::Function')[0].Environment.Variables.LINK_SECONDS).toBe(seconds);
  });

  test('knows the groups that may see the reports', () => {
    const stack = new TestStack();
    new ReportApi(stack, 'Api', { pipeline: stack.pipeline({ readerGroups: ['bookkeeping'] }), authorizationType: apigateway.AuthorizationType.IAM });
    for (const id of ['ApiFunction', 'ReportOpenRunFunction']) {
      expect(stack.propertiesBelow(id, 'AWS::Lambda::Function')[0].Environment.Variables.READER_GROUPS).toBe('["bookkeeping"]');
    }
  });

  test.each([
    [['https://cafe.example.com'], "'https://cafe.example.com'"],
    [['https://cafe.example.com', 'https://bar.example.com'], "'*'"],
  ])('lets the pages of %j read what API Gateway itself refuses', (allowedOrigins, header) => {
    const { stack, make } = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM, allowedOrigins }));
    make();
    const responses = Object.values<any>(stack.template.findResources('AWS::ApiGateway::GatewayResponse')).map(({ Properties }) => Properties);
    expect(responses.map(({ ResponseType }) => ResponseType).sort()).toEqual(['DEFAULT_4XX', 'DEFAULT_5XX']);
    for (const { ResponseParameters } of responses) {
      expect(ResponseParameters).toEqual({ 'gatewayresponse.header.Access-Control-Allow-Origin': header });
    }
  });

  test('is throttled', () => {
    const { stack, make } = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM }));
    make();
    stack.template.hasResourceProperties('AWS::ApiGateway::Stage', {
      MethodSettings: [Match.objectLike({ HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 })],
    });
  });

  describe.each([
    ['which can not be revoked', ReportLink.presigned(), []],
    ['which can', ReportLink.onClick(), ['report-links#*', 'link#*']],
  ])('beside links %s,', (_what, link, partitionsOfLinks) => {
    const stack = new TestStack();
    new ReportApi(stack, 'Api', { pipeline: stack.pipeline({ link }), authorizationType: apigateway.AuthorizationType.IAM });
    const statements = (role: string) => stack.propertiesBelow(role, 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const partitions = (role: string) => new Set(statements(role).flatMap(({ Condition }) => Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? []));

    test('can start this state machine and read its progress, read and write its ledger, and revoke links where there are such, and no more', () => {
      expect(new Set(statements('ApiRole').flatMap(({ Action }) => Action))).toEqual(new Set([
        'dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem',
        'logs:CreateLogStream', 'logs:PutLogEvents', 'states:GetExecutionHistory', 'states:StartExecution',
      ]));
      expect(partitions('ApiRole')).toEqual(new Set(['run#*', 'reader#*', ...partitionsOfLinks]));
    });

    test('deletes such links as there are', () => {
      expect(partitions('ApiEraseRole')).toEqual(new Set(['run#*', 'reader#*', ...partitionsOfLinks]));
    });

    test('its functions know whether there are such links', () => {
      for (const id of ['ApiFunction', 'ApiEraseFunction']) {
        expect(stack.propertiesBelow(id, 'AWS::Lambda::Function')[0].Environment.Variables.REVOCABLE_LINKS).toBe(partitionsOfLinks.length > 0 ? 'true' : undefined);
      }
    });
  });

  test('API Gateway hands requests of this stage to its function, and none that the console makes up', () => {
    const { stack, make } = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM }));
    make();
    const [{ SourceArn }, ...others] = stack.propertiesBelow('ApiFunction', 'AWS::Lambda::Permission');
    expect(others).toEqual([]);
    expect(SourceArn['Fn::Join'][1].slice(-4)).toEqual([
      { Ref: expect.stringMatching(/^ApiRestApi/) }, '/', { Ref: expect.stringMatching(/^ApiRestApiDeploymentStageprod/) }, '/*/*',
    ]);
  });

  test('deletes by a function of its own, which reads no report and starts nothing', () => {
    const { stack, make } = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM }));
    make();
    const policies = Object.entries<any>(stack.template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('ApiEraseRole'));
    const statements = policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
    expect([...new Set(statements.flatMap(({ Action }) => Action))].sort()).toEqual([
      'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem',
      'logs:CreateLogStream', 'logs:PutLogEvents', 's3:DeleteObject', 's3:ListBucket',
    ]);
  });

  test('answers the preflight of allowed origins only where there are any', () => {
    const { stack, make } = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM, allowedOrigins: ['https://cafe.example.com'] }));
    make();
    expect(Object.values<any>(stack.template.findResources('AWS::ApiGateway::Method')).filter(({ Properties }) => Properties.HttpMethod === 'OPTIONS')).not.toHaveLength(0);
    const none = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM }));
    none.make();
    expect(Object.values<any>(none.stack.template.findResources('AWS::ApiGateway::Method')).filter(({ Properties }) => Properties.HttpMethod === 'OPTIONS')).toHaveLength(0);
  });

  test.each([[true, "'GET,POST'"], [undefined, "'GET,POST,DELETE'"]])('names in the preflight the methods that there are (publicAccess: %s)', (publicAccess, methods) => {
    const { stack, make } = withApi(() => ({
      allowedOrigins: ['https://cafe.example.com'], ...publicAccess ? { publicAccess } : { authorizationType: apigateway.AuthorizationType.IAM },
    }));
    make();
    const named = new Set(JSON.stringify(stack.template.findResources('AWS::ApiGateway::Method')).match(/(?<="method\.response\.header\.Access-Control-Allow-Methods":")'[^"]+/g));
    expect([...named]).toEqual([methods]);
  });

  test('fails when nobody is asked who they are', () => {
    expect(withApi(() => ({})).make).toThrow(/^nobody is asked who they are: pass an authorizer or authorizationType IAM, or publicAccess: true/);
    expect(withApi(() => ({ authorizationType: apigateway.AuthorizationType.NONE })).make).toThrow(/^nobody is asked/);
    expect(withApi(() => ({ publicAccess: true })).make).not.toThrow();
  });

  test('fails when it is public and authorized at once', () => {
    expect(withApi(() => ({ publicAccess: true, authorizationType: apigateway.AuthorizationType.IAM })).make).toThrow(/^publicAccess is true although there is an authorization/);
  });
});
