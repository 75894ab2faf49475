import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { GetTopicAttributesCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, type Message, ReceiveMessageCommand, SQSClient,
} from '@aws-sdk/client-sqs';
import { type Cloud, withLocalAddresses } from './cloud';
import { LOOPBACK } from './loopback';
import type { Run } from './run';

export interface Mail {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly date: string;
  readonly text: string;
  readonly links: Link[];
}

export interface Link {
  readonly url: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/**
 * The mail that the café's people would get, on a page of this machine: the local cloud sends none.
 *
 * What subscribes to the topics in place of the people is a queue; the page shows its messages in the way in which SNS words them as email.
 */
export class Mailbox {
  /** Subscribes to the topics, each of which has a reader. */
  public static async open(run: Run, cloud: Cloud, readers: Record<string, string>): Promise<Mailbox> {
    const sqs = new SQSClient(cloud);
    const sns = new SNSClient(cloud);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'mailbox' }));
    const queue = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const senders: Record<string, string> = {};
    for (const TopicArn of Object.keys(readers)) {
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.Attributes!.QueueArn }));
      const topic = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
      senders[TopicArn] = `${topic.Attributes!.DisplayName} <no-reply@sns.amazonaws.com>`;
    }

    const mailbox = new Mailbox();
    run.inBackground(mailbox.fetchMail(sqs, QueueUrl!, ({ Body }) => {
      const { TopicArn, MessageId, Subject, Timestamp, Message } = JSON.parse(Body!);
      // A queue gets the JSON for programs. What people get by email is its text; it also says when the links of the text expire.
      const { text, links = [] } = JSON.parse(withLocalAddresses(cloud, Message));
      return { id: MessageId, from: senders[TopicArn], to: readers[TopicArn], subject: Subject, date: Timestamp, text, links };
    }));
    await mailbox.servePage();
    return mailbox;
  }

  /** The oldest first. */
  public readonly mails: Mail[] = [];
  public address = '';

  private async fetchMail(sqs: SQSClient, QueueUrl: string, mailOf: (message: Message) => Mail): Promise<void> {
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }));
      for (const message of Messages) {
        this.mails.push(mailOf(message));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      }
    }
  }

  private async servePage(): Promise<void> {
    const server = createServer((request, response) => this.answer(request, response));
    await new Promise<void>(resolve => server.listen(0, LOOPBACK, resolve));
    this.address = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/`;
  }

  private answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
    // The name, too, must be this machine's: a page of the internet whose name leads here does not get to read the mail.
    const isOurs = method === 'GET' && `http://${headers.host}/` === this.address;
    if (isOurs && url === '/mails.json') {
      response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(this.mails));
    } else if (isOurs && url in PAGE) {
      const file = PAGE[url];
      response.writeHead(200, { ...HEADERS, 'content-type': `${CONTENT_TYPES[extname(file)]}; charset=utf-8` }).end(readFileSync(file));
    } else {
      response.writeHead(404, HEADERS).end();
    }
  }
}

const PAGE: Record<string, string> = {
  '/': join(__dirname, 'mailbox', 'index.html'),
  '/mailbox.js': join(__dirname, 'mailbox', 'mailbox.js'),
  '/style.css': join(__dirname, 'mailbox', 'style.css'),
  '/favicon.svg': join(__dirname, '..', 'website', 'favicon.svg'),
};

const CONTENT_TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
