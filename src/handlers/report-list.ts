import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, BatchGetCommandOutput, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { requireEnv } from './environment';
import { Ledger, RunItem } from './ledger';
import { READER_PARTITION } from '../workflow/contract';

/** Where a page of a list ends: time and id of its last report. */
const POSITION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[0-9a-f]{32}$/;

/** How often DynamoDB is asked for what it left out of a batch. */
const BATCH_ATTEMPTS = 6;

export interface ReportPage {
  readonly runs: RunItem[];
  /** Where the next page begins, as `isPosition` knows it; none on the last page. */
  readonly next?: string;
}

/** The reports that somebody may see, as the ledger lists them. */
export class ReportList {
  public static isPosition(text: string): boolean {
    return POSITION.test(text);
  }

  public constructor(
    private readonly table: string,
    private readonly client = DynamoDBDocumentClient.from(new DynamoDBClient({})),
  ) {}

  /**
   * A page of the reports in the lists of these readers, the newest first. A report is at the same time in each list, so that one
   * position is a place in all of them.
   */
  public async page(readers: string[], limit: number, before?: string): Promise<ReportPage> {
    const lists = await Promise.all(readers.map(async reader => this.positions(reader, limit + 1, before)));
    const positions = [...new Set(lists.flat())].sort().reverse();
    const shown = positions.slice(0, limit);
    return { runs: await this.runs(shown.map(position => position.slice(-32))), ...(positions.length > limit && { next: shown.at(-1) }) };
  }

  private async positions(reader: string, limit: number, before: string | undefined): Promise<string[]> {
    const { Items } = await this.client.send(new QueryCommand({
      TableName: this.table,
      KeyConditionExpression: before === undefined ? 'pk = :reader' : 'pk = :reader AND sk < :before',
      ExpressionAttributeValues: { ':reader': `${READER_PARTITION}${reader}`, ...(before !== undefined && { ':before': before }) },
      ScanIndexForward: false,
      ConsistentRead: true,
      Limit: limit,
    }));
    return Items!.map(({ sk }) => sk);
  }

  /** The runs in this order; one that the ledger no longer keeps is left out. */
  private async runs(reportIds: string[]): Promise<RunItem[]> {
    const found = new Map<string, RunItem>();
    let keys: Record<string, unknown>[] | undefined = reportIds.map(reportId => ({ ...Ledger.key(reportId), sk: 'run' }));
    for (let attempt = 1; keys && keys.length > 0; attempt++) {
      if (attempt > BATCH_ATTEMPTS) {
        throw new Error(`DynamoDB left ${keys.length} runs out of each of ${BATCH_ATTEMPTS} answers`);
      }
      if (attempt > 1) {
        await new Promise(resolve => setTimeout(resolve, Math.random() * 25 * 2 ** attempt));
      }
      const { Responses, UnprocessedKeys }: BatchGetCommandOutput = await this.client.send(new BatchGetCommand({
        RequestItems: { [this.table]: { Keys: keys, ConsistentRead: true } },
      }));
      for (const item of Responses?.[this.table] ?? []) {
        found.set(item.reportId, item as RunItem);
      }
      keys = UnprocessedKeys?.[this.table]?.Keys;
    }
    return reportIds.flatMap(reportId => found.get(reportId) ?? []);
  }
}

/** The lists of the pipeline that a handler belongs to. */
export function reportListFromEnvironment(): ReportList {
  return new ReportList(requireEnv('TABLE_NAME'));
}
