import * as fc from 'fast-check';
import { OWNER_TOPIC, TOPIC } from './support/environment';
import { Decision, FAULTS } from './support/interleaving';
import { Call, Execution, ExecutionPlan, Plan, World } from './support/ledger-model-world';
import { captureLogs } from './support/logs';
import { DeliveryItem, RunItem, RunStatus, seenStatus } from '../../src/handlers/ledger';

/** How many stories are tried; `FAULT_RUNS=20000 npx jest test/handlers/ledger-model` searches for long. */
const RUNS = Number(process.env.FAULT_RUNS ?? 300);

captureLogs();

const FAILURES = ['FAILED', 'TIMED_OUT', 'ABORTED', 'NO_RECIPIENT'] as const;
const FINAL: readonly RunStatus[] = ['DELIVERED', 'SKIPPED', 'PAUSED', ...FAILURES];

type Rule = 'same attempt' | 'next attempt' | 'own execution';
type Rules<Status extends string, Value> = { readonly [from in Status | 'none']: { readonly [to in Status | 'none']?: Value } };

const ENDS = { NO_RECIPIENT: 'same attempt', FAILED: 'same attempt', TIMED_OUT: 'same attempt', ABORTED: 'same attempt' } as const;
const OWN = { NO_RECIPIENT: 'own execution', FAILED: 'own execution', TIMED_OUT: 'own execution', ABORTED: 'own execution' } as const;
/** After a failure: taken over or redriven as the next attempt, or ended otherwise by the execution that goes on. */
const FAILED = { ...OWN, RUNNING: 'next attempt', DELIVERED: 'own execution', SKIPPED: 'own execution' } as const;

/** What may become of a run. `docs/reliability.md` says the same. */
const RUN: Rules<RunStatus, Rule> = {
  none: { ...ENDS, REQUESTED: 'same attempt', RUNNING: 'next attempt', PAUSED: 'same attempt' },
  REQUESTED: { ...ENDS, RUNNING: 'next attempt' },
  RUNNING: { ...OWN, DELIVERED: 'own execution', SKIPPED: 'own execution', RUNNING: 'next attempt' },
  PAUSED: { ...OWN, PAUSED: 'same attempt', RUNNING: 'next attempt' },
  NO_RECIPIENT: FAILED,
  FAILED: FAILED,
  TIMED_OUT: FAILED,
  ABORTED: FAILED,
  DELIVERED: {},
  SKIPPED: {},
  ERASING: {}, // nobody erases anything in these stories
  ERASED: {},
};

/** What may become of a delivery. */
const DELIVERY: Rules<DeliveryItem['status'], 'always' | 'RESEND'> = {
  none: { SENDING: 'always' },
  PENDING: { SENDING: 'always', SENT: 'always' },
  REFUSED: { SENDING: 'always', SENT: 'always' },
  SENDING: { SENT: 'always', PENDING: 'always', REFUSED: 'always', UNKNOWN: 'always' },
  UNKNOWN: { SENT: 'always', PENDING: 'always', REFUSED: 'always', SENDING: 'RESEND' },
  SENT: {},
};

/** Watches one report: what its items become, and what its readers and its owner get. */
class Watch {
  private run?: RunItem;
  private delivery?: DeliveryItem;

  public constructor(private readonly world: World, private readonly reportId: string) {}

  /** After each turn. */
  public look(): void {
    const run = this.world.run(this.reportId);
    const delivery = this.world.delivery(this.reportId);
    this.runChanged(this.run, run);
    this.deliveryChanged(this.delivery, delivery);
    if (delivery?.status === 'SENDING' && delivery.publishes !== this.delivery?.publishes) {
      const { executionArn } = delivery as DeliveryItem & { executionArn?: string };
      demand(run?.executionArn === executionArn && run?.deliveryBegunAt !== undefined, 'the delivery was claimed by who does not have the run, or the run does not say so');
    }
    this.run = run;
    this.delivery = delivery;
    if (run?.status === 'DELIVERED') {
      demand(delivery?.status === 'SENT' && this.accepted().length > 0, `the run is DELIVERED, its delivery is ${delivery?.status}, and SNS took ${this.accepted().length} messages`);
    }
    if (this.world.plan.onUncertain === 'HOLD') {
      demand(this.accepted().length <= 1, `SNS took ${this.accepted().length} messages`);
    }
    demand(this.calls().filter(({ denied }) => !denied).length <= 3, 'SNS was called more than three times, and did not say no');
  }

