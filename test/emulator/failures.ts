import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { Cloud, cloudAt } from '../../examples/cafe-inventory/local/cloud';
import { deployApp } from '../../examples/cafe-inventory/local/deploy';
import { until } from '../../examples/cafe-inventory/local/loopback';
import { Mail, Mailbox } from '../../examples/cafe-inventory/local/mailbox';
import { installMinistack, isMinistackInstalled, startMinistack } from '../../examples/cafe-inventory/local/ministack';
import { Run } from '../../examples/cafe-inventory/local/run';
import { step } from '../../examples/cafe-inventory/local/step';

/** What becomes of a run, and what its readers and its owner get. */
interface Scenario {
  readonly script: string;
  readonly status: string;
  readonly rows?: number;
  /** What the one notice to the owner says. */
  readonly told?: RegExp[];
}

/**
 * What data sources of users do, on a deployed pipeline. The emulator loses the names of errors and the states inside a Parallel,
 * so that the notices name the error generally, and the Parallel as the step; the tests of the handler have both.
 */
const SCENARIOS: Scenario[] = [
  { script: 'inline', status: 'DELIVERED', rows: 3 },
  { script: 'by reference', status: 'DELIVERED', rows: 5000 },
  { script: 'empty', status: 'SKIPPED', rows: 0 },
  { script: 'malformed', status: 'FAILED', told: [/Step: Render and presign/, /the result of the data source is not what the data contract asks for/] },
  { script: 'no columns', status: 'FAILED', told: [/columns must not be empty/] },
  { script: 'wrong type', status: 'FAILED', told: [/row 3, column "quantity"/] },
  { script: 'wrong type by reference', status: 'FAILED', told: [/row 5001, column "quantity"/] },
  { script: 'too large', status: 'FAILED', told: [/returned \d+ KB inline, and at most 200 KB/, /write the rows to event.output and return a reference/] },
  { script: 'foreign reference', status: 'FAILED', told: [/the rows of a run must be under data\/[0-9a-f]{32}\/1\//] },
  { script: 'reference to nothing', status: 'FAILED', told: [/there is no such object/] },
  { script: 'throws', status: 'FAILED', told: [/Step: Look up the data/, /the supplier database does not answer/] },
];

/** A second notice, or a second message, would be there by then. */
const SETTLING_MS = 3000;

class Pipeline {
  private readonly sfn: SFNClient;
  private readonly ledger: DynamoDBDocumentClient;
  private readonly s3: S3Client;

  public constructor(cloud: Cloud, private readonly outputs: Record<string, string>, private readonly mailbox: Mailbox) {
    this.sfn = new SFNClient(cloud);
    this.ledger = DynamoDBDocumentClient.from(new DynamoDBClient(cloud));
    this.s3 = new S3Client(cloud);
  }

  public async start(input: object): Promise<string> {
    const { executionArn } = await this.sfn.send(new StartExecutionCommand({
      stateMachineArn: this.outputs.StateMachineArn, name: randomUUID(), input: JSON.stringify(input),
    }));
    return executionArn!;
  }

  public async stop(executionArn: string): Promise<void> {
    await this.sfn.send(new StopExecutionCommand({ executionArn, cause: 'enough' }));
  }

  public async end(executionArn: string): Promise<string> {
    return until(`the end of ${executionArn}`, 120, async () => {
      const { status } = await this.sfn.send(new DescribeExecutionCommand({ executionArn }));
      return status === 'RUNNING' ? undefined : status!;
    });
  }

  public async run(reportId: string): Promise<Record<string, any>> {
    const { Item } = await this.ledger.send(new GetCommand({ TableName: this.outputs.LedgerTableName, Key: { pk: `run#${reportId}`, sk: 'run' } }));
    return Item ?? {};
  }

  public async files(reportId: string): Promise<string[]> {
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket: this.outputs.BucketName, Prefix: `reports/${reportId}/` }));
    return Contents.map(({ Key }) => Key!);
  }

  /** The mails about a report, to its readers or to its owner. */
  public mails(to: 'readers' | 'owner', reportId: string): Mail[] {
    return this.mailbox.mails.filter(mail => mail.to === to && mail.text.includes(reportId));
  }
}

/** The report's id of an execution, and of a schedule's start: as the documentation of the ledger says. */
const reportIdOf = (...claimKey: string[]) => createHash('sha256').update(JSON.stringify(claimKey)).digest('hex').slice(0, 32);

