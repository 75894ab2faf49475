import { Column, Row } from '../../workflow/contract';
import { ReportError } from '../errors';
import { CELL_TYPES } from './cells';
import { DataDigest } from './data-digest';

/** The rows of a report, each of which is checked and added to the digest when it is read; `count` says how many have been. */
export class Rows implements AsyncIterable<Row> {
  public count = 0;

  public constructor(
    private readonly columns: readonly Column[],
    private readonly source: Iterable<object> | AsyncIterable<object>,
    private readonly digest?: DataDigest,
  ) {}

  public async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const value of this.source) {
      const row = value as Row;
      checkRow(row, this.columns, `row ${this.count + 1}`);
      this.count += 1;
      this.digest?.add(row);
      yield row;
    }
  }
}

/** What the schema cannot say of columns. */
export function checkColumns(columns: readonly Column[]): void {
  const names = new Set<string>();
  for (const { name, type, currency } of columns) {
    if (names.has(name)) {
      throw new ReportError('InvalidData', `two columns have the name ${JSON.stringify(name)}; give each a name of its own`);
    }
    if (type === 'currency' && currency === undefined) {
      throw new ReportError('InvalidData', `the column ${JSON.stringify(name)} is of type currency and does not say which; add for example "currency": "EUR"`);
    }
    names.add(name);
  }
}

/** Totals are cells of their columns; a column need not have one. */
export function checkTotals(totals: Row, columns: readonly Column[]): void {
  const columnsWithTotal = columns.filter(({ name }) => Object.hasOwn(totals, name));
  checkRow(totals, columnsWithTotal, 'totals');
}

/** Only a row's own properties count, so that a column may have the name of one that each object inherits. */
function checkRow(row: Row, columns: readonly Column[], place: string): void {
  for (const column of columns) {
    const value = Object.hasOwn(row, column.name) ? row[column.name] : undefined;
    if (value !== null && !CELL_TYPES[column.type].accepts(value)) {
      throw badCell(place, column, value);
    }
  }
  if (Object.keys(row).length > columns.length) {
    const names = new Set(columns.map(column => column.name));
    const surplus = Object.keys(row).find(name => !names.has(name))!;
    throw new ReportError('InvalidData', `${place} has ${JSON.stringify(surplus.slice(0, 128))}, which is not a column; add the column, or leave out the value`);
  }
}

/** Says where and what kind, and never the value: errors are logged and sent. */
function badCell(place: string, column: Column, value: unknown): ReportError {
  const where = `${place}, column ${JSON.stringify(column.name)}`;
  return new ReportError('InvalidData', value === undefined
    ? `${where}: there is no value; write null where there is none`
    : `${where}: expected ${CELL_TYPES[column.type].expected}, and got ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) {
    return 'an array';
  }
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
