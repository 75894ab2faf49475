import { Size } from 'aws-cdk-lib';

/**
 * What to do with a report that is larger than its limits.
 */
export enum OnLimit {
  /** The run fails with `LimitExceeded`, its owner is told, and nothing is left in S3. */
  FAIL = 'FAIL',
  /**
   * The report shows the first rows that fit, and says at its end that it is cut short, and how many rows there are. If not even the
   * first row fits, the run fails all the same.
   *
   * A file for programs has no place to say so: CSV and JSON do not take it, nor does a sheet in connection with `maxBytes`.
   */
  NOTICE = 'NOTICE',
}

/**
 * How large a report may become. Nothing is cut off silently: `onLimit` says what becomes of a report that has more.
 */
export interface RenderLimits {
  /**
   * The most rows that a report shows: a positive whole number.
   *
   * @default - as many as the data has
   */
  readonly maxRows?: number;

  /**
   * The most bytes of each file, all that belongs to it included, before it is compressed with `gzip`: at least 64 KiB.
   *
   * The headings and totals of the report count as well. If they do not fit, the run fails, whatever `onLimit` says.
   *
   * @default - as many as the rows take
   */
  readonly maxBytes?: Size;

  /**
   * What to do with a report that has more rows or bytes. It needs `maxRows` or `maxBytes`.
   *
   * @default OnLimit.FAIL
   */
  readonly onLimit?: OnLimit;
}

/**
 * What a column holds. See `docs/data-contract.md` for the values of each type.
 */
export enum ColumnType {
  /** Any text. */
  TEXT = 'text',
  /** A whole number. */
  INTEGER = 'integer',
  /** A number. */
  DECIMAL = 'decimal',
  /** An amount of money. */
  CURRENCY = 'currency',
  /** A day. */
  DATE = 'date',
  /** A point in time. */
  DATETIME = 'datetime',
  /** Yes or no. */
  BOOLEAN = 'boolean',
  /** An address in the web. */
  LINK = 'link',
}

/**
 * A column that a file shows, and what it shows otherwise than the data source says.
 */
export interface ReportColumn {
  /**
   * The column's name in the data. A run fails whose data does not have it.
   */
  readonly name: string;

  /**
   * The heading.
   *
   * @default - that of the data source
   */
  readonly label?: string;

  /**
   * The type as which the column is shown. Its values must be of this type as well as of the one that the data source says.
   *
   * @default - that of the data source
   */
  readonly type?: ColumnType;

  /**
   * The currency of a column of money, by its ISO 4217 code, for instance `EUR`.
   *
   * @default - that of the data source, or else that of the renderer
   */
  readonly currency?: string;

  /**
   * Digits after the decimal point, 0 to 20; for decimal numbers and money. CSV and JSON have all digits, whatever this says.
   *
   * @default - that of the data source
   */
  readonly decimals?: number;
}

/**
 * What all formats have in common.
 */
export interface RendererOptions extends RenderLimits {
  /**
   * The columns of the file, in this order.
   *
   * @default - all columns of the data, in their order
   */
  readonly columns?: ReportColumn[];

  /**
   * Whether the file is stored compressed, with `Content-Encoding: gzip`. Browsers unpack it by themselves; other programs must be
   * able to: S3 hands it out as it is stored. A workbook is compressed already, and does not take it.
   *
   * @default false
   */
  readonly gzip?: boolean;
}

/**
 * Totals that the renderer computes. Sums are exact; a value that is null counts as nothing.
 */
export interface ReportTotals {
  /**
   * The columns that are added up: of whole or decimal numbers, or of money. At the end stands the sum of all rows, also of those that
   * a limit leaves out, in the place of a total of the data source.
   */
  readonly sum: string[];

  /**
   * A column by which rows are grouped: where its value changes from one row to the next, the sums of the rows with the same value
   * stand below them. Let the data source sort by it.
   *
   * @default - no groups
   */
  readonly by?: string;
}

/**
 * Which numbers of a column stand out. Give one of the four bounds; an empty cell does not stand out.
 *
 * @example
 * const reorder: ReportEmphasis = { column: 'quantity', belowColumn: 'reorder_level' };
 */
