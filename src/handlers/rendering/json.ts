import { Writable } from 'node:stream';
import { ByteBuffer, writeCharacter } from './byte-buffer';
import { Cell, FileWriter, Report, ReportColumn } from './format';
import { TextFile } from './text-file';

/** The rows as JSON: an array with an object on each line, or an object on each line and nothing else. */
export function openJson(report: Report, out: Writable): FileWriter {
  const isLines = report.options.json?.lines === true;
  const columns = report.columns.map((column, index) => ({
    position: column.position,
    begin: Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(column.name)}:`),
    write: isNumeric(column) ? writeNumber : writeJson,
  }));
  const rowEnd = Buffer.from(isLines ? '}\n' : '}');
  let rows = 0;

  return new TextFile({
    begin: buffer => buffer.text(isLines ? '' : '['),
    row: (cells, buffer) => {
      if (!isLines) {
        buffer.text(rows > 0 ? ',\n' : '\n');
      }
      rows += 1;
      for (const { position, begin, write } of columns) {
        buffer.literal(begin);
        write(cells[position], buffer);
      }
      buffer.literal(rowEnd);
    },
    end: (_ending, buffer) => buffer.text(isLines ? '' : '\n]\n'),
  }, report, out);
}

function isNumeric({ type }: ReportColumn): boolean {
  return type === 'integer' || type === 'decimal' || type === 'currency';
}

/** A string of digits that is a number of JSON, and not so long that a binary fraction would lose some of them. */
const EXACT_NUMBER = /^-?(?=[\d.]{1,16}$)(?=\d{1,15}(?:$|\.))(0|[1-9]\d*)(\.\d+)?$/;

function writeNumber(cell: Cell, out: ByteBuffer): void {
  if (typeof cell === 'string' && EXACT_NUMBER.test(cell)) {
    out.text(cell);
  } else {
    writeJson(cell, out);
  }
}

/** Writes what `JSON.stringify` returns, in UTF-8. */
export function writeJson(cell: Cell, out: ByteBuffer): void {
  if (typeof cell === 'string') {
    writeString(cell, out);
  } else if (typeof cell === 'number') {
    out.number(cell);
  } else {
    out.text(String(cell));
  }
}

const SHORT_ESCAPES: { readonly [character: string]: string } = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const LONGEST_ESCAPE = '\\ud800'.length;

function writeString(text: string, out: ByteBuffer): void {
  const bytes = out.reserve(text.length * LONGEST_ESCAPE + 2);
  let end = out.length;
  bytes[end++] = QUOTE;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x20 && code < 0x80 && code !== QUOTE && code !== BACKSLASH) {
      bytes[end++] = code;
    } else if (code >= 0x80 && (code < 0xd800 || code > 0xdfff || text.codePointAt(index)! > 0xffff)) {
      const before = end;
      end = writeCharacter(text, index, bytes, end);
      index += end - before === 4 ? 1 : 0; // of two code units
    } else {
      const escaped = SHORT_ESCAPES[text[index]] ?? `\\u${code.toString(16).padStart(4, '0')}`;
      end += bytes.write(escaped, end, 'latin1');
    }
  }
  bytes[end++] = QUOTE;
  out.length = end;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
