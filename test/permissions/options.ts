import { Duration, TimeZone } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ReportApi, ReportLink, ReportRenderer, ScheduledReportPipeline, ScheduledReportPipelineProps } from '../../src';
import { TestStack } from '../support/synth';

/** An option of a pipeline that changes what somebody may do. */
export interface Option {
  readonly props?: (stack: TestStack) => Partial<ScheduledReportPipelineProps>;
  readonly use?: (stack: TestStack, pipeline: ScheduledReportPipeline) => unknown;
}

const schedule = ScheduleExpression.cron({ minute: '0', hour: '7', timeZone: TimeZone.EUROPE_MADRID });
const owner = (stack: TestStack) => ({ ownerTopic: new sns.Topic(stack, 'OwnerTopic', { enforceSSL: true }) });
const person = (stack: TestStack) => new iam.User(stack, 'Person');

/** By how they are written in an app. */
export const OPTIONS: { readonly [name: string]: Option } = {
  '`ownerTopic`': { props: owner },
  '`schedule`': { props: () => ({ schedule }) },
  '`schedule` and `ownerTopic`': { props: stack => ({ ...owner(stack), schedule }) },
  '`ReportLink.onClick()`': { props: () => ({ link: ReportLink.onClick({ expiresIn: Duration.days(1) }) }) },
  '`encryptionKey`': { props: stack => ({ encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) }) },
  '`bucket`': { props: stack => ({ bucket: new s3.Bucket(stack, 'Shared', { enforceSSL: true }) }) },
  '`ReportRenderer.fromFunction()`': {
    props: stack => ({
      renderer: ReportRenderer.fromFunction(new lambda.Function(stack, 'Renderer', {
        runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({});'),
      }), [{ name: 'report.pdf', contentType: 'application/pdf' }]),
    }),
  },
  '`new ReportApi()`': { use: (stack, pipeline) => new ReportApi(stack, 'Api', { pipeline, authorizationType: apigateway.AuthorizationType.IAM }) },
  '`new ReportApi()` with `publicAccess`': { use: (stack, pipeline) => new ReportApi(stack, 'Api', { pipeline, publicAccess: true }) },
  '`grants.startExecution()`': { use: (stack, pipeline) => pipeline.grants.startExecution(person(stack)) },
  '`grants.pause()`': { use: (stack, pipeline) => pipeline.grants.pause(person(stack)) },
  '`grants.readReports()`': { use: (stack, pipeline) => pipeline.grants.readReports(person(stack)) },
  '`grants.eraseReports()`': { use: (stack, pipeline) => pipeline.grants.eraseReports(person(stack)) },
  '`grants.revokeLinks()`': { use: (stack, pipeline) => pipeline.grants.revokeLinks(person(stack)) },
};
