import { ConditionalCheckFailedException, DynamoDBClient, TransactionCanceledException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, paginateQuery, TransactWriteCommand, UpdateCommand, UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import type { NamedFile } from './signing';
import { PAUSE_PARTITION, Period, READER_PARTITION, RUN_PARTITION, SCHEDULE_PARTITION, Trigger } from '../workflow/contract';

/** What becomes of a run. `docs/reliability.md` has the transitions between these, and a test holds them. */
export type RunStatus = 'REQUESTED' | 'RUNNING' | 'PAUSED' | 'DELIVERED' | 'SKIPPED' | 'NO_RECIPIENT' | FailureStatus | 'ERASING' | 'ERASED';

/** How an execution can end without a report; the names are those of Step Functions. */
export type FailureStatus = typeof FAILURES[number];
const FAILURES = ['FAILED', 'TIMED_OUT', 'ABORTED'] as const;
const FAILURE_VALUES = Object.fromEntries(FAILURES.map((status, n) => [`:failure${n}`, status]));

/** How a run may have ended that may be made again, and the same as a condition has it. */
const ENDED_STATUSES: readonly RunStatus[] = ['PAUSED', 'NO_RECIPIENT', ...FAILURES];
const ENDED_VALUES = Object.fromEntries(ENDED_STATUSES.map((status, n) => [`:ended${n}`, status]));
const ENDED = Object.keys(ENDED_VALUES).join(', ');

/** How long Lambda runs a function at most (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const LONGEST_FUNCTION_MS = 15 * 60 * 1000;

/** What a run is that nothing is made of any more, as a condition has it. */
const ERASED_VALUES = { ':erasing': 'ERASING', ':erased': 'ERASED' };
const FINAL_VALUES = { ':delivered': 'DELIVERED', ':skipped': 'SKIPPED', ...ERASED_VALUES };
const FINAL = Object.keys(FINAL_VALUES).join(', ');

export interface RunItem {
  readonly reportId: string;
  readonly status: RunStatus;
  readonly attempt?: number;
  readonly executionArn?: string;
  readonly report?: string;
  readonly trigger?: Trigger;
  readonly period?: Period;
  readonly scheduleArn?: string;
  readonly scheduledTime?: string;
  readonly rerun?: string;
  /** The report whose files are made again. */
  readonly rerenderOf?: string;
  readonly requester?: string;
  /** The groups whose members may see the report. */
  readonly readerGroups?: string[];
  readonly bodyHash?: string;
  /** When it was first recorded: by this time it is listed. */
  readonly createdAt?: string;
  readonly requestedAt?: string;
  readonly openedAt?: string;
  /** Until then something happens to a run that is REQUESTED or RUNNING; afterwards nobody works on it any more. */
  readonly leaseUntil?: string;
  readonly deliveryBegunAt?: string;
  readonly closedAt?: string;
  /** Why the run was skipped. */
  readonly reason?: SkipReason;
  /** In which step the run failed, and with which error. */
  readonly step?: string;
  readonly error?: string;
  readonly rows?: number;
  readonly totalRows?: number;
  readonly linkExpiresAt?: string;
  /** What was delivered. */
  readonly files?: DeliveredFile[];
}

/** A file of a report, and under which name a reader saves it. */
export type DeliveredFile = NamedFile & { readonly name: string };

/** The first two are found out when the data is there, the others when the run is opened. */
export type SkipReason = 'EMPTY' | 'UNCHANGED' | 'HOLIDAY' | 'TOO_LATE' | 'OVERLAP';

export interface DeliveryItem {
  /**
   * PENDING: SNS has taken nothing, and another try may begin. SENDING is written before the publish call, everything else after
   * its answer. UNKNOWN: there was no answer, or who was to record it did not live to do so.
   */
  readonly status: 'PENDING' | 'SENDING' | 'SENT' | 'REFUSED' | 'UNKNOWN';
  /** Until then a publish call may be under way. */
  readonly leaseUntil?: string;
  /** The publish calls that were begun. */
  readonly publishes?: number;
  readonly messageId?: string;
  /** What the message said. */
  readonly rows?: number;
  readonly totalRows?: number;
  /** Where the pipeline looks for changes: the hash of the data. */
  readonly dataSha256?: string;
  /** When the link in the message expires. */
  readonly linkExpiresAt?: string;
  readonly files?: DeliveredFile[];
}

export interface LinkItem {
  readonly url: string;
  readonly expiresAt: string;
}

/** What a schedule delivered last. */
export interface LastDelivered {
  /** The hash of its data, if the renderer returned one. */
  readonly dataSha256?: string;
  readonly scheduledTime: string;
  /** Where its period ended. */
  readonly to: string;
}

/** How far it was watched whether a schedule keeps its times. */
export interface Watched {
  /** What was expected of it, and how it was found. */
  readonly expectation: string;
  /** The last of its times that was looked at, or the time at which this began. */
  readonly until: string;
}

/** What a run that goes on or ended well does not keep of an end that it had before. */
const NOT_ENDED = { step: undefined, error: undefined, reason: undefined };

/** With waits of up to 50 ms, 100 ms, and so on: 1.5 seconds in all. */
const WRITE_ATTEMPTS = 6;

/** A conditional change of an item: fields that are undefined are removed. */
interface Change {
  readonly key: { readonly pk: string; readonly sk: string };
  readonly fields: object;
  /** Fields that stay as they are where the item has them. */
  readonly firstFields?: object;
  readonly condition: string;
  readonly values: object;
  readonly increment?: string;
}

/** The ledger of the pipeline that a handler belongs to. */
export function ledgerFromEnvironment(): Ledger {
  return new Ledger(requireEnv('TABLE_NAME'), Number(requireEnv('LEDGER_RETENTION_SECONDS')));
}

/**
 * The ledger: one item for a run, one for each delivery, link and end of it, all under `run#<report id>`; the lists of who may see
 * reports; the pause of the pipeline; and what is known of each schedule, under `schedule#<ARN>`.
 *
 * Every write is conditional on the state that it leaves and on the execution that owns the run, so that a retry repeats
 * nothing and a late twin changes nothing.
 */
export class Ledger {
  /** There while the schedules of the pipeline are paused. */
  public static readonly PAUSE = { pk: PAUSE_PARTITION, sk: 'pause' };

  public static key(reportId: string) {
    return { pk: `${RUN_PARTITION}${reportId}` };
  }

  public static linkKey(reportId: string, attempt: number) {
    return { ...Ledger.key(reportId), sk: `link#${attempt}#` };
  }

  /**
   * @param table the table's name
   * @param retentionSeconds how long items are kept after they were first written
   */
  public constructor(
    private readonly table: string,
    private readonly retentionSeconds: number,
    private readonly client = DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions: { removeUndefinedValues: true } }),
  ) {}

  /** The run, as it is recorded. */
  public async run(reportId: string): Promise<RunItem | undefined> {
    return this.get<RunItem>(runKey(reportId));
  }

  /** The delivery, as it is recorded. */
  public async delivery(reportId: string, topicArn: string): Promise<DeliveryItem | undefined> {
    return this.get<DeliveryItem>(deliveryKey(reportId, topicArn));
  }

  public async link(reportId: string, attempt: number, file: string): Promise<LinkItem | undefined> {
    const { pk, sk } = Ledger.linkKey(reportId, attempt);
    return this.get<LinkItem>({ pk, sk: `${sk}${file}` });
  }

  public async isPaused(): Promise<boolean> {
    return (await this.get(Ledger.PAUSE)) !== undefined;
  }

  /** Records a request. Returns the item of an earlier one with the same id, which stays as it is. */
  public async request(item: Request): Promise<RunItem | undefined> {
    const createdAt = item.requestedAt;
    const isNew = { condition: 'attribute_not_exists(pk)', values: {} };
    const [created] = await this.changeAll([
      { key: runKey(item.reportId), fields: { ...item, createdAt, status: 'REQUESTED', ttl: this.ttl() }, ...isNew },
      { key: listKey(item.requester, createdAt, item.reportId), fields: { ttl: this.ttl() }, ...isNew },
    ]);
    return created ? undefined : this.run(item.reportId);
  }

  /**
   * Claims the run for an execution: a new one, one that was requested under this execution's name, one that ended before a delivery
   * was begun or whose lease ran out before that, which is taken over as the next attempt, or this execution's own, which failed and
   * was redriven. Returns undefined where another execution holds it.
   */
  public async open(item: Opening): Promise<RunItem | undefined> {
    const { reportId } = item;
    const isRequest = item.trigger === 'REQUEST';
    const opened = await this.change({
      key: runKey(reportId),
      fields: { ...item, status: 'RUNNING', ttl: this.ttl(), ...NOT_ENDED, closedAt: undefined },
      firstFields: { createdAt: item.openedAt },
      // A request waits for the execution that bears its id; nothing else may open it, nor may that execution open what nobody requested.
      condition: `${isRequest ? '#status = :requested' : 'attribute_not_exists(pk)'} `
        + `OR (#status IN (${ENDED}) AND (attribute_not_exists(deliveryBegunAt) OR executionArn = :owner)) `
        + 'OR (#status = :running AND leaseUntil < :now AND attribute_not_exists(deliveryBegunAt))',
      values: {
        ':owner': item.executionArn,
        ':now': item.openedAt,
        ':running': 'RUNNING',
        ...ENDED_VALUES,
        ...(isRequest && { ':requested': 'REQUESTED' }),
      },
      increment: 'attempt',
    });
    const held = await this.run(reportId);
    if (!opened && !held) {
      throw new ReportError('InvalidInput', `nobody requested the report ${reportId}; only the API makes requests, start an execution of your own without "request"`);
    }
    const isOwn = held!.executionArn === item.executionArn;
    if (isOwn && ENDED_STATUSES.includes(held!.status)) {
      throw new Error(`report ${reportId} was closed while it was opened: an end of this execution was recorded late`); // the next try opens it again
    }
    if (!isOwn || held!.status !== 'RUNNING') {
      return undefined;
    }
    await this.list(held!);
    return held;
  }

  /** Records a run that was not made because the pipeline is paused. False where there was more to the run before. */
  public async pause(item: Opening): Promise<boolean> {
    const { leaseUntil, openedAt, ...fields } = item;
    const paused = await this.change({
      key: runKey(item.reportId),
      fields: { ...fields, status: 'PAUSED', closedAt: openedAt, ttl: this.ttl() },
      firstFields: { createdAt: openedAt },
      condition: 'attribute_not_exists(pk) OR #status = :paused',
      values: { ':paused': 'PAUSED' },
    });
    if (paused) {
      await this.list((await this.run(item.reportId))!);
    }
    return paused;
  }

  /**
   * Claims the delivery to a topic until the lease runs out. False where it was claimed before: then `settledDelivery` tells what became
   * of it. One that is UNKNOWN is claimed again only as the owner has decided, up to so many publish calls.
   */
  public async beginDelivery(
    reportId: string, executionArn: string, topicArn: string, lease: { now: string; until: string; publishesIfUnknown: number; redriven: boolean },
  ): Promise<boolean> {
    const [owned, claimed] = await this.changeAll([
      {
        key: runKey(reportId),
        fields: { deliveryBegunAt: lease.now },
        // A run that was closed while its Deliver went on, because somebody stopped it, stays so; a redrive goes on with what is closed.
        condition: `executionArn = :owner AND NOT #status IN (:erasing, :erased)${lease.redriven ? '' : ` AND NOT #status IN (${ENDED})`}`,
        values: { ':owner': executionArn, ...ERASED_VALUES, ...(!lease.redriven && ENDED_VALUES) },
      },
      {
        key: deliveryKey(reportId, topicArn),
        fields: { status: 'SENDING', topicArn, executionArn, begunAt: lease.now, leaseUntil: lease.until, ttl: this.ttl() },
        condition: 'attribute_not_exists(pk) OR #status IN (:pending, :refused) OR (#status = :unknown AND publishes < :publishes)',
        values: { ':pending': 'PENDING', ':refused': 'REFUSED', ':unknown': 'UNKNOWN', ':publishes': lease.publishesIfUnknown },
        increment: 'publishes',
      },
    ]);
    if (!owned) {
      throw new Error(`report ${reportId} was closed, or belongs to another execution, which took it over`);
    }
    return claimed;
  }

  /**
   * Records what became of a delivery that was claimed until then. A twin that found the lease run out may have called it UNKNOWN
   * meanwhile, and an answer is better than none; but only SENT counts where the delivery was claimed anew. One of which SNS took
   * nothing has not been begun after all: when it has failed, the run may be taken over.
   */
  public async endDelivery(
    reportId: string, executionArn: string, topicArn: string, leaseUntil: string, outcome: DeliveryItem, now: string,
  ): Promise<void> {
    const ended: Change = {
      key: deliveryKey(reportId, topicArn),
      fields: { ...outcome, endedAt: now },
      ...(outcome.status === 'SENT'
        ? { condition: 'attribute_exists(pk) AND #status <> :sent', values: { ':sent': 'SENT' } } // it may have been erased
        : { condition: '#status IN (:sending, :unknown) AND leaseUntil = :lease', values: { ':sending': 'SENDING', ':unknown': 'UNKNOWN', ':lease': leaseUntil } }),
    };
    const notBegun: Change = {
      key: runKey(reportId),
      fields: { deliveryBegunAt: undefined },
      condition: 'executionArn = :owner',
      values: { ':owner': executionArn },
    };
    if (outcome.status === 'PENDING' || outcome.status === 'REFUSED') {
      await this.changeAll([ended, notBegun]);
    } else {
      await this.change(ended);
    }
  }

  /** The delivery; one whose lease has run out is recorded as UNKNOWN first. */
  public async settledDelivery(reportId: string, topicArn: string, now: string): Promise<DeliveryItem | undefined> {
    await this.change({
      key: deliveryKey(reportId, topicArn),
      fields: { status: 'UNKNOWN', endedAt: now },
      condition: '#status = :sending AND leaseUntil < :now',
      values: { ':sending': 'SENDING', ':now': now },
    });
    return this.delivery(reportId, topicArn);
  }

  /** Ends a run as delivered, with what was sent. An execution that was redriven ends its failed run so, too. */
  public async delivered(
    { reportId, executionArn, scheduleArn, scheduledTime, period }: Pick<RunItem, 'reportId' | 'executionArn' | 'scheduleArn' | 'scheduledTime' | 'period'>,
    sent: DeliveryItem, closedAt: string,
  ): Promise<void> {
    const { rows, totalRows, linkExpiresAt, files, dataSha256 } = sent;
    if (scheduleArn && scheduledTime && period) {
      await this.recordLastDelivered(scheduleArn, { dataSha256, scheduledTime: new Date(scheduledTime).toISOString(), to: period.to });
    }
    await this.complete(reportId, executionArn!, { rows, totalRows, linkExpiresAt, files, status: 'DELIVERED', closedAt });
  }

  /** Ends a run of which nothing is to be delivered. The rows are known where it came so far. */
  public async skipped(reportId: string, executionArn: string, reason: SkipReason, rows: number | undefined, closedAt: string): Promise<void> {
    await this.complete(reportId, executionArn, { rows, status: 'SKIPPED', closedAt, reason });
  }

  /** Closes a run that failed, unless it ended well or belongs to another execution. A run that could not even be opened is recorded, too. */
  public async fail(
    reportId: string, executionArn: string, status: FailureStatus | 'NO_RECIPIENT', fields: { step: string | undefined; error: string; closedAt: string },
  ): Promise<void> {
    await this.change({
      key: runKey(reportId),
      fields: { ...fields, reportId, executionArn, status, ttl: this.ttl() },
      condition: `attribute_not_exists(pk) OR #status = :requested OR (executionArn = :owner AND NOT #status IN (${FINAL}))`,
      values: { ':owner': executionArn, ':requested': 'REQUESTED', ...FINAL_VALUES },
    });
  }

  /** Whether this end of an execution attempt was recorded, and whether it came in the state that closes failed runs. */
  public async end(reportId: string, executionAttempt: string): Promise<{ readonly endedHere: boolean } | undefined> {
    return this.get(endKey(reportId, executionAttempt));
  }

  /** Records an end of an execution attempt, once its owner was told. */
  public async recordEnd(
    reportId: string, executionAttempt: string, fields: { endedHere: boolean; endedAt: string; noticeId?: string },
  ): Promise<void> {
    await this.change({
      key: endKey(reportId, executionAttempt), fields: { ...fields, ttl: this.ttl() }, condition: 'attribute_not_exists(pk)', values: {},
    });
  }

  /** Records that an execution goes on after it was redriven. False where it did so before, when it came to that state another time. */
  public async resume(reportId: string, executionAttempt: string, enteredAt: string): Promise<boolean> {
    return this.change({
      key: { ...Ledger.key(reportId), sk: `resumed#${executionAttempt}` },
      fields: { enteredAt, ttl: this.ttl() },
      condition: 'attribute_not_exists(pk) OR enteredAt = :same',
      values: { ':same': enteredAt },
    });
  }

  public async lastDelivered(scheduleArn: string): Promise<LastDelivered | undefined> {
    return this.get(lastDeliveredKey(scheduleArn));
  }

  /** Records that a schedule has fired for a time, before anything is made of it. */
  public async fired(scheduleArn: string, time: string, reportId: string): Promise<void> {
    await this.change({
      key: firedKey(scheduleArn, time), fields: { reportId, ttl: this.ttl() }, condition: 'attribute_not_exists(pk)', values: {},
    });
  }

  /** The times for which a schedule has fired, after the one and up to the other. */
  public async firedTimes(scheduleArn: string, after: string, until: string): Promise<string[]> {
    const pages = paginateQuery({ client: this.client }, {
      TableName: this.table,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :until',
      ExpressionAttributeValues: { ':pk': scheduleKey(scheduleArn).pk, ':after': firedKey(scheduleArn, after).sk, ':until': firedKey(scheduleArn, until).sk },
      ConsistentRead: true,
    });
    const times: string[] = [];
    for await (const { Items = [] } of pages) {
      times.push(...Items.map(({ sk }) => sk.slice(FIRED.length)));
    }
    return times.filter(time => time !== after);
  }

  /** Whether no other run of the schedule is under way. Then it is this one's turn, until it has ended. */
  public async takeTurn(scheduleArn: string, reportId: string, now: string): Promise<boolean> {
    const key = { ...scheduleKey(scheduleArn), sk: 'turn' };
    const turn = await this.get<{ readonly reportId: string }>(key);
    if (turn?.reportId === reportId) {
      return true;
    }
    const other = turn && await this.run(turn.reportId);
    if (other && seenStatus(other, now) === 'RUNNING') {
      return false;
    }
    const taken = await this.change({
      key,
      fields: { reportId },
      ...(turn ? { condition: 'reportId = :other', values: { ':other': turn.reportId } } : { condition: 'attribute_not_exists(pk)', values: {} }),
    });
    return taken || this.takeTurn(scheduleArn, reportId, now); // a third was faster
  }

  public async watched(scheduleArn: string): Promise<Watched | undefined> {
    return this.get(watchedKey(scheduleArn));
  }

  public async recordWatched(scheduleArn: string, watched: Watched): Promise<void> {
    await this.change({
      key: watchedKey(scheduleArn),
      fields: watched,
      condition: 'attribute_not_exists(pk) OR expectation <> :expectation OR #until <= :until',
      values: { ':expectation': watched.expectation, ':until': watched.until },
    });
  }

  /**
   * From now on nothing is made of the run any more. False while somebody works on it, or may do so: Lambda runs what Step Functions has given up
   * on to its end.
   */
  public async beginErasure(reportId: string, now: string): Promise<boolean> {
    const lastAtWork = new Date(Date.parse(now) - LONGEST_FUNCTION_MS).toISOString();
    return this.change({
      key: runKey(reportId),
      fields: { status: 'ERASING' },
      condition: 'attribute_exists(pk) AND #status <> :erased AND (NOT #status IN (:requested, :running) OR leaseUntil < :now) '
        + `AND (NOT #status IN (${Object.keys(FAILURE_VALUES).join(', ')}) OR closedAt < :lastAtWork)`,
      values: { ':erased': 'ERASED', ':requested': 'REQUESTED', ':running': 'RUNNING', ':now': now, ...FAILURE_VALUES, ':lastAtWork': lastAtWork },
    });
  }

  /**
   * Erases the record of a run. The run itself goes last: as long as it is there, this can be gone on with. Of it stays that there was one, so
   * that nothing that comes late, a repeated request for one, takes the report for a new one.
   */
  public async erase({ reportId, createdAt, requester, readerGroups = [] }: RunItem): Promise<void> {
    const readers = [...requester === undefined ? [] : [requester], ...readerGroups.map(groupReader)];
    const sortKeys = await this.sortKeys(Ledger.key(reportId).pk);
    const { pk, sk, ...run } = await this.get<Record<string, unknown>>(runKey(reportId)) as Record<string, string>;
    await this.delete([
      ...readers.map(reader => listKey(reader, createdAt!, reportId)),
      ...sortKeys.filter(key => key !== sk).map(key => ({ pk, sk: key })),
    ]);
    await this.change({
      key: { pk, sk },
      fields: { ...Object.fromEntries(Object.keys(run).map(name => [name, undefined])), reportId, status: 'ERASED', ttl: this.ttl() },
      condition: '#status = :erasing',
      values: { ':erasing': 'ERASING' },
    });
  }

  /** Keeps, without expiry, what a schedule delivered last. A run of an earlier time that comes late changes nothing. */
  private async recordLastDelivered(scheduleArn: string, last: LastDelivered): Promise<void> {
    await this.change({
      key: lastDeliveredKey(scheduleArn),
      fields: last,
      condition: 'attribute_not_exists(pk) OR scheduledTime <= :time',
      values: { ':time': last.scheduledTime },
    });
  }

  private async complete(
    reportId: string, executionArn: string, fields: Pick<RunItem, 'status' | 'closedAt' | 'reason' | 'rows' | 'totalRows' | 'linkExpiresAt' | 'files'>,
  ): Promise<void> {
    const { status } = fields;
    const completed = await this.change({
      key: runKey(reportId),
      fields: { ...NOT_ENDED, ...fields },
      condition: `executionArn = :owner AND NOT #status IN (${FINAL})`,
      values: { ':owner': executionArn, ...FINAL_VALUES },
    });
    const run = completed ? undefined : await this.run(reportId);
    if (run && (run.executionArn !== executionArn || run.status !== status)) {
      throw belongsToAnother(reportId);
    }
  }

  /** Lists a run for the groups that may see it; its requester has it in his list already. */
  private async list({ reportId, createdAt, readerGroups = [] }: RunItem): Promise<void> {
    await Promise.all(readerGroups.map(async group => this.change({
      key: listKey(groupReader(group), createdAt!, reportId), fields: { ttl: this.ttl() }, condition: 'attribute_not_exists(pk)', values: {},
    })));
  }

  /** The time, in seconds since 1970, from which DynamoDB may delete an item. */
  private ttl(): number {
    return Math.floor(Date.now() / 1000) + this.retentionSeconds;
  }

  private async get<T>(key: Change['key']): Promise<T | undefined> {
    const { Item } = await this.client.send(new GetCommand({ TableName: this.table, Key: key, ConsistentRead: true }));
    return Item as T | undefined;
  }

  private async sortKeys(pk: string): Promise<string[]> {
    const pages = paginateQuery({ client: this.client }, {
      TableName: this.table, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk }, ConsistentRead: true,
    });
    const keys: string[] = [];
    for await (const { Items } of pages) {
      keys.push(...Items!.map(({ sk }) => sk));
    }
    return keys;
  }

  private async delete(keys: Change['key'][]): Promise<void> {
    await Promise.all(keys.map(async Key => this.client.send(new DeleteCommand({ TableName: this.table, Key }))));
  }

  /** Whether the change's condition held. */
  private async change(change: Change): Promise<boolean> {
    try {
      await this.withoutConflict(() => this.client.send(new UpdateCommand(this.updateOf(change))));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        return false;
      }
      throw error;
    }
  }

  /** All of the changes, or none: then it says of each whether its condition held. */
  private async changeAll(changes: Change[]): Promise<boolean[]> {
    const TransactItems = changes.map(change => ({ Update: this.updateOf(change) }));
    try {
      await this.withoutConflict(() => this.client.send(new TransactWriteCommand({ TransactItems })));
      return changes.map(() => true);
    } catch (error) {
      const codes = cancellationsOf(error);
      if (!codes.includes('ConditionalCheckFailed')) {
        throw error;
      }
      return codes.map(code => code !== 'ConditionalCheckFailed');
    }
  }

  /** Tries again what met a transaction on the same item, which the SDK does not. */
  private async withoutConflict(write: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await write();
        return;
      } catch (error) {
        const conflict = error instanceof TransactionConflictException || cancellationsOf(error).includes('TransactionConflict');
        if (!conflict || attempt === WRITE_ATTEMPTS) {
          throw error;
        }
        await new Promise(resolve => setTimeout(resolve, Math.random() * 25 * 2 ** attempt));
      }
    }
  }

  private updateOf({ key, fields, firstFields = {}, condition, values, increment }: Change): UpdateCommandInput & { UpdateExpression: string } {
    const set = Object.entries(fields).filter(([, value]) => value !== undefined);
    const removed = Object.entries(fields).filter(([, value]) => value === undefined);
    return {
      TableName: this.table,
      Key: key,
      UpdateExpression: [
        ...(set.length ? [`SET ${[
          ...set.map(([name]) => `#${name} = :new_${name}`),
          ...Object.keys(firstFields).map(name => `#${name} = if_not_exists(#${name}, :new_${name})`),
        ].join(', ')}`] : []),
        ...(removed.length ? [`REMOVE ${removed.map(([name]) => `#${name}`).join(', ')}`] : []),
        ...(increment ? [`ADD ${increment} :one`] : []),
      ].join(' '),
      ConditionExpression: condition,
      ExpressionAttributeNames: {
        ...(condition.includes('#status') && { '#status': 'status' }),
        ...Object.fromEntries(Object.keys({ ...fields, ...firstFields }).map(name => [`#${name}`, name])),
      },
      ExpressionAttributeValues: {
        ...values,
        ...(increment && { ':one': 1 }),
        ...Object.fromEntries([...set, ...Object.entries(firstFields)].map(([name, value]) => [`:new_${name}`, value])),
      },
    };
  }
}

