import { ColumnType } from './contract';

/** What the renderer's function is told of each file that it makes, as JSON in its environment. Synth has checked all of it but tokens. */
export interface FileOptions {
  /** The file's name. */
  readonly name: string;
  readonly format: FormatName;
  readonly maxRows?: number;
  readonly maxBytes?: number;
  readonly onLimit?: 'FAIL' | 'NOTICE';
  /** Whether the file is kept compressed, with `Content-Encoding: gzip`. */
  readonly gzip?: boolean;
  /** The columns to show, in this order. Default: all, as the data source names them. */
  readonly columns?: readonly ColumnOptions[];
  readonly title?: string;
  /** Default: that of the run. */
  readonly locale?: string;
  /** Default: that of the run. */
  readonly timeZone?: string;
  /** Of columns of money that name none. */
  readonly currency?: string;
  readonly totals?: TotalsOptions;
  readonly emphasis?: readonly EmphasisOptions[];
  readonly brand?: BrandOptions;
  readonly csv?: CsvOptions;
  readonly json?: JsonOptions;
}

export type FormatName = 'html' | 'csv' | 'json' | 'xlsx';

export interface ColumnOptions {
  readonly name: string;
  readonly label?: string;
  readonly type?: ColumnType;
  readonly currency?: string;
  readonly decimals?: number;
}

export interface TotalsOptions {
  /** The columns that are added up. */
  readonly sum: readonly string[];
  /** The column by which rows that follow one another are a group, with a total of its own. */
  readonly by?: string;
}

/** Cells of `column` are marked that are below, or above, a number or the cell of another column. */
export interface EmphasisOptions {
  readonly column: string;
  readonly below?: number;
  readonly belowColumn?: string;
  readonly above?: number;
  readonly aboveColumn?: string;
}

export interface BrandOptions {
  /** A `data:` URL. */
  readonly logo?: string;
  /** `#rrggbb` */
  readonly color?: string;
  readonly footer?: string;
}

export interface CsvOptions {
  readonly delimiter?: string;
  readonly byteOrderMark?: boolean;
  /** Whether texts that a spreadsheet would take for formulas are kept from being one. Default: true. */
  readonly formulaGuard?: boolean;
}

export interface JsonOptions {
  readonly lines?: boolean;
}
