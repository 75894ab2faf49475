import { once } from 'node:events';
import { Writable } from 'node:stream';
import { ReportError } from '../errors';
import { nothingToReport, rowsLeftOut } from '../wording';
import { ByteBuffer } from './byte-buffer';
import { cellText } from './cells';
import { Cells, Ending, FileWriter, Report, Subtotal, TotalCells } from './format';
import { Archive, ArchivePart, deflated } from './xlsx-archive';
import { beginSheet, endSheet, LINE_HEIGHT, SheetColumn } from './xlsx-sheet';
import { Styles } from './xlsx-styles';
import { addWorkbook, sheetPath } from './xlsx-workbook';

/** The rows that a sheet can have, its headings included, and the characters of a cell: https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3 */
const MOST_ROWS = 1_048_576;
const MOST_CHARACTERS = 32_767;

/** The height of a row, in points. */
const HIGHEST = 409;

/** What an archive and its parts can have without an extension of the format that some programs do not read. */
const MOST_BYTES = 4 * 1024 ** 3 - 1;
/** A sheet is ended in time for what comes behind its rows. */
const MOST_SHEET_BYTES = MOST_BYTES - 256 * 1024 ** 2;

/** Rows are compressed in pieces of at least so many bytes, so that the same rows become the same bytes, in whatever pieces they come. */
const PIECE_BYTES = 256 * 1024;
/** What is kept free for the parts behind the rows. It is checked at the end whether it was enough. */
const RESERVED_BYTES = 24 * 1024;

