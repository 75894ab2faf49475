import { App, Duration, TimeZone } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { OnUnchanged, ReportApi, ReportLink, ReportRenderer, ScheduledReportPipeline, ScheduledReportPipelineProps } from '../../src';
import { TestStack } from '../support/synth';

/** An option of a pipeline that changes what somebody may do. */
export interface Option {
  readonly props?: (stack: TestStack) => Partial<ScheduledReportPipelineProps>;
  readonly use?: (stack: TestStack, pipeline: ScheduledReportPipeline) => unknown;
  /** The names of the options beside which it is shown: what comes with one of these, is said there. */
  readonly beside?: readonly string[];
}

/** The pipeline of the tests with an option; its template tells the paths of its constructs. */
export function stackWith({ props, use }: Option = {}): TestStack {
  const stack = new TestStack(new App({ context: { 'aws:cdk:enable-path-metadata': true } }));
  const pipeline = stack.pipeline(props?.(stack));
  use?.(stack, pipeline);
  return stack;
}

const schedule = ScheduleExpression.cron({ minute: '0', hour: '7', timeZone: TimeZone.EUROPE_MADRID });
const owner = (stack: TestStack) => ({ ownerTopic: new sns.Topic(stack, 'OwnerTopic', { enforceSSL: true }) });
const person = (stack: TestStack) => new iam.User(stack, 'Person');

const onClick = (accessLog: boolean) => ({ link: ReportLink.onClick({ expiresIn: Duration.days(1), accessLog }) });
const encrypted = (stack: TestStack, id: string) => new sns.Topic(stack, id, { enforceSSL: true, masterKey: new kms.Key(stack, `${id}Key`, { enableKeyRotation: true }) });
const fn = (stack: TestStack, id: string) => new lambda.Function(stack, id, {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({});'),
});

/** Options that are taken together. */
function all(...beside: string[]): Option {
  return {
    beside,
    props: stack => Object.assign({}, ...beside.map(name => OPTIONS[name].props?.(stack))),
    use: (stack, pipeline) => beside.forEach(name => OPTIONS[name].use?.(stack, pipeline)),
  };
}

const WATCHED = '`schedule`, `addSchedule()` at a rate and `ownerTopic`';

/** By how they are written in an app. */
export const OPTIONS: { readonly [name: string]: Option } = {
  '`ownerTopic`': { props: owner },
  '`schedule`': { props: () => ({ schedule }) },
  '`addSchedule()` at a rate': {
    use: (_, pipeline) => pipeline.addSchedule('Often', { schedule: ScheduleExpression.rate(Duration.hours(6)) }),
    beside: ['`schedule`'],
  },
  '`onUnchanged: SKIP`': { props: () => ({ onUnchanged: OnUnchanged.SKIP }) },
  '`readerGroups`': { props: () => ({ readerGroups: ['buyers'] }) },
  '`topic` with a key': { props: stack => ({ topic: encrypted(stack, 'Encrypted') }) },
  '`ownerTopic` with a key': { props: stack => ({ ownerTopic: encrypted(stack, 'OwnerTopic') }), beside: ['`ownerTopic`'] },
  '`ReportLink.onClick()`': { props: () => onClick(false) },
  '`ReportLink.onClick()` with `accessLog`': { props: () => onClick(true), beside: ['`ReportLink.onClick()`'] },
  '`encryptionKey`': { props: stack => ({ encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) }) },
  '`bucket`': { props: stack => ({ bucket: new s3.Bucket(stack, 'Shared', { enforceSSL: true }) }) },
  '`ReportRenderer.fromFunction()`': {
    props: stack => ({
      renderer: ReportRenderer.fromFunction(fn(stack, 'Renderer'), [{ name: 'report.pdf', contentType: 'application/pdf' }]),
    }),
  },
  '`new ReportApi()`': { use: (stack, pipeline) => new ReportApi(stack, 'Api', { pipeline, authorizationType: apigateway.AuthorizationType.IAM }) },
  '`new ReportApi()` with a Cognito authorizer': {
    use: (stack, pipeline) => new ReportApi(stack, 'Api', {
      pipeline,
      authorizer: new apigateway.CognitoUserPoolsAuthorizer(stack, 'SignedIn', { cognitoUserPools: [new cognito.UserPool(stack, 'Users')] }),
    }),
    beside: ['`new ReportApi()`'],
  },
  '`new ReportApi()` with a Lambda authorizer': {
    use: (stack, pipeline) => new ReportApi(stack, 'Api', {
      pipeline, authorizer: new apigateway.TokenAuthorizer(stack, 'Known', { handler: fn(stack, 'Doorkeeper') }),
    }),
    beside: ['`new ReportApi()`'],
  },
  '`new ReportApi()` with `publicAccess`': { use: (stack, pipeline) => new ReportApi(stack, 'Api', { pipeline, publicAccess: true }) },
  '`grants.startExecution()`': { use: (stack, pipeline) => pipeline.grants.startExecution(person(stack)) },
  '`grants.pause()`': { use: (stack, pipeline) => pipeline.grants.pause(person(stack)) },
  '`grants.readReports()`': { use: (stack, pipeline) => pipeline.grants.readReports(person(stack)) },
  '`grants.eraseReports()`': { use: (stack, pipeline) => pipeline.grants.eraseReports(person(stack)) },
  '`grants.revokeLinks()`': {
    props: () => onClick(false),
    use: (stack, pipeline) => pipeline.grants.revokeLinks(person(stack)),
    beside: ['`ReportLink.onClick()`'],
  },
  '`ReportLink.onClick()` and `new ReportApi()`': all('`ReportLink.onClick()`', '`new ReportApi()`'),
  '`ReportLink.onClick()` and `grants.eraseReports()`': all('`ReportLink.onClick()`', '`grants.eraseReports()`'),
  [WATCHED]: all('`schedule`', '`addSchedule()` at a rate', '`ownerTopic`'),
  '`schedule` and `ownerTopic` with a key': { ...all('`schedule`', '`ownerTopic` with a key'), beside: ['`ownerTopic` with a key', WATCHED] },
  '`encryptionKey`, schedules, `ownerTopic`, `ReportLink.onClick()`, `new ReportApi()` and `grants.readReports()`':
    all('`encryptionKey`', WATCHED, '`ReportLink.onClick()`', '`new ReportApi()`', '`grants.readReports()`'),
};
