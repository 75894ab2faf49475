import { ByteBuffer } from './byte-buffer';
import { Value } from './cells';
import { ReportColumn } from './format';
import { wallClock } from './wall-clock';
import { writeXmlText } from './xlsx-archive';
import { currencyFormat, dateFormat, datetimeFormat, numberFormat } from './xlsx-formats';
import { CellStyle, Styles } from './xlsx-styles';
import { ColumnType, Run } from '../../workflow/contract';

/** How the cells of a row stand out. */
export type Look = 'plain' | 'marked' | 'total' | 'note';

/** Writes a cell of a column that has a value. */
export type WriteCell = (value: Value, row: Uint8Array, look: Look, out: ByteBuffer) => void;

/** The column's name in a sheet: A to Z, AA, and so on. */
export function columnName(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : columnName(Math.floor(index / 26) - 1) + columnName(index % 26);
}

/** How the values of a column stand in it, and so its heading. */
export function alignmentOf(type: ColumnType): CellStyle['align'] {
  return NUMERIC.includes(type) ? 'right' : type === 'boolean' ? 'center' : 'left';
}

const NUMERIC: readonly ColumnType[] = ['integer', 'decimal', 'currency', 'date', 'datetime'];

/** Writes the cells of one column as what they are: numbers and times that can be reckoned with, and texts. */
export function cellWriter(cells: CellsOfColumn, column: ReportColumn, { locale, timeZone }: Run): WriteCell {
  switch (column.type) {
    case 'integer': return numbers(cells, always(cells.numbers(numberFormat(0))));
    case 'decimal': return numbers(cells, column.decimals === undefined ? decimals(cells) : always(cells.numbers(numberFormat(column.decimals))));
    case 'currency': return numbers(cells, always(cells.numbers(currencyFormat(column, locale))));
    case 'date': return times(cells, dateFormat(locale), value => Date.parse(`${value}T00:00:00Z`));
    case 'datetime': {
      const shownAt = wallClock(timeZone);
      return times(cells, datetimeFormat(locale), value => shownAt(Date.parse(value)));
    }
    case 'boolean': return booleans(cells);
    default: return cells.text;
  }
}

/** How a cell begins, behind the number of its row. */
type Beginnings = Readonly<Record<Look, Uint8Array>>;

/** Writes the cells of a column by the types that a sheet has. */
export class CellsOfColumn {
  private readonly reference: Uint8Array;
  private readonly align: CellStyle['align'];
  private readonly texts: Beginnings;
  private readonly textsOfLines: Beginnings;
  private readonly empty: Uint8Array;

  public constructor(index: number, type: ColumnType, private readonly styles: Styles) {
    this.reference = Buffer.from(`<c r="${columnName(index)}`);
    this.align = alignmentOf(type);
    this.texts = this.beginnings({}, ...INLINE_STRING);
    this.textsOfLines = this.beginnings({ wrap: true }, ...INLINE_STRING);
    this.empty = Buffer.from(`" s="${styles.id({ look: 'total' })}"/>`);
  }

  /** A text is never a formula: its type says that it is text, whatever it begins with. */
  public readonly text = (value: Value, row: Uint8Array, look: Look, out: ByteBuffer): void => {
    const text = value as string;
    this.begin(row, (text.includes('\n') ? this.textsOfLines : this.texts)[look], out);
    writeXmlText(text, out);
    out.literal(TEXT_END);
  };

  /** A cell without a value, in the row of totals. */
  public blank(row: Uint8Array, out: ByteBuffer): void {
    this.begin(row, this.empty, out);
  }

  public value(digits: string, beginnings: Beginnings, row: Uint8Array, look: Look, out: ByteBuffer): void {
    this.begin(row, beginnings[look], out);
    out.text(digits);
    out.literal(VALUE_END);
  }

  public numbers(format: string): Beginnings {
    return this.beginnings({ format }, '', '<v>');
  }

  /** Excel writes truth values in the language of whoever opens the file; others need a format for it. */
  public booleans(): Beginnings {
    return this.beginnings({ format: '"Yes";"Yes";"No"' }, ' t="b"', '<v>');
  }

  private beginnings(style: CellStyle, type: string, content: string): Beginnings {
    const beginning = (look: Look) => Buffer.from(`" s="${this.styles.id({ ...style, look, align: this.align })}"${type}>${content}`);
    return { plain: beginning('plain'), marked: beginning('marked'), total: beginning('total'), note: beginning('note') };
  }

  private begin(row: Uint8Array, beginning: Uint8Array, out: ByteBuffer): void {
    out.literal(this.reference);
    out.literal(row);
    out.literal(beginning);
  }
}

const INLINE_STRING = [' t="inlineStr"', '<is><t xml:space="preserve">'] as const;
const TEXT_END = Buffer.from('</t></is></c>');
const VALUE_END = Buffer.from('</v></c>');

/** The digits that Excel keeps of a number: https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3 */
const EXACT_DIGITS = 15;

/** Numbers, but where Excel would round away digits that count: those are texts. */
function numbers(cells: CellsOfColumn, beginningsOf: (digits: string) => Beginnings): WriteCell {
  return (value, row, look, out) => {
    const digits = String(value);
    if (digits.length <= EXACT_DIGITS || isExact(value, digits)) {
      cells.value(digits, beginningsOf(digits), row, look, out);
    } else {
      cells.text(digits, row, look, out);
    }
  };
}

function always(beginnings: Beginnings): () => Beginnings {
  return () => beginnings;
}

/** Formats with as many decimals as the value has. */
function decimals(cells: CellsOfColumn): (digits: string) => Beginnings {
  const made: Beginnings[] = [];
  return digits => {
    const count = decimalsOf(digits);
    return made[count] ??= cells.numbers(numberFormat(count));
  };
}

/** A number that is no whole one is a binary fraction, here as in Excel. In a string, each digit counts. */
function isExact(value: Value, digits: string): boolean {
  return typeof value === 'number' && !Number.isInteger(value)
    || digits.replace(/(\.\d*?)0+$/, '$1').replace(/^-?0*\.?0*|\./g, '').length <= EXACT_DIGITS;
}

/** A string may end in zeros. */
function decimalsOf(digits: string): number {
  const [mantissa, exponent = '0'] = digits.split('e');
  return Math.min((mantissa.split('.')[1]?.length ?? 0) - Number(exponent), MOST_DECIMALS);
}

/** What a format of Excel can have. */
const MOST_DECIMALS = 30;

const DAY_MS = 24 * 60 * 60 * 1000;
/** Sheets count days from here. Of what is before March 1900, programs disagree: Excel has a 29 February in that year, and nothing before it. */
const EPOCH = Date.UTC(1899, 11, 30);
const FIRST_DAY = Date.UTC(1900, 2, 1);

function times(cells: CellsOfColumn, format: string, clockOf: (value: string) => number): WriteCell {
  const beginnings = cells.numbers(format);
  return (value, row, look, out) => {
    const clock = clockOf(value as string);
    if (clock >= FIRST_DAY) {
      cells.value(String((clock - EPOCH) / DAY_MS), beginnings, row, look, out);
    } else {
      cells.text(value, row, look, out);
    }
  };
}

function booleans(cells: CellsOfColumn): WriteCell {
  const beginnings = cells.booleans();
  return (value, row, look, out) => cells.value(value ? '1' : '0', beginnings, row, look, out);
}
