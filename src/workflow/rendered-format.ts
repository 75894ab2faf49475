import { Size, SizeRoundingBehavior, Stack, Token } from 'aws-cdk-lib';
import type { ReportFile } from '../renderer';
import type { CsvRendererOptions, DocumentRendererOptions, HtmlRendererOptions, JsonRendererOptions, RendererOptions, XlsxRendererOptions } from '../renderer-options';
import { checkLocale, checkName, checkTimeZone } from './checks';
import { contrast } from './contrast';
import { BrandOptions, FileOptions } from './file-options';

/** A file that the library's own renderer makes: what its users asked for, checked, and in the form in which its function reads it. */
export interface RenderedFormat {
  readonly file: ReportFile;
  readonly options: FileOptions;
}

export function htmlFile(options: HtmlRendererOptions): RenderedFormat {
  checkBrand(options.brand ?? {});
  return rendered({ name: 'report.html', contentType: 'text/html; charset=utf-8' }, { format: 'html', ...documentOptions(options), brand: options.brand });
}

export function csvFile(options: CsvRendererOptions): RenderedFormat {
  const { delimiter, byteOrderMark, formulaGuard } = options;
  checkWhole('CSV', options);
  if (delimiter !== undefined && !Token.isUnresolved(delimiter) && ![',', ';', '\t', '|'].includes(delimiter)) {
    throw new Error(`delimiter is ${JSON.stringify(delimiter)}; pass ',', ';', '\\t' or '|'`);
  }
  return rendered({ name: 'report.csv', contentType: 'text/csv; charset=utf-8; header=present' },
    { format: 'csv', ...commonOptions(options), csv: { delimiter, byteOrderMark, formulaGuard } });
}

export function jsonFile(options: JsonRendererOptions): RenderedFormat {
  checkWhole('JSON', options);
  const lines = options.layout === 'LINES';
  return rendered(lines ? { name: 'report.ndjson', contentType: 'application/x-ndjson' } : { name: 'report.json', contentType: 'application/json' },
    { format: 'json', ...commonOptions(options), json: { lines } });
}

export function xlsxFile(options: XlsxRendererOptions): RenderedFormat {
  if (options.onLimit === 'NOTICE' && options.maxBytes !== undefined) {
    throw new Error('onLimit is NOTICE, and how long a workbook becomes is known when it is complete; pass maxRows instead of maxBytes, or leave onLimit out');
  }
  if (options.gzip) {
    throw new Error('gzip is set, and a workbook is compressed already; leave it out');
  }
  return rendered({ name: 'report.xlsx', contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' },
    { format: 'xlsx', ...documentOptions(options) });
}

function rendered(file: ReportFile, options: Omit<FileOptions, 'name'>): RenderedFormat {
  return { file, options: { name: file.name, ...options } };
}

type CommonOptions = Omit<FileOptions, 'name' | 'format'>;

/** A function's environment has 4 KB in all (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). The rest is for names. */
const LONGEST_OPTIONS_BYTES = 3700;

/** What the function reads from its environment. */
export function fileOptionsJson(stack: Stack, options: FileOptions[]): string {
  const json = stack.toJsonString(options);
  const known: unknown = stack.resolve(json);
  const bytes = typeof known === 'string' ? Buffer.byteLength(known) : 0;
  if (bytes > LONGEST_OPTIONS_BYTES) {
    throw new Error(`the options of the renderer take ${bytes} bytes, and the environment of its function has room for ${LONGEST_OPTIONS_BYTES}; `
      + 'name fewer columns, let the data source say their labels, or choose a smaller logo');
  }
  return json;
}

function documentOptions(options: DocumentRendererOptions): CommonOptions {
  const { title, locale, timeZone, currency, totals, emphasis } = options;
  if (title !== undefined) {
    checkName('title', title);
  }
  if (locale !== undefined) {
    checkLocale(locale);
  }
  if (timeZone !== undefined) {
    checkTimeZone(timeZone);
  }
  checkCurrency('currency', currency);
  if (totals?.sum.length === 0) {
    throw new Error('totals.sum is empty; name at least one column, or leave totals out');
  }
  for (const { column, ...bounds } of emphasis ?? []) {
    const given = Object.entries(bounds).filter(([, bound]) => bound !== undefined);
    if (given.length !== 1) {
      throw new Error(`the emphasis of ${column} has ${given.length === 0 ? 'no bound' : given.map(([name]) => name).join(' and ')}; `
        + 'give it one of below, belowColumn, above and aboveColumn');
    }
    if (typeof given[0][1] === 'number' && !Token.isUnresolved(given[0][1]) && !Number.isFinite(given[0][1])) {
      throw new Error(`${given[0][0]} of the emphasis of ${column} is ${given[0][1]}; pass a number`);
    }
  }
  return { ...commonOptions(options), title, locale, timeZone, currency, totals, emphasis };
}

function commonOptions(options: RendererOptions): CommonOptions {
  const { maxRows, maxBytes, onLimit, columns, gzip } = options;
  checkLimits(options);
  checkColumns(columns);
  return { maxRows, maxBytes: maxBytes && bytesIn(maxBytes), onLimit, columns, gzip };
}

function checkColumns(columns: RendererOptions['columns']): void {
  if (columns?.length === 0) {
    throw new Error('columns is empty; name at least one, or leave columns out for all that the data has');
  }
  const names = columns?.map(({ name }) => name) ?? [];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new Error(`columns names ${JSON.stringify(twice)} twice; name each column once`);
  }
  for (const { name, currency, decimals } of columns ?? []) {
    checkCurrency(`the currency of the column ${name}`, currency);
    if (decimals !== undefined && !Token.isUnresolved(decimals) && !(Number.isInteger(decimals) && decimals >= 0 && decimals <= 20)) {
      throw new Error(`decimals of the column ${name} is ${decimals}; pass a whole number from 0 to 20`);
    }
  }
}

