import { Column, Run } from '../../workflow/contract';
import { ColumnOptions, EmphasisOptions, FileOptions, FormatName } from '../../workflow/file-options';
import { ReportError } from '../errors';
import { Cells, Data, Emphasis, Report, ReportColumn } from './format';

/** What a file tells of the data: the report as its options want it. */
export function reportOf(run: Run, asOf: string, data: Data, options: FileOptions): Report {
  const { columns } = data;
  const { locale = run.locale, timeZone = run.timeZone, title = run.report } = options;
  return {
    run: { ...run, locale, timeZone },
    title,
    asOf,
    columns: (options.columns ?? columns).map(column => shownAs(column, columns, options)),
    emphasis: (options.emphasis ?? []).map(one => emphasisOf(one, columns)),
    data,
    options,
  };
}

/** CSV and JSON have the digits only. */
const SHOWING_CURRENCY: readonly FormatName[] = ['html', 'xlsx'];

function shownAs({ name, ...differently }: ColumnOptions, columns: readonly Column[], options: FileOptions): ReportColumn {
  const position = positionOf(name, columns);
  const column = { currency: options.currency, ...columns[position], ...differently };
  if (column.type === 'currency' && column.currency === undefined && SHOWING_CURRENCY.includes(options.format)) {
    throw new ReportError('InvalidData', `the column ${JSON.stringify(name)} is shown as money, and nothing says of which currency; `
      + 'let the data source add for example "currency": "EUR" to the column, or set currency of the renderer');
  }
  return { ...column, label: column.label ?? name, position };
}

function emphasisOf({ column, below, belowColumn, above, aboveColumn }: EmphasisOptions, columns: readonly Column[]): Emphasis {
  const position = numericPositionOf(column, columns);
  const other = belowColumn ?? aboveColumn;
  const otherPosition = other === undefined ? undefined : numericPositionOf(other, columns);
  const isBelow = below !== undefined || belowColumn !== undefined;
  const limit = otherPosition === undefined ? () => below ?? above! : (cells: Cells) => cells[otherPosition];
  return {
    position,
    applies: cells => {
      const [cell, bound] = [cells[position], limit(cells)];
      return cell !== null && bound !== null && (isBelow ? Number(cell) < Number(bound) : Number(cell) > Number(bound));
    },
  };
}

/** Where a column of numbers is, of those that the data has. */
export function numericPositionOf(name: string, columns: readonly Column[]): number {
  const position = positionOf(name, columns);
  const { type } = columns[position];
  if (!['integer', 'decimal', 'currency'].includes(type)) {
    throw new ReportError('InvalidData', `the renderer takes the column ${JSON.stringify(name)} for one of numbers, and the data source says that its type is ${type}`);
  }
  return position;
}

export function positionOf(name: string, columns: readonly Column[]): number {
  const position = columns.findIndex(column => column.name === name);
  if (position < 0) {
    throw new ReportError('InvalidData', `the renderer is to show the column ${JSON.stringify(name)}, and the data source has none of that name; `
      + `its columns are ${columns.map(column => column.name).join(', ')}`.slice(0, 500));
  }
  return position;
}
