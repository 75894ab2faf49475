import { ExpectedResult, IApiCall, IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { Duration, Stack } from 'aws-cdk-lib';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { ScheduledReportPipeline } from 'cdk-scheduled-report-pipeline';

/** A reader whose mail can be looked at: the link arrives in a queue. */
export function subscribedQueue(stack: Stack, topic: ITopic): Queue {
  const queue = new Queue(stack, 'Reader', { retentionPeriod: Duration.hours(1) });
  topic.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
  return queue;
}

/** Starts a run in the deployed stack, and expects that it succeeds, says that it delivered, and that the reader has the link. */
export function expectDelivery({ assertions }: IntegTest, pipeline: ScheduledReportPipeline, reader: Queue): IApiCall {
  const started = assertions.awsApiCall('SFN', 'startExecution', { stateMachineArn: pipeline.stateMachine.stateMachineArn, input: '{}' });
  return started
    .next(assertions.awsApiCall('SFN', 'describeExecution', { executionArn: started.getAttString('executionArn') })
      .expect(ExpectedResult.objectLike({ status: 'SUCCEEDED', output: Match.stringLikeRegexp('DELIVERED') }))
      .waitForAssertions({ totalTimeout: Duration.minutes(5), interval: Duration.seconds(10) }))
    .next(assertions.awsApiCall('SQS', 'receiveMessage', { QueueUrl: reader.queueUrl, WaitTimeSeconds: 20 })
      .expect(ExpectedResult.objectLike({ Messages: [Match.objectLike({ Body: Match.stringLikeRegexp('https://.*X-Amz-Signature=') })] })));
}
