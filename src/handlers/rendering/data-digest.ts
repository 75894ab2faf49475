import { createHash } from 'node:crypto';
import { Column, Row } from '../../workflow/contract';
import { Cells } from './format';

/**
 * SHA-256 of what a report is about: columns, totals and rows, in the canonical form that docs/data-contract.md describes.
 *
 * Cells are in the order of the columns, so that it does not matter in which order a row names them.
 */
export class DataDigest {
  private readonly columnsLine: string;
  private readonly hash = createHash('sha256');

  public constructor(columns: readonly Column[], totals?: Row) {
    this.columnsLine = line(columns.map(({ name, type, label = null, currency = null, decimals = null }) => [name, type, label, currency, decimals]));
    this.hash.update(this.columnsLine);
    this.hash.update(line(totals ? columns.filter(({ name }) => Object.hasOwn(totals, name)).map(({ name }) => [name, totals[name]]) : null));
  }

  public add(rows: readonly Cells[]): void {
    let lines = '';
    for (const cells of rows) {
      lines += line(cells);
    }
    this.hash.update(lines);
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
