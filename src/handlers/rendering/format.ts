import { Writable } from 'node:stream';
import { Column, Run } from '../../workflow/contract';
import { FileOptions } from '../../workflow/file-options';

/**
 * How the render handler and a format work together.
 *
 * The handler reads the rows once, and gives each of them to every file of the report: `subtotal` and `row` only add to what a
 * file has in memory. After each piece of the input, of some 64 KiB, the handler awaits `flushed` of all files, so that none of them
 * holds more than that, however slow its upload is.
 */
export interface FileWriter {
  /** How many rows the file shows: those that it got, unless it became too long for some of them. */
  readonly shown: number;
  row(cells: Cells): void;
  /** The total of a group: of the rows since the last subtotal. Only where `totals.by` is set. */
  subtotal(subtotal: Subtotal): void;
  /** Hands on what is complete, and waits while `out` is full. */
  flushed(): Promise<void>;
  /** Hands on the rest. It does not end `out`. */
  end(ending: Ending): Promise<void>;
}

/** Begins a file, whose bytes it writes to `out`: an upload, or a compressor before it. A chunk that was written is not changed any more. */
export type OpenFile = (report: Report, out: Writable) => FileWriter;

/** What each file of a report tells in its own way. */
export interface Report {
  /** With the locale and the time zone of this file. */
  readonly run: Run;
  readonly title: string;
  readonly asOf: string;
  /** The columns to show, in this order, each once. */
  readonly columns: readonly ReportColumn[];
  readonly emphasis: readonly Emphasis[];
  readonly data: Data;
  readonly options: FileOptions;
}

/** What the data source says of its rows. */
export interface Data {
  readonly columns: readonly Column[];
  readonly totals?: TotalCells;
}

export interface ReportColumn extends Column {
  readonly label: string;
  /** Where a row has the column's cell. */
  readonly position: number;
}

/** A value that is what the type of its column says; null where there is none. */
export type Cell = string | number | boolean | null;

/** The cells of a row, in the order of the data's columns. Nobody changes them: a format may keep them until it is flushed. */
export type Cells = readonly Cell[];

/** The totals of some columns by their position, undefined where a column has none. */
export type TotalCells = readonly (Cell | undefined)[];

export interface Subtotal {
  /** The cell that the rows of the group have in common, and where it stands. */
  readonly group: Cell;
  readonly position: number;
  readonly rows: number;
  readonly totals: TotalCells;
}

export interface Emphasis {
  /** Where a row has the cell that is marked. */
  readonly position: number;
  applies(cells: Cells): boolean;
}

export interface Ending {
  /** How many rows there are: more than `shown` where a limit left some out. */
  readonly total: number;
  /** Of the columns that have one, and of all rows, whether or not they are shown. */
  readonly totals?: TotalCells;
}
