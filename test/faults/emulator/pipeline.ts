import { createHash, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { DeleteTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type Action, type Calls, FaultProxy, type Rule } from './proxy';
import type { SCHEDULES } from './schedules';
import { type Cloud, cloudAt } from '../../../examples/cafe-inventory/local/cloud';
import { deployApp } from '../../../examples/cafe-inventory/local/deploy';
import { until } from '../../../examples/cafe-inventory/local/loopback';
import { type Mail, Mailbox } from '../../../examples/cafe-inventory/local/mailbox';
import { MINISTACK, startMinistack } from '../../../examples/cafe-inventory/local/ministack';
import type { Run } from '../../../examples/cafe-inventory/local/run';
import { type RunItem, seenStatus } from '../../../src/handlers/ledger';
import { KEY, PARAMETER } from '../../support/canaries';
import type { Observed } from '../fault';

const PIPELINES = ['Plain', 'Resending', 'Comparing', 'Patient', 'Limited', 'ShortLived', 'Unowned', 'Unread', 'Vanishing', 'Scheduled'] as const;
export type PipelineName = typeof PIPELINES[number];

/** What a pipeline is made of, as far as it is looked at. */
interface Pipeline {
  readonly stateMachine: string;
  readonly ledger: string;
  readonly bucket: string;
  readonly topic: string;
  readonly closeFailedRun: string;
  readonly api?: string;
}

/** What fires the pipeline `Scheduled`, and the function that looks whether it does. */
interface Schedules {
  readonly arns: Record<typeof SCHEDULES[number], string>;
  readonly watch: string;
}

/** A file of the first attempt. */
export interface File {
  readonly prefix: 'data' | 'reports';
  readonly name: string;
}

/** A second notice, or a second message, would be there when nothing was asked of AWS about a report for so long. */
export const SETTLING_MS = 3000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The report's id for what claims it: as the documentation of the ledger says. */
export const reportIdOf = (...claimKey: string[]) => createHash('sha256').update(JSON.stringify(claimKey)).digest('hex').slice(0, 32);

/** The emulator with the pipelines of `app.ts`, and the proxy between the two. */
export class Deployment {
  public static async start(run: Run): Promise<Deployment> {
    if (!MINISTACK.isInstalled) {
      await MINISTACK.install(run);
    }
    const cloud = cloudAt(await startMinistack(run, { SFN_WAIT_SCALE: '0.1', PYTHONPATH: __dirname, PYTHONDONTWRITEBYTECODE: '1' }));
    const proxy = await FaultProxy.open(cloud.endpoint);
    const outputs = await deployApp(run, cloud, `${__dirname}/app.ts`, 'Faults', { FAULT_PROXY: proxy.address });
    const names = (part: string) => JSON.parse(outputs[`${part}Names`]);
    const pipelines = Object.fromEntries(PIPELINES.map(name => [name, names(name)])) as Record<PipelineName, Pipeline>;
    const topics = names('Topic');
    const mailbox = await Mailbox.open(run, cloud, { [topics.readers]: 'readers', [pipelines.Vanishing.topic]: 'readers', [topics.owner]: 'owner' });
    return new Deployment(cloud, proxy, mailbox, pipelines, names('Schedule'));
  }

  public readonly sfn: SFNClient;
  public readonly s3: S3Client;
  public readonly sns: SNSClient;
  public readonly lambda: LambdaClient;
  public readonly scheduler: SchedulerClient;
  public readonly dynamodb: DynamoDBDocumentClient;

  private constructor(
    public readonly cloud: Cloud,
    public readonly proxy: FaultProxy,
    public readonly mailbox: Mailbox,
    public readonly pipelines: Record<PipelineName, Pipeline>,
    public readonly schedules: Schedules,
  ) {
    this.sfn = new SFNClient(cloud);
    this.s3 = new S3Client(cloud);
    this.sns = new SNSClient(cloud);
    this.lambda = new LambdaClient(cloud);
    this.scheduler = new SchedulerClient(cloud);
    this.dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(cloud));
  }

  public async invoke(FunctionName: string, event: object): Promise<any> {
    const { FunctionError, Payload } = await this.lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
    const result = JSON.parse(Payload!.transformToString());
    if (FunctionError) {
      throw new Error(`${FunctionName}: ${result.errorMessage}`);
    }
    return result;
  }
}

