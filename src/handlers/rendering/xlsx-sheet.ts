import { formatPeriod, writingDirection } from '../wording';
import { cellText } from './cells';
import { Cell, Emphasis, Report, ReportColumn } from './format';
import { XML_DECLARATION, xmlText } from './xlsx-archive';
import { alignmentOf, CellsOfColumn, cellWriter, columnName, WriteCell } from './xlsx-cells';
import { Styles } from './xlsx-styles';

export const SPREADSHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

/** In points. */
export const LINE_HEIGHT = 15;

/** A column of the report as it stands in the sheet. */
export class SheetColumn {
  public readonly position: number;
  public readonly name: string;
  public readonly cells: CellsOfColumn;
  public readonly write: WriteCell;
  public readonly emphasis: readonly Emphasis[];
  public readonly heading: string;
  /** In characters. */
  public width: number;

  private readonly text: (cell: Cell) => string;

  public constructor(column: ReportColumn, index: number, { run, emphasis }: Report, styles: Styles) {
    this.position = column.position;
    this.name = column.name;
    this.cells = new CellsOfColumn(index, column.type, styles);
    this.write = cellWriter(this.cells, column, run);
    this.emphasis = emphasis.filter(({ position }) => position === column.position);
    // A time in a sheet cannot say in which zone it is.
    const label = column.type === 'datetime' ? `${column.label} (${run.timeZone.replaceAll('_', ' ')})` : column.label;
    this.heading = `<c r="${columnName(index)}1" s="${styles.id({ look: 'heading', align: alignmentOf(column.type) })}" t="inlineStr"><is>${textElement(label)}</is></c>`;
    this.width = widthOf(label) + ROOM_FOR_FILTER;
    const text = cellText(column, run.locale, run.timeZone);
    this.text = column.type === 'link' ? String : value => value === null ? '' : text(value);
  }

  /** Makes the column wide enough for a cell. */
  public measure(cell: Cell): void {
    this.width = Math.max(this.width, widthOf(this.text(cell)));
  }
}

const ROOM_FOR_FILTER = 3;
const NARROWEST = 8;
const WIDEST = 60;

/** Of its longest line. Characters of East Asia, and those that are pictures, take twice the room. */
function widthOf(text: string): number {
  const lines = text.split('\n').map(line => [...line.slice(0, WIDEST)].reduce((sum, character) => sum + (character >= '\u1100' ? 2 : 1), 0));
  return Math.min(Math.max(...lines), WIDEST);
}

/** A sheet up to its first row below the headings, which stay in view. */
export function beginSheet(columns: readonly SheetColumn[], { run }: Report): string {
  const rightToLeft = writingDirection(run.locale) === 'rtl' ? ' rightToLeft="1"' : '';
  const widths = columns.map(({ width }, index) => `<col min="${index + 1}" max="${index + 1}" width="${Math.max(width, NARROWEST) + 2}" customWidth="1"/>`);
  return `${XML_DECLARATION}<worksheet xmlns="${SPREADSHEET}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`
    + `<sheetViews><sheetView${rightToLeft} workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`
    + `<sheetFormatPr defaultRowHeight="${LINE_HEIGHT}"/><cols>${widths.join('')}</cols><sheetData><row r="1" ht="21" customHeight="1">${columns.map(({ heading }) => heading).join('')}</row>`;
}

/** What comes behind the rows: a filter for those up to the given one, and how the sheet is printed. */
export function endSheet(columns: readonly SheetColumn[], filterEnd: number, { title, run }: Report): string {
  const range = `A1:${columnName(columns.length - 1)}${filterEnd}`;
  const footer = `&L${title.replaceAll('&', '&&')}, ${formatPeriod(run.period, run.locale)}&R&P / &N`;
  return `</sheetData><autoFilter ref="${range}"/><pageMargins left="0.5" right="0.5" top="0.6" bottom="0.7" header="0.3" footer="0.3"/>`
    + `<pageSetup orientation="landscape" fitToHeight="0"/><headerFooter><oddFooter>${xmlText(footer)}</oddFooter></headerFooter>`
    + `<ignoredErrors><ignoredError sqref="${range}" numberStoredAsText="1"/></ignoredErrors></worksheet>`;
}

export function textElement(text: string): string {
  return `<t xml:space="preserve">${xmlText(text)}</t>`;
}
