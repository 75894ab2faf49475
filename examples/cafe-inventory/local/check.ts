import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { decodeHTML } from 'entities';
import { statusWithoutLogIn } from './bookkeeper';
import { inBrowser } from './browser/browser';
import { walkThrough } from './browser/walk-through';
import { expectEqual } from './expect';
import { until } from './loopback';
import type { OpenCafe } from './open-cafe';
import type { Run } from './run';
import { step } from './step';
import { type Inventory, inventory, query } from '../lambdas/lookup';

/** How long the link lives in a check: as short as it may be. */
export const CHECK_LINK_SECONDS = 60;

/** A second mail would be there by then: the first one is, within a second or two. */
const SETTLING_SECONDS = 4;

/** Judges what a person would see, after the first mail has come. */
export async function check(cafe: OpenCafe, run: Run): Promise<void> {
  const { cloud, database, outputs, frank, mailbox, website, idempotencyKey, reportId, mail } = cafe;
  await step('Somebody who has not logged in gets no report', async () => {
    expectEqual('status', await statusWithoutLogIn(outputs), 401);
  });
  await step('The website and its menu are there', async () => {
    expectEqual('status of the page', (await fetch(website)).status, 200);
    const menu = await fetch(`${outputs.ApiUrl}menu`);
    expectEqual('status of the menu', menu.status, 200);
    const { items } = await menu.json() as { items: unknown[] };
    expectEqual('the menu is empty', items.length === 0, false);
  });

  expectEqual('links in the mail', mail.links.length, 1);
  const [{ url, expiresAt }] = mail.links;
  const shown = await step('The link in the mail opens the report', async () => {
    const response = await fetch(url);
    expectEqual('status', response.status, 200);
    return tableIn(await response.text());
  }, ({ rows }) => `${rows.length} rows`);
  await step('The report shows what the database holds', async () => {
    const { columns, rows } = inventory(await query({ uri: database.url }), new Date());
    expectEqual('rows', shown.rows.length, rows.length);
    rows.forEach((row, index) => expectEqual(`row ${index + 1}`, shown.rows[index], columns.map(({ name, type }) => asShown(type, row[name]))));
    const suppliers = [...new Set(rows.map(({ supplier }) => supplier))];
    expectEqual('totals by supplier', shown.subtotals.map(withoutGaps), suppliers.map(supplier => [`Total ${supplier}`, ...sums(rows.filter(row => row.supplier === supplier))]));
    expectEqual('totals', withoutGaps(shown.totals), ['Total', ...sums(rows)]);
    expectEqual('what is to be reordered', shown.emphasised, rows.filter(({ reorder }) => reorder).map(({ quantity }) => asShown('integer', quantity)));
    const report = await frank.report(reportId);
    expectEqual('status and rows by the API', [report.status, report.rows], ['DELIVERED', rows.length]);
  });

  await step('The same request again is the same report, and brings no second mail', async () => {
    expectEqual('report', (await frank.requestReport(idempotencyKey)).reportId, reportId);
    await sleep(SETTLING_SECONDS * 1000);
    const { executions } = await new SFNClient(cloud).send(new ListExecutionsCommand({ stateMachineArn: outputs.StateMachineArn }));
    expectEqual('executions', executions!.length, 1);
    expectEqual('mails', mailbox.mails.map(({ to, subject }) => ({ to, subject })), [{ to: mail.to, subject: mail.subject }]);
  });

  await step('A report of what is to be reordered of one supplier shows that, and nothing else', async () => {
    const { rows } = inventory(await query({ uri: database.url }), new Date());
    const { supplier } = rows.find(({ reorder }) => reorder)!;
    const report = await frank.requestReport(randomUUID(), { supplier, onlyBelowReorderLevel: true });
    await until('the report', 30, async () => (await frank.report(report.reportId)).status === 'DELIVERED' || undefined);
    const asked = rows.filter(row => row.supplier === supplier && row.reorder);
    const { rows: cells } = tableIn(await frank.open(report.reportId));
    expectEqual('coffee', cells.map(([name, product]) => [name, product]), asked.map(({ product }) => [supplier, product]));
  });
  await step('A parameter that the café does not know is refused in plain words', async () => {
    expectEqual('what is said', await frank.refusalOf({ suplier: 'Nusantara Kopi' }),
      'The request is refused: parameters must not have a property that the schema does not name.');
    expectEqual('what is said', await frank.refusalOf({ onlyBelowReorderLevel: 'yes' }),
      'The request is refused: parameters.onlyBelowReorderLevel must be boolean.');
  });

  await walkThrough(cafe, run.directory);

  await step('The report is rendered again of what was kept, the same to the byte', async () => {
    const again = await frank.renderAgain(reportId);
    await until('the report', 30, async () => (await frank.report(again.reportId)).status === 'DELIVERED' || undefined);
    expectEqual('bytes', await frank.open(again.reportId) === await frank.open(reportId), true);
  });
  await step('Frank deletes the report, and nothing of it is left', async () => {
    const s3 = new S3Client({ ...cloud, forcePathStyle: true });
    const keys = async () => {
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: outputs.ReportBucketName }));
      return Contents!.map(({ Key }) => Key!).filter(key => key.includes(reportId));
    };
    expectEqual('files are there', (await keys()).length > 0, true);
    await frank.delete(reportId);
    expectEqual('files', await keys(), []);
    expectEqual('status', await frank.statusOf(reportId), 404);
  });

  await step('The link has expired, and leads to a page that helps', async () => {
    await sleep(Math.max(0, Date.parse(expiresAt) - Date.now() + 1500));
    await inBrowser(async browser => {
      const page = await browser.newPage();
      const response = await page.goto(url);
      expectEqual('status', response!.status(), 404);
      await page.getByText('ask whoever sends you the report for a new link').waitFor();
    });
  });
}

