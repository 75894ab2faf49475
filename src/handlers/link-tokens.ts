import { createHash, randomBytes } from 'node:crypto';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, paginateQuery, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { requireEnv } from './environment';
import { NamedFile } from './signing';
import { LINK_PARTITION, REPORT_LINKS_PARTITION } from '../workflow/contract';

/** What a token opens. */
export interface TokenLink extends NamedFile {
  readonly reportId: string;
  readonly attempt: number;
  /** The file's name in the report. */
  readonly file: string;
  readonly expiresAt: string;
  readonly createdAt: string;
  readonly openings: number;
  readonly lastOpenedAt?: string;
  readonly revokedAt?: string;
}

/** 192 bits, where 128 can not be guessed; a multiple of three bytes is base64url without a remainder. */
const TOKEN_BYTES = 24;

/** Who opens a report does not wait longer than this for its record. */
const RECORD_TIMEOUT_MS = 2000;

/**
 * Links by the SHA-256 of their tokens: who reads the ledger can open none. Each has an entry under its report as well, so that all
 * links of a report are found when they are revoked.
 */
export class LinkTokens {
  public constructor(
    private readonly table: string,
    private readonly client = DynamoDBDocumentClient.from(new DynamoDBClient({})),
  ) {}

  /** Keeps a link until DynamoDB may delete it, and returns its token, which is kept nowhere. */
  public async create(link: Omit<TokenLink, 'openings'>, ttl: number): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const hash = hashOf(token);
    // In this order: no link opens that revoking does not find.
    await this.put({ pk: `${REPORT_LINKS_PARTITION}${link.reportId}`, sk: hash, ttl });
    await this.put({ ...keyOf(hash), ...link, openings: 0, ttl });
    return token;
  }

  /** The link of a token, whatever became of it. */
  public async find(token: string): Promise<{ readonly hash: string; readonly link?: TokenLink }> {
    const hash = hashOf(token);
    const { Item } = await this.client.send(new GetCommand({ TableName: this.table, Key: keyOf(hash), ConsistentRead: true }));
    return { hash, link: Item as TokenLink | undefined };
  }

  public async recordOpening(hash: string, now: string): Promise<void> {
    await this.client.send(new UpdateCommand({
      TableName: this.table,
      Key: keyOf(hash),
      UpdateExpression: 'SET lastOpenedAt = :now ADD openings :one',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':now': now, ':one': 1 },
    }), { abortSignal: AbortSignal.timeout(RECORD_TIMEOUT_MS) });
  }

  /** Revokes all links of a report. Returns how many it has, those that were revoked before included. */
  public async revokeAll(reportId: string, now: string): Promise<number> {
    const hashes = await this.hashesOf(reportId);
    await Promise.all(hashes.map(async hash => this.revoke(hash, now)));
    return hashes.length;
  }

  /** Erases all links of a report, and what is known of their openings. */
  public async eraseAll(reportId: string): Promise<void> {
    await Promise.all((await this.hashesOf(reportId)).map(async hash => {
      // In this order: no link is left that erasing again does not find.
      await this.delete(keyOf(hash));
      await this.delete({ pk: `${REPORT_LINKS_PARTITION}${reportId}`, sk: hash });
    }));
  }

  private async hashesOf(reportId: string): Promise<string[]> {
    const hashes: string[] = [];
    const pages = paginateQuery({ client: this.client }, {
      TableName: this.table,
      KeyConditionExpression: 'pk = :report',
      ExpressionAttributeValues: { ':report': `${REPORT_LINKS_PARTITION}${reportId}` },
      ConsistentRead: true,
    });
    for await (const { Items } of pages) {
      hashes.push(...Items!.map(({ sk }) => sk));
    }
    return hashes;
  }

  private async revoke(hash: string, now: string): Promise<void> {
    try {
      await this.client.send(new UpdateCommand({
        TableName: this.table,
        Key: keyOf(hash),
        UpdateExpression: 'SET revokedAt = :now',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(revokedAt)',
        ExpressionAttributeValues: { ':now': now },
      }));
    } catch (error) {
      // Revoked before, or gone: it does not open.
      if (!(error instanceof ConditionalCheckFailedException)) {
        throw error;
      }
    }
  }

  private async delete(Key: { readonly pk: string; readonly sk: string }): Promise<void> {
    await this.client.send(new DeleteCommand({ TableName: this.table, Key }));
  }

  private async put(item: object): Promise<void> {
    await this.client.send(new PutCommand({ TableName: this.table, Item: { ...item } }));
  }
}

/** The links of the pipeline that a handler belongs to. */
export function linkTokensFromEnvironment(): LinkTokens {
  return new LinkTokens(requireEnv('TABLE_NAME'));
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
const keyOf = (hash: string) => ({ pk: `${LINK_PARTITION}${hash}`, sk: 'link' });