  /** When everything has come to rest, and every lease is over. */
  public lookBack(now: string): void {
    const status = this.run && seenStatus(this.run, now);
    demand(FINAL.includes(status!), `the run is stuck: it is ${status}`);
    demand(this.delivery?.status !== 'SENDING' || this.delivery.leaseUntil! < now, 'the delivery is stuck');
    for (const call of this.calls()) {
      demand(!call.answered || call.by.gone || this.world.forgotten.has(call) || this.delivery?.status === 'SENT', `SNS took a message and said so, and the delivery is ${this.delivery?.status}`);
    }
    if (this.accepted().length === 0 && status !== 'SKIPPED' && status !== 'PAUSED') {
      demand(this.notices().length > 0, `nobody got a message, the run is ${status}, and its owner was not told`);
    }
  }

  private runChanged(before: RunItem | undefined, after: RunItem | undefined): void {
    const [from, to] = [before?.status ?? 'none', after?.status ?? 'none'] as const;
    const [earlier, later] = [before?.attempt ?? 0, after?.attempt ?? 0];
    const own = before?.executionArn === after?.executionArn;
    const change = `the run was ${from} (attempt ${earlier}), and became ${to} (attempt ${later})${own ? '' : ' in another execution'}`;
    if (from === to && earlier === later && (own || to === 'PAUSED')) {
      return;
    }
    switch (RUN[from][to]) {
      case 'same attempt': return demand(later === earlier, change);
      case 'own execution': return demand(later === earlier && own && (to !== 'SKIPPED' || this.delivery?.status !== 'SENT'), change);
      case 'next attempt': return demand(later === earlier + 1 && (own || before?.deliveryBegunAt === undefined), change);
      default: demand(false, change);
    }
  }

  private deliveryChanged(before: DeliveryItem | undefined, after: DeliveryItem | undefined): void {
    const [from, to] = [before?.status ?? 'none', after?.status ?? 'none'] as const;
    if (from !== to) {
      const rule = DELIVERY[from][to];
      demand(rule === 'always' || rule === this.world.plan.onUncertain, `the delivery was ${from}, and became ${to}`);
    }
  }

  private calls(topic = TOPIC): Call[] {
    return this.world.calls.filter(call => call.topic === topic && call.reportId === this.reportId);
  }

  private accepted(): Call[] {
    return this.calls().filter(({ accepted }) => accepted);
  }

  private notices(): Call[] {
    return this.calls(OWNER_TOPIC).filter(({ accepted }) => accepted);
  }
}

/** The owner is told of what an execution came to: of its last end for certain, and of each end once if nothing goes wrong with telling. */
function ownerWasTold(world: World, execution: Execution): void {
  const notices = (end: string) => world.calls.filter(({ topic, by, accepted }) => topic === OWNER_TOPIC && by.closes === end && accepted);
  if (execution.status !== 'SUCCEEDED') {
    demand(notices(execution.end).length > 0, `the execution ${execution.end} is ${execution.status}, and the owner was not told`);
  }
  for (let n = 0; n <= execution.redriveCount; n++) {
    const end = `${execution.name}#${n}`;
    const told = notices(end);
    if (!world.closedByTwo.has(end) && told.every(({ by }) => !by.troubled)) {
      demand(told.length <= 1, `the owner was told ${told.length} times of the end ${end}`);
    }
  }
}

