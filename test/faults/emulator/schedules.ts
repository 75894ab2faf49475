import { setTimeout as sleep } from 'node:timers/promises';
import { GetScheduleCommand, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { DescribeExecutionCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { type Deployment, reportIdOf, SETTLING_MS } from './pipeline';
import { until } from '../../../examples/cafe-inventory/local/loopback';
import { seenStatus } from '../../../src/handlers/ledger';
import type { ExpectedSchedule } from '../../../src/workflow/contract';
import type { Fault, Observed } from '../fault';

/** The schedules of `app.ts`: each fires once, in a time that is far away until a trial moves it. */
export const SCHEDULES = ['Firing', 'Disabled', 'Hanging', 'Moved'] as const;
export const FAR_AWAY = new Date('2099-01-01T07:00:00Z');

/** Scheduler fires at least once. The emulator is made to fire each time twice: see sitecustomize.py. */
const FIRED = ['SUCCEEDED', 'SUCCEEDED'];

/** A schedule that really fires, and the dead man's switch that looks at it. */
class ScheduleTrial {
  private readonly time = new Date(Math.ceil(Date.now() / 1000 + 10) * 1000);
  private readonly expression = `at(${this.time.toISOString().slice(0, 19)})`;
  private readonly arn: string;
  private readonly reportId: string;

  public constructor(private readonly deployment: Deployment, private readonly name: typeof SCHEDULES[number]) {
    this.arn = deployment.schedules.arns[name];
    this.reportId = reportIdOf('schedule', this.arn, this.time.toISOString());
    [this.arn, this.reportId].forEach(subject => deployment.proxy.watch(subject));
  }

  /** Lets the schedule fire in a few seconds, instead of in 2099, or changes it otherwise. */
  public async update(changes: { ScheduleExpression?: string; State?: 'DISABLED' } = { ScheduleExpression: this.expression }): Promise<void> {
    const [, GroupName, Name] = this.arn.split('/');
    const schedule = await this.deployment.scheduler.send(new GetScheduleCommand({ GroupName, Name }));
    const { ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, Target, State } = schedule;
    await this.deployment.scheduler.send(new UpdateScheduleCommand({
      GroupName, Name, ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, Target, State, ...changes,
    }));
  }

  /** The switch looks, with a deadline of a second. */
  public async look(): Promise<void> {
    const schedule: ExpectedSchedule = { arn: this.arn, name: this.name, expression: this.expression, timeZone: 'Etc/UTC', deadlineSeconds: 1 };
    await this.deployment.invoke(this.deployment.schedules.watch, { schedules: [schedule] });
  }

  public async untilDue(): Promise<void> {
    await sleep(Math.max(0, this.time.getTime() + 1000 - Date.now()));
  }

  public async untilRunIs(status: string): Promise<void> {
    await until(`the run to be ${status}`, 120, async () => (await this.run())?.status === status || undefined);
  }

  public async observe(): Promise<Observed> {
    await until('the executions to end', 60, async () => !(await this.executions()).includes('RUNNING') || undefined);
    await this.deployment.proxy.quiet([this.arn, this.reportId], SETTLING_MS);
    const { mails } = this.deployment.mailbox;
    const run = await this.run();
    return {
      messages: mails.filter(({ to, text }) => to === 'readers' && text.includes(this.reportId)).length,
      notices: mails.filter(({ to, text }) => to === 'owner' && text.includes(this.arn)).map(({ subject, text }) => `${subject}\n\n${text}`),
      run: run ? seenStatus(run, new Date().toISOString()) : 'none',
      delivery: (await this.item(`delivery#${this.deployment.pipelines.Scheduled.topic}`))?.status ?? 'none',
      executions: await this.executions(),
    };
  }

  private async run() {
    return this.item('run');
  }

  private async item(sk: string): Promise<any> {
    const Key = { pk: `run#${this.reportId}`, sk };
    const { dynamodb, pipelines } = this.deployment;
    const { Item } = await dynamodb.send(new GetCommand({ TableName: pipelines.Scheduled.ledger, Key, ConsistentRead: true }));
    return Item;
  }

  /** How those ended that the schedule has started. */
  private async executions(): Promise<string[]> {
    const { sfn, pipelines } = this.deployment;
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: pipelines.Scheduled.stateMachine }));
    const described = await Promise.all(executions.map(({ executionArn }) => sfn.send(new DescribeExecutionCommand({ executionArn }))));
    return described.filter(({ input }) => JSON.parse(input!).schedule.arn === this.arn).map(({ status }) => status!);
  }
}

interface Scenario {
  readonly name: string;
  readonly schedule: typeof SCHEDULES[number];
  readonly expected: Fault['expected'];
  readonly happens: (trial: ScheduleTrial) => Promise<void>;
}

const SCENARIOS: Scenario[] = [
  {
    name: 'fires twice for the same time',
    schedule: 'Firing',
    expected: { messages: 1, notices: [], run: 'DELIVERED', delivery: 'SENT', executions: FIRED },
    happens: async trial => {
      await trial.look();
      await trial.update();
      await trial.untilRunIs('DELIVERED');
      await trial.untilDue();
      await trial.look();
    },
  },
  {
    name: 'is disabled in Scheduler',
    schedule: 'Disabled',
    expected: { messages: 0, notices: [/is disabled in Scheduler[\s\S]*Enable it/], run: 'none', delivery: 'none', executions: [] },
    happens: async trial => {
      await trial.look();
      await trial.update({ State: 'DISABLED' });
      await trial.untilDue();
      await trial.look();
      await trial.look();
    },
  },
  {
    name: 'is another one in Scheduler than was deployed',
    schedule: 'Moved',
    expected: { messages: 0, notices: [/was not started[\s\S]*The schedule is at\(2099-01-01T07:00:00\) in Scheduler/], run: 'none', delivery: 'none', executions: [] },
    happens: async trial => {
      await trial.look();
      await trial.untilDue();
      await trial.look();
      await trial.look();
    },
  },
  {
    name: 'makes a report that is late',
    schedule: 'Hanging',
    expected: { messages: 1, notices: [/is still under way[\s\S]*Look what the execution waits for/], run: 'DELIVERED', delivery: 'SENT', executions: FIRED },
    happens: async trial => {
      await trial.look();
      await trial.update();
      await trial.untilRunIs('RUNNING');
      await trial.untilDue();
      await trial.look();
      await trial.look();
    },
  },
];

/** What may become of a schedule. */
export function scheduleFaults(deployment: Deployment, turn: (work: () => Promise<void>) => Promise<void>): Fault[] {
  return SCENARIOS.map(({ name, schedule, expected, happens }) => ({
    group: 'The schedule',
    name,
    expected,
    observe: async () => {
      let trial: ScheduleTrial;
      await turn(async () => {
        trial = new ScheduleTrial(deployment, schedule);
        await happens(trial);
      });
      return trial!.observe();
    },
  }));
}