/** The rows for which columns are made wide enough. */
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
  private readonly maxBytes: number;
  private readonly pieceBytes: number;
  /** The rows that are in no part yet. */
  private readonly buffer = new ByteBuffer();
  /** The sheet that is being written, once a piece of it was. */
  private sheet?: ArchivePart;
  /** The last row that the filter is for, of each sheet that is complete. */
  private readonly filterEnds: number[] = [];
  private rows = 0;
  private at: Place = TOP;
  /** Where the last piece ended. */
  private written: Place = TOP;
  private isCut = false;

  public constructor(private readonly report: Report, private readonly out: Writable) {
    const { maxBytes } = report.options;
    this.columns = report.columns.map((column, index) => new SheetColumn(column, index, report, this.styles));
    this.maxBytes = Math.min(maxBytes ?? MOST_BYTES, MOST_BYTES);
    this.pieceBytes = maxBytes === undefined ? PIECE_BYTES : Math.min(PIECE_BYTES, maxBytes / 8);
  }

  public row(cells: Cells): void {
    const row = this.beginRow(this.linesOf(cells));
    if (row === undefined) {
      return;
    }
    this.rows += 1;
    for (const column of this.columns) {
      const cell = cells[column.position];
      if (cell !== null) {
        column.write(cell, row, column.emphasis.some(one => one.applies(cells)) ? 'marked' : 'plain', this.buffer);
      }
    }
    // The widths stand before the rows: those of the first piece decide.
    if (this.rows <= MEASURED_ROWS && this.shown === 0) {
      this.columns.forEach(column => column.measure(cells[column.position]));
    }
    this.buffer.literal(ROW_END);
    this.at = { row: this.at.row, filterEnd: this.at.row };
    if (this.buffer.length >= this.pieceBytes) {
      this.completePiece();
    }
  }

  public subtotal({ group, position, totals }: Subtotal): void {
    const { columns, run } = this.report;
    const column = columns.find(one => one.position === position);
    this.totalRow(column && group !== null ? `Total ${cellText(column, run.locale, run.timeZone)(group)}` : 'Total', totals);
    this.at = { row: this.at.row, filterEnd: this.at.row };
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

  public async end(ending: Ending): Promise<void> {
    this.completePiece();
    this.isCut = false; // there is room for what is said of the rows
    const { locale, period } = this.report.run;
    if (ending.total === 0) {
      this.noteRow(nothingToReport(period, locale));
    }
    if (this.shown < ending.total) {
      this.noteRow(rowsLeftOut(ending.total - this.shown, ending.totals !== undefined, locale));
    }
    if (ending.totals) {
      this.totalRow('Total', ending.totals);
    }
    this.endSheet();
    addWorkbook(this.archive, this.report, { shown: this.shown, total: ending.total }, this.filterEnds, this.styles);
    this.archive.end();
    if (this.archive.bytes > this.maxBytes) {
      throw this.noRoom('for its rows and its ending');
    }
    await this.flushed();
  }

  /** Begins a row, if there may be one, and returns its number as it is written. */
  private beginRow(lines = 1): Uint8Array | undefined {
    if (this.at.row === MOST_ROWS || (this.sheet && this.sheet.size > MOST_SHEET_BYTES)) {
      this.endSheet();
    }
    if (this.isCut) {
      return undefined;
    }
    this.at = { ...this.at, row: this.at.row + 1 };
    const row = Buffer.from(String(this.at.row));
    this.buffer.literal(ROW_BEGIN);
    this.buffer.literal(row);
    if (lines > 1) {
      this.buffer.text(`" ht="${Math.min(lines * LINE_HEIGHT, HIGHEST)}" customHeight="1`);
    }
    this.buffer.literal(ROW_CELLS);
    return row;
  }

  /** A row of totals. Its heading stands in the first column that has none. */
  private totalRow(heading: string, totals: TotalCells): void {
    const row = this.beginRow();
    if (row === undefined) {
      return;
    }
    const headingAt = this.columns.find(({ position }) => totals[position] === undefined);
    for (const column of this.columns) {
      const total = totals[column.position] ?? null;
      if (column === headingAt) {
        column.cells.text(heading, row, 'total', this.buffer);
      } else if (total === null) {
        column.cells.blank(row, this.buffer);
      } else {
        column.write(total, row, 'total', this.buffer);
      }
    }
    this.buffer.literal(ROW_END);
  }

  private noteRow(note: string): void {
    const row = this.beginRow()!;
    this.columns[0].cells.text(note, row, 'note', this.buffer);
    this.buffer.literal(ROW_END);
  }

  /** Puts what is in memory into the sheet, if there is room for it. */
  private completePiece(): void {
    const piece = deflated(this.buffer.reserve(0).subarray(0, this.buffer.length));
    this.buffer.length = 0;
    if (this.archive.bytes + piece.bytes.length + RESERVED_BYTES > this.maxBytes) {
      this.cut();
    } else {
      this.writtenSheet().write(piece);
      this.shown = this.rows;
      this.written = this.at;
    }
  }

  private writtenSheet(): ArchivePart {
    if (this.sheet === undefined) {
      this.sheet = this.archive.begin(sheetPath(this.filterEnds.length));
      this.sheet.write(deflated(Buffer.from(beginSheet(this.columns, this.report))));
    }
    return this.sheet;
  }

  private endSheet(): void {
    this.completePiece();
    if (!this.isCut) {
      const sheet = this.writtenSheet();
      sheet.write(deflated(Buffer.from(endSheet(this.columns, this.at.filterEnd, this.report))));
      sheet.end();
      this.filterEnds.push(this.at.filterEnd);
      this.sheet = undefined;
      this.at = TOP;
    }
  }

  private cut(): void {
    const { options } = this.report;
    if (options.onLimit !== 'NOTICE') {
      throw new ReportError('LimitExceeded', `the workbook is longer than ${this.maxBytes} bytes at row ${this.rows}; `
        + `${options.maxBytes === undefined ? '' : 'raise maxBytes, '}let the data source return fewer rows, or set onLimit to NOTICE, so that it shows the first rows and says so`);
    }
    // A report that shows none of its rows would be taken for an empty one.
    if (this.shown === 0) {
      throw this.noRoom('for its first rows');
    }
    this.at = this.written;
    this.isCut = true;
  }

  /** How many lines the texts of a row have at most. */
  private linesOf(cells: Cells): number {
    let lines = 1;
    for (const { position, name } of this.columns) {
      const cell = cells[position];
      if (typeof cell === 'string') {
        if (cell.length > MOST_CHARACTERS) {
          throw new ReportError('InvalidData', `row ${this.rows + 1}, column ${JSON.stringify(name)}: the text has ${cell.length} characters, and a cell of a workbook has room `
            + `for ${MOST_CHARACTERS}; let the data source shorten it, or leave the column out of this file`);
        }
        if (cell.includes('\n')) {
          lines = Math.max(lines, cell.split('\n').length);
        }
      }
    }
    return lines;
  }

  private noRoom(what: string): ReportError {
    return new ReportError('LimitExceeded', `the workbook has no room ${what} in its maxBytes, ${this.maxBytes} bytes; raise maxBytes`);
  }
}

/** A row of a sheet, and the last one up to there that the filter is for. */
interface Place {
  readonly row: number;
  readonly filterEnd: number;
}

/** Below the headings. */
const TOP: Place = { row: 1, filterEnd: 1 };
