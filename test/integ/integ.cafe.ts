/** The café as it is deployed. Its menu can be read, nobody gets a report without a log-in, and a run delivers the inventory. */
import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { expectDelivery, subscribedQueue } from './delivery';
import { CafeDatabase } from '../../examples/cafe-inventory/cafe-database';
import { CafeStack } from '../../examples/cafe-inventory/cafe-stack';
import { CafeWebsite } from '../../examples/cafe-inventory/cafe-website';
import { ReportApi, ScheduledReportPipeline } from 'cdk-scheduled-report-pipeline';

const app = new App();
const stack = new CafeStack(app, 'Cafe', { database: CafeDatabase.aurora(), website: CafeWebsite.cloudFront() });

const pipeline = stack.node.findChild('Inventory') as ScheduledReportPipeline;
const { url } = stack.node.findChild('Api') as ReportApi;
const reader = subscribedQueue(stack, stack.node.findChild('EmailReport') as Topic);

const test = new IntegTest(app, 'CafeInventory', { testCases: [stack] });
test.assertions.httpApiCall(`${url}menu`).expect(ExpectedResult.objectLike({ status: 200 }));
test.assertions.httpApiCall(`${url}create_report`, { method: 'POST' }).expect(ExpectedResult.objectLike({ status: 401 }));
expectDelivery(test, pipeline, reader);
