import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Upload } from '@aws-sdk/lib-storage';
import { callsOf } from './calls';
import type { DeployedFunction, Deployment } from './deployment';
import type { Call } from './simulator';
import type { StartInput } from '../../src/workflow/contract';
import { FakeS3 } from '../faults/interpreter/fake-s3';
import { Execution, StateMachine } from '../faults/interpreter/interpreter';
import { Replacements } from '../faults/interpreter/replacements';
import { minutes, seconds, sleep } from '../faults/interpreter/rules';
import { VirtualClock } from '../faults/interpreter/virtual-clock';
import type { FakeDynamoDB } from '../handlers/support/fake-dynamodb';
import { SCHEDULE } from '../handlers/support/runs';

/** What Lambda adds to each function's environment. */
const LAMBDA = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret' };

/** Whose code is at work. */
interface Worker {
  readonly by: string;
  readonly environment: { readonly [name: string]: string };
}

/** A session of a role, with the policy that narrows it. */
interface Session {
  readonly begunBy: string;
  readonly role: string;
  readonly name: string;
  readonly policy: object;
}

/** A deployment whose handlers run here, each with its own environment; what they ask of AWS is answered, and written down. */
export class Use {
  /** Uses a deployment at a time of its own. Returns all calls that were made. */
  public static async of(deployment: Deployment, dynamodb: FakeDynamoDB, situations: (use: Use) => Promise<unknown>): Promise<Call[]> {
    const replacements = new Replacements();
    const clock = new VirtualClock(SCHEDULE.time);
    dynamodb.clear();
    try {
      const use = new Use(deployment, dynamodb, replacements);
      await clock.until(situations(use));
      return use.calls;
    } finally {
      clock.uninstall();
      replacements.putBack();
    }
  }

  public readonly s3 = new FakeS3();
  /** The addresses that were sent in messages. */
  public readonly links: string[] = [];
  /** What the functions of the library wrote to their log, what they threw, which Lambda writes there, and what the topics got. */
  public readonly logged: string[] = [];
  public readonly published: { readonly topic: string; readonly text: string }[] = [];
  /** The sessions that were begun, by the key of their credentials. */
  public readonly sessions = new Map<string, Session>();
  /** How long rendering takes. */
  public renderTime = 0;
  /** What the data source returns, whose code runs with its role. */
  public lookUp: (event: any) => Promise<unknown>;
  /** What is thrown instead of an answer. */
  public fails: (by: string, command: string, input: any) => boolean;

  private readonly calls: Call[] = [];
  private readonly worker = new AsyncLocalStorage<Worker>();
  private readonly machine: StateMachine;
  private readonly last = new Map<string, unknown>();

  private constructor(public readonly deployment: Deployment, public readonly dynamodb: FakeDynamoDB, replacements: Replacements) {
    this.lookUp = async () => ({ version: 1, columns: COLUMNS, rows: [row(this.machine.executions.size)] });
    this.fails = () => false;
    const [{ properties }] = deployment.ofType('AWS::StepFunctions::StateMachine');
    this.machine = new StateMachine(JSON.parse(properties.DefinitionString), {
      name: properties.StateMachineName,
      functions: Object.fromEntries(deployment.functions.map(({ arn }) => [arn, async payload => this.invoke(arn, payload)])),
      random: () => 0.5,
    });
    this.answerCalls(replacements);
  }

  public start(input: StartInput, name = `e${this.machine.executions.size + 1}`): Execution {
    return this.machine.start({ name, input });
  }

  /** Makes a report for a scheduled time, each time another. */
  public async make(name?: string, input: StartInput = this.scheduled()): Promise<Execution> {
    const execution = this.start(input, name);
    await execution.ended;
    return execution;
  }

  public scheduled(): StartInput {
    return { schedule: { ...SCHEDULE, period: 'SINCE_LAST_RUN', onOverlap: 'SKIP', time: new Date(Date.parse(SCHEDULE.time) + minutes(this.machine.executions.size)).toISOString() } };
  }

  /** The function with that handler, if the deployment has one. */
  public function(handler: string): DeployedFunction | undefined {
    return this.deployment.functions.find(fn => fn.handler === handler);
  }

  public async invoke(arn: string, payload: unknown): Promise<unknown> {
    const { handler, role, environment } = this.deployment.functions.find(fn => fn.arn === arn)!;
    this.last.set(arn, payload);
    return this.worker.run({ by: role, environment }, async () => {
      const answer = await (handler === undefined ? this.lookUp(payload) : this.handle(handler, payload));
      await sleep(handler === 'render' ? this.renderTime : 0);
      return answer;
    });
  }

  private async handle(handler: string, payload: unknown): Promise<unknown> {
    try {
      return await (await handlerOf(handler))(payload);
    } catch (error) {
      this.logged.push(inspect(error, { depth: 20 }));
      throw error;
    }
  }

  /** Lambda invokes a function with the same event again. */
  public async repeat(arn: string): Promise<unknown> {
    return this.invoke(arn, this.last.get(arn));
  }

  /** Somebody sends a command. */
  public async ask(by: string, client: { send(command: any): Promise<any> }, command: object): Promise<any> {
    return this.worker.run({ by, environment: {} }, async () => client.send(command));
  }

