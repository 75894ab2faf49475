import { BatchGetCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { TABLE } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { ReportList } from '../../src/handlers/report-list';

const dynamodb = new FakeDynamoDB(TABLE);
const list = new ReportList(TABLE);

const position = (second: number, id: number) => `2026-11-21T06:00:${`${second}`.padStart(2, '0')}.000Z#${id.toString(16).padStart(32, '0')}`;
const reportId = (at: string) => at.slice(-32);

test('pages of several lists are those of their union, whatever is in them', async () => {
  const report = fc.record({ second: fc.nat(5), id: fc.nat(200), readers: fc.subarray(['group|a', 'group|b', 'cognito|x', 'public']) });
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(report, { selector: ({ id }) => id, maxLength: 40 }),
    fc.subarray(['group|a', 'group|b', 'cognito|x'], { minLength: 1 }),
    fc.integer({ min: 1, max: 15 }),
    async (reports, readers, limit) => {
      dynamodb.clear();
      for (const { second, id, readers: seenBy } of reports) {
        const at = position(second, id);
        dynamodb.seed({ pk: `run#${reportId(at)}`, sk: 'run', reportId: reportId(at), status: 'DELIVERED' });
        seenBy.forEach(reader => dynamodb.seed({ pk: `reader#${reader}`, sk: at }));
      }
      const expected = reports.filter(({ readers: seenBy }) => seenBy.some(reader => readers.includes(reader)))
        .map(({ second, id }) => position(second, id)).sort().reverse().map(reportId);

      const found: string[] = [];
      let next: string | undefined;
      do {
        const page = await list.page(readers, limit, next);
        found.push(...page.runs.map(run => run.reportId));
        next = page.next;
        expect(next === undefined || ReportList.isPosition(next)).toBe(true);
      } while (next !== undefined);

      expect(found).toEqual(expected);
    },
  ), { numRuns: 100 });
});

test('a page that DynamoDB gives no answer for fails, and is not shown as shorter than it is', async () => {
  const client = mockClient(DynamoDBDocumentClient);
  const Keys = [{ pk: 'run#x', sk: 'run' }];
  client.on(QueryCommand).resolves({ Items: [{ sk: position(1, 1) }] });
  client.on(BatchGetCommand).resolves({ Responses: {}, UnprocessedKeys: { [TABLE]: { Keys } } });

  await expect(list.page(['public'], 5)).rejects.toThrow('DynamoDB left 1 runs out of each of 6 answers');
});
