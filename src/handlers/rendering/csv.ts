import { Writable } from 'node:stream';
import { ByteBuffer, writeCharacter } from './byte-buffer';
import { Cell, Cells, FileWriter, Report } from './format';
import { TextFile } from './text-file';
import { ColumnType } from '../../workflow/contract';

const BLANK = 0x20;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const LINE_END = Buffer.from('\r\n');

/**
 * Comma-separated values as RFC 4180 has them: the headings, and the rows. Values are written as they are, so that programs can read
 * them: days and times in ISO 8601, numbers with all their digits and a decimal point. Where there is no value, a field is empty; an
 * empty text is `""`.
 */
export function openCsv(report: Report, out: Writable): FileWriter {
  const { delimiter = ',', byteOrderMark = false, formulaGuard = true } = report.options.csv ?? {};
  const separator = delimiter.charCodeAt(0);
  const columns = report.columns.map(({ position, type }) => ({ position, write: fieldWriter(type, delimiter, formulaGuard) }));
  const writeHeading = fieldWriter('text', delimiter, formulaGuard);

  return new TextFile({
    begin: buffer => {
      buffer.text(byteOrderMark ? '\ufeff' : '');
      report.columns.forEach(({ label }, index) => {
        buffer.text(index > 0 ? delimiter : '');
        writeHeading(label, buffer);
      });
      buffer.literal(LINE_END);
    },
    row: (cells: Cells, buffer: ByteBuffer) => {
      for (let index = 0; index < columns.length; index += 1) {
        if (index > 0) {
          buffer.byte(separator);
        }
        columns[index].write(cells[columns[index].position], buffer);
      }
      buffer.literal(LINE_END);
    },
    end: () => { /* the last row is the end */ },
  }, report, out);
}

type WriteField = (cell: Cell, out: ByteBuffer) => void;

function fieldWriter(type: ColumnType, delimiter: string, formulaGuard: boolean): WriteField {
  return type === 'text' || type === 'link' ? textWriter(delimiter, formulaGuard) : writePlain;
}

/** Numbers, days, times, true and false have no character that needs quotes. What begins with a minus among them is a number, and no formula. */
function writePlain(cell: Cell, out: ByteBuffer): void {
  if (typeof cell === 'string') {
    out.text(cell);
  } else if (typeof cell === 'number') {
    out.number(cell);
  } else if (cell !== null) {
    out.text(String(cell));
  }
}

function textWriter(delimiter: string, formulaGuard: boolean): WriteField {
  const needsQuotes = new Uint8Array(0x80);
  for (const character of [delimiter, '"', '\r', '\n', '\t']) {
    needsQuotes[character.charCodeAt(0)] = 1;
  }
  return (cell, out) => {
    if (cell !== null) {
      writeText(cell as string, formulaGuard && isFormula(cell as string), needsQuotes, out);
    }
  };
}

const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;

/**
 * Whether a spreadsheet may take a text for a formula: https://owasp.org/www-community/attacks/CSV_Injection, signs of full width and those
 * behind blanks included.
 */
function isFormula(text: string): boolean {
  const first = text.charCodeAt(0);
  const isDigit = first >= 0x30 && first <= 0x39;
  const isLetter = first > 0x40 && first < 0x7f; // or a sign among them, of which none begins a formula
  return !isDigit && !isLetter && text !== '' && FORMULA.test(text);
}

/** An empty text is in quotes, and so is one with a blank at an end, which some readers would take away. */
function writeText(text: string, isGuarded: boolean, needsQuotes: Uint8Array, out: ByteBuffer): void {
  const bytes = out.reserve(text.length * 3 + 3);
  const start = out.length;
  let end = start;
  let isQuoted = text === '' || text.charCodeAt(0) === BLANK || text.charCodeAt(text.length - 1) === BLANK;
  if (isQuoted) {
    bytes[end++] = QUOTE;
  }
  if (isGuarded) {
    bytes[end++] = APOSTROPHE;
  }
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) {
      const before = end;
      end = writeCharacter(text, index, bytes, end);
      index += end - before === 4 ? 1 : 0; // of two code units
      continue;
    }
    if (needsQuotes[code] === 1) {
      if (!isQuoted) {
        // Faster than `copyWithin` for as few bytes as mostly stand before.
        for (let at = end; at > start; at -= 1) {
          bytes[at] = bytes[at - 1];
        }
        bytes[start] = QUOTE;
        end += 1;
        isQuoted = true;
      }
      if (code === QUOTE) {
        bytes[end++] = QUOTE;
      }
    }
    bytes[end++] = code;
  }
  if (isQuoted) {
    bytes[end++] = QUOTE;
  }
  out.length = end;
}