/** What is known of a run when it is requested. */
export type Request = Required<Pick<RunItem, 'reportId' | 'requester' | 'bodyHash' | 'requestedAt' | 'leaseUntil'>> & Pick<RunItem, 'rerenderOf'>;

/** What is known of a run when it is opened. */
export type Opening = Required<Pick<RunItem, 'reportId' | 'executionArn' | 'report' | 'trigger' | 'period' | 'openedAt' | 'leaseUntil'>>
& Pick<RunItem, 'scheduleArn' | 'scheduledTime' | 'rerun' | 'rerenderOf' | 'readerGroups'>;

/**
 * The status as a reader is told it: a run whose lease has run out is TIMED_OUT, although nobody was there to write it. The next
 * execution with the same claim takes it over.
 */
export function seenStatus({ status, leaseUntil }: RunItem, now: string): RunStatus {
  return (status === 'REQUESTED' || status === 'RUNNING') && leaseUntil !== undefined && leaseUntil < now ? 'TIMED_OUT' : status;
}

/** Why each part of a transaction was cancelled. */
function cancellationsOf(error: unknown): (string | undefined)[] {
  return error instanceof TransactionCanceledException ? error.CancellationReasons!.map(({ Code }) => Code) : [];
}

/** Whether a run has ended in a way that it may be made again, as a reader is told it. */
export function mayBeMadeAgain(run: RunItem, now: string): boolean {
  return ENDED_STATUSES.includes(seenStatus(run, now));
}

