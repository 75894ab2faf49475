import { Writable } from 'node:stream';
import { FormatName } from '../../workflow/file-options';
import { ReportError } from '../errors';
import { openCsv } from './csv';
import { Cells, FileWriter, OpenFile, Report } from './format';
import { openHtml } from './html';
import { openJson } from './json';

/** A format is loaded when it is used. */
const FORMATS: Readonly<Record<FormatName, () => OpenFile | Promise<OpenFile>>> = {
  html: () => openHtml,
  csv: () => openCsv,
  json: () => openJson,
};

export async function openReportFile(report: Report, out: Writable): Promise<ReportFile> {
  const open = await FORMATS[report.options.format]();
  return new ReportFile(open(report, out), report);
}

/** A file of a report while it is made: its rows, as many as it may show, and its totals, which are of all rows. */
export class ReportFile {
  private total = 0;

  public constructor(private readonly writer: FileWriter, private readonly report: Report) {}

  public get shown(): number {
    return this.writer.shown;
  }

  /** Writes some rows, and waits until there is room for more. */
  public async write(rows: readonly Cells[]): Promise<void> {
    for (const cells of rows) {
      this.total += 1;
      if (this.total <= (this.report.options.maxRows ?? Infinity)) {
        this.writer.row(cells);
      } else if (this.report.options.onLimit !== 'NOTICE') {
        throw new ReportError('LimitExceeded', `the report has more rows than its maxRows, ${this.report.options.maxRows}; raise maxRows, `
          + 'let the data source return fewer rows, or set onLimit to NOTICE, so that the report shows the first rows and says so');
      }
    }
    await this.writer.flushed();
  }

  public async end(): Promise<void> {
    await this.writer.end({ total: this.total, totals: this.report.totals });
  }
}
