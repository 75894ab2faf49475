import { Writable } from 'node:stream';
import { FormatName } from '../../workflow/file-options';
import { ReportError } from '../errors';
import { openCsv } from './csv';
import { Cells, FileWriter, OpenFile, Report, Subtotal, TotalCells } from './format';
import { openHtml } from './html';
import { openJson } from './json';
import { Totals } from './totals';

const FORMATS: Readonly<Record<FormatName, () => OpenFile>> = {
  html: () => openHtml,
  csv: () => openCsv,
  json: () => openJson,
  // Loaded when it is used. With `import()` it would be a module of another kind.
  xlsx: () => (require('./xlsx') as typeof import('./xlsx.js')).openXlsx, // eslint-disable-line @typescript-eslint/no-require-imports
};

export async function openReportFile(report: Report, out: Writable): Promise<ReportFile> {
  const open = FORMATS[report.options.format]();
  return new ReportFile(open(report, out), report);
}

/** A file of a report while it is made: as many rows as it may show, and totals, which are of all rows. */
export class ReportFile {
  private readonly maxRows: number;
  private readonly sums: Totals | undefined;
  private total = 0;

  public constructor(private readonly writer: FileWriter, private readonly report: Report) {
    const { maxRows, totals } = report.options;
    this.maxRows = maxRows ?? Infinity;
    this.sums = totals && new Totals(totals, report.data.columns);
  }

  public get shown(): number {
    return this.writer.shown;
  }

  /** Writes some rows, and waits until there is room for more. */
  public async write(rows: readonly Cells[]): Promise<void> {
    for (const cells of rows) {
      this.writeSubtotal(this.sums?.add(cells));
      this.total += 1;
      if (this.total <= this.maxRows) {
        this.writer.row(cells);
      } else if (this.report.options.onLimit !== 'NOTICE') {
        throw new ReportError('LimitExceeded', `the report has more rows than its maxRows, ${this.maxRows}; raise maxRows, `
          + 'let the data source return fewer rows, or set onLimit to NOTICE, so that the report shows the first rows and says so');
      }
    }
    await this.writer.flushed();
  }

  public async end(): Promise<void> {
    this.writeSubtotal(this.sums?.subtotal());
    await this.writer.end({ total: this.total, totals: this.totals() });
  }

  /** Where rows of a group are left out, a total below those that are shown would be taken for theirs. */
  private writeSubtotal(subtotal: Subtotal | undefined): void {
    if (subtotal && this.total <= this.maxRows) {
      this.writer.subtotal(subtotal);
    }
  }

  /** Those of the data source, unless the file has sums of its own. */
  private totals(): TotalCells | undefined {
    const { totals } = this.report.data;
    const sums = this.sums?.cells;
    return sums?.map((sum, position) => sum ?? totals?.[position]) ?? totals;
  }
}
