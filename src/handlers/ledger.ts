import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { requireEnv } from './environment';
import { ReportError } from './errors';
import { Period, Trigger } from '../workflow/contract';

export type RunStatus = 'REQUESTED' | 'RUNNING' | 'DELIVERED' | 'SKIPPED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** How an execution can end without a report; the names are those of Step Functions. */
export type FailureStatus = 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface RunItem {
  readonly reportId: string;
  readonly status: RunStatus;
  readonly attempt?: number;
  readonly executionArn?: string;
  readonly report?: string;
  readonly trigger?: Trigger;
  readonly period?: Period;
  readonly scheduledTime?: string;
  readonly requester?: string;
  readonly bodyHash?: string;
  readonly requestedAt?: string;
  readonly openedAt?: string;
  readonly deliveryBegunAt?: string;
  readonly rows?: number;
  readonly linkExpiresAt?: string;
}

export interface DeliveryItem {
  /** SENDING is written before the publish call, everything else after its answer. UNKNOWN: there was no answer. */
  readonly status: 'SENDING' | 'SENT' | 'REFUSED' | 'UNKNOWN';
  readonly messageId?: string;
  /** When the link in the message expires. */
  readonly linkExpiresAt?: string;
}

export interface LinkItem {
  readonly url: string;
  readonly expiresAt: string;
}

/** What a run that goes on or ended well does not keep of an end that it had before. */
const NOT_FAILED = { step: undefined, error: undefined };

/** The ledger of the pipeline that a handler belongs to. */
export function ledgerFromEnvironment(): Ledger {
  return new Ledger(requireEnv('TABLE_NAME'), Number(requireEnv('LEDGER_RETENTION_SECONDS')));
}

/**
 * The ledger: one item for a run, one for each delivery, link and notice of it, all under `run#<report id>`.
 *
 * Every write is conditional on the state that it leaves and on the execution that owns the run, so that a retry repeats
 * nothing and a late twin changes nothing.
 */
export class Ledger {
  public static key(reportId: string) {
    return { pk: `run#${reportId}` };
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

  public async run(reportId: string): Promise<RunItem | undefined> {
    return this.get<RunItem>(reportId, 'run');
  }

  public async delivery(reportId: string, topicArn: string): Promise<DeliveryItem | undefined> {
    return this.get<DeliveryItem>(reportId, `delivery#${topicArn}`);
  }

  public async link(reportId: string, attempt: number, file: string): Promise<LinkItem | undefined> {
    return this.get<LinkItem>(reportId, `${Ledger.linkKey(reportId, attempt).sk}${file}`);
  }

  /** Records a request. Returns the item of an earlier one with the same id, which stays as it is. */
  public async request(item: Pick<RunItem, 'reportId' | 'requester' | 'bodyHash' | 'requestedAt'>): Promise<RunItem | undefined> {
    const created = await this.attempt(new PutCommand({
      TableName: this.table,
      Item: { ...Ledger.key(item.reportId), sk: 'run', status: 'REQUESTED', ...item, ttl: this.ttl() },
      ConditionExpression: 'attribute_not_exists(pk)',
    }));
    return created ? undefined : this.run(item.reportId);
  }

  /**
   * Claims the run for an execution: a new one, one that was requested under this execution's name, or one that failed before
   * its delivery was begun, which is taken over as the next attempt. Returns undefined where another execution holds it.
   */
  public async open(item: Required<Pick<RunItem, 'reportId' | 'executionArn' | 'report' | 'trigger' | 'period' | 'openedAt'>>
  & { scheduledTime?: string }): Promise<RunItem | undefined> {
    const { reportId, ...fields } = item;
    const opened = await this.update(reportId, 'run', { ...fields, reportId, status: 'RUNNING', ttl: this.ttl(), ...NOT_FAILED, closedAt: undefined }, {
      // A request waits for the execution that bears its id; nothing else may open it, nor may that execution open what nobody requested.
      condition: (item.trigger === 'REQUEST' ? '#status = :requested' : 'attribute_not_exists(pk)')
        + ' OR (#status IN (:failed, :timedOut, :aborted) AND attribute_not_exists(deliveryBegunAt))',
      values: { ':failed': 'FAILED', ':timedOut': 'TIMED_OUT', ':aborted': 'ABORTED', ...(item.trigger === 'REQUEST' && { ':requested': 'REQUESTED' }) },
      increment: 'attempt',
    });
    if (opened) {
      return this.run(reportId);
    }
    const held = await this.run(reportId);
    if (!held) {
      throw new ReportError('InvalidInput', `nobody requested the report ${reportId}; only the API makes requests, start an execution of your own without "request"`);
    }
    return held.executionArn === item.executionArn ? held : undefined;
  }

  /** Claims the delivery to a topic. False where it was claimed before: then `delivery` tells what became of it. */
  public async beginDelivery(reportId: string, executionArn: string, topicArn: string, now: string): Promise<boolean> {
    const owned = await this.update(reportId, 'run', { deliveryBegunAt: now }, {
      condition: 'executionArn = :owner',
      values: { ':owner': executionArn },
    });
    if (!owned) {
      throw new Error(`report ${reportId} belongs to another execution, which took it over after this one had failed`);
    }
    return this.attempt(new PutCommand({
      TableName: this.table,
      Item: { ...Ledger.key(reportId), sk: `delivery#${topicArn}`, status: 'SENDING', topicArn, executionArn, begunAt: now, ttl: this.ttl() },
      ConditionExpression: 'attribute_not_exists(pk) OR #status = :refused',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':refused': 'REFUSED' },
    }));
  }

