import type { PublishCommandInput } from '@aws-sdk/client-sns';
import { asciiSubject } from './message';
import { FailureMessage, MESSAGE_VERSION, ReportReadyMessage, ScheduleMessage } from '../workflow/contract';

type Unaddressed<Message> = Omit<Message, 'version' | 'subject' | 'text'>;
type Content = Unaddressed<ReportReadyMessage> | Unaddressed<FailureMessage> | Unaddressed<ScheduleMessage>;

/**
 * A message as each kind of subscriber gets it: people the text, programs the JSON that docs/data-contract.md describes, both of them
 * attributes to filter by (https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html).
 */
export function publication(topicArn: string, subject: string, text: string, content: Content): PublishCommandInput {
  const json = JSON.stringify({ version: MESSAGE_VERSION, ...content, subject, text });
  return {
    TopicArn: topicArn,
    Subject: asciiSubject(subject),
    MessageStructure: 'json',
    Message: JSON.stringify({ default: text, sqs: json, lambda: json, http: json, https: json }),
    MessageAttributes: {
      kind: attribute(content.kind),
      report: attribute(content.report),
      status: attribute(content.status),
      ...('readerGroups' in content && content.readerGroups && { group: { DataType: 'String.Array', StringValue: JSON.stringify(content.readerGroups) } }),
    },
  };
}

function attribute(value: string) {
  return { DataType: 'String', StringValue: value };
}
