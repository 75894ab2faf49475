import * as fc from 'fast-check';
import { TABLE, TOPIC } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { DeliveryItem, FailureStatus, Ledger, RunItem, RunStatus, seenStatus } from '../../src/handlers/ledger';

/** How many sequences are tried; `FAULT_RUNS=20000 npx jest test/handlers/ledger-model` searches for long. */
const RUNS = Number(process.env.FAULT_RUNS ?? 300);

const dynamodb = new FakeDynamoDB(TABLE);
const PERIOD = { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' };
const START = Date.parse('2026-11-21T06:00:00Z');
const RUN_LEASE = 100;
const DELIVERY_LEASE = 30;
const LONGEST_FUNCTION = 15 * 60;

type Execution = 'a' | 'b';
type Failure = FailureStatus | 'NO_RECIPIENT';
type Answer = Exclude<DeliveryItem['status'], 'SENDING'>;

/** What must be true of one run, in the plainest words: times are seconds, and there is one item of each kind. */
class Model {
  public now = 0;
  public run?: { status: RunStatus; owner?: Execution; attempt: number; lease: number; begun: boolean; closed?: number };
  public delivery?: { status: DeliveryItem['status']; lease: number; publishes: number };
  /** The lease under which an execution claimed the delivery last. */
  public readonly claimed: { [execution in Execution]?: number } = {};

  /** Whether the execution may open the run. */
  public opensFor(execution: Execution, isRequest: boolean): boolean {
    const { run } = this;
    switch (run?.status) {
      case undefined: return !isRequest;
      case 'REQUESTED': return isRequest;
      case 'RUNNING': return !run!.begun && run!.lease < this.now;
      case 'DELIVERED':
      case 'SKIPPED':
      case 'ERASING':
      case 'ERASED': return false;
      default: return !run!.begun || run!.owner === execution;
    }
  }

  /** Whether the run can still end otherwise. */
  public get isOver(): boolean {
    return ['DELIVERED', 'SKIPPED', 'ERASING', 'ERASED'].includes(this.run?.status ?? '');
  }

  public owns(execution: Execution): boolean {
    return this.run?.owner === execution;
  }

  public isClaimable(limit: number): boolean {
    switch (this.delivery?.status) {
      case undefined:
      case 'PENDING':
      case 'REFUSED': return true;
      case 'UNKNOWN': return this.delivery.publishes < limit;
      default: return false;
    }
  }

  /** The status as a reader is told it. */
  public get seen(): RunStatus | undefined {
    const waits = this.run?.status === 'RUNNING' || this.run?.status === 'REQUESTED';
    return waits && this.run!.lease < this.now ? 'TIMED_OUT' : this.run?.status;
  }
}

/** An operation on the ledger, and what it does to the model. It answers as the ledger must. */
class Operation implements fc.AsyncCommand<Model, Ledger> {
  public constructor(
    private readonly name: string,
    private readonly expected: (model: Model) => unknown,
    private readonly actual: (ledger: Ledger, now: (seconds?: number) => string, model: Model) => Promise<unknown>,
    private readonly possible: (model: Model) => boolean = () => true,
  ) {}

  public check(model: Readonly<Model>): boolean {
    return this.possible(model as Model);
  }

  public async run(model: Model, ledger: Ledger): Promise<void> {
    const { now } = model;
    const answer = await this.actual(ledger, (seconds = 0) => iso(now + seconds), model).catch(() => 'fails');
    expect(answer).toEqual(this.expected(model));
    expect(recorded(model.now)).toEqual(modelled(model));
  }

  public toString(): string {
    return this.name;
  }
}

const iso = (seconds: number) => new Date(START + seconds * 1000).toISOString();

/** The table, in the words of the model. */
function recorded(now: number) {
  const run = dynamodb.item('run#r', 'run') as RunItem | undefined;
  const delivery = dynamodb.item('run#r', `delivery#${TOPIC}`) as DeliveryItem | undefined;
  return {
    run: run && { status: run.status, owner: run.executionArn, attempt: run.attempt ?? 0, begun: run.deliveryBegunAt !== undefined },
    seen: run && seenStatus(run, iso(now)),
    delivery: delivery && { status: delivery.status, publishes: delivery.publishes },
  };
}

function modelled({ run, delivery, seen }: Model) {
  return {
    run: run && { status: run.status, owner: run.owner, attempt: run.attempt, begun: run.begun },
    seen,
    delivery: delivery && { status: delivery.status, publishes: delivery.publishes },
  };
}

const opening = (executionArn: Execution, trigger: 'SCHEDULE' | 'REQUEST', openedAt: string, leaseUntil: string) =>
  ({ reportId: 'r', executionArn, report: 'Stock', trigger, period: PERIOD, openedAt, leaseUntil });

const open = (execution: Execution, trigger: 'SCHEDULE' | 'REQUEST') => new Operation(`${execution} opens it, by a ${trigger}`, model => {
  if (model.opensFor(execution, trigger === 'REQUEST')) {
    const { attempt = 0, begun = false } = model.run ?? {};
    model.run = { status: 'RUNNING', owner: execution, attempt: attempt + 1, lease: model.now + RUN_LEASE, begun };
  }
  if (!model.run) {
    return 'fails';
  }
  return model.run.status === 'RUNNING' && model.owns(execution) ? model.run.attempt : undefined;
}, async (ledger, now) => (await ledger.open(opening(execution, trigger, now(), now(RUN_LEASE))))?.attempt);

const pause = (execution: Execution) => new Operation(`${execution} finds the pause`, model => {
  if (model.run && model.run.status !== 'PAUSED') {
    return false;
  }
  model.run = { status: 'PAUSED', owner: execution, attempt: 0, lease: 0, begun: model.run?.begun ?? false };
  return true;
}, async (ledger, now) => ledger.pause(opening(execution, 'SCHEDULE', now(), now(RUN_LEASE))));

const request = () => new Operation('somebody requests it', model => {
  const earlier = model.run?.status;
  model.run ??= { status: 'REQUESTED', attempt: 0, lease: model.now + RUN_LEASE, begun: false };
  return earlier;
}, async (ledger, now) =>
  (await ledger.request({ reportId: 'r', requester: 'q', bodyHash: 'h', requestedAt: now(), leaseUntil: now(RUN_LEASE) }))?.status);

const begin = (execution: Execution, limit: number) => new Operation(`${execution} claims the delivery, of up to ${limit} calls`, model => {
  if (!model.owns(execution) || ['PAUSED', 'NO_RECIPIENT', 'FAILED', 'TIMED_OUT', 'ABORTED', 'ERASING'].includes(model.run!.status)) {
    return 'fails';
  }
  if (!model.isClaimable(limit)) {
    return false;
  }
  const lease = model.now + DELIVERY_LEASE;
  model.delivery = { status: 'SENDING', lease, publishes: (model.delivery?.publishes ?? 0) + 1 };
  model.run!.begun = true;
  model.claimed[execution] = lease;
  return true;
}, async (ledger, now) => ledger.beginDelivery('r', execution, TOPIC, { now: now(), until: now(DELIVERY_LEASE), publishesIfUnknown: limit, redriven: false }));

const end = (execution: Execution, status: Answer) => new Operation(`${execution} got the answer ${status}`, model => {
  const { delivery } = model;
  const took = status === 'SENT' || status === 'UNKNOWN';
  if (!delivery) {
    return; // it was erased
  }
  const isHolder = (delivery.status === 'SENDING' || delivery.status === 'UNKNOWN') && delivery.lease === model.claimed[execution];
  if (status === 'SENT' || (isHolder && (took || model.owns(execution)))) {
    delivery.status = delivery.status === 'SENT' ? 'SENT' : status;
    model.run!.begun &&= took;
  }
}, async (ledger, now, { claimed }) => ledger.endDelivery('r', execution, TOPIC, iso(claimed[execution]!), { status }, now()),
model => model.claimed[execution] !== undefined);

const settle = () => new Operation('somebody looks at the delivery', model => {
  if (model.delivery?.status === 'SENDING' && model.delivery.lease < model.now) {
    model.delivery.status = 'UNKNOWN';
  }
  return model.delivery?.status;
}, async (ledger, now) => (await ledger.settledDelivery('r', TOPIC, now()))?.status);

const complete = (execution: Execution, status: 'DELIVERED' | 'SKIPPED') => new Operation(`${execution} ends it as ${status}`, model => {
  if (model.run && model.owns(execution) && !model.isOver) {
    model.run.status = status;
  }
  return !model.run || (model.owns(execution) && model.run.status === status) ? undefined : 'fails';
}, async (ledger, now) => status === 'DELIVERED'
  ? ledger.delivered({ reportId: 'r', executionArn: execution }, { status: 'SENT', rows: 7 }, now())
  : ledger.skipped('r', execution, 'EMPTY', 0, now()));

const fail = (execution: Execution, status: Failure) => new Operation(`${execution} ends as ${status}`, model => {
  if (!model.run || model.run.status === 'REQUESTED' || (model.owns(execution) && !model.isOver)) {
    const { attempt = 0, lease = 0, begun = false } = model.run ?? {};
    model.run = { status, owner: execution, attempt, lease, begun, closed: model.now };
  }
}, async (ledger, now) => ledger.fail('r', execution, status, { step: 'Deliver', error: 'E', closedAt: now() }));

const beginErasure = () => new Operation('its requester begins to erase it', model => {
  const { status, lease, closed } = model.run ?? {};
  const isGoingOn = (status === 'REQUESTED' || status === 'RUNNING') && lease! >= model.now;
  const mayGoOn = (status === 'FAILED' || status === 'TIMED_OUT' || status === 'ABORTED') && closed! >= model.now - LONGEST_FUNCTION;
  if (!model.run || status === 'ERASED' || isGoingOn || mayGoOn) {
    return false;
  }
  model.run.status = 'ERASING';
  return true;
}, async (ledger, now) => ledger.beginErasure('r', now()));

const erase = () => new Operation('its record is erased', model => {
  model.run = { status: 'ERASED', attempt: 0, lease: 0, begun: false };
  model.delivery = undefined;
}, async ledger => ledger.erase(dynamodb.item('run#r', 'run') as RunItem),
model => model.run?.status === 'ERASING' || model.run?.status === 'ERASED');

const wait = (seconds: number) => new Operation(`${seconds} seconds pass`, model => {
  model.now += seconds;
}, async () => undefined);

const execution = fc.constantFrom<Execution[]>('a', 'b');

const operations = fc.commands([
  fc.tuple(execution, fc.constantFrom('SCHEDULE' as const, 'SCHEDULE' as const, 'REQUEST' as const)).map(([who, trigger]) => open(who, trigger)),
  execution.map(pause),
  fc.constant(request()),
  fc.tuple(execution, fc.constantFrom(0, 3)).map(([who, limit]) => begin(who, limit)),
  fc.tuple(execution, fc.constantFrom<Answer[]>('SENT', 'PENDING', 'REFUSED', 'UNKNOWN')).map(([who, status]) => end(who, status)),
  fc.constant(settle()),
  fc.tuple(execution, fc.constantFrom('DELIVERED' as const, 'SKIPPED' as const)).map(([who, status]) => complete(who, status)),
  fc.tuple(execution, fc.constantFrom<Failure[]>('FAILED', 'TIMED_OUT', 'ABORTED', 'NO_RECIPIENT')).map(([who, status]) => fail(who, status)),
  fc.constant(beginErasure()),
  fc.constant(erase()),
  fc.constantFrom(1, DELIVERY_LEASE, RUN_LEASE, LONGEST_FUNCTION).map(wait),
], { maxCommands: 60, size: 'max' });

test('in any order, by two executions, the operations of the ledger do what a plain model of it does', async () => {
  await fc.assert(fc.asyncProperty(operations, async commands => {
    dynamodb.clear();
    await fc.asyncModelRun(() => ({ model: new Model(), real: new Ledger(TABLE, 1000) }), commands);
  }), { numRuns: RUNS });
}, 3600_000);
