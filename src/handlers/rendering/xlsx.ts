import { once } from 'node:events';
import { Writable } from 'node:stream';
import { ReportError } from '../errors';
import { nothingToReport, rowsLeftOut } from '../wording';
import { ByteBuffer } from './byte-buffer';
import { cellText } from './cells';
import { Cells, Ending, FileWriter, Report, Subtotal, TotalCells } from './format';
import { Archive, ArchivePart } from './xlsx-archive';
import { beginSheet, endSheet, LINE_HEIGHT, SheetColumn } from './xlsx-sheet';
import { Styles } from './xlsx-styles';
import { addWorkbook, sheetPath } from './xlsx-workbook';

/** The rows of a sheet with its headings, the characters of a cell, and the height of a row in points: https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3 */
const MOST_ROWS = 1_048_576;
const MOST_CHARACTERS = 32_767;
const HIGHEST = 409;

/** What an archive and each of its parts can have without an extension of the format that some programs do not read. */
const MOST_BYTES = 4 * 1024 ** 3 - 1;
/** Longer sheets are ended, in time for what comes behind their rows. */
const MOST_SHEET_BYTES = MOST_BYTES - 256 * 1024 ** 2;

/** Rows are compressed in pieces of at least so many bytes, so that the same rows become the same bytes, in whatever batches they come. */
const PIECE_BYTES = 256 * 1024;
/** The rows for which columns are made wide enough, unless there are fewer in the first piece. */
const MEASURED_ROWS = 100;

const ROW_BEGIN = Buffer.from('<row r="');
const ROW_CELLS = Buffer.from('">');
const ROW_END = Buffer.from('</row>');

/**
 * The report as a workbook of Excel: its rows on one sheet, or on as many as they need, with headings that stay in view and a filter, and a
 * last sheet that says what the report is about.
 */
export function openXlsx(report: Report, out: Writable): FileWriter {
  return new Workbook(report, out);
}

class Workbook implements FileWriter {
  public shown = 0;

  private readonly archive = new Archive();
  private readonly styles = new Styles();
  private readonly columns: readonly SheetColumn[];
  /** The rows that are in no part yet. */
  private readonly buffer = new ByteBuffer();
  /** The sheet that is being written, once there is a piece of it. */
  private sheet?: ArchivePart;
  private rowNumber = 1;
  /** The last row that the filter of the sheet is for, and those of the sheets before it. */
  private filterEnd = 1;
  private readonly filterEnds: number[] = [];

  public constructor(private readonly report: Report, private readonly out: Writable) {
    this.columns = report.columns.map((column, index) => new SheetColumn(column, index, report, this.styles));
  }

  public row(cells: Cells): void {
    const row = this.beginRow(this.linesOf(cells));
    for (const column of this.columns) {
      const cell = cells[column.position];
      if (cell !== null) {
        column.write(cell, row, column.emphasis.some(one => one.applies(cells)) ? 'marked' : 'plain', this.buffer);
      }
    }
    if (this.shown < MEASURED_ROWS && this.sheet === undefined) {
      this.columns.forEach(column => column.measure(cells[column.position]));
    }
    this.shown += 1;
    this.endRow();
    this.filterEnd = this.rowNumber;
  }

  public subtotal({ group, position, totals }: Subtotal): void {
    const { columns, run } = this.report;
    const column = columns.find(one => one.position === position);
    this.totalRow(column && group !== null ? `Total ${cellText(column, run.locale, run.timeZone)(group)}` : 'Total', totals);
    this.filterEnd = this.rowNumber;
  }

  public async flushed(): Promise<void> {
    for (const chunk of this.archive.take()) {
      if (this.out.errored) {
        throw this.out.errored; // nobody waits for the rest any more
      }
      if (!this.out.write(chunk)) {
        await once(this.out, 'drain');
      }
    }
  }

