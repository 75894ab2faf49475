import { App, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Option, OPTIONS, stackWith } from './permissions/options';
import acknowledgements from '../examples/cafe-inventory/acknowledgements.json';
import { CafeDatabase } from '../examples/cafe-inventory/cafe-database';
import { CafeStack } from '../examples/cafe-inventory/cafe-stack';
import { CafeWebsite } from '../examples/cafe-inventory/cafe-website';
import { ReportApi, ReportApiProps } from '../src';
import { TestStack } from './support/synth';

/** What cdk-nag finds below a path of the stack. */
function findings(stack: Stack, below: string): string[] {
  const { violations } = new AwsSolutionsChecks(stack.node.root as App).validateScope(stack);
  return violations.flatMap(({ ruleName, violatingResources }: any) => violatingResources.map(({ constructPath }: any) => `${ruleName} ${constructPath}`))
    .filter((finding: string) => finding.includes(`${stack.node.path}/${below}`));
}

afterEach(() => jest.restoreAllMocks());

describe('cdk-nag, AwsSolutions', () => {
  test.each<[string, Option]>([['the three required props', {}], ...Object.entries(OPTIONS)])('finds nothing that is not acknowledged with a reason: %s', (_name, option) => {
    const stack = stackWith(option);
    expect([...findings(stack, 'Report/'), ...findings(stack, 'Person/')]).toEqual([]);
  });

  test('still sees what nobody acknowledged', () => {
    const stack = new TestStack();
    const { bucket, renderFunction } = stack.pipeline();
    bucket.grantRead(renderFunction);
    expect(findings(stack, 'Report')).toEqual(expect.arrayContaining([expect.stringMatching(/IAM5\[Action::s3:GetObject\*\] Test\/Report\/Render\/Role/)]));
  });

  describe('of an API', () => {
    const STAGE = 'Test/Api/RestApi/DeploymentStage.prod/Resource';

    test.each<[string, (stack: TestStack) => Partial<ReportApiProps>]>([
      ['behind Cognito', stack => ({
        authorizer: new apigateway.CognitoUserPoolsAuthorizer(stack, 'SignedIn', { cognitoUserPools: [new cognito.UserPool(stack, 'Users')] }),
      })],
      ['behind an authorizer of the app', stack => ({ authorizer: new apigateway.TokenAuthorizer(stack, 'SignedIn', { handler: stack.lookup }) })],
      ['behind IAM', () => ({ authorizationType: apigateway.AuthorizationType.IAM })],
      ['for pages', () => ({ authorizationType: apigateway.AuthorizationType.IAM, allowedOrigins: ['https://cafe.example.com'] })],
    ])('leaves to the app what its stage is logged and guarded by: %s', (_name, props) => {
      const stack = new TestStack();
      new ReportApi(stack, 'Api', { pipeline: stack.pipeline(), ...props(stack) });
      expect(findings(stack, 'Api/').sort()).toEqual([
        `AwsSolutions-APIG1 ${STAGE}`, // access logs: deployOptions
        `AwsSolutions-APIG3 ${STAGE}`, // web firewall
        `AwsSolutions-APIG6 ${STAGE}`, // execution logs: deployOptions, and a setting of the account
      ]);
    });

    test('finds nothing where the app has seen to that', () => {
      const stack = new TestStack();
      const { restApi } = new ReportApi(stack, 'Api', {
        pipeline: stack.pipeline(),
        authorizationType: apigateway.AuthorizationType.IAM,
        deployOptions: {
          accessLogDestination: new apigateway.LogGroupLogDestination(new logs.LogGroup(stack, 'AccessLogs')),
          loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        },
      });
      new wafv2.CfnWebACLAssociation(stack, 'Firewall', { resourceArn: restApi.deploymentStage.stageArn, webAclArn: 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/w/1' });
      expect(findings(stack, 'Api/')).toEqual([]);
    });

    test('speaks of each method that everybody may call', () => {
      const stack = new TestStack();
      const { restApi } = new ReportApi(stack, 'Api', { pipeline: stack.pipeline(), publicAccess: true });
      const open = (rule: string) => findings(stack, 'Api/').filter(finding => finding.startsWith(`AwsSolutions-${rule} `));
      expect(open('APIG4')).toHaveLength(restApi.methods.length);
      expect(open('COG4')).toHaveLength(restApi.methods.length);
    });
  });

  describe('of the café', () => {
    const cafe = new CafeStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Cafe', { database: CafeDatabase.aurora(), website: CafeWebsite.cloudFront() });
    const acknowledged = Object.entries(acknowledgements).flatMap(([path, reasons]) => Object.keys(reasons).map(rule => ({ path, rule })));

    test('finds nothing that is not acknowledged with a reason', () => {
      expect(findings(cafe, '')).toEqual([]);
    });

    test('acknowledges nothing that it would not find', () => {
      jest.spyOn(AwsSolutionsChecks.prototype as any, 'isAcknowledged').mockReturnValue(false);
      const found = findings(cafe, '');
      expect(acknowledged.filter(({ path, rule }) => !found.some(finding => finding.startsWith(`${rule} Cafe/${path}/`)))).toEqual([]);
    });
  });
});