function checkCurrency(what: string, currency: string | undefined): void {
  if (currency !== undefined && !Token.isUnresolved(currency) && !/^[A-Z]{3}$/.test(currency)) {
    throw new Error(`${what} is ${JSON.stringify(currency)}; pass an ISO 4217 code such as 'EUR'`);
  }
}

/** A page without rows takes about 8 KiB; the rest is room for headings, totals, and a few rows. */
const LEAST_MAX_BYTES = 64 * 1024;

function checkLimits({ maxRows, maxBytes, onLimit }: RendererOptions): void {
  if (maxRows !== undefined && !Token.isUnresolved(maxRows) && !(Number.isSafeInteger(maxRows) && maxRows > 0)) {
    throw new Error(`maxRows is ${maxRows}; pass a positive whole number, or leave it out for no limit`);
  }
  if (maxBytes !== undefined && !maxBytes.isUnresolved() && !(Number.isSafeInteger(bytesIn(maxBytes)) && bytesIn(maxBytes) >= LEAST_MAX_BYTES)) {
    throw new Error(`maxBytes is ${bytesIn(maxBytes)} bytes; pass at least Size.kibibytes(${LEAST_MAX_BYTES / 1024}), so that there is room for a page`);
  }
  if (onLimit !== undefined && maxRows === undefined && maxBytes === undefined) {
    throw new Error(`onLimit is ${onLimit}, and there is no limit; pass maxRows or maxBytes, or leave onLimit out`);
  }
}

/** A file for programs is whole, or it is not there. */
function checkWhole(format: string, { onLimit }: RendererOptions): void {
  if (onLimit === 'NOTICE') {
    throw new Error(`onLimit is NOTICE, and ${format} has no place to say that rows were left out: a program would take the first rows for all of them; `
      + 'leave onLimit out, or leave out the limit');
  }
}

const LONGEST_LOGO = 2500;
const LEAST_CONTRAST = 4.5;

/** The first bytes of each type of image, except SVG, which is text. */
const IMAGES: { readonly [mediaType: string]: RegExp } = {
  'image/png': /^\x89PNG\r\n\x1a\n/,
  'image/jpeg': /^\xff\xd8\xff/,
  'image/webp': /^RIFF[^]{4}WEBP/,
  'image/svg+xml': /<svg[\s>]/,
};

function checkBrand({ logo, color, footer }: BrandOptions): void {
  if (logo !== undefined && !Token.isUnresolved(logo)) {
    checkLogo(logo);
  }
  if (color !== undefined && !Token.isUnresolved(color)) {
    checkColor(color);
  }
  if (footer !== undefined && !Token.isUnresolved(footer) && (footer.trim() === '' || footer.length > 200 || /\p{Control}/u.test(footer))) {
    throw new Error(`brand.footer is ${JSON.stringify(footer)}; give it 1 to 200 characters, without line breaks`);
  }
}

function checkLogo(logo: string): void {
  const [, mediaType, base64] = /^data:([a-z+/]+);base64,([A-Za-z0-9+/]+={0,2})$/.exec(logo) ?? [];
  if (!IMAGES[mediaType]?.test(Buffer.from(base64, 'base64').toString('latin1'))) {
    throw new Error(`brand.logo begins with ${JSON.stringify(logo.slice(0, 30))}; pass a data: URL in base64 with an image of type ${Object.keys(IMAGES).join(', ')}`);
  }
  if (logo.length > LONGEST_LOGO) {
    throw new Error(`brand.logo has ${logo.length} characters, and at most ${LONGEST_LOGO} fit; an SVG is mostly smaller`);
  }
}

function checkColor(color: string): void {
  if (!/^#[0-9a-f]{6}$/i.test(color)) {
    throw new Error(`brand.color is ${JSON.stringify(color)}; pass one such as '#0b5f56'`);
  }
  const toWhite = contrast(color, '#ffffff');
  if (toWhite < LEAST_CONTRAST) {
    throw new Error(`brand.color is ${color}, whose contrast to white is ${toWhite.toFixed(1)} to 1; links need ${LEAST_CONTRAST}: choose a darker one`);
  }
}

function bytesIn(size: Size): number {
  const bytes = size.toBytes({ rounding: SizeRoundingBehavior.NONE });
  return size.isUnresolved() ? bytes : Math.floor(bytes);
}