/** Of the runs that are to go on alone, one does at most; when it is made again, or its lease is about to run out, it may meet another. */
function goesOnAlone(world: World): void {
  const soon = new Date(world.interleaving.now + 61_000).toISOString();
  const goingOn = world.executions.filter(({ plan, state, arn, opened, reportId }) => {
    const run = world.run(reportId);
    return ['alone', 'next'].includes(plan.claim) && state === 'Deliver' && opened?.outcome === 'OPENED' && opened.run.attempt === 1
      && run?.status === 'RUNNING' && run.executionArn === arn && run.leaseUntil! > soon;
  });
  demand(new Set(goingOn.map(({ reportId }) => reportId)).size <= 1, `${goingOn.map(({ name }) => name).join(' and ')} go on side by side`);
}

function demand(holds: boolean, complaint: string): void {
  if (!holds) {
    throw new Error(complaint);
  }
}

/** What is usual, so many times as often as something else. */
function mostly<Usual, Other>(usual: Usual, weight: number, other: fc.Arbitrary<Other>): fc.Arbitrary<Usual | Other> {
  return fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
}

const executionPlan = (claim: fc.Arbitrary<ExecutionPlan['claim']>): fc.Arbitrary<ExecutionPlan> => fc.record({
  claim,
  rows: mostly([1200], 4, fc.array(fc.constantFrom(1200, 0), { minLength: 1, maxLength: 3 })),
  stop: fc.option(
    fc.record({ after: fc.integer({ min: 1, max: 40 }), as: fc.constantFrom('ABORTED' as const, 'TIMED_OUT' as const) }),
    { nil: undefined, freq: 2 },
  ),
  redrives: fc.nat(2),
  events: fc.constantFrom(1, 0, 2),
  skews: mostly([0], 1, fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 4 })),
});

const decision: fc.Arbitrary<Decision> = fc.record({
  who: mostly(0, 2, fc.nat(7)),
  fault: mostly('none' as const, 7, fc.constantFrom(...FAULTS)),
  pass: mostly(0, 20, fc.constantFrom(1, 11, 31, 65, 125, 1000, 8200)),
});

const plan = (claim: fc.Arbitrary<ExecutionPlan['claim']>): fc.Arbitrary<Plan> => fc.record({
  onUncertain: fc.constantFrom('HOLD' as const, 'RESEND' as const),
  onUnchanged: fc.constantFrom('SEND' as const, 'SKIP' as const),
  paused: mostly(false, 5, fc.constant(true)),
  executions: fc.array(executionPlan(claim), { minLength: 1, maxLength: 4, size: 'max' }),
  decisions: fc.array(decision, { maxLength: 150, size: 'max' }),
});

test.each<[string, fc.Arbitrary<ExecutionPlan['claim']>, number]>([
  ['', mostly('schedule', 6, fc.constantFrom('rerun', 'request')), RUNS],
  [', of runs that go on alone', fc.constantFrom('alone', 'next'), Math.ceil(RUNS / 3)],
])('whatever the order and whatever fails, a report is sent at most once, nothing is stuck, and nobody is left in the dark%s', async (_which, claim, numRuns) => {
  process.env.ON_EMPTY = 'SKIP';
  jest.spyOn(Math, 'random').mockReturnValue(0.5);
  console.log = () => undefined;
  await fc.assert(fc.asyncProperty(plan(claim), async story => {
    process.env.ON_UNCERTAIN = story.onUncertain;
    process.env.ON_UNCHANGED = story.onUnchanged;
    const world = new World(story);
    const watches = [...new Set(world.executions.map(({ reportId }) => reportId))].map(reportId => new Watch(world, reportId));
    try {
      await world.play(() => {
        watches.forEach(watch => watch.look());
        goesOnAlone(world);
      });
      const rest = new Date(world.interleaving.now + 3 * 3600_000).toISOString();
      watches.forEach(watch => watch.lookBack(rest));
      world.executions.forEach(execution => ownerWasTold(world, execution));
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${world.interleaving.trace.slice(0, 200).join('\n')}`);
    }
  }), { numRuns, ...(process.env.FAULT_SEED && { seed: Number(process.env.FAULT_SEED) }) });
}, 3600_000);
