import { Writable } from 'node:stream';
import { COLUMNS } from './data';
import { DataDigest } from '../src/handlers/rendering/data-digest';
import { Cells } from '../src/handlers/rendering/format';
import { reportOf } from '../src/handlers/rendering/report';
import { openReportFile } from '../src/handlers/rendering/report-file';
import { Rows } from '../src/handlers/rendering/rows';
import { storedRows } from '../src/handlers/rendering/stored-rows';
import { Run } from '../src/workflow/contract';
import { FormatName } from '../src/workflow/file-options';

const RUN: Run = {
  version: 1,
  reportId: '3f2a9c04d1b84f77a0e6c2f1b5d98e34',
  attempt: 1,
  report: 'inventory',
  trigger: 'SCHEDULE',
  period: { from: '2026-11-19T23:00:00Z', to: '2026-11-20T23:00:00Z', timeZone: 'Europe/Madrid' },
  openedAt: '2026-11-21T06:00:04Z',
  locale: 'en-GB',
  timeZone: 'Europe/Madrid',
  parameters: {},
};

/** What the render handler reads from S3: each cell is checked, and the data hashed. */
export function checkedRows(input: AsyncIterable<Uint8Array>): Rows {
  return new Rows(COLUMNS, storedRows(input, 'NDJSON', COLUMNS, new DataDigest({ columns: COLUMNS })));
}

/** What it writes to an upload. */
export async function render(rows: AsyncIterable<Cells[]>, format: FormatName, out: Writable): Promise<void> {
  const file = await openReportFile(reportOf(RUN, RUN.openedAt, { columns: COLUMNS }, { name: 'report', format }), out);
  for await (const batch of rows) {
    await file.write(batch);
  }
  await file.end();
}
