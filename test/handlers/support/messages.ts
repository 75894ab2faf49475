import type { PublishCommandInput } from '@aws-sdk/client-sns';
import Ajv from 'ajv';
import { failureMessage, reportReadyMessage, scheduleMessage } from '../../../src/workflow/schema';

const ajv = new Ajv();

/** A message as people get it. */
export function forPeople({ TopicArn, Subject, Message }: PublishCommandInput): Pick<PublishCommandInput, 'TopicArn' | 'Subject' | 'Message'> {
  return { TopicArn, Subject, Message: JSON.parse(Message!).default };
}

/** A message as programs get it: the same by each protocol, and as the data contract says. */
export function forPrograms(
  { Message, MessageStructure, MessageAttributes }: PublishCommandInput,
): { body: any; attributes: Record<string, string | string[] | undefined> } {
  expect(MessageStructure).toBe('json');
  const { default: text, ...byProtocol } = JSON.parse(Message!);
  expect(Object.keys(byProtocol)).toEqual(['sqs', 'lambda', 'http', 'https']);
  expect(new Set(Object.values(byProtocol)).size).toBe(1);
  const body = JSON.parse(byProtocol.sqs);
  expect(body.text).toBe(text);
  const schema = { REPORT: reportReadyMessage, FAILURE: failureMessage, SCHEDULE: scheduleMessage }[body.kind as 'REPORT' | 'FAILURE' | 'SCHEDULE'];
  expect([ajv.validate({ ...schema, additionalProperties: false }, body), ajv.errors]).toEqual([true, null]);
  const attributes = Object.entries(MessageAttributes!).map(([name, { DataType, StringValue }]) => [name, DataType === 'String.Array' ? JSON.parse(StringValue!) : StringValue]);
  return { body, attributes: Object.fromEntries(attributes) };
}