  public async end({ total, totals }: Ending): Promise<void> {
    const { locale, period } = this.report.run;
    if (total === 0) {
      this.noteRow(nothingToReport(period, locale));
    }
    if (this.shown < total) {
      this.noteRow(rowsLeftOut(total - this.shown, totals !== undefined, locale));
    }
    if (totals) {
      this.totalRow('Total', totals);
    }
    this.endSheet();
    addWorkbook(this.archive, this.report, { shown: this.shown, total }, this.filterEnds, this.styles);
    this.archive.end();
    this.checkBytes();
    await this.flushed();
  }

  /** Begins a row, on a new sheet if there is no room for it, and returns its number as it is written. */
  private beginRow(lines = 1): Uint8Array {
    if (this.rowNumber === MOST_ROWS || (this.sheet && this.sheet.size > MOST_SHEET_BYTES)) {
      this.endSheet();
    }
    this.rowNumber += 1;
    const row = Buffer.from(String(this.rowNumber));
    this.buffer.literal(ROW_BEGIN);
    this.buffer.literal(row);
    if (lines > 1) {
      this.buffer.text(`" ht="${Math.min(lines * LINE_HEIGHT, HIGHEST)}" customHeight="1`);
    }
    this.buffer.literal(ROW_CELLS);
    return row;
  }

  private endRow(): void {
    this.buffer.literal(ROW_END);
    if (this.buffer.length >= PIECE_BYTES) {
      this.completePiece();
    }
  }

  /** A row of totals. Its heading stands in the first column that has none. */
  private totalRow(heading: string, totals: TotalCells): void {
    const row = this.beginRow();
    const headed = this.columns.find(({ position }) => totals[position] === undefined);
    for (const column of this.columns) {
      const total = totals[column.position] ?? null;
      if (column === headed) {
        column.cells.text(heading, row, 'total', this.buffer);
      } else if (total === null) {
        column.cells.blank(row, this.buffer);
      } else {
        column.write(total, row, 'total', this.buffer);
      }
    }
    this.endRow();
  }

  private noteRow(note: string): void {
    const row = this.beginRow();
    this.columns[0].cells.text(note, row, 'note', this.buffer);
    this.endRow();
  }

  private completePiece(): void {
    if (this.sheet === undefined) {
      this.sheet = this.archive.begin(sheetPath(this.filterEnds.length));
      this.sheet.write(Buffer.from(beginSheet(this.columns, this.report)));
    }
    this.sheet.write(this.buffer.reserve(0).subarray(0, this.buffer.length));
    this.buffer.length = 0;
    this.checkBytes();
  }

  private endSheet(): void {
    this.completePiece();
    this.sheet!.write(Buffer.from(endSheet(this.columns, this.filterEnd, this.report)));
    this.sheet!.end();
    this.filterEnds.push(this.filterEnd);
    this.sheet = undefined;
    this.rowNumber = 1;
    this.filterEnd = 1;
  }

  private checkBytes(): void {
    const { maxBytes = MOST_BYTES } = this.report.options;
    if (this.archive.bytes > Math.min(maxBytes, MOST_BYTES)) {
      throw new ReportError('LimitExceeded', maxBytes < MOST_BYTES
        ? `the workbook is longer than its maxBytes, ${maxBytes} bytes, at row ${this.shown}; raise maxBytes, or let the data source return fewer rows`
        : `the workbook is longer than ${MOST_BYTES} bytes at row ${this.shown}, and a workbook can have no more; let the data source return fewer rows, or choose CSV`);
    }
  }

  /** How many lines the texts of a row have at most. */
  private linesOf(cells: Cells): number {
    let lines = 1;
    for (const { position, name } of this.columns) {
      const cell = cells[position];
      if (typeof cell === 'string') {
        if (cell.length > MOST_CHARACTERS) {
          throw new ReportError('InvalidData', `row ${this.shown + 1}, column ${JSON.stringify(name)}: the text has ${cell.length} characters, and a cell of a workbook has room `
            + `for ${MOST_CHARACTERS}; let the data source shorten it, or leave the column out of this file`);
        }
        if (cell.includes('\n')) {
          lines = Math.max(lines, cell.split('\n').length);
        }
      }
    }
    return lines;
  }
}
