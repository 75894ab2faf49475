import { Column, Row } from '../../workflow/contract';
import { ReportError } from '../errors';
import { accepts, EXPECTED } from './cells';
import { Cell, Cells, TotalCells } from './format';

/** Rows as they were read, some at a time: as many as came with a piece of the input. */
export type RowBatches = Iterable<readonly object[]> | AsyncIterable<readonly object[]>;

/**
 * The rows of a report, each of which is checked when it is read; `count` says how many have been.
 *
 * `columns` are those of the data, and then, where a file shows a column as another type, that column with this type.
 */
export class Rows {
  public count = 0;

  private readonly read: (row: Row) => Cells | undefined;

  public constructor(
    private readonly columns: readonly Column[],
    private readonly batches: RowBatches,
    private readonly alsoShownAs: readonly (Column & { readonly position: number })[] = [],
  ) {
    this.read = reader(columns);
  }

  public async *[Symbol.asyncIterator](): AsyncGenerator<Cells[]> {
    for await (const batch of this.batches) {
      yield batch.map(row => this.checked(row as Row));
    }
  }

  private checked(row: Row): Cells {
    this.count += 1;
    const cells = this.read(row);
    if (!cells) {
      throw refusal(row, this.columns, `row ${this.count}`);
    }
    for (const column of this.alsoShownAs) {
      const cell = cells[column.position];
      if (cell !== null && !accepts(column.type, cell)) {
        throw badCell(`row ${this.count}`, column, cell);
      }
    }
    return cells;
  }
}

/**
 * Returns the cells of a row, if it has a value for each column and nothing more: what is wrong with one is found out by `refusal`. Rows mostly
 * name their values in the order of the row before, so that a name need only be looked up where it differs.
 */
function reader(columns: readonly Column[]): (row: Row) => Cells | undefined {
  const fields = columns.map(({ name, type }, position) => ({ name, type, position }));
  const byName = new Map(fields.map(field => [field.name, field]));
  const order = [...fields];
  return row => {
    const cells = new Array<Cell>(fields.length);
    let count = 0;
    for (const name in row) {
      const field = order[count]?.name === name ? order[count] : byName.get(name);
      const value = row[name];
      if (field === undefined || (value !== null && !accepts(field.type, value))) {
        return undefined;
      }
      cells[field.position] = value as Cell;
      order[count] = field;
      count += 1;
    }
    return count === fields.length ? cells : undefined;
  };
}

/** What the schema cannot say of columns. */
export function checkColumns(columns: readonly Column[]): void {
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) {
      throw new ReportError('InvalidData', `two columns have the name ${JSON.stringify(name)}; give each a name of its own`);
    }
    names.add(name);
  }
}

/** Totals are cells of their columns; a column need not have one. */
export function checkedTotals(totals: Row, columns: readonly Column[]): TotalCells {
  const refused = refusal(totals, columns.filter(({ name }) => Object.hasOwn(totals, name)), 'totals');
  if (refused) {
    throw refused;
  }
  return columns.map(({ name }) => Object.hasOwn(totals, name) ? totals[name] as Cell : undefined);
}

/** Why a row is refused: it names the row, and the column. */
function refusal(row: Row, columns: readonly Column[], place: string): ReportError | undefined {
  for (const column of columns) {
    const value = Object.hasOwn(row, column.name) ? row[column.name] : undefined;
    if (value !== null && !accepts(column.type, value)) {
      return badCell(place, column, value);
    }
  }
  const names = new Set(columns.map(column => column.name));
  const surplus = Object.keys(row).find(name => !names.has(name));
  return surplus === undefined ? undefined
    : new ReportError('InvalidData', `${place} has ${JSON.stringify(surplus.slice(0, 128))}, which is not a column; add the column, or leave out the value`);
}

/** Says where and what kind, and never the value: errors are logged and sent. */
function badCell(place: string, column: Column, value: unknown): ReportError {
  const where = `${place}, column ${JSON.stringify(column.name)}`;
  return new ReportError('InvalidData', value === undefined
    ? `${where}: there is no value; write null where there is none`
    : `${where}: expected ${EXPECTED[column.type]}, and got ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) {
    return 'an array';
  }
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
