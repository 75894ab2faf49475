import { Writable } from 'node:stream';
import { Column, ColumnType, Run } from '../../workflow/contract';
import { cutShort, formatInstant, formatPeriod, formatRowCount, instantFormat, nothingToReport, rowsLeftOut, writingDirection } from '../wording';
import { byDecimals, cellText, numberFormat, Value } from './cells';
import { escape, writeEscaped } from './escape';
import { Cell, Ending, FileWriter, Report, TotalCells } from './format';
import { kept, Numeric, quickInstant, quickNumber, Write } from './quick-text';
import { sourceOf, styleOf } from './style';
import { TextFile, TextFormat } from './text-file';

/**
 * The report as a page that needs nothing but itself: no script, no fonts, and a content security policy that allows
 * none. How many rows there are is known when the last one is read, so the page says it at its end, where it also
 * proves that nothing was cut off, or says that it was.
 */
export function openHtml(report: Report, out: Writable): FileWriter {
  return new TextFile(htmlPage(report), report, out);
}

function htmlPage(report: Report): TextFormat {
  const row = rowWriter(report);
  const totalRow = totalRowWriter(report);
  const groupName = cellContents(report);
  return {
    begin: out => out.text(beginning(report)),
    row,
    subtotal: ({ group, position, totals }, out) => out.text(totalRow(`Total ${groupName[position]?.(group) ?? ''}`, totals, 'subtotal')),
    end: (ending, out) => out.text(pageEnd(report, ending, totalRow)),
  };
}

type PageEnding = Ending & { readonly shown: number };

function beginning({ run, title, asOf, columns, options: { brand = {} } }: Report): string {
  const period = formatPeriod(run.period, run.locale);
  const style = styleOf(brand.color);
  return `<!doctype html>
<html lang="${escape(run.locale)}" dir="${writingDirection(run.locale)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${sourceOf(style)};${brand.logo ? ' img-src data:;' : ''} base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escape(`${title} · ${period}`)}</title>
<style>${style}</style>
</head>
<body class="${sizeOf(columns)}">
<main>
<header>
${brand.logo ? `<img class="logo" src="${escape(brand.logo)}" alt="">\n` : ''}<h1>${escape(title)}</h1>
<dl>
<div><dt>Period</dt><dd>${escape(period)}</dd></div>
<div><dt>As of</dt><dd>${instantElement(asOf, run)}</dd></div>
</dl>
</header>
<div class="sheet" role="region" aria-labelledby="caption" tabindex="0">
<table>
<caption id="caption">${escape(`${title}, ${period}`)}</caption>
<thead>
<tr>${columns.map(({ label, type }) => `<th scope="col" class="${type}">${escape(label)}</th>`).join('')}</tr>
</thead>
<tbody>
`;
}

/** The paper that the columns need: upright, across, or across on the next larger size. */
function sizeOf(columns: readonly Column[]): 'narrow' | 'wide' | 'vast' {
  return columns.length <= 7 ? 'narrow' : columns.length <= 14 ? 'wide' : 'vast';
}

function nothingRow({ run, columns }: Report): string {
  return `<tr><td class="nothing" colspan="${columns.length}"><p>${escape(nothingToReport(run.period, run.locale))}</p></td></tr>\n`;
}

function pageEnd(report: Report, ending: PageEnding, totalRow: TotalRow): string {
  const { run, asOf, options: { brand } } = report;
  const isCut = ending.shown < ending.total;
  return `${ending.total === 0 ? nothingRow(report) : ''}${isCut ? rowsLeftOutRow(report, ending) : ''}</tbody>
${ending.totals ? `<tfoot>\n${totalRow('Total', ending.totals)}</tfoot>\n` : ''}</table>
</div>
<footer>
${isCut ? cutShortNote(report, ending) : endOfReport(report, ending)}
<p>Report <span class="id">${escape(run.reportId)}</span>${run.attempt > 1 ? `, attempt ${run.attempt}` : ''}<br>
As of ${instantElement(asOf, run)}, times in ${escape(run.timeZone.replaceAll('_', ' '))}</p>
${brand?.footer ? `<p class="brand">${escape(brand.footer)}</p>\n` : ''}</footer>
</main>
</body>
</html>
`;
}

function endOfReport({ run }: Report, { total }: PageEnding): string {
  return `<p class="end">End of report · ${formatRowCount(total, run.locale)}</p>`;
}

/** Stands between the rows and their totals, so that the page on which these are printed says so by itself. */
function rowsLeftOutRow({ run: { locale }, columns }: Report, { shown, total, totals }: PageEnding): string {
  return `<tr><td class="more" colspan="${columns.length}"><p>${rowsLeftOut(total - shown, totals !== undefined, locale)}</p></td></tr>\n`;
}

function cutShortNote({ run: { locale } }: Report, { shown, total, totals }: PageEnding): string {
  return `<div class="cut" role="note">
<p class="end">${cutShort(shown, total, locale)}</p>
${totals ? `<p>The totals are of all ${formatRowCount(total, locale)}.</p>\n` : ''}</div>`;
}

