import { once } from 'node:events';
import { Writable } from 'node:stream';
import { FileOptions } from '../../workflow/file-options';
import { ReportError } from '../errors';
import { ByteBuffer } from './byte-buffer';
import { Cells, Ending, FileWriter, Report, Subtotal } from './format';

/** How a format that is text writes a report. */
export interface TextFormat {
  begin(out: ByteBuffer): void;
  row(cells: Cells, out: ByteBuffer): void;
  /** Only of a format that has the option `totals`. */
  subtotal?(subtotal: Subtotal, out: ByteBuffer): void;
  end(ending: Ending & { readonly shown: number }, out: ByteBuffer): void;
}

/** Bytes are handed on in pieces of at least so many. */
const PIECE_BYTES = 256 * 1024;

/**
 * A file of text, within its `maxBytes`.
 *
 * A row that does not fit is taken back, and with it those before it for which there is room only if they are the last: the ending
 * that says that rows were left out takes more of it.
 */
export class TextFile implements FileWriter {
  public shown = 0;

  private readonly buffer = new ByteBuffer();
  private readonly maxBytes: number;
  private readonly onLimit: FileOptions['onLimit'];
  private readonly reservedBytes: number;
  /** Bytes that were handed on, and those in the buffer that belong to rows that are shown for certain. */
  private handedOn = 0;
  private certain: number;
  private rows = 0;
  private isCut = false;

  public constructor(private readonly format: TextFormat, report: Report, private readonly out: Writable) {
    const { maxBytes, onLimit } = report.options;
    this.maxBytes = maxBytes ?? Infinity;
    this.onLimit = onLimit;
    this.reservedBytes = maxBytes === undefined ? 0 : longestEnding(format, report);
    format.begin(this.buffer);
    this.certain = this.buffer.length;
  }

  public subtotal(subtotal: Subtotal): void {
    if (!this.isCut) {
      this.format.subtotal!(subtotal, this.buffer);
      this.keepIfThereIsRoom();
    }
  }

  public row(cells: Cells): void {
    if (this.isCut) {
      return;
    }
    this.rows += 1;
    this.format.row(cells, this.buffer);
    if (this.keepIfThereIsRoom()) {
      this.shown += 1;
    } else if (!this.isWithinLimit()) {
      this.cut();
    }
  }

  public async flushed(): Promise<void> {
    if (this.certain >= PIECE_BYTES) {
      await this.handOn();
    }
  }

  public async end(ending: Ending): Promise<void> {
    const rowsEnd = this.buffer.length;
    if (!this.isCut && this.rows === ending.total) {
      this.format.end({ ...ending, shown: ending.total }, this.buffer);
      if (this.isWithinLimit()) {
        this.shown = ending.total;
      } else {
        this.buffer.length = rowsEnd;
        this.cut();
      }
    } else if (!this.isCut) {
      this.takeBack();
    }
    if (this.isCut) {
      this.format.end({ ...ending, shown: this.shown }, this.buffer);
    }
    if (!this.isWithinLimit()) {
      throw this.noRoom('for its rows and its ending');
    }
    this.certain = this.buffer.length;
    await this.handOn();
  }

  private keepIfThereIsRoom(): boolean {
    const isRoom = this.handedOn + this.buffer.length + this.reservedBytes <= this.maxBytes;
    this.certain = isRoom ? this.buffer.length : this.certain;
    return isRoom;
  }

  private async handOn(): Promise<void> {
    const piece = this.buffer.take(this.certain);
    this.handedOn += piece.length;
    this.certain = 0;
    if (this.out.errored) {
      throw this.out.errored; // nobody waits for the rest any more
    }
    if (!this.out.write(piece)) {
      await once(this.out, 'drain');
    }
  }

  private isWithinLimit(): boolean {
    return this.handedOn + this.buffer.length <= this.maxBytes;
  }

  private cut(): void {
    const { maxBytes } = this;
    if (this.rows === 0) {
      throw new ReportError('LimitExceeded', `the report is longer than its maxBytes, ${maxBytes} bytes, without any row; raise maxBytes, or shorten headings and totals`);
    }
    if (this.onLimit !== 'NOTICE') {
      throw new ReportError('LimitExceeded', `the report is longer than its maxBytes, ${maxBytes} bytes, at row ${this.rows}; raise maxBytes, `
        + 'let the data source return fewer rows, or set onLimit to NOTICE, so that the report shows the first rows and says so');
    }
    this.takeBack();
  }

  private takeBack(): void {
    // A report that shows none of its rows would be taken for an empty one.
    if (this.shown === 0) {
      throw this.noRoom('for its first row');
    }
    this.buffer.length = this.certain;
    this.isCut = true;
  }

  private noRoom(what: string): ReportError {
    return new ReportError('LimitExceeded', `the report has no room ${what} in its maxBytes, ${this.maxBytes} bytes; raise maxBytes`);
  }
}

/** Of one that says that rows were left out, with the counts and sums that take the most room. */
function longestEnding(format: TextFormat, { data, options }: Report): number {
  const ending = new ByteBuffer();
  const totals = data.columns.map(({ name }, position) => options.totals?.sum.includes(name) ? LONGEST_SUM : data.totals?.[position]);
  const hasTotals = options.totals !== undefined || data.totals !== undefined;
  format.end({ shown: Number.MAX_SAFE_INTEGER - 1, total: Number.MAX_SAFE_INTEGER, totals: hasTotals ? totals : undefined }, ending);
  return ending.length;
}

const LONGEST_SUM = `-${'9'.repeat(40)}`;
