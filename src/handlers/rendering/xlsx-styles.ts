import { XML_DECLARATION, xmlText } from './xlsx-archive';

export interface CellStyle {
  readonly look?: keyof typeof LOOKS;
  /** A number format as Excel writes it. Default: General. */
  readonly format?: string;
  readonly align?: 'left' | 'right' | 'center';
  /** Whether lines are broken. */
  readonly wrap?: boolean;
}

/** How a cell stands out from the others, in the colours of the page: which of the fonts, fills and borders below. */
const LOOKS = {
  plain: { font: 0, fill: 0, border: 0 },
  heading: { font: 1, fill: 2, border: 1 },
  marked: { font: 2, fill: 3, border: 0 },
  total: { font: 1, fill: 2, border: 2 },
  title: { font: 3, fill: 0, border: 0 },
  note: { font: 2, fill: 0, border: 0 },
};
const FONTS = ['', '<b/>', '<b/><color rgb="FF9A3412"/>', '<b/><sz val="16"/>']
  .map(what => `<font>${what}${what.includes('<sz') ? '' : '<sz val="11"/>'}<name val="Calibri"/><family val="2"/></font>`);
// Excel takes the first two for its own, whatever they are.
const FILLS = ['<patternFill patternType="none"/>', '<patternFill patternType="gray125"/>', ...['FFEDF2F0', 'FFFFF4EC'].map(color =>
  `<patternFill patternType="solid"><fgColor rgb="${color}"/><bgColor indexed="64"/></patternFill>`)].map(fill => `<fill>${fill}</fill>`);
const LINE = (side: string, style: string, color: string) => `<${side} style="${style}"><color rgb="${color}"/></${side}>`;
const BORDERS = [
  '<left/><right/><top/><bottom/><diagonal/>',
  `<left/><right/><top/>${LINE('bottom', 'medium', 'FF0B5F56')}<diagonal/>`,
  `<left/><right/>${LINE('top', 'thin', 'FF5A6663')}<bottom/><diagonal/>`,
].map(border => `<border>${border}</border>`);

/** The first number of a format that is the workbook's own. */
const FIRST_FORMAT = 164;

/** The styles of a workbook: a cell names one by its number. */
export class Styles {
  private readonly formats: string[] = [];
  private readonly cells: string[] = [];

  public constructor() {
    this.id({});
  }

  public id({ look = 'plain', format, align, wrap }: CellStyle): number {
    const { font, fill, border } = LOOKS[look];
    const number = format === undefined ? 0 : FIRST_FORMAT + indexIn(this.formats, format);
    return indexIn(this.cells, `<xf numFmtId="${number}" fontId="${font}" fillId="${fill}" borderId="${border}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" `
      + `applyAlignment="1"><alignment vertical="center"${align ? ` horizontal="${align}"` : ''}${wrap ? ' wrapText="1"' : ''}/></xf>`);
  }

  public xml(): string {
    const formats = this.formats.map((format, index) => `<numFmt numFmtId="${FIRST_FORMAT + index}" formatCode="${xmlText(format)}"/>`);
    return `${XML_DECLARATION}<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
      + (formats.length > 0 ? list('numFmts', formats) : '') + list('fonts', FONTS) + list('fills', FILLS) + list('borders', BORDERS)
      + list('cellStyleXfs', ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>']) + list('cellXfs', this.cells)
      + list('cellStyles', ['<cellStyle name="Normal" xfId="0" builtinId="0"/>']) + '</styleSheet>';
  }
}

function indexIn(items: string[], item: string): number {
  const index = items.indexOf(item);
  return index >= 0 ? index : items.push(item) - 1;
}

function list(name: string, items: string[]): string {
  return `<${name} count="${items.length}">${items.join('')}</${name}>`;
}
