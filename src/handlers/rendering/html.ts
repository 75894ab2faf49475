import { Column, ColumnType, Row, Run } from '../../workflow/contract';
import { formatCount, formatInstant, formatPeriod } from '../wording';
import { cellText, Value } from './cells';
import { escape } from './escape';
import { Extent, TextFormat } from './report-text';
import { STYLE, STYLE_SOURCE } from './style';

export interface Page {
  readonly run: Run;
  readonly title: string;
  readonly asOf: string;
  readonly columns: readonly Column[];
  readonly totals?: Row;
}

/**
 * The report as a page that needs nothing but itself: no script, no fonts, no images, and a content security policy that
 * allows none. How many rows there are is known when the last one is read, so the page says it at its end, where it also
 * proves that nothing was cut off, or says that it was.
 */
export function htmlPage(page: Page): TextFormat {
  const cells = page.columns.map((column, index) => cellWriter(column, index, page.run));
  return {
    beginning: beginning(page),
    row: row => `<tr>${cells.map(cell => cell(row)).join('')}</tr>\n`,
    ending: extent => ending(page, extent),
  };
}

function beginning({ run, title, asOf, columns }: Page): string {
  const period = formatPeriod(run.period, run.locale);
  return `<!doctype html>
<html lang="${escape(run.locale)}" dir="${writingDirection(run.locale)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${STYLE_SOURCE}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escape(`${title} · ${period}`)}</title>
<style>${STYLE}</style>
</head>
<body class="${sizeOf(columns)}">
<main>
<header>
<h1>${escape(title)}</h1>
<dl>
<div><dt>Period</dt><dd>${escape(period)}</dd></div>
<div><dt>As of</dt><dd>${instantElement(asOf, run)}</dd></div>
</dl>
</header>
<div class="sheet" role="region" aria-labelledby="caption" tabindex="0">
<table>
<caption id="caption">${escape(`${title}, ${period}`)}</caption>
<thead>
<tr>${columns.map(({ name, label, type }) => `<th scope="col" class="${type}">${escape(label ?? name)}</th>`).join('')}</tr>
</thead>
<tbody>
`;
}

/** The paper that the columns need: upright, across, or across on the next larger size. */
function sizeOf(columns: readonly Column[]): 'narrow' | 'wide' | 'vast' {
  return columns.length <= 7 ? 'narrow' : columns.length <= 14 ? 'wide' : 'vast';
}

function nothingToReport({ run, columns }: Page): string {
  const sentence = `There is nothing to report for ${formatPeriod(run.period, run.locale)}.`;
  return `<tr><td class="nothing" colspan="${columns.length}"><p>${escape(sentence)}</p></td></tr>\n`;
}

function ending(page: Page, extent: Extent): string {
  const { run, asOf } = page;
  const isCut = extent.shown < extent.total;
  return `${extent.total === 0 ? nothingToReport(page) : ''}${isCut ? rowsLeftOut(page, extent) : ''}</tbody>
${page.totals ? totalsRow(page.totals, page) : ''}</table>
</div>
<footer>
${isCut ? cutShort(page, extent) : endOfReport(page, extent)}
<p>Report <span class="id">${escape(run.reportId)}</span>${run.attempt > 1 ? `, attempt ${run.attempt}` : ''}<br>
As of ${instantElement(asOf, run)}, times in ${escape(run.timeZone.replaceAll('_', ' '))}</p>
</footer>
</main>
</body>
</html>
`;
}

function endOfReport({ run }: Page, { total }: Extent): string {
  return `<p class="end">End of report · ${rowCount(total, run.locale)}</p>`;
}

/** Stands between the rows and their totals, so that the page on which these are printed says so by itself. */
function rowsLeftOut({ run: { locale }, columns, totals }: Page, { shown, total }: Extent): string {
  const left = total - shown;
  const sentence = `${formatCount(left, locale)} more ${left === 1 ? 'row is' : 'rows are'} not in this report${totals ? '; the totals are of all rows' : ''}`;
  return `<tr><td class="more" colspan="${columns.length}"><p>${sentence}</p></td></tr>\n`;
}

function cutShort({ run: { locale }, totals }: Page, { shown, total }: Extent): string {
  return `<div class="cut" role="note">
<p class="end">Cut short: these are the first ${formatCount(shown, locale)} of ${rowCount(total, locale)}</p>
${totals ? `<p>The totals are of all ${rowCount(total, locale)}.</p>\n` : ''}</div>`;
}

function rowCount(count: number, locale: string): string {
  return `${formatCount(count, locale)} ${count === 1 ? 'row' : 'rows'}`;
}

/** The word "Total" stands where there is room for it: in the first column, before its own total if it has one. */
function totalsRow(totals: Row, { columns, run }: Page): string {
  const cells = columns.map((column, index) => {
    const hasTotal = Object.hasOwn(totals, column.name);
    const total = hasTotal ? cellContent(column, run)(totals[column.name]) : '';
    return index === 0
      ? `<th scope="row" class="${column.type}">${hasTotal ? `Total ${total}` : 'Total'}</th>`
      : `<td class="${column.type}">${total}</td>`;
  });
  return `<tfoot>\n<tr>${cells.join('')}</tr>\n</tfoot>\n`;
}

/** Writes the cell of one column; the first one names its row. */
function cellWriter(column: Column, index: number, run: Run): (row: Row) => string {
  const content = cellContent(column, run);
  const [begin, end] = index === 0 ? [`<th scope="row" class="${column.type}">`, '</th>'] : [`<td class="${column.type}">`, '</td>'];
  return row => begin + content(row[column.name]) + end;
}

function cellContent(column: Column, { locale, timeZone }: Run): (value: unknown) => string {
  const text = cellText(column, locale, timeZone);
  const markup = MARKUP[column.type] ?? ((_value, shown) => shown);
  return value => value === null ? NO_VALUE : markup(value as Value, escape(text(value as Value)));
}

const NO_VALUE = '<span class="none" role="img" aria-label="no value">–</span>';

/** The types whose cells are more than their text. */
const MARKUP: { readonly [type in ColumnType]?: (value: Value, shown: string) => string } = {
  datetime: (value, shown) => `<time datetime="${escape(value as string)}">${shown}</time>`,
  boolean: (value, shown) => `<span class="${value ? 'yes' : 'no'}">${shown}</span>`,
  link: (value, shown) => `<a href="${escape(new URL(value as string).href)}" rel="noopener noreferrer">${shown}</a>`,
};

function instantElement(iso: string, { locale, timeZone }: Run): string {
  return `<time datetime="${escape(iso)}">${escape(formatInstant(iso, locale, timeZone))}</time>`;
}

function writingDirection(locale: string): 'ltr' | 'rtl' {
  return /^(Adlm|Arab|Hebr|Mand|Nkoo|Rohg|Samr|Syrc|Thaa)$/.test(new Intl.Locale(locale).maximize().script ?? '') ? 'rtl' : 'ltr';
}
