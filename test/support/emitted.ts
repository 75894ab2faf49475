import { CloudWatchClient, paginateListMetrics } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, paginateDescribeLogGroups, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { paginateListQueues, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Cloud } from '../../examples/cafe-inventory/local/cloud';

/** What was written where people and programs look who have no business with the reports: by the place. */
export type Emitted = Record<string, string[]>;

/** All log groups, all metrics, and all queues but that of the mailbox, which stands for the readers and the owner themselves. */
export async function emitted(cloud: Cloud): Promise<Emitted> {
  const found: Emitted = {};
  const logs = new CloudWatchLogsClient(cloud);
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, {})) {
    for (const { logGroupName } of logGroups) {
      found[`log ${logGroupName}`] = [];
      for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, { logGroupName })) {
        found[`log ${logGroupName}`].push(...events.map(({ message }) => message!));
      }
    }
  }
  found.metrics = [];
  for await (const { Metrics = [] } of paginateListMetrics({ client: new CloudWatchClient(cloud) }, {})) {
    found.metrics.push(...Metrics.map(metric => JSON.stringify(metric)));
  }
  const sqs = new SQSClient(cloud);
  for await (const { QueueUrls = [] } of paginateListQueues({ client: sqs }, {})) {
    for (const QueueUrl of QueueUrls.filter(url => !url.endsWith('/mailbox'))) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }));
      found[`queue ${QueueUrl}`] = Messages.map(({ Body }) => Body!);
    }
  }
  return found;
}

/** Fails where one of the canaries is in what was emitted; they are named, and not shown. */
export function expectNoCanary(found: Emitted, canaries: Readonly<Record<string, readonly string[]>>): void {
  const leaks = Object.entries(found).flatMap(([place, texts]) => Object.entries(canaries)
    .filter(([, secrets]) => secrets.some(secret => texts.some(text => text.includes(secret))))
    .map(([what]) => `${what} in ${place}`));
  if (leaks.length > 0) {
    throw new Error(`what must not be emitted was: ${leaks.join(', ')}`);
  }
}
