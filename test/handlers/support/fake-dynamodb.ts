import { isDeepStrictEqual } from 'node:util';
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand, BatchGetCommandInput, DeleteCommand, DeleteCommandInput, DynamoDBDocumentClient, GetCommand, GetCommandInput, PutCommand,
  PutCommandInput, QueryCommand,
  QueryCommandInput, TransactWriteCommand, UpdateCommand, UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';

type Item = Record<string, any>;
type Operation = { readonly kind: 'Get' | 'Put' | 'Update' | 'Delete'; readonly pk: string; readonly sk: string; readonly input: any };
type Update = Pick<UpdateCommandInput, 'TableName' | 'Key' | 'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;
type Expressions = Pick<UpdateCommandInput, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

/**
 * A table with the keys `pk` and `sk`, in memory. It evaluates condition and update expressions, as far as the ledger uses them,
 * and refuses what DynamoDB refuses (a reserved word, an unused value, an undefined one) and what it does not know.
 */
export class FakeDynamoDB {
  private items = new Map<string, Item>();
  private interruptions: { when: 'before' | 'after'; matches: (operation: Operation) => boolean; action: () => unknown }[] = [];

  public constructor(private readonly table: string) {
    const client = mockClient(DynamoDBDocumentClient);
    client.on(GetCommand).callsFake(input => this.operate('Get', input, input.Key, () => this.get(input)));
    client.on(PutCommand).callsFake((input, getClient) => this.operate('Put', input, input.Item, () => this.put(input, getClient())));
    client.on(UpdateCommand).callsFake(input => this.operate('Update', input, input.Key, () => this.update(input)));
    client.on(DeleteCommand).callsFake((input: DeleteCommandInput) => this.operate('Delete', input, input.Key!, () => this.remove(`${input.Key!.pk} ${input.Key!.sk}`)));
    client.on(QueryCommand).callsFake(input => this.query(input));
    client.on(BatchGetCommand).callsFake(input => this.batchGet(input));
    client.on(TransactWriteCommand).callsFake(({ TransactItems }) => this.transact(TransactItems.map(({ Update }: { Update: Update }) => Update)));
    globalThis.beforeEach?.(() => this.clear());
  }

  /** An empty table; each test has one. */
  public clear(): void {
    this.items.clear();
    this.interruptions = [];
  }

  /** The item, or undefined. */
  public item(pk: string, sk: string): Item | undefined {
    return structuredClone(this.items.get(`${pk} ${sk}`));
  }

  public keys(): string[] {
    return [...this.items.keys()];
  }

  /** Puts an item there, without conditions. */
  public seed(item: Item): void {
    this.items.set(`${item.pk} ${item.sk}`, structuredClone(item));
  }

  /** Removes the item of one of `keys()`. */
  public remove(key: string): void {
    this.items.delete(key);
  }

  /** Does something once before the next operation that matches, or after it: what another execution does, or throw an error. */
  public interrupt(when: 'before' | 'after', kind: Operation['kind'], sk: string | RegExp, action: () => unknown): void {
    this.interruptions.push({ when, action, matches: operation => operation.kind === kind && (typeof sk === 'string' ? operation.sk === sk : sk.test(operation.sk)) });
  }

  private async operate<T>(kind: Operation['kind'], input: any, key: Item, action: () => T): Promise<T> {
    const operation = this.operation(kind, input, key);
    await this.interruption('before', operation);
    const result = action();
    await this.interruption('after', operation);
    return result;
  }

  /** All updates or none: an interruption of one of them is one of the whole. */
  private async transact(updates: Update[]): Promise<object> {
    const operations = updates.map(update => this.operation('Update', update, update.Key!));
    const keys = operations.map(({ pk, sk }) => `${pk} ${sk}`);
    check(new Set(keys).size === keys.length, 'a transaction has two operations on one item');
    for (const operation of operations) {
      await this.interruption('before', operation);
    }
    // DynamoDB refuses a bad expression before it looks at conditions, and looks at all of these before it writes.
    const evaluated = updates.map(update => this.evaluate(update));
    const reasons = evaluated.map(({ holds }) => ({ Code: holds ? 'None' : 'ConditionalCheckFailed' }));
    if (reasons.some(({ Code }) => Code !== 'None')) {
      throw new TransactionCanceledException({ message: 'Transaction cancelled', CancellationReasons: reasons, $metadata: { httpStatusCode: 400 } });
    }
    evaluated.forEach(({ updated }) => this.seed(updated));
    for (const operation of operations) {
      await this.interruption('after', operation);
    }
    return {};
  }

  private operation(kind: Operation['kind'], input: any, key: Item): Operation {
    check(input.TableName === this.table, `the table ${input.TableName} does not exist`);
    check(typeof key.pk === 'string' && typeof key.sk === 'string', 'the key does not match the schema');
    return { kind, pk: key.pk, sk: key.sk, input };
  }

  /** What an update would make of its item, and whether its condition holds. */
  private evaluate({ Key, UpdateExpression, ConditionExpression, ...input }: Update): { updated: Item; holds: boolean } {
    const { pk, sk } = Key!;
    const expressions = new Expression(input, this.item(pk, sk));
    const updated = expressions.update(UpdateExpression!, { pk, sk });
    const holds = ConditionExpression === undefined || expressions.condition(ConditionExpression);
    expressions.checkAllUsed();
    return { updated, holds };
  }