  /**
   * Records what became of a delivery that was SENDING. A twin that found it SENDING may have called it UNKNOWN meanwhile; an answer
   * is better than none. One that was refused has not been begun after all: when it has failed, the run may be taken over.
   */
  public async endDelivery(reportId: string, executionArn: string, topicArn: string, outcome: DeliveryItem, now: string): Promise<void> {
    const ended = await this.update(reportId, `delivery#${topicArn}`, { ...outcome, endedAt: now }, {
      condition: '#status IN (:sending, :unknown)',
      values: { ':sending': 'SENDING', ':unknown': 'UNKNOWN' },
    });
    if (ended && outcome.status === 'REFUSED') {
      await this.update(reportId, 'run', { deliveryBegunAt: undefined }, { condition: 'executionArn = :owner', values: { ':owner': executionArn } });
    }
  }

  /** Ends a run well. An execution that was redriven ends its failed run well, too. */
  public async complete(reportId: string, executionArn: string, status: 'DELIVERED' | 'SKIPPED', fields: { rows: number; linkExpiresAt?: string; closedAt: string }) {
    await this.update(reportId, 'run', { ...fields, status, ...NOT_FAILED }, {
      condition: 'executionArn = :owner AND #status <> :delivered',
      values: { ':owner': executionArn, ':delivered': 'DELIVERED' },
    });
  }

  /** Closes a run that failed, unless it ended well or belongs to another execution. A run that could not even be opened is recorded, too. */
  public async fail(
    reportId: string, executionArn: string, status: FailureStatus, fields: { step: string | undefined; error: string; closedAt: string },
  ): Promise<void> {
    await this.update(reportId, 'run', { ...fields, reportId, executionArn, status, ttl: this.ttl() }, {
      condition: 'attribute_not_exists(pk) OR #status = :requested OR (executionArn = :owner AND NOT #status IN (:delivered, :skipped))',
      values: { ':owner': executionArn, ':requested': 'REQUESTED', ':delivered': 'DELIVERED', ':skipped': 'SKIPPED' },
    });
  }

  /** Whether the owner was told of this end of an execution attempt. */
  public async noticeSent(reportId: string, executionAttempt: string): Promise<boolean> {
    return (await this.get(reportId, `notice#${executionAttempt}`)) !== undefined;
  }

  public async recordNotice(reportId: string, executionAttempt: string, fields: { messageId?: string; sentAt: string }): Promise<void> {
    await this.attempt(new PutCommand({ TableName: this.table, Item: { ...Ledger.key(reportId), sk: `notice#${executionAttempt}`, ...fields, ttl: this.ttl() } }));
  }

  /** The time, in seconds since 1970, from which DynamoDB may delete an item. */
  private ttl(): number {
    return Math.floor(Date.now() / 1000) + this.retentionSeconds;
  }

  private async get<T>(reportId: string, sk: string): Promise<T | undefined> {
    const { Item } = await this.client.send(new GetCommand({ TableName: this.table, Key: { ...Ledger.key(reportId), sk }, ConsistentRead: true }));
    return Item as T | undefined;
  }

  /** Sets the fields, and removes those that are undefined. */
  private async update(
    reportId: string, sk: string, fields: object, options: { condition: string; values: object; increment?: string },
  ): Promise<boolean> {
    const set = Object.entries(fields).filter(([, value]) => value !== undefined);
    const removed = Object.keys(fields).filter(name => fields[name as keyof typeof fields] === undefined);
    return this.attempt(new UpdateCommand({
      TableName: this.table,
      Key: { ...Ledger.key(reportId), sk },
      UpdateExpression: [
        ...(set.length ? [`SET ${set.map(([name]) => `#${name} = :new_${name}`).join(', ')}`] : []),
        ...(removed.length ? [`REMOVE ${removed.map(name => `#${name}`).join(', ')}`] : []),
        ...(options.increment ? [`ADD ${options.increment} :one`] : []),
      ].join(' '),
      ConditionExpression: options.condition,
      ExpressionAttributeNames: {
        ...(options.condition.includes('#status') && { '#status': 'status' }),
        ...Object.fromEntries(Object.keys(fields).map(name => [`#${name}`, name])),
      },
      ExpressionAttributeValues: {
        ...options.values,
        ...(options.increment && { ':one': 1 }),
        ...Object.fromEntries(set.map(([name, value]) => [`:new_${name}`, value])),
      },
    }));
  }

  /** Whether the write's condition held. */
  private async attempt(command: PutCommand | UpdateCommand): Promise<boolean> {
    try {
      await this.client.send(command as PutCommand);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        return false;
      }
      throw error;
    }
  }
}
