import { cutShort, formatInstant, formatPeriod, formatRowCount } from '../wording';
import { Report } from './format';
import { Archive, XML_DECLARATION, xmlText } from './xlsx-archive';
import { columnName } from './xlsx-cells';
import { SPREADSHEET, textElement } from './xlsx-sheet';
import { Styles } from './xlsx-styles';

const RELATIONSHIPS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const CORE = 'application/vnd.openxmlformats-package.core-properties+xml';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

export function sheetPath(index: number): string {
  return `xl/worksheets/sheet${index + 1}.xml`;
}

export interface Extent {
  readonly shown: number;
  readonly total: number;
}

/**
 * Adds what makes a workbook of the sheets: a last sheet that says what the report is about, and the parts that name the others.
 * Sheets have the same names in each report, so that what refers to them keeps working.
 */
export function addWorkbook(archive: Archive, report: Report, extent: Extent, filterEnds: readonly number[], styles: Styles): void {
  const sheets = [...filterEnds.map((_, index) => index === 0 ? 'Report' : `Report ${index + 1}`), 'About'];
  archive.add(sheetPath(filterEnds.length), aboutSheet(report, extent, styles));
  archive.add('xl/styles.xml', styles.xml());
  archive.add('xl/workbook.xml', workbook(sheets, filterEnds, report));
  archive.add('xl/_rels/workbook.xml.rels', relationships([
    ...sheets.map((_, index) => ({ type: `${OFFICE}/worksheet`, target: sheetPath(index).replace('xl/', '') })),
    { type: `${OFFICE}/styles`, target: 'styles.xml' },
  ]));
  archive.add('docProps/core.xml', coreProperties(report));
  archive.add('_rels/.rels', relationships([
    { type: `${OFFICE}/officeDocument`, target: 'xl/workbook.xml' },
    { type: 'http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties', target: 'docProps/core.xml' },
  ]));
  archive.add('[Content_Types].xml', contentTypes(sheets.length));
}

function aboutSheet({ run, title, asOf, options }: Report, { shown, total }: Extent, styles: Styles): string {
  const isCut = shown < total;
  const facts: [string, string, 'plain' | 'note'][] = [
    ['Period', formatPeriod(run.period, run.locale), 'plain'],
    ['As of', formatInstant(asOf, run.locale, run.timeZone), 'plain'],
    ['Times in', run.timeZone.replaceAll('_', ' '), 'plain'],
    ['Rows', isCut ? cutShort(shown, total, run.locale) : formatRowCount(total, run.locale), isCut ? 'note' : 'plain'],
    ['Report', `${run.reportId}${run.attempt > 1 ? `, attempt ${run.attempt}` : ''}`, 'plain'],
    ...options.brand?.footer ? [['', options.brand.footer, 'plain'] as [string, string, 'plain']] : [],
  ];
  const cell = (reference: string, style: number, text: string) => `<c r="${reference}" s="${style}" t="inlineStr"><is>${textElement(text)}</is></c>`;
  const label = styles.id({ look: 'heading' });
  const rows = facts.map(([name, value, look], index) =>
    `<row r="${index + 3}">${cell(`A${index + 3}`, label, name)}${cell(`B${index + 3}`, styles.id({ look }), value)}</row>`);
  return `${XML_DECLARATION}<worksheet xmlns="${SPREADSHEET}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><cols><col min="1" max="1" width="14" customWidth="1"/><col min="2" max="2" width="60" customWidth="1"/></cols>`
    + `<sheetData><row r="1" ht="27" customHeight="1">${cell('A1', styles.id({ look: 'title' }), title)}</row>${rows.join('')}</sheetData><pageSetup fitToHeight="0"/></worksheet>`;
}

function workbook(sheets: readonly string[], filterEnds: readonly number[], { columns }: Report): string {
  // Excel looks for the range of a filter, and for the rows that are printed on each page, by these names.
  const names = filterEnds.flatMap((end, index) => [
    `<definedName name="_xlnm._FilterDatabase" localSheetId="${index}" hidden="1">'${sheets[index]}'!$A$1:$${columnName(columns.length - 1)}$${end}</definedName>`,
    `<definedName name="_xlnm.Print_Titles" localSheetId="${index}">'${sheets[index]}'!$1:$1</definedName>`,
  ]);
  return `${XML_DECLARATION}<workbook xmlns="${SPREADSHEET}" xmlns:r="${OFFICE}"><sheets>`
    + sheets.map((name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`).join('')
    + `</sheets><definedNames>${names.join('')}</definedNames></workbook>`;
}

function coreProperties({ title, run }: Report): string {
  return `${XML_DECLARATION}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" `
    + 'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    + `<dc:title>${xmlText(title)}</dc:title><dc:subject>${xmlText(formatPeriod(run.period, run.locale))}</dc:subject>`
    + `<dcterms:created xsi:type="dcterms:W3CDTF">${run.openedAt}</dcterms:created></cp:coreProperties>`;
}

function relationships(targets: readonly { readonly type: string; readonly target: string }[]): string {
  const items = targets.map(({ type, target }, index) => `<Relationship Id="rId${index + 1}" Type="${type}" Target="${target}"/>`);
  return `${XML_DECLARATION}<Relationships xmlns="${RELATIONSHIPS}">${items.join('')}</Relationships>`;
}

function contentTypes(sheets: number): string {
  const override = (path: string, type: string) => `<Override PartName="/${path}" ContentType="${type}"/>`;
  return `${XML_DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">`
    + '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    + override('xl/workbook.xml', `${TYPE}.sheet.main+xml`) + override('xl/styles.xml', `${TYPE}.styles+xml`) + override('docProps/core.xml', CORE)
    + Array.from({ length: sheets }, (_, index) => override(sheetPath(index), `${TYPE}.worksheet+xml`)).join('') + '</Types>';
}
