import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { REPORT_ERRORS } from './contract';

/** What a handler of ours refuses stays refused. Must stand before the policies that retry. */
const REFUSED: sfn.RetryProps = { errors: [...REPORT_ERRORS], maxAttempts: 0 };

/**
 * Lambda did not take or finish the call: throttled, or a fault of the service
 * (https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception).
 * Up to 5 more tries within 60 seconds; jitter keeps the reports of one hour from trying in step.
 */
const LAMBDA_SERVICE: sfn.RetryProps = {
  errors: [
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.seconds(30),
  maxAttempts: 5,
  jitterStrategy: sfn.JitterType.FULL,
};

/** A handler of ours failed on a service that it uses, after the SDK's own tries. Up to 2 more tries within 6 seconds. */
const HANDLER: sfn.RetryProps = {
  errors: [sfn.Errors.TASKS_FAILED],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 2,
  jitterStrategy: sfn.JitterType.FULL,
};

/**
 * A data source failed: it only reads, so that it may be asked again, whatever the error. Up to 3 more tries within 35 seconds,
 * which is longer than a paused Aurora Serverless database takes to resume
 * (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html).
 */
const DATA_SOURCE: sfn.RetryProps = {
  errors: [sfn.Errors.TASKS_FAILED],
  interval: Duration.seconds(5),
  backoffRate: 2,
  maxAttempts: 3,
};

/** The policies of a state, in the order in which Step Functions looks for one that fits the error. */
export const RETRY = {
  dataSource: [LAMBDA_SERVICE, DATA_SOURCE],
  handler: [REFUSED, LAMBDA_SERVICE, HANDLER],
};