/** By what one could tell that a run has not ended. */
export interface Traces { readonly endpoint: string; readonly directory: string }

export async function checkNothingIsLeft({ endpoint, directory }: Traces): Promise<void> {
  const answer = await fetch(endpoint).then(({ status }) => `status ${status}`, error => error.cause?.code);
  expectEqual('answer of the emulator', answer, 'ECONNREFUSED');
  expectEqual('the directory is there', existsSync(directory), false);
}

/** The texts of the report's table: of its rows, of its totals, and of the cells that stand out. */
function tableIn(html: string): { rows: string[][]; subtotals: string[][]; totals: string[]; emphasised: string[] } {
  const rowsOf = (part: string) => between(html, `<${part}>`, `</${part}>`).split('</tr>').filter(row => row.includes('<t'));
  const [subtotals, rows] = [true, false].map(isSubtotal => rowsOf('tbody').filter(row => row.includes('class="subtotal"') === isSubtotal).map(cellsOf));
  return { rows, subtotals, totals: rowsOf('tfoot').flatMap(cellsOf), emphasised: [...html.matchAll(/<mark>(.*?)<\/mark>/g)].map(([, text]) => decodeHTML(text)) };
}

const withoutGaps = (cells: string[]) => cells.filter(cell => cell !== '');

/** The stock and its value, added up to the cent. */
function sums(rows: Inventory['rows']): string[] {
  const cents = rows.reduce((sum, row) => sum + Number(String(row.stock_value).replace('.', '')), 0);
  return [asShown('integer', rows.reduce((sum, row) => sum + Number(row.quantity), 0)), asShown('currency', (cents / 100).toFixed(2))];
}

/** What a bookkeeper in Madrid who reads English is to see for a value. It is worked out here in another way than the renderer does it. */
function asShown(type: string, value: string | number | boolean | null): string {
  if (value === null) return '–';
  const thousands = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  switch (type) {
    case 'integer': return thousands(String(value));
    case 'currency': return `€${String(value).replace(/^\d+/, thousands)}`;
    case 'boolean': return value ? 'Yes' : 'No';
    case 'date': return `${Number(String(value).slice(8))} ${MONTHS[Number(String(value).slice(5, 7)) - 1]} ${String(value).slice(0, 4)}`;
    case 'link': return String(value).replace(/^https?:\/\/|\/$/g, '');
    default: return String(value);
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sept', 'Oct', 'Nov', 'Dec'];

function cellsOf(html: string): string[] {
  const cells = html.matchAll(/<t[hd]\b[^>]*>(.*?)<\/t[hd]>/gs);
  return [...cells].map(([, content]) => decodeHTML(content.replace(/<[^>]*>/g, '')).trim());
}

function between(text: string, begin: string, end: string): string {
  return text.slice(text.indexOf(begin) + begin.length, text.indexOf(end));
}
