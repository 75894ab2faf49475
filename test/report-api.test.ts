import { Match } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { ReportApi, ReportApiProps } from '../src';
import { TestStack } from './support/synth';

function withApi(props: (stack: TestStack) => Partial<ReportApiProps>) {
  const stack = new TestStack();
  const pipeline = stack.pipeline();
  return { stack, make: () => new ReportApi(stack, 'Api', { pipeline, ...props(stack) }) };
}

const cognitoAuthorizer = (stack: TestStack) => new apigateway.CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [new cognito.UserPool(stack, 'Users')] });

describe('ReportApi', () => {
  test('serves POST /create_report, GET /reports/{id} and DELETE /reports/{id}/link to who is signed in', () => {
    const { stack, make } = withApi(s => ({ authorizer: cognitoAuthorizer(s) }));
    make();
    const methods = Object.values<any>(stack.template.findResources('AWS::ApiGateway::Method')).map(({ Properties }) => Properties);
    expect(methods.map(({ HttpMethod, AuthorizationType }) => `${HttpMethod} ${AuthorizationType}`).sort()).toEqual(['DELETE COGNITO_USER_POOLS', 'GET COGNITO_USER_POOLS', 'POST COGNITO_USER_POOLS']);
    stack.template.hasResourceProperties('AWS::ApiGateway::Resource', { PathPart: 'create_report' });
    stack.template.hasResourceProperties('AWS::ApiGateway::Resource', { PathPart: '{id}' });
    stack.template.hasResourceProperties('AWS::ApiGateway::Resource', { PathPart: 'link' });
  });

  test('is throttled', () => {
    const { stack, make } = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM }));
    make();
    stack.template.hasResourceProperties('AWS::ApiGateway::Stage', {
      MethodSettings: [Match.objectLike({ HttpMethod: '*', ResourcePath: '/*', ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 })],
    });
  });

  test('can start this state machine, read and write its ledger and revoke links, and no more', () => {
    const { stack, make } = withApi(() => ({ authorizationType: apigateway.AuthorizationType.IAM }));
    make();
    const policies = Object.entries<any>(stack.template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('Api'));
    expect(policies.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement).flatMap(({ Action }) => Action).sort()).toEqual([
      'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem', 'dynamodb:UpdateItem', 'logs:CreateLogStream', 'logs:PutLogEvents', 'states:StartExecution',
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

  test('fails when nobody is asked who they are', () => {
    expect(withApi(() => ({})).make).toThrow(/^nobody is asked who they are: pass an authorizer or authorizationType IAM, or publicAccess: true/);
    expect(withApi(() => ({ authorizationType: apigateway.AuthorizationType.NONE })).make).toThrow(/^nobody is asked/);
    expect(withApi(() => ({ publicAccess: true })).make).not.toThrow();
  });

  test('fails when it is public and authorized at once', () => {
    expect(withApi(() => ({ publicAccess: true, authorizationType: apigateway.AuthorizationType.IAM })).make).toThrow(/^publicAccess is true although there is an authorization/);
  });
});