  private answerCalls(replacements: Replacements): void {
    const environment = () => this.worker.getStore()?.environment ?? {};
    replacements.replace(process, 'env', new Proxy({}, { get: (_, name: string) => ({ ...LAMBDA, ...environment() } as any)[name] }));
    replacements.replace(Math, 'random', () => 0.5);
    for (const method of ['log', 'info', 'warn', 'error', 'debug']) {
      replacements.replace(console, method, (...args: unknown[]) => { this.logged.push(inspect(args, { depth: 20 })); });
    }
    replacements.replace(globalThis, 'fetch', async (url: string) => this.open(url));
    for (const { prototype } of [LambdaClient, S3Client, SchedulerClient, SFNClient, SNSClient, STSClient]) {
      replacements.replace(prototype, 'send', async (command: any) => this.answer(nameOf(command), command.input));
    }
    const answer = this.answer.bind(this);
    const { prototype } = DynamoDBDocumentClient;
    const send = prototype.send as (command: unknown) => Promise<unknown>;
    replacements.replace(prototype, 'send', async function (this: DynamoDBDocumentClient, command: any) {
      return answer(nameOf(command), command.input, async () => send.call(this, command));
    });
  }

  private async answer(command: string, input: any, forward = async () => this.answerOf(command, input)): Promise<unknown> {
    const { by } = this.worker.getStore()!;
    this.calls.push(...callsOf(by, command, input, this.deployment));
    if (this.fails(by, command, input)) {
      throw Object.assign(new Error('InternalError'), { name: 'InternalError', $metadata: { httpStatusCode: 500 } });
    }
    return forward();
  }

  private async answerOf(command: string, input: any): Promise<any> {
    switch (command) {
      case 'Publish':
        this.published.push({ topic: input.TopicArn, text: JSON.stringify(input) });
        this.links.push(...JSON.parse(input.Message).default.match(/https:\/\/\S+/g) ?? []);
        return { MessageId: 'm' };
      case 'GetTopicAttributes': return { Attributes: { SubscriptionsConfirmed: '1' } };
      case 'AssumeRole': return this.session(input);
      case 'Invoke': {
        const answer = await this.invoke(input.FunctionName, JSON.parse(input.Payload));
        return { Payload: { transformToString: () => JSON.stringify(answer) } };
      }
      case 'StartExecution': return this.start(JSON.parse(input.input), input.name);
      case 'DescribeExecution': {
        const { arn: executionArn, name, status, redriveCount, input: started, error, cause } = this.execution(input.executionArn);
        return { executionArn, name, status, redriveCount, input: JSON.stringify(started), error, cause };
      }
      case 'GetSchedule': return { State: 'ENABLED' };
      case 'GetExecutionHistory': return { events: this.execution(input.executionArn).history().reverse().slice(0, input.maxResults) };
      default: return (this.s3.operations as any)[command](input);
    }
  }

  /** The names of the table and of the bucket, as the functions are told them. */
  public get names(): { readonly table: string; readonly bucket: string } {
    const { TABLE_NAME: table, BUCKET_NAME: bucket } = this.function('open-run')!.environment;
    return { table, bucket };
  }

  private execution(arn: string): Execution {
    return [...this.machine.executions.values()].find(execution => execution.arn === arn)!;
  }

  /** A session of a role, whose token says when it ends and which it is. */
  private session({ RoleArn: role, RoleSessionName: name, Policy, DurationSeconds }: any): object {
    const Expiration = new Date(Date.now() + seconds(DurationSeconds));
    const AccessKeyId = `ASIA${this.sessions.size}`;
    this.sessions.set(AccessKeyId, { begunBy: this.worker.getStore()!.by, role, name, policy: JSON.parse(Policy) });
    return { Credentials: { AccessKeyId, SecretAccessKey: 'secret', SessionToken: Expiration.toISOString(), Expiration } };
  }

  /** Whoever opens a presigned URL asks in the session that signed it, with the age of the signature. */
  private open(address: string): Response {
    const { hostname, pathname, searchParams } = new URL(address);
    const { role, policy } = this.sessions.get(searchParams.get('X-Amz-Credential')!.split('/')[0])!;
    const [call, ...ofKey] = callsOf(role, 'GetObject', { Bucket: hostname.split('.')[0], Key: decodeURIComponent(pathname.slice(1)) }, this.deployment);
    const oldest = { 's3:signatureAge': `${Number(searchParams.get('X-Amz-Expires')) * 1000}` };
    this.calls.push(...[{ ...call, context: oldest }, ...ofKey].map(each => ({ ...each, session: policy })));
    return this.s3.open(address);
  }
}

const nameOf = (command: object) => command.constructor.name.replace('Command', '');

async function handlerOf(name: string): Promise<(event: any) => Promise<unknown>> {
  return (await import(`../../src/handlers/${name}.lambda`)).handler;
}

export const COLUMNS = [{ name: 'product', type: 'text' }, { name: 'quantity', type: 'integer' }];
export const row = (quantity: unknown) => ({ product: 'Coffee', quantity });

/** Rows of more bytes than S3 takes in a part; `end` comes after them. */
export function manyRows(end: object | Error): Readable {
  return Readable.from((function* () {
    for (let quantity = 0; quantity < 300; quantity += 1) {
      yield `${JSON.stringify({ product: 'of very fine coffee '.repeat(1000), quantity })}\n`;
    }
    if (end instanceof Error) throw end;
    yield `${JSON.stringify(end)}\n`;
  })(), { objectMode: false });
}

/** Writes rows as a data source does, and returns where they are. */
export async function written({ output: { bucket, key } }: any, rows: Readable): Promise<unknown> {
  await new Upload({ client: new S3Client({}), params: { Bucket: bucket, Key: key, Body: rows } }).done();
  return { version: 1, columns: COLUMNS, data: { key, format: 'NDJSON' } };
}