function belongsToAnother(reportId: string): Error {
  return new Error(`report ${reportId} belongs to another execution, which took it over`);
}

/** A group, where callers are named as `callerOf` names them: no caller has such a name. */
export const groupReader = (group: string) => `group|${group}`;

const listKey = (reader: string, createdAt: string, reportId: string) => ({ pk: `${READER_PARTITION}${reader}`, sk: `${createdAt}#${reportId}` });
const runKey = (reportId: string) => ({ ...Ledger.key(reportId), sk: 'run' });
const deliveryKey = (reportId: string, topicArn: string) => ({ ...Ledger.key(reportId), sk: `delivery#${topicArn}` });
const endKey = (reportId: string, executionAttempt: string) => ({ ...Ledger.key(reportId), sk: `end#${executionAttempt}` });
const scheduleKey = (scheduleArn: string) => ({ pk: `${SCHEDULE_PARTITION}${scheduleArn}` });
const lastDeliveredKey = (scheduleArn: string) => ({ ...scheduleKey(scheduleArn), sk: 'last delivered' });
const watchedKey = (scheduleArn: string) => ({ ...scheduleKey(scheduleArn), sk: 'watched' });
const FIRED = 'fired#';
const firedKey = (scheduleArn: string, time: string) => ({ ...scheduleKey(scheduleArn), sk: `${FIRED}${new Date(time).toISOString()}` });