/** How the executions of a trial claim their report: as a schedule's, as a person's of the API, or as a start by hand, which claims its own. */
export type Claim = 'schedule' | 'request' | 'execution';

/** One report that meets a fault: what lets it happen, and what is seen of it. */
export class Trial {
  public readonly reportId: string;
  public readonly pipeline: Pipeline;

  /** In the order of their start. */
  private readonly executions: string[] = [];
  private readonly rules: Rule[] = [];
  private readonly executionName = randomUUID();
  private readonly schedule = { arn: `arn:aws:scheduler:eu-west-1:000000000000:schedule/Reports/${randomUUID()}`, time: '2026-11-21T06:00:00Z', timeZone: 'Europe/Madrid' };
  private readonly idempotencyKey = `${KEY}-${randomUUID()}`;

  public constructor(private readonly deployment: Deployment, pipeline: PipelineName, private readonly claim: Claim) {
    this.pipeline = deployment.pipelines[pipeline];
    this.reportId = {
      schedule: () => reportIdOf('schedule', this.schedule.arn, new Date(this.schedule.time).toISOString()),
      request: () => reportIdOf('request', 'public', this.idempotencyKey),
      execution: () => reportIdOf('execution', this.arnOf(this.executionName)),
    }[claim]();
    deployment.proxy.watch(this.reportId);
  }

  /** Lets something happen to calls that are about this report. */
  public when(calls: Calls, action: Action): Rule {
    return this.whenAbout(this.reportId, calls, action);
  }

  /** Lets something happen to calls that are about an execution. */
  public whenOf(executionArn: string, calls: Calls, action: Action): Rule {
    return this.whenAbout(executionArn, calls, action);
  }

  /** Starts the report, whose data source does as the script says. */
  public async start(script = 'inline', name = this.claim === 'execution' ? this.executionName : randomUUID()): Promise<string> {
    return this.startWith({ ...this.claim === 'schedule' && { schedule: this.schedule }, parameters: { script, about: PARAMETER } }, name);
  }

  public async startWith(input: object, name = this.executionName): Promise<string> {
    const executionArn = this.arnOf(name);
    this.deployment.proxy.watch(executionArn);
    this.executions.push(executionArn);
    await this.deployment.sfn.send(new StartExecutionCommand({ stateMachineArn: this.pipeline.stateMachine, name, input: JSON.stringify(input) }));
    return executionArn;
  }

  /** From the start to the end. */
  public async make(script?: string): Promise<string> {
    const executionArn = await this.start(script);
    await this.end(executionArn);
    return executionArn;
  }

  /** The report of the same schedule, so many days before. */
  public async makeDaysBefore(days: number, script: string): Promise<void> {
    const time = new Date(Date.parse(this.schedule.time) - days * DAY_MS).toISOString();
    const input = JSON.stringify({ schedule: { ...this.schedule, time }, parameters: { script, about: PARAMETER } });
    const { executionArn } = await this.deployment.sfn.send(new StartExecutionCommand({ stateMachineArn: this.pipeline.stateMachine, input }));
    if (await this.end(executionArn!) !== 'SUCCEEDED') {
      throw new Error('the report of a day before was not made');
    }
  }

  /** Requests the report through the API; the same again is the same report. Returns the status code. */
  public async request(): Promise<number> {
    const [executionArn] = this.executions.length ? this.executions : [this.arnOf(this.reportId)];
    this.deployment.proxy.watch(executionArn);
    this.executions[0] = executionArn;
    const body = JSON.stringify({ idempotencyKey: this.idempotencyKey, parameters: { script: 'inline', about: PARAMETER } });
    const { statusCode } = await this.deployment.invoke(this.pipeline.api!, { httpMethod: 'POST', resource: '/create_report', headers: {}, body, requestContext: {} });
    return statusCode;
  }

  public async end(executionArn: string): Promise<string> {
    return until(`the end of ${executionArn}`, 120, async () => {
      const status = await this.statusOf(executionArn);
      return status === 'RUNNING' ? undefined : status;
    });
  }

