import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { FakeS3 } from './fake-s3';
import { type Handler, type Handlers, loadHandlers } from './handlers';
import { type Execution, type ExecutionStatusChange, StateMachine } from './interpreter';
import { Invocation } from './invocation';
import { type Pipeline, type PipelineName, pipelineOf, type Step, STEPS } from './pipelines';
import { Replacements } from './replacements';
import { type Action, type Calls, hours, minutes, named, Rule, seconds, sleep } from './rules';
import { VirtualClock } from './virtual-clock';
import { claimOf } from '../../../src/handlers/claim';
import { ledgerFromEnvironment, type RunItem, seenStatus } from '../../../src/handlers/ledger';
import type { DataSourceEvent, StartInput } from '../../../src/workflow/contract';
import { FakeDynamoDB } from '../../handlers/support/fake-dynamodb';
import { SCHEDULE } from '../../handlers/support/runs';
import type { Observed } from '../fault';

/** How long a call takes, so that no two things happen at once that do not in the cloud. */
const CALL_MS = 20;

/** What Lambda does with an event that its function failed to take in: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const WAITS_BEFORE_TRIES = [0, minutes(1), minutes(2)];

const METRICS = { FAILED: 'ExecutionsFailed', TIMED_OUT: 'ExecutionsTimedOut', ABORTED: 'ExecutionsAborted' };
const ALARM_PERIOD = minutes(5);

export const ROWS = [{ product: 'Coffee', quantity: 12 }, { product: 'Tea', quantity: 7 }];
export const COLUMNS = [{ name: 'product', type: 'text' }, { name: 'quantity', type: 'integer' }];
const returnRows = () => ({ version: 1, columns: COLUMNS, rows: ROWS });

const onceAtOnce = () => [seconds(1)];

type Happening = (world: World) => Promise<unknown>;

/** A deployed pipeline with everything around it, in which something may go wrong. */
export class World {
  /** Lets something happen in a world of its own, and time pass until nothing more will come of it. */
  public static async observe(name: PipelineName, happens: Happening, check: Happening = async () => undefined): Promise<Observed> {
    const deployed = pipelineOf(name);
    const replacements = new Replacements();
    replacements.replace(process, 'env', { ...process.env, ...deployed.environment });
    const world = new World(deployed, await loadHandlers());
    const clock = new VirtualClock(SCHEDULE.time);
    try {
      replacements.replace(Math, 'random', () => 0.5);
      replacements.replace(console, 'log', () => undefined);
      world.answerCalls(replacements);
      await clock.until(happens(world));
      await clock.untilIdle();
      await clock.until(sleep(hours(24)));
      await clock.until(check(world));
      return await clock.until(world.observed());
    } finally {
      clock.uninstall();
      replacements.putBack();
    }
  }

  public readonly s3 = new FakeS3();
  /** The start of which the report is looked at. */
  public input: StartInput = { schedule: SCHEDULE };
  public lookUp: (event: DataSourceEvent) => unknown = returnRows;
  public subscribers = 1;
  /** How long EventBridge takes to tell of an end, each time that it does. */
  public delays: (event: ExecutionStatusChange) => readonly number[] = onceAtOnce;

  private readonly ledger = ledgerFromEnvironment();
  private readonly handlers: Record<Step, Handler>;
  private readonly machine: StateMachine;
  private readonly rules: Rule[] = [];
  private readonly published: { readonly topic: string; readonly text: string }[] = [];
  private readonly alarms = new Set<string>();
  /** What no fault can be blamed for. */
  private readonly defects: unknown[] = [];

  private constructor(private readonly pipeline: Pipeline, ours: Handlers) {
    this.handlers = { ...ours, 'Look up the data': async event => this.lookUp(event) };
    this.machine = new StateMachine(pipeline.definition, {
      name: 'Stock',
      functions: Object.fromEntries(STEPS.map(step => [pipeline.functions[step].name, async payload => this.invoke(step, payload)])),
      random: () => 0.5,
      onEnd: event => this.ended(event),
    });
  }

  public when(calls: Calls, action: Action): Rule {
    const rule = new Rule(calls, action);
    this.rules.push(rule);
    return rule;
  }

