import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Bookkeeper } from './bookkeeper';
import { walkThrough } from './browser/walk-through';
import { check, CHECK_LINK_SECONDS, checkNothingIsLeft, type OpenCafe } from './check';
import { cloudAt } from './cloud';
import { startDatabase } from './database';
import { deployCafe } from './deploy';
import { until } from './loopback';
import { Mailbox } from './mailbox';
import { installMinistack, isMinistackInstalled, startMinistack } from './ministack';
import { follow } from './progress';
import { Interrupted, Run } from './run';
import { seconds, step } from './step';
import { Website } from './website';

/** What is done with the open café: it is kept open for people, judged, or pictured. */
type Visit = (cafe: OpenCafe, run: Run) => Promise<unknown>;

const IMAGES = join(__dirname, '..', '..', '..', 'docs', 'images');

const VISITS: Record<string, Visit> = { '--check': check, '--screenshots': cafe => walkThrough(cafe, IMAGES) };

/**
 * The café on this machine: the same stack as in the cloud, deployed by the same toolkit, to an emulator. It asks for a report as
 * Frank the bookkeeper does, and shows how he gets it.
 */
async function openCafe(run: Run, linkSeconds?: number): Promise<OpenCafe> {
  if (!isMinistackInstalled()) {
    await step('Install ministack, this once', () => installMinistack(run));
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

async function stayOpen({ cloud, outputs, frank, mailbox, website }: OpenCafe, run: Run): Promise<void> {
  console.log(`
  The mail     ${mailbox.address}
  The website  ${website}
  Bookkeeping  ${website}/reports.html   (sign in as ${frank.email}, password ${frank.password})
  The API      ${outputs.ApiUrl}
  The cloud    ${cloud.endpoint}   (aws --endpoint-url, with any credentials)

  Ctrl-C ends it and all that it has started.
`);
  await run.untilInterrupted();
}

async function main(mode: string | undefined): Promise<void> {
  const visit = mode === undefined ? stayOpen : VISITS[mode];
  if (!visit) {
    throw new Error(`there is no ${mode}; try ${Object.keys(VISITS).join(' or ')}, or nothing`);
  }
  try {
    const traces = await Run.during(async run => {
      const cafe = await openCafe(run, visit === check ? CHECK_LINK_SECONDS : undefined);
      await visit(cafe, run);
      return { endpoint: cafe.cloud.endpoint, directory: run.directory };
    });
    await step('Nothing is left of it', () => checkNothingIsLeft(traces));
  } catch (error) {
    if (visit !== stayOpen || !(error instanceof Interrupted)) throw error;
    console.log('The café has closed.');
  }
}

main(process.argv[2]).then(
  () => process.exit(0),
  error => {
    console.error(error);
    process.exit(1);
  },
);
