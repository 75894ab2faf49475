import { createHash } from 'node:crypto';
import { Column, DataSourceResult } from '../../workflow/contract';

/** What a data source returned of its data: rows that are inline, unless it wrote them. */
type Returned = Pick<DataSourceResult, 'totals' | 'rows'> & { readonly columns: readonly Column[] };

/** SHA-256 of what a report is about: columns, totals, and rows as the data source wrote them, as docs/data-contract.md describes it. */
export class DataDigest {
  private readonly columnsLine: string;
  private readonly hash = createHash('sha256');

  public constructor({ columns, totals, rows = [] }: Returned) {
    this.columnsLine = line(columns.map(({ name, type, label = null, currency = null, decimals = null }) => [name, type, label, currency, decimals]));
    const names = columns.map(({ name }) => name);
    const totalCells = totals && names.filter(name => Object.hasOwn(totals, name)).map(name => [name, totals[name]]);
    this.hash.update(this.columnsLine + line(totalCells ?? null));
    // In the order of the columns: some languages name the keys of an object in another order each time.
    rows.forEach(row => this.hash.update(line(row, names)));
  }

  /** Adds the bytes of the rows while they are read. */
  public async *adding(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.hash.update(chunk);
      yield chunk;
    }
  }

  public get columnsSha256(): string {
    return createHash('sha256').update(this.columnsLine).digest('hex');
  }

  /** Of the rows that were read so far. */
  public get dataSha256(): string {
    return this.hash.copy().digest('hex');
  }
}

function line(value: unknown, keys?: string[]): string {
  return `${JSON.stringify(value, keys)}\n`;
}