  public start(input: StartInput = this.input, name = `e${this.machine.executions.size + 1}`): Execution {
    return this.watched(this.machine.start({ name, input }));
  }

  /** Starts an execution and waits until it has ended and everybody was told. */
  public async make(input?: StartInput): Promise<Execution> {
    const execution = this.start(input);
    await this.rest(execution);
    return execution;
  }

  public async redrive(execution: Execution): Promise<void> {
    execution.redrive();
    await this.rest(this.watched(execution));
  }

  public async rest(execution: Execution): Promise<void> {
    await execution.ended;
    await sleep(minutes(1));
  }

  public async run(): Promise<RunItem> {
    return (await this.ledger.run(this.reportId))!;
  }

  /** The messages about the report that its readers got. */
  public messages(): string[] {
    return this.publishedTo(this.pipeline.environment.TOPIC_ARN).filter(text => text.includes(this.reportId));
  }

  /** Records a request for the report, as the API does, and starts it. */
  public async request(reportId: string): Promise<void> {
    const requestedAt = new Date().toISOString();
    const leaseUntil = new Date(Date.now() + minutes(15)).toISOString();
    await this.ledger.request({ reportId, requester: 'frank', bodyHash: 'hash', requestedAt, leaseUntil });
    this.input = { request: { reportId } };
    await this.rest(this.start(this.input, reportId));
  }

  /** All that the handlers ask of others comes here. */
  private answerCalls(replacements: Replacements): void {
    const passes = async (operation: string, input: unknown, answer: () => unknown) =>
      Invocation.current ? Invocation.current.call(operation, input, async () => answer()) : answer();
    const nameOf = (command: object) => command.constructor.name.replace('Command', '');

    replacements.replace(globalThis, 'fetch', async (url: string) => passes('Open', { url }, () => this.s3.open(url)));
    for (const { prototype } of [LambdaClient, S3Client, SFNClient, SNSClient, STSClient]) {
      replacements.replace(prototype, 'send', async (command: any) => passes(nameOf(command), command.input, () => this.answer(nameOf(command), command.input)));
    }
    const { prototype } = DynamoDBDocumentClient;
    replacements.replace(prototype, 'send', prototype.send);
    void new FakeDynamoDB(process.env.TABLE_NAME!); // which puts itself there
    const send = prototype.send as (command: unknown) => Promise<unknown>;
    prototype.send = async function (this: DynamoDBDocumentClient, command: any) {
      return passes(nameOf(command), command.input, () => send.call(this, command));
    } as typeof send;
  }

  private answer(operation: string, input: any): unknown {
    switch (operation) {
      case 'Publish': return this.publish(input);
      case 'GetTopicAttributes': return { Attributes: { SubscriptionsConfirmed: `${this.subscribers}` } };
      case 'AssumeRole': return this.session(input.DurationSeconds);
      case 'Invoke': return this.invokeLink(input);
      case 'DescribeExecution': {
        const { name, status, redriveCount, input: started, error, cause } = this.execution(input.executionArn);
        return { executionArn: input.executionArn, name, status, redriveCount, input: JSON.stringify(started), error, cause };
      }
      case 'GetExecutionHistory': return { events: this.execution(input.executionArn).history().reverse().slice(0, input.maxResults) };
      default: return (this.s3.operations as any)[operation](input);
    }
  }

  private get reportId(): string {
    return this.reportOf({ arn: '', input: this.input });
  }

  private reportOf({ arn, input }: { arn: string; input: unknown }): string {
    return claimOf({ arn }, input as StartInput).reportId;
  }

