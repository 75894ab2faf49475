import { DeleteObjectsCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { answering, isRequester, Refusal, visibleReport } from './api-request';
import { hasRevocableLinks, requireEnv } from './environment';
import { ledgerFromEnvironment } from './ledger';
import { linkTokensFromEnvironment } from './link-tokens';

const ledger = ledgerFromEnvironment();
const tokens = linkTokensFromEnvironment();
const s3 = new S3Client({});

/** Erases a report for who requested it: links, rows, files, and its record, which goes last, so that a repeat goes on with what was interrupted. */
export const handler = answering(async event => {
  const run = await visibleReport(ledger, event);
  const { reportId } = run;
  if (!isRequester(event, run)) {
    throw new Refusal(403, 'Only who requested a report deletes it.');
  }
  if (!await ledger.beginErasure(reportId, new Date().toISOString())) {
    throw new Refusal(409, 'This report is still being made, or failed less than 15 minutes ago, and what made it may still be at work. Delete it later.');
  }
  if (hasRevocableLinks()) {
    await tokens.eraseAll(reportId);
  }
  await eraseObjects(`${requireEnv('DATA_PREFIX')}${reportId}/`);
  await eraseObjects(`${requireEnv('REPORTS_PREFIX')}${reportId}/`);
  await ledger.erase(run);
  console.log({ message: 'erased', reportId });
  return { statusCode: 204 };
});

async function eraseObjects(Prefix: string): Promise<void> {
  const Bucket = requireEnv('BUCKET_NAME');
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix })) {
    if (Contents.length > 0) {
      const Objects = Contents.map(({ Key }) => ({ Key }));
      const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      if (Errors.length > 0) {
        throw new Error(`S3 did not delete ${Errors.length} objects under ${Prefix}, of which the first is ${Errors[0].Key}: ${Errors[0].Code}`);
      }
    }
  }
}
