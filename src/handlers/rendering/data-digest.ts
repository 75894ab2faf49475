import { createHash } from 'node:crypto';
import { ByteBuffer } from './byte-buffer';
import { Cells } from './format';
import { writeJson } from './json';
import { Column, Row } from '../../workflow/contract';

/**
 * SHA-256 of what a report is about: columns, totals and rows, in the canonical form that docs/data-contract.md describes.
 *
 * Cells are in the order of the columns, so that it does not matter in which order a row names them.
 */
export class DataDigest {
  private readonly columnsLine: string;
  private readonly hash = createHash('sha256');
  private readonly lines = new ByteBuffer();

  public constructor(columns: readonly Column[], totals?: Row) {
    this.columnsLine = line(columns.map(({ name, type, label = null, currency = null, decimals = null }) => [name, type, label, currency, decimals]));
    this.hash.update(this.columnsLine);
    this.hash.update(line(totals ? columns.filter(({ name }) => Object.hasOwn(totals, name)).map(({ name }) => [name, totals[name]]) : null));
  }

  public add(rows: readonly Cells[]): void {
    const { lines } = this;
    for (const cells of rows) {
      for (let position = 0; position < cells.length; position += 1) {
        lines.byte(position === 0 ? LEFT_BRACKET : COMMA);
        writeJson(cells[position], lines);
      }
      lines.byte(RIGHT_BRACKET);
      lines.byte(LINE_FEED);
    }
    this.hash.update(lines.written());
  }

  public get columnsSha256(): string {
    return createHash('sha256').update(this.columnsLine).digest('hex');
  }

  /** Of the rows that were added so far. */
  public get dataSha256(): string {
    return this.hash.copy().digest('hex');
  }
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

const LINE_FEED = 0x0a;
const COMMA = 0x2c;
const LEFT_BRACKET = 0x5b;
const RIGHT_BRACKET = 0x5d;
