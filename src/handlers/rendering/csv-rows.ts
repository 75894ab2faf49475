import Papa from 'papaparse';
import { Column, ColumnType } from '../../workflow/contract';
import { ReportError } from '../errors';

/** The longest record that is read into memory, in characters. */
const LONGEST_RECORD = 16 * 1024 * 1024;

/**
 * The records of a stream of comma-separated values (RFC 4180), as objects by the names of their first line, some at a time. What they
 * hold is a value of the column's type: everything is text in CSV.
 */
export async function* parseCsv(stream: AsyncIterable<Uint8Array>, columns: readonly Column[]): AsyncGenerator<object[]> {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  let heading: readonly string[] | undefined;
  let conversions: ((field: string) => unknown)[] = [];
  let number = 0;
  for await (const records of recordsOf(stream)) {
    const rows: object[] = [];
    for (const fields of records) {
      if (!heading) {
        heading = checkedHeading(fields);
        conversions = heading.map(name => VALUES[types.get(name)!] ?? valueOfText);
        continue;
      }
      number += 1;
      if (fields.length === 1 && fields[0] === '' && heading.length > 1) {
        continue; // a blank line
      }
      if (fields.length !== heading.length) {
        throw new ReportError('InvalidData', `record ${number} of the rows has ${fields.length} fields, and the heading ${heading.length}; `
          + 'write each record with as many, and put fields with commas, quotes or line breaks in quotes');
      }
      // Without a prototype, so that a column may have any name.
      const row = Object.create(null) as { [name: string]: unknown };
      for (let index = 0; index < fields.length; index += 1) {
        row[heading[index]] = conversions[index](fields[index]);
      }
      rows.push(row);
    }
    yield rows;
  }
}

function checkedHeading(names: readonly string[]): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new ReportError('InvalidData', `the heading of the rows names ${JSON.stringify(twice.slice(0, 128))} twice; give each column a name of its own`);
  }
  return names;
}

const valueOfText = (field: string) => field === '' ? null : field;
const valueOfNumber = (field: string) => SCIENTIFIC.test(field) ? Number(field) : valueOfText(field);

/** A field without characters holds no value. */
const VALUES: { readonly [type in ColumnType]?: (field: string) => unknown } = {
  integer: valueOfNumber,
  decimal: valueOfNumber,
  currency: valueOfNumber,
  boolean: field => field === 'true' ? true : field === 'false' ? false : valueOfText(field),
  datetime: field => valueOfText(field.replace(ATHENA_INSTANT, '$1T$2Z')),
};

/** As Athena writes a double and a timestamp with the time zone UTC: https://docs.aws.amazon.com/athena/latest/ug/data-types.html */
const SCIENTIFIC = /^-?\d+(\.\d+)?[eE]-?\d+$/;
const ATHENA_INSTANT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) UTC$/;

/** Cut and unquoted by the library; the last record of what was read is complete when the next one begins, or the stream ends. */
async function* recordsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string[][]> {
  let text = '';
  let parser: Papa.Parser | undefined;
  for await (const piece of decoded(stream)) {
    text += piece;
    // The first line break is that of all records.
    parser ??= text.includes('\n') ? parserFor(text) : undefined;
    if (parser) {
      const { data, meta } = checked(parser.parse(text, 0, true));
      text = text.slice(meta.cursor);
      yield data;
    }
    if (text.length > LONGEST_RECORD) {
      throw new ReportError('InvalidData', `a record of the rows is longer than ${LONGEST_RECORD / 1024 / 1024} million characters; look for a quote that is not closed`);
    }
  }
  if (text !== '') {
    yield checked((parser ?? parserFor(text)).parse(text, 0, false)).data;
  }
}

function parserFor(text: string): Papa.Parser {
  return new Papa.Parser({ delimiter: ',', newline: /\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n' });
}

function checked(result: Papa.ParseResult<string[]>): Papa.ParseResult<string[]> {
  if (result.errors.length > 0) {
    throw new ReportError('InvalidData', 'the rows are not comma-separated values as RFC 4180 has them: a quote is not closed, or not doubled within a field');
  }
  return result;
}

async function* decoded(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of stream) {
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? new ReportError('InvalidData', 'the rows are not text in UTF-8; write them in UTF-8') : error;
  }
}
