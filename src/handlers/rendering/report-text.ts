import { Row } from '../../workflow/contract';
import { ReportError } from '../errors';
import { Rows } from './rows';

/** How a format that is text writes a report. */
export interface TextFormat {
  readonly beginning: string;
  row(row: Row): string;
  ending(extent: Extent): string;
}

/** How many of the rows a report shows: the first ones, or all. */
export interface Extent {
  readonly shown: number;
  readonly total: number;
}

export interface Limits {
  readonly maxRows?: number;
  /** Of the whole text in UTF-8, its ending included. */
  readonly maxBytes?: number;
  readonly onLimit?: 'FAIL' | 'NOTICE';
}

/** Text is handed on in pieces of about this many characters, so that a long report is never in memory as a whole. */
const PIECE_CHARACTERS = 64 * 1024;

/** The counts that take the most room in an ending that says that rows were left out. */
const LONGEST_EXTENT: Extent = { shown: Number.MAX_SAFE_INTEGER - 1, total: Number.MAX_SAFE_INTEGER };

/**
 * The text of a report, within its limits: once it was read, `shown` says how many rows are in it.
 *
 * Where rows are left out, all of them are read none the less, so that the text ends with how many there are.
 */
export class ReportText implements AsyncIterable<string> {
  public shown = 0;
  private isCut = false;

  private readonly bytesOf: (text: string) => number;
  private readonly reservedBytes: number;
  private bytes = 0;

  /** Rows that there is room for only if they are the last: the ending that says that rows were left out takes more of it. */
  private held = '';
  private heldBytes = 0;

  public constructor(private readonly format: TextFormat, private readonly rows: Rows, private readonly limits: Limits = {}) {
    // Bytes are counted only where they are limited.
    this.bytesOf = limits.maxBytes === undefined ? () => 0 : Buffer.byteLength;
    this.reservedBytes = this.bytesOf(format.ending(LONGEST_EXTENT));
  }

  public async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    let piece = this.format.beginning;
    this.bytes = this.bytesOf(piece);
    for await (const row of this.rows) {
      if (!this.isCut) {
        piece += this.placed(row);
      }
      if (piece.length >= PIECE_CHARACTERS) {
        yield piece;
        piece = '';
      }
    }
    yield piece + this.ending();
  }

  /** The row's text, or nothing if it does not fit, or is not known to. */
  private placed(row: Row): string {
    const { maxRows = Infinity, maxBytes = Infinity } = this.limits;
    if (this.rows.count > maxRows) {
      return this.cut('maxRows');
    }
    const text = this.format.row(row);
    const bytes = this.bytesOf(text);
    if (this.bytes + this.heldBytes + bytes > maxBytes) {
      return this.cut('maxBytes');
    }
    if (this.heldBytes > 0 || this.bytes + bytes + this.reservedBytes > maxBytes) {
      this.held += text;
      this.heldBytes += bytes;
      return '';
    }
    this.bytes += bytes;
    this.shown += 1;
    return text;
  }

  private ending(): string {
    const total = this.rows.count;
    if (!this.isCut) {
      const ending = this.held + this.format.ending({ shown: total, total });
      if (this.bytes + this.bytesOf(ending) <= (this.limits.maxBytes ?? Infinity)) {
        this.shown = total;
        return ending;
      }
      this.cut('maxBytes');
    }
    return this.format.ending({ shown: this.shown, total });
  }

  private cut(limit: 'maxRows' | 'maxBytes'): string {
    const { maxRows, maxBytes, onLimit } = this.limits;
    const { count } = this.rows;
    if (count === 0) {
      throw new ReportError('LimitExceeded', `the report is longer than its maxBytes, ${maxBytes} bytes, without any row; raise maxBytes, or shorten headings and totals`);
    }
    if (onLimit !== 'NOTICE') {
      const reached = limit === 'maxRows' ? `has more rows than its maxRows, ${maxRows}` : `is longer than its maxBytes, ${maxBytes} bytes, at row ${count}`;
      throw new ReportError('LimitExceeded',
        `the report ${reached}; raise ${limit}, let the data source return fewer rows, or set onLimit to NOTICE, so that the report shows the first rows and says so`);
    }
    // A report that shows none of its rows would be taken for an empty one.
    if (this.shown === 0) {
      throw new ReportError('LimitExceeded', `the report has no room for its first row in its maxBytes, ${maxBytes} bytes; raise maxBytes`);
    }
    this.isCut = true;
    return '';
  }
}