export interface ReportEmphasis {
  /**
   * The column whose cells stand out, of whole or decimal numbers, or of money.
   */
  readonly column: string;

  /**
   * Those below this number.
   *
   * @default - another bound
   */
  readonly below?: number;

  /**
   * Those below the number in this column of the same row.
   *
   * @default - another bound
   */
  readonly belowColumn?: string;

  /**
   * Those above this number.
   *
   * @default - another bound
   */
  readonly above?: number;

  /**
   * Those above the number in this column of the same row.
   *
   * @default - another bound
   */
  readonly aboveColumn?: string;
}

/**
 * What the formats for people have in common.
 */
export interface DocumentRendererOptions extends RendererOptions {
  /**
   * The title, up to 100 characters.
   *
   * @default - the report's name
   */
  readonly title?: string;

  /**
   * How the readers of this file write numbers and dates, as a BCP 47 language tag.
   *
   * @default - the pipeline's `locale`
   */
  readonly locale?: string;

  /**
   * The IANA time zone in which this file shows times.
   *
   * @default - the pipeline's `timeZone`
   */
  readonly timeZone?: string;

  /**
   * The currency of the columns of money for which neither `columns` nor the data source names one, by its ISO 4217 code, for
   * instance `EUR`. CSV and JSON have the digits only, and need none.
   *
   * @default - each column of money says it, or the run fails
   */
  readonly currency?: string;

  /**
   * Totals to compute.
   *
   * @default - those that the data source returns
   */
  readonly totals?: ReportTotals;

  /**
   * Which numbers stand out.
   *
   * @default - none
   */
  readonly emphasis?: ReportEmphasis[];
}

/**
 * Whose page it is.
 */
export interface ReportBrand {
  /**
   * A logo as a `data:` URL in base64, up to 2,500 characters: PNG, JPEG, WebP or SVG. It stands above the title, up to 3 rem high.
   *
   * @default - none
   */
  readonly logo?: string;

  /**
   * The colour of links and of the line above the page, as `#rrggbb`. It must have a contrast to white of at least 4.5 to 1
   * (WCAG 2.2); on a dark screen it is lightened as far as needed.
   *
   * @default '#0b5f56'
   */
  readonly color?: string;

  /**
   * A line at the end of the page, up to 200 characters: an address, or who may read it.
   *
   * @default - none
   */
  readonly footer?: string;
}

/**
 * Options of the HTML renderer.
 */
export interface HtmlRendererOptions extends DocumentRendererOptions {
  /**
   * Whose page it is.
   *
   * @default - nobody's
   */
  readonly brand?: ReportBrand;
}

/**
 * Options of the CSV renderer.
 */
export interface CsvRendererOptions extends RendererOptions {
  /**
   * What stands between two fields: a comma, a semicolon, a tab or a vertical bar.
   *
   * @default ','
   */
  readonly delimiter?: string;

  /**
   * Whether the file begins with a byte order mark, by which Excel knows that it is UTF-8.
   *
   * @default false
   */
  readonly byteOrderMark?: boolean;

  /**
   * Whether texts that a spreadsheet would take for a formula begin with an apostrophe: those with `=`, `+`, `-` or `@` as their first
   * sign, of full width too, and those that begin with a tab or a line break. Numbers stay as they are. Turn it off only for programs that
   * need each text as it is.
   *
   * @default true
   */
  readonly formulaGuard?: boolean;
}

/**
 * How the rows stand in a JSON file.
 */
export enum JsonLayout {
  /** One array, `report.json`. */
  ARRAY = 'ARRAY',
  /** One object a line (NDJSON), `report.ndjson`. */
  LINES = 'LINES',
}

/**
 * Options of the JSON renderer.
 */
export interface JsonRendererOptions extends RendererOptions {
  /**
   * How the rows stand in the file.
   *
   * @default JsonLayout.ARRAY
   */
  readonly layout?: JsonLayout;
}

/**
 * Options of the XLSX renderer.
 */
export interface XlsxRendererOptions extends DocumentRendererOptions {}