  public async endAll(): Promise<void> {
    await Promise.all(this.executions.map(executionArn => this.end(executionArn)));
  }

  public async stop(executionArn: string): Promise<void> {
    await this.deployment.sfn.send(new StopExecutionCommand({ executionArn, cause: 'enough' }));
  }

  /** Calls the failure handler as EventBridge does after the end of an execution. */
  public async closeByEvent(executionArn: string, error = 'States.TaskFailed', cause = 'told by EventBridge'): Promise<void> {
    await this.deployment.invoke(this.pipeline.closeFailedRun, {
      'source': 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      'detail': { executionArn, status: 'FAILED', redriveCount: 0, error, cause },
    });
  }

  public async run(): Promise<RunItem | undefined> {
    return this.item('run');
  }

  public async untilRunning(): Promise<void> {
    await until('the run', 60, async () => (await this.run())?.status === 'RUNNING' || undefined);
  }

  public async untilTold(): Promise<void> {
    await until('a notice', 60, () => this.mails('owner').length > 0 || undefined);
  }

  /** The keys of the report's files, or of its rows. */
  public async files(prefix: File['prefix']): Promise<string[]> {
    const { Contents = [] } = await this.deployment.s3.send(new ListObjectsV2Command({ Bucket: this.pipeline.bucket, Prefix: `${prefix}/${this.reportId}/` }));
    return Contents.map(({ Key }) => Key!);
  }

  public async change(file: File, change: (text: string) => string): Promise<void> {
    const { Body } = await this.deployment.s3.send(new GetObjectCommand(this.addressOf(file)));
    await this.deployment.s3.send(new PutObjectCommand({ ...this.addressOf(file), Body: change(await Body!.transformToString()) }));
  }

  public async remove(file: File): Promise<void> {
    await this.deployment.s3.send(new DeleteObjectCommand(this.addressOf(file)));
  }

  public async removeTopic(): Promise<void> {
    await this.deployment.sns.send(new DeleteTopicCommand({ TopicArn: this.pipeline.topic }));
  }

  /** The mails about the report, to its readers or to its owner. */
  public mails(to: 'readers' | 'owner'): Mail[] {
    return this.deployment.mailbox.mails.filter(mail => mail.to === to && mail.text.includes(this.reportId));
  }

  /** What there is once nothing happens any more. */
  public async observe(): Promise<Observed> {
    await this.endAll();
    await this.deployment.proxy.quiet([this.reportId, ...this.executions], SETTLING_MS);
    const idle = this.rules.filter(({ isSpent }) => !isSpent);
    if (idle.length) {
      throw new Error(`the fault has not happened, or not often enough: ${idle.join(', ')}`);
    }
    const run = await this.run();
    const delivery = await this.item<{ status: string }>(`delivery#${this.pipeline.topic}`);
    return {
      messages: this.mails('readers').length,
      notices: this.mails('owner').map(({ subject, text }) => `${subject}\n\n${text}`),
      run: run ? seenStatus(run, new Date().toISOString()) : 'none',
      delivery: delivery?.status ?? 'none',
      executions: await Promise.all(this.executions.map(executionArn => this.statusOf(executionArn))),
    };
  }

  private whenAbout(subject: string, calls: Calls, action: Action): Rule {
    const rule = this.deployment.proxy.when({ ...calls, about: [subject, ...calls.about ?? []] }, action);
    this.rules.push(rule);
    return rule;
  }

  private arnOf(executionName: string): string {
    return `${this.pipeline.stateMachine.replace(':stateMachine:', ':execution:')}:${executionName}`;
  }

  private addressOf({ prefix, name }: File) {
    return { Bucket: this.pipeline.bucket, Key: `${prefix}/${this.reportId}/1/${name}` };
  }

  private async statusOf(executionArn: string): Promise<string> {
    const { status } = await this.deployment.sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status!;
  }

  private async item<T>(sk: string): Promise<T | undefined> {
    const { Item } = await this.deployment.dynamodb.send(new GetCommand({
      TableName: this.pipeline.ledger, Key: { pk: `run#${this.reportId}`, sk }, ConsistentRead: true,
    }));
    return Item as T | undefined;
  }
}
