import { Writable } from 'node:stream';
import { RUN } from './run';
import { Report } from '../../../src/handlers/rendering/format';
import { reportOf } from '../../../src/handlers/rendering/report';
import { openReportFile } from '../../../src/handlers/rendering/report-file';
import { checkedTotals, RowBatches, Rows } from '../../../src/handlers/rendering/rows';
import { Column, Row, Run } from '../../../src/workflow/contract';
import { FileOptions } from '../../../src/workflow/file-options';

export interface Source {
  readonly run?: Run;
  readonly columns: Column[];
  readonly rows: object[];
  readonly totals?: Row;
}

export interface Written {
  readonly bytes: Buffer;
  readonly shown: number;
  readonly pieces: number[];
}

/** A file as the render handler makes it, without S3. */
export async function written(options: Omit<FileOptions, 'name'>, { run = RUN, columns, rows, totals }: Source): Promise<Written> {
  const report = reportOf(run, run.openedAt, { columns, totals: totals && checkedTotals(totals, columns) }, { name: 'report', ...options });
  return writtenBatches(report, [rows]);
}

export async function writtenBatches(report: Report, batches: RowBatches): Promise<Written> {
  const chunks: Buffer[] = [];
  const out = new Writable({ write: (chunk, _encoding, done) => { chunks.push(chunk); done(); } });
  const file = await openReportFile(report, out);
  for await (const batch of new Rows(report.data.columns, batches)) {
    await file.write(batch);
  }
  await file.end();
  return { bytes: Buffer.concat(chunks), shown: file.shown, pieces: chunks.map(({ length }) => length) };
}
