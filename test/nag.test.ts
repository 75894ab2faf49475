import { App, TimeZone } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ReportApi, ReportLink, ScheduledReportPipelineProps } from '../src';
import { TestStack } from './support/synth';

/** What cdk-nag finds below a path of the stack. */
function findings(stack: TestStack, below: string): string[] {
  const { violations } = new AwsSolutionsChecks(stack.node.root as App).validateScope(stack);
  return violations.flatMap(({ ruleName, violatingResources }: any) => violatingResources.map(({ constructPath }: any) => `${ruleName} ${constructPath}`))
    .filter((finding: string) => finding.includes(`${stack.node.path}/${below}`));
}

describe('cdk-nag, AwsSolutions', () => {
  test.each<[string, (stack: TestStack) => Partial<ScheduledReportPipelineProps>]>([
    ['the three required props', () => ({})],
    ['a schedule', () => ({ schedule: ScheduleExpression.cron({ hour: '7', timeZone: TimeZone.EUROPE_MADRID }) })],
    ['an owner', stack => ({ ownerTopic: stack.topic })],
    ['a schedule and an owner', stack => ({ schedule: ScheduleExpression.cron({ hour: '7', timeZone: TimeZone.EUROPE_MADRID }), ownerTopic: stack.topic })],
    ['links that are signed when they are opened', () => ({ link: ReportLink.onClick() })],
    ['such links, with an access log and a key', stack => ({
      link: ReportLink.onClick({ accessLog: true }), encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
    })],
    ['a key', stack => ({ encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) })],
  ])('finds nothing that is not acknowledged with a reason: %s', (_name, props) => {
    const stack = new TestStack();
    stack.pipeline(props(stack));
    expect(findings(stack, 'Report')).toEqual([]);
  });

  test('still sees what nobody acknowledged', () => {
    const stack = new TestStack();
    const { bucket, renderFunction } = stack.pipeline();
    bucket.grantRead(renderFunction);
    expect(findings(stack, 'Report')).toEqual(expect.arrayContaining([expect.stringMatching(/IAM5\[Action::s3:GetObject\*\] Test\/Report\/Render\/Role/)]));
  });

  test('leaves to the app what an API\'s stage is logged and guarded by', () => {
    const stack = new TestStack();
    new ReportApi(stack, 'Api', { pipeline: stack.pipeline(), authorizationType: apigateway.AuthorizationType.IAM });
    expect(new Set(findings(stack, 'Api').map(finding => finding.split(' ')[0]))).toEqual(new Set([
      'AwsSolutions-APIG1', // access logs: deployOptions
      'AwsSolutions-APIG6', // execution logs: deployOptions, and a setting of the account
      'AwsSolutions-APIG2', // the function validates, and says what is wrong
      'AwsSolutions-APIG3', // web firewall: the app's
      'AwsSolutions-COG4', // signed in with IAM, not Cognito
    ]));
  });
});
