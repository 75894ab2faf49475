/** A pipeline with its three required props. Deployed, it makes a report of one row and delivers its link. */
import { IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { expectDelivery, subscribedQueue } from './delivery';
import { ReportDataSource, ReportRenderer, ScheduledReportPipeline } from 'cdk-scheduled-report-pipeline';

const app = new App();
const stack = new Stack(app, 'MinimalPipeline');

const lookup = new Function(stack, 'Lookup', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline(`exports.handler = async () => ({
    version: 1,
    columns: [{ name: 'product', type: 'text' }, { name: 'quantity', type: 'integer' }],
    rows: [{ product: 'Nariño Supremo', quantity: 12 }],
  });`),
});
const topic = new Topic(stack, 'Topic', { enforceSSL: true });

const pipeline = new ScheduledReportPipeline(stack, 'Report', {
  dataSource: ReportDataSource.fromFunction(lookup),
  renderer: ReportRenderer.html(),
  topic,
});

const reader = subscribedQueue(stack, topic);
expectDelivery(new IntegTest(app, 'Minimal', { testCases: [stack] }), pipeline, reader);