  private async interruption(when: 'before' | 'after', operation: Operation): Promise<void> {
    const index = this.interruptions.findIndex(interruption => interruption.when === when && interruption.matches(operation));
    if (index >= 0) {
      await this.interruptions.splice(index, 1)[0].action();
    }
  }

  private get(input: GetCommandInput) {
    check(input.ConsistentRead === true, 'the ledger is read consistently');
    return { Item: this.item(input.Key!.pk, input.Key!.sk) };
  }

  /** One partition, or what comes before a sort key in it, or is between two of them, in pages of `Limit` or else of two. */
  private query({
    TableName, KeyConditionExpression, ExpressionAttributeValues, ConsistentRead, ExclusiveStartKey, ScanIndexForward = true, Limit = 2,
  }: QueryCommandInput) {
    check(TableName === this.table, `the table ${TableName} does not exist`);
    check(ConsistentRead === true, 'the ledger is read consistently');
    const [, ...names] = /^pk = (:\w+)(?: AND sk < (:\w+)| AND sk BETWEEN (:\w+) AND (:\w+))?$/.exec(KeyConditionExpression!) ?? [];
    check(names.length > 0, `the key condition ${KeyConditionExpression} is not known here`);
    const [partition, end, first, last] = names.map(name => name && ExpressionAttributeValues![name]);
    check(first === undefined || first <= last, 'BETWEEN ends before it begins');
    const ascending = [...this.items.values()]
      .filter(({ pk, sk }) => pk === partition && (end === undefined || sk < end) && (first === undefined || (sk >= first && sk <= last)))
      .sort((one, other) => one.sk < other.sk ? -1 : 1);
    const found = ScanIndexForward ? ascending : ascending.reverse();
    const rest = ExclusiveStartKey === undefined ? found : found.slice(found.findIndex(({ sk }) => sk === ExclusiveStartKey.sk) + 1);
    const Items = structuredClone(rest.slice(0, Limit));
    return { Items, ...(rest.length > Limit && { LastEvaluatedKey: { pk: partition, sk: Items.at(-1)!.sk } }) };
  }

  /** The items in an order of its own; what is more than ten it leaves for the next time. */
  private batchGet({ RequestItems }: BatchGetCommandInput) {
    const [[table, { Keys = [], ConsistentRead }], ...others] = Object.entries(RequestItems!);
    check(table === this.table && others.length === 0, `the table ${table} does not exist`);
    check(ConsistentRead === true, 'the ledger is read consistently');
    check(Keys.length > 0 && Keys.length <= 100, `a batch has 1 to 100 keys, and not ${Keys.length}`);
    check(new Set(Keys.map(({ pk, sk }) => `${pk} ${sk}`)).size === Keys.length, 'a batch names an item twice');
    const found = Keys.slice(0, 10).reverse().flatMap(({ pk, sk }) => this.item(pk, sk) ?? []);
    return { Responses: { [table]: found }, UnprocessedKeys: Keys.length > 10 ? { [table]: { Keys: Keys.slice(10), ConsistentRead } } : {} };
  }

  private put(input: PutCommandInput, client: DynamoDBDocumentClient) {
    const marshall = (client.config as any).translateConfig?.marshallOptions ?? {};
    const item = Object.fromEntries(Object.entries(input.Item!).filter(([name, value]) => {
      check(value !== undefined || marshall.removeUndefinedValues === true, `${name} is undefined`);
      return value !== undefined;
    }));
    const expressions = new Expression(input, this.item(item.pk, item.sk));
    const holds = input.ConditionExpression === undefined || expressions.condition(input.ConditionExpression);
    expressions.checkAllUsed();
    checkCondition(holds);
    this.seed(item);
    return {};
  }

  private update(input: Update) {
    const { updated, holds } = this.evaluate(input);
    checkCondition(holds);
    this.seed(updated);
    return {};
  }
}

function checkCondition(holds: boolean): void {
  if (!holds) {
    throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: { httpStatusCode: 400 } });
  }
}

/** Of https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html those that could be names in the ledger. */
const RESERVED = new Set(['status', 'error', 'rows', 'trigger', 'ttl', 'url', 'name', 'key', 'value', 'data', 'timestamp', 'count', 'time', 'begin', 'end', 'close', 'open']);

class Expression {
  private tokens: string[] = [];
  private readonly used = new Set<string>();

  public constructor(private readonly input: Expressions, private readonly item: Item | undefined) {}

  public condition(text: string): boolean {
    this.tokenize(text);
    const result = this.or();
    check(this.tokens.length === 0, `"${this.tokens.join(' ')}" is left of the condition ${text}`);
    return result();
  }