type TotalRow = (heading: string, totals: TotalCells, rowClass?: string) => string;

/** The word "Total" stands where there is room for it: in the first column, before its own total if it has one. */
function totalRowWriter(report: Report): TotalRow {
  const contents = cellContents(report);
  return (heading, totals, rowClass) => {
    const cells = report.columns.map(({ type, position }, index) => {
      const value = totals[position];
      const total = value === undefined ? '' : contents[position](value);
      return index === 0
        ? `<th scope="row" class="${type}">${total === '' ? heading : `${heading} ${total}`}</th>`
        : `<td class="${type}">${total}</td>`;
    });
    return `<tr${rowClass ? ` class="${rowClass}"` : ''}>${cells.join('')}</tr>\n`;
  };
}

/** What the cells of each column that is shown hold, by its position. */
function cellContents({ columns, run }: Report): { readonly [position: number]: (value: Cell) => string } {
  return Object.fromEntries(columns.map(column => [column.position, cellContent(column, run)]));
}

const ROW_BEGIN = Buffer.from('<tr>');
const MARKED_ROW_BEGIN = Buffer.from('<tr class="marked">');
const MARK_BEGIN = Buffer.from('<mark>');
const MARK_END = Buffer.from('</mark>');

/** Writes a row; the first cell names it. */
function rowWriter({ columns, emphasis, run }: Report): TextFormat['row'] {
  const cellWriters = columns.map((column, index) => ({
    position: column.position,
    begin: Buffer.from(`${['', '</th>'][index] ?? '</td>'}<${index === 0 ? 'th scope="row"' : 'td'} class="${column.type}">`),
    write: contentWriter(column, run),
    emphasis: emphasis.filter(({ position }) => position === column.position),
  }));
  const end = Buffer.from(`</${columns.length === 1 ? 'th' : 'td'}></tr>\n`);
  return (cells, out) => {
    out.literal(emphasis.some(one => one.applies(cells)) ? MARKED_ROW_BEGIN : ROW_BEGIN);
    for (const { position, begin, write, emphasis: marks } of cellWriters) {
      const cell = cells[position];
      const isMarked = marks.length > 0 && marks.some(one => one.applies(cells));
      out.literal(begin);
      if (isMarked) {
        out.literal(MARK_BEGIN);
      }
      if (cell === null) {
        out.literal(NO_VALUE_BYTES);
      } else {
        write(cell, out);
      }
      if (isMarked) {
        out.literal(MARK_END);
      }
    }
    out.literal(end);
  };
}

/** Writes what `cellContent` returns. */
function contentWriter(column: Column, run: Run): Write<Value> {
  switch (column.type) {
    case 'text': return writeEscaped as Write<Value>;
    case 'integer':
    case 'decimal':
    case 'currency': {
      const writerOf = byDecimals(column, decimals => quickNumber(numberFormat(column, run.locale, decimals)));
      return (value, out) => writerOf(value as Numeric)(value as Numeric, out);
    }
    case 'date': return kept(cellText(column, run.locale, run.timeZone)) as Write<Value>;
    case 'datetime': {
      const write = quickInstant(instantFormat(run.locale, run.timeZone));
      return (value, out) => {
        out.literal(TIME_BEGIN);
        writeEscaped(value as string, out);
        out.literal(TIME_CONTENT);
        write(value as string, out);
        out.literal(TIME_END);
      };
    }
    default: {
      const content = cellContent(column, run);
      return (value, out) => out.text(content(value));
    }
  }
}

const TIME_BEGIN = Buffer.from('<time datetime="');
const TIME_CONTENT = Buffer.from('">');
const TIME_END = Buffer.from('</time>');

function cellContent(column: Column, { locale, timeZone }: Run): (value: Cell) => string {
  const text = cellText(column, locale, timeZone);
  const markup = MARKUP[column.type] ?? ((_value, shown) => shown);
  return value => value === null ? NO_VALUE : markup(value, escape(text(value)));
}

const NO_VALUE = '<span class="none" role="img" aria-label="no value">–</span>';
const NO_VALUE_BYTES = Buffer.from(NO_VALUE);

/** The types whose cells are more than their text. */
const MARKUP: { readonly [type in ColumnType]?: (value: Value, shown: string) => string } = {
  datetime: (value, shown) => `<time datetime="${escape(value as string)}">${shown}</time>`,
  boolean: (value, shown) => `<span class="${value ? 'yes' : 'no'}">${shown}</span>`,
  link: (value, shown) => `<a href="${escape(new URL(value as string).href)}" rel="noopener noreferrer">${shown}</a>`,
};

function instantElement(iso: string, { locale, timeZone }: Run): string {
  return `<time datetime="${escape(iso)}">${escape(formatInstant(iso, locale, timeZone))}</time>`;
}
