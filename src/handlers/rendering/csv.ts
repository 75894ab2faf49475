import { Writable } from 'node:stream';
import { ByteBuffer, writeCharacter } from './byte-buffer';
import { Cell, Cells, FileWriter, Report } from './format';
import { TextFile } from './text-file';
import { ColumnType } from '../../workflow/contract';

const QUOTE = 0x22;
const LINE_END = Buffer.from('\r\n');

/**
 * Comma-separated values as RFC 4180 has them: the headings, and the rows. Values are written as they are, so that programs can read
 * them: days and times in ISO 8601, numbers with all their digits and a decimal point. Where there is no value, a field is empty; an
 * empty text is `""`.
 */
export function openCsv(report: Report, out: Writable): FileWriter {
  const { delimiter = ',', byteOrderMark = false, formulaGuard = true } = report.options.csv ?? {};
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
          buffer.byte(delimiter.charCodeAt(0));
        }
        columns[index].write(cells[columns[index].position], buffer);
      }
      buffer.literal(LINE_END);
    },
    end: () => { /* the last row is the end */ },
  }, report, out);
}

/** Only texts can be formulas: what begins with a minus in a column of numbers is a number. */
function fieldWriter(type: ColumnType, delimiter: string, formulaGuard: boolean): (cell: Cell, out: ByteBuffer) => void {
  const isGuarded = formulaGuard && (type === 'text' || type === 'link');
  const needsQuotes = quotedCharacters(delimiter);
  return (cell, out) => {
    if (typeof cell === 'string') {
      writeText(isGuarded && isFormula(cell) ? `'${cell}` : cell, needsQuotes, out);
    } else if (typeof cell === 'number') {
      out.number(cell);
    } else if (cell !== null) {
      out.text(String(cell));
    }
  };
}

/** The characters of ASCII for which a field is put in quotes. Some readers would take away blanks at its ends. */
function quotedCharacters(delimiter: string): Uint8Array {
  const quoted = new Uint8Array(0x80);
  for (const character of [delimiter, '"', '\r', '\n', ' ', '\t']) {
    quoted[character.charCodeAt(0)] = 1;
  }
  return quoted;
}

const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;

/**
 * Whether a spreadsheet may take a text for a formula: https://owasp.org/www-community/attacks/CSV_Injection, signs of full width and those
 * behind blanks included.
 */
function isFormula(text: string): boolean {
  const first = text.charCodeAt(0);
  const isLetterOrDigit = (first >= 0x61 && first <= 0x7a) || (first >= 0x41 && first <= 0x5a) || (first >= 0x30 && first <= 0x39);
  return !isLetterOrDigit && FORMULA.test(text);
}

function writeText(text: string, needsQuotes: Uint8Array, out: ByteBuffer): void {
  const bytes = out.reserve(text.length * 3 + 2);
  const start = out.length;
  let end = start;
  let isQuoted = false;
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
        bytes.copyWithin(start + 1, start, end);
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
  if (text === '') {
    bytes[end++] = QUOTE;
  }
  if (isQuoted || text === '') {
    bytes[end++] = QUOTE;
  }
  out.length = end;
}