  private async observed(): Promise<Observed> {
    this.defects.push(...this.rules.filter(({ met }) => met === 0).map(({ calls }) => new Error(`no call met the rule for ${JSON.stringify(calls)}`)));
    if (this.defects.length > 0) {
      throw this.defects[0];
    }
    const { TOPIC_ARN, OWNER_TOPIC_ARN } = this.pipeline.environment;
    const notices = this.publishedTo(OWNER_TOPIC_ARN);
    const now = new Date().toISOString();
    const run = await this.ledger.run(this.reportId);
    const delivery = await this.ledger.settledDelivery(this.reportId, TOPIC_ARN, now);
    return {
      messages: this.messages().length,
      // Alarms act on each end of an execution: they count where nothing else has told of any.
      notices: notices.length > 0 ? notices : [...this.alarms],
      run: run ? seenStatus(run, now) : 'none',
      delivery: delivery?.status ?? 'none',
      executions: [...this.machine.executions.values()].filter(execution => this.reportOf(execution) === this.reportId).map(({ status }) => status),
    };
  }

  private publishedTo(arn: string): string[] {
    return this.published.filter(({ topic }) => topic === arn).map(({ text }) => text);
  }

  private watched(execution: Execution): Execution {
    execution.ended.catch(defect => this.defects.push(defect));
    return execution;
  }

  private execution(arn: string): Execution {
    return [...this.machine.executions.values()].find(execution => execution.arn === arn)!;
  }

  private readonly meet: Action = async (call, forward) => {
    await sleep(CALL_MS);
    const rule = this.rules.find(each => each.isFor(call));
    return rule ? rule.meet(call, forward) : forward();
  };

  private async invoke(step: Step, payload: unknown): Promise<unknown> {
    const { timeoutSeconds } = this.pipeline.functions[step];
    const invocation = new Invocation(step, this.meet);
    return this.meet({ by: step, operation: 'answer', input: payload }, async () => invocation.run(this.handlers[step], payload, timeoutSeconds));
  }

  /** Answers as Lambda does to Deliver. */
  private async invokeLink({ Payload }: { Payload: string }): Promise<object> {
    const answer = (value: unknown) => ({ Payload: { transformToString: () => JSON.stringify(value) } });
    try {
      return answer(await this.invoke('Presign link', JSON.parse(Payload)));
    } catch (error) {
      const { name, message } = error as Error;
      if (name.startsWith('Lambda.')) {
        throw named(name.slice('Lambda.'.length), message);
      }
      return { ...answer({ errorType: name, errorMessage: message }), FunctionError: 'Unhandled' };
    }
  }

  private session(lifetime: number): object {
    const Expiration = new Date(Date.now() + seconds(lifetime));
    return { Credentials: { AccessKeyId: 'ASIATEST', SecretAccessKey: 'secret', SessionToken: Expiration.toISOString(), Expiration } };
  }

  private publish({ TopicArn: topic, Subject, Message }: { TopicArn: string; Subject: string; Message: string }): { MessageId: string } {
    const { TOPIC_ARN } = this.pipeline.environment;
    const text: string = JSON.parse(Message).default;
    const links = topic === TOPIC_ARN ? text.match(/https:\S+/g) ?? [] : [];
    this.defects.push(...links.filter(link => this.s3.open(link).status !== 206).map(link => new Error(`a dead link was sent: ${link}`)));
    this.published.push({ topic, text: `${Subject}\n${text}` });
    return { MessageId: `m-${this.published.length}` };
  }

  private ended(event: ExecutionStatusChange): void {
    const { status } = event.detail;
    if (this.pipeline.toldEnds.includes(status)) {
      this.delays(event).forEach(async delay => sleep(delay).then(async () => this.tell(event)));
    }
    if (status in METRICS) {
      void this.alarm(METRICS[status as keyof typeof METRICS]);
    }
  }

  private async tell(event: ExecutionStatusChange): Promise<void> {
    for (const wait of WAITS_BEFORE_TRIES) {
      try {
        await sleep(wait);
        await this.invoke('Close failed run', event);
        return;
      } catch { /* Lambda tries again */ }
    }
    await this.alarm('NumberOfMessagesSent'); // of the dead-letter queue
  }

  private async alarm(metric: string): Promise<void> {
    await sleep(ALARM_PERIOD);
    const input = { TopicArn: this.pipeline.environment.OWNER_TOPIC_ARN };
    const told = async () => this.alarms.add(`ALARM: ${this.pipeline.alarms[metric]}`);
    await this.meet({ operation: 'Publish', input }, told).catch(() => undefined); // CloudWatch does not try again
  }
}
