import { randomUUID } from 'node:crypto';
import { Bookkeeper } from './bookkeeper';
import { type Cloud, cloudAt } from './cloud';
import { type Database, startDatabase } from './database';
import { deployCafe, type Outputs } from './deploy';
import { until } from './loopback';
import { type Mail, Mailbox } from './mailbox';
import { MINISTACK, startMinistack } from './ministack';
import { follow } from './progress';
import type { Run } from './run';
import { seconds, step } from './step';
import { Website } from './website';

export interface OpenCafe {
  readonly cloud: Cloud;
  readonly database: Database;
  readonly outputs: Outputs;
  readonly frank: Bookkeeper;
  readonly mailbox: Mailbox;
  readonly website: string;
  readonly idempotencyKey: string;
  readonly reportId: string;
  readonly mail: Mail;
}

/**
 * The café on this machine: the same stack as in the cloud, deployed by the same toolkit, to an emulator. It asks for a report as
 * Frank the bookkeeper does, and shows how he gets it.
 */
export async function openCafe(run: Run, linkSeconds?: number): Promise<OpenCafe> {
  if (!MINISTACK.isInstalled) {
    await step('Install ministack, this once', () => MINISTACK.install(run));
  }
  await step('Bundle the handlers and the website', () => run.command('npx', ['projen', 'bundle'], process.env));
  const endpoint = await step('Start the emulator', () => startMinistack(run), address => `ministack on ${address}`);
  const cloud = cloudAt(endpoint);
  const database = await step('Start and fill the supplier database', () => startDatabase(run), ({ name }) => name);
  const website = await Website.open(cloud);
  const outputs = await step('Deploy the café with the CDK toolkit', () => deployCafe(run, cloud, {
    databaseUrl: database.url, websiteOrigin: website.origin, linkSeconds,
  }));
  await step('Publish the website and the menu', () => website.publish(outputs), () => website.origin);

  const frank = await step('Sign up the bookkeeper and log in', () => Bookkeeper.signUp(cloud, outputs), ({ email }) => email);
  const mailbox = await step('Open the mailbox', () => Mailbox.open(run, cloud, {
    [outputs.EmailReportTopicArn]: frank.email,
    [outputs.OwnerTopicArn]: 'owner@cafe.example',
  }), ({ address }) => address);

  const idempotencyKey = randomUUID();
  const { reportId } = await step('Request a report', () => frank.requestReport(idempotencyKey), report => report.reportId);
  const execution = await follow(cloud, outputs.StateMachineArn, reportId);
  if (execution.status !== 'SUCCEEDED') {
    throw new Error(`The report ended ${execution.status}: ${execution.error}: ${execution.cause}`);
  }
  const mail = await step('Wait for the mail', () => until('the mail', 15, () => mailbox.mails.find(({ to }) => to === frank.email)), ({ subject }) => subject);
  console.log(`  ${seconds(performance.now())} from the start of this program to the mail`);
  return { cloud, database, outputs, frank, mailbox, website: website.origin, idempotencyKey, reportId, mail };
}