  /** The item after SET, REMOVE and ADD, each at most once. */
  public update(text: string, key: Item): Item {
    this.tokenize(text);
    const updated: Item = { ...this.item, ...key };
    const touched = new Set<string>();
    const clauses = new Set<string>();
    while (this.tokens.length > 0) {
      const clause = this.next();
      check(['SET', 'REMOVE', 'ADD'].includes(clause) && !clauses.has(clause), `the update has a clause ${clause}, or has it twice`);
      clauses.add(clause);
      do {
        const name = this.name(this.next());
        check(!touched.has(name) && !(name in key), `${name} is updated twice, or is part of the key`);
        touched.add(name);
        if (clause === 'SET') {
          this.expect('=');
          updated[name] = this.assigned(name);
        } else if (clause === 'REMOVE') {
          delete updated[name];
        } else {
          const increment = this.value(this.next());
          check(typeof increment === 'number' && ['number', 'undefined'].includes(typeof updated[name]), `ADD ${name} is not of numbers`);
          updated[name] = (updated[name] ?? 0) + increment;
        }
      } while (this.accept(','));
    }
    check(clauses.size > 0, 'the update is empty');
    return updated;
  }

  /** What an attribute is set to: a value, perhaps only where the item has none. */
  private assigned(name: string): unknown {
    if (!this.accept('if_not_exists')) {
      return this.value(this.next());
    }
    this.expect('(');
    check(this.name(this.next()) === name, 'if_not_exists of another attribute is not known here');
    this.expect(',');
    const value = this.value(this.next());
    this.expect(')');
    return this.item?.[name] ?? value;
  }

  public checkAllUsed(): void {
    for (const [what, entries] of Object.entries(this.input)) {
      check(!/^ExpressionAttribute/.test(what) || entries === undefined || Object.keys(entries).length > 0, `${what} must not be empty`);
    }
    for (const name of [...Object.keys(this.input.ExpressionAttributeNames ?? {}), ...Object.keys(this.input.ExpressionAttributeValues ?? {})]) {
      check(this.used.has(name), `${name} is unused in the expressions`);
    }
  }

  // Everything is parsed before anything is evaluated, because DynamoDB refuses a bad expression whatever the item holds.
  private or(): () => boolean {
    const parts = [this.and()];
    while (this.accept('OR')) {
      parts.push(this.and());
    }
    return () => parts.some(part => part());
  }

  private and(): () => boolean {
    const parts = [this.not()];
    while (this.accept('AND')) {
      parts.push(this.not());
    }
    return () => parts.every(part => part());
  }

  private not(): () => boolean {
    if (this.accept('NOT')) {
      const negated = this.not();
      return () => !negated();
    }
    if (this.accept('(')) {
      const inner = this.or();
      this.expect(')');
      return inner;
    }
    return this.comparison();
  }

  private comparison(): () => boolean {
    const token = this.next();
    if (token === 'attribute_not_exists' || token === 'attribute_exists') {
      this.expect('(');
      const name = this.name(this.next());
      this.expect(')');
      return () => (this.item?.[name] !== undefined) === (token === 'attribute_exists');
    }
    const attribute = this.name(token);
    const operator = this.next();
    if (operator === 'IN') {
      const values: unknown[] = [];
      this.expect('(');
      do {
        values.push(this.value(this.next()));
      } while (this.accept(','));
      this.expect(')');
      return () => values.some(value => isDeepStrictEqual(value, this.item?.[attribute]));
    }
    check(['=', '<>', '<', '<='].includes(operator), `the operator ${operator} is not known here`);
    const value = this.value(this.next());
    return () => {
      const actual = this.item?.[attribute];
      switch (operator) {
        case '=': return isDeepStrictEqual(value, actual);
        case '<>':
          check(actual !== undefined, `${attribute} <> is asked of an item without it`);
          return !isDeepStrictEqual(value, actual);
        case '<': return typeof actual === typeof value && actual < value;
        default: return typeof actual === typeof value && actual <= value;
      }
    };
  }

  private name(token: string): string {
    if (token.startsWith('#')) {
      this.used.add(token);
      const name = this.input.ExpressionAttributeNames?.[token];
      check(name !== undefined, `the name ${token} is not defined`);
      return name!;
    }
    check(/^[a-zA-Z]\w*$/.test(token) && !RESERVED.has(token.toLowerCase()), `${token} is no name, or a reserved word`);
    return token;
  }

  private value(token: string): any {
    check(token.startsWith(':'), `${token} is no value`);
    this.used.add(token);
    const value = this.input.ExpressionAttributeValues?.[token];
    check(value !== undefined, `the value ${token} is not defined`);
    return value;
  }

  private tokenize(text: string): void {
    this.tokens = text.match(/\s+|[#:]?\w+|<>|<=|[<=(),]|./g)!.filter(token => token.trim() !== '');
  }

  private next(): string {
    check(this.tokens.length > 0, 'the expression ends too soon');
    return this.tokens.shift()!;
  }

  private accept(token: string): boolean {
    const found = this.tokens[0] === token;
    if (found) {
      this.tokens.shift();
    }
    return found;
  }

  private expect(token: string): void {
    check(this.accept(token), `expected ${token}, and got ${this.tokens[0]}`);
  }
}

function check(condition: boolean, message: string): void {
  if (!condition) {
    throw Object.assign(new Error(message), { name: 'ValidationException' });
  }
}