async function failures(run: Run): Promise<void> {
  if (!isMinistackInstalled()) {
    await step('Install ministack, this once', () => installMinistack(run));
  }
  const cloud = cloudAt(await step('Start the emulator', () => startMinistack(run, { SFN_WAIT_SCALE: '0.1' })));
  const outputs = await step('Deploy a pipeline', () => deployApp(run, cloud, `${__dirname}/app.ts`, 'Scripted'));
  const mailbox = await Mailbox.open(run, cloud, { [outputs.ReadersTopicArn]: 'readers', [outputs.OwnerTopicArn]: 'owner' });
  const pipeline = new Pipeline(cloud, outputs, mailbox);

  const begun = await Promise.all(SCENARIOS.map(async scenario => ({
    ...scenario, executionArn: await pipeline.start({ parameters: { script: scenario.script } }),
  })));
  await Promise.all(begun.map(({ executionArn }) => pipeline.end(executionArn)));
  await sleep(SETTLING_MS);
  for (const { script, status, rows, told, executionArn } of begun) {
    await step(`Data source, ${script}: ${status}`, async () => {
      const reportId = reportIdOf('execution', executionArn);
      const item = await pipeline.run(reportId);
      expectEqual('status and rows in the ledger', [item.status, item.rows], [status, rows]);
      expectEqual('messages to the readers', pipeline.mails('readers', reportId).length, status === 'DELIVERED' ? 1 : 0);
      const notices = pipeline.mails('owner', reportId);
      expectEqual('notices to the owner', notices.length, told ? 1 : 0);
      told?.forEach(sentence => expectEqual(`${sentence} in:\n${notices[0].text}\n`, sentence.test(notices[0].text), true));
      expectEqual('files of the report', (await pipeline.files(reportId)).length, status === 'FAILED' ? 0 : 1);
      if (status === 'DELIVERED') {
        const [{ url }] = pipeline.mails('readers', reportId)[0].links;
        expectEqual('what the link answers', (await fetch(url)).status, 200);
      }
    });
  }

  await step('A schedule that fires twice for one time: one report, and a duplicate', async () => {
    const schedule = { arn: 'arn:aws:scheduler:eu-west-1:000000000000:schedule/Reports/Daily', time: '2026-11-21T06:00:00Z', timeZone: 'Europe/Madrid' };
    const reportId = reportIdOf('schedule', schedule.arn, schedule.time);
    const executions = await Promise.all([1, 2].map(() => pipeline.start({ schedule, parameters: { script: 'inline' } })));
    expectEqual('ends', await Promise.all(executions.map(arn => pipeline.end(arn))), ['SUCCEEDED', 'SUCCEEDED']);
    await sleep(SETTLING_MS);
    expectEqual('messages', pipeline.mails('readers', reportId).length, 1);
    const { status, attempt, period } = await pipeline.run(reportId);
    expectEqual('the run', { status, attempt, period }, {
      status: 'DELIVERED', attempt: 1, period: { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' },
    });
  });

  await step('A schedule that fires again after its run has failed: the run is taken over', async () => {
    const schedule = { arn: 'arn:aws:scheduler:eu-west-1:000000000000:schedule/Reports/Daily', time: '2026-11-22T06:00:00Z', timeZone: 'Europe/Madrid' };
    const reportId = reportIdOf('schedule', schedule.arn, schedule.time);
    expectEqual('first end', await pipeline.end(await pipeline.start({ schedule, parameters: { script: 'malformed' } })), 'FAILED');
    expectEqual('second end', await pipeline.end(await pipeline.start({ schedule, parameters: { script: 'inline' } })), 'SUCCEEDED');
    const { status, attempt } = await until('the message', 10, async () => pipeline.mails('readers', reportId).length > 0 ? pipeline.run(reportId) : undefined);
    expectEqual('the run', { status, attempt }, { status: 'DELIVERED', attempt: 2 });
    expectEqual('files of the report', await pipeline.files(reportId), [`reports/${reportId}/2/report.html`]);
  });

  await step('An execution that is stopped, which no Catch sees: closed, and the owner told once', async () => {
    const executionArn = await pipeline.start({ parameters: { script: 'slow' } });
    const reportId = reportIdOf('execution', executionArn);
    await until('the run', 10, async () => (await pipeline.run(reportId)).status === 'RUNNING' ? true : undefined);
    await pipeline.stop(executionArn);
    const [notice] = await until('the notice', 20, async () => pipeline.mails('owner', reportId).length > 0 ? pipeline.mails('owner', reportId) : undefined);
    expectEqual('what it says', /The execution was stopped/.test(notice.text), true);
    await sleep(SETTLING_MS);
    expectEqual('notices', pipeline.mails('owner', reportId).length, 1);
    expectEqual('status', (await pipeline.run(reportId)).status, 'ABORTED');
  });

  await step('An input that the pipeline does not take: recorded, and the owner told what it takes', async () => {
    const executionArn = await pipeline.start({ paramters: {} });
    const reportId = reportIdOf('execution', executionArn);
    expectEqual('end', await pipeline.end(executionArn), 'FAILED');
    const [notice] = await until('the notice', 10, async () => pipeline.mails('owner', reportId).length > 0 ? pipeline.mails('owner', reportId) : undefined);
    expectEqual('what it says', /it has a property "paramters" that the contract does not know/.test(notice.text), true);
    expectEqual('status', (await pipeline.run(reportId)).status, 'FAILED');
  });
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}

Run.during(failures).then(
  () => process.exit(0),
  error => {
    console.error(error);
    process.exit(1);
  },
);
