import { isUtf8 } from 'node:buffer';
import { ReportError } from '../errors';

/** The longest row that is read into memory. */
const LONGEST_ROW_BYTES = 16 * 1024 * 1024;

/** The JSON objects of a stream that has one on each line, some at a time. Blank lines hold nothing and are passed over. */
export async function* parseNdjson(stream: AsyncIterable<Uint8Array>): AsyncGenerator<object[]> {
  const describe = (index: number) => ({ place: `line ${index + 1}`, remedy: 'write one object on each line' });
  let index = 0;
  for await (const texts of cutUp(stream, lineEnds, describe)) {
    const rows: object[] = [];
    for (const text of texts) {
      if (!isBlank(text)) {
        rows.push(parsed(text, describe(index)));
      }
      index += 1;
    }
    yield rows;
  }
}

/** The JSON objects of a stream that is one array of them, some at a time. */
export async function* parseJsonArray(stream: AsyncIterable<Uint8Array>): AsyncGenerator<object[]> {
  const describe = (index: number) => ({ place: `element ${index}`, remedy: 'write one array of objects' });
  const cutter = new ElementCutter();
  let index = 0;
  let blank: number | undefined;
  for await (const texts of cutUp(stream, bytes => cutter.ends(bytes), describe)) {
    const rows: object[] = [];
    for (const text of texts) {
      // The first and the last text are what stands before and behind the array, which is blank.
      if (!isBlank(text)) {
        rows.push(parsed(text, describe(index)));
      } else if (index > 0) {
        blank ??= index;
      }
      index += 1;
    }
    yield rows;
  }
  if (!cutter.isClosed) {
    throw notAnArray();
  }
  const isEmptyArray = index === 3;
  if (blank !== index - 1 && !isEmptyArray) {
    throw notAnObject(describe(blank!));
  }
}

/** A part of the input, and what its author may do about it. */
interface Place {
  readonly place: string;
  readonly remedy: string;
}

function parsed(text: string, place: Place): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and rows do not belong into errors and logs.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw notAnObject(place);
  }
  return value;
}

function notAnObject({ place, remedy }: Place): ReportError {
  return new ReportError('InvalidData', `${place} of the rows is not a JSON object in UTF-8; ${remedy}`);
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

/**
 * Cuts a stream into texts that are parted by one byte each, at the places that `endsIn` finds: it is given all bytes in order. What
 * came with one chunk is handed on at once.
 */
async function* cutUp(
  stream: AsyncIterable<Uint8Array>, endsIn: (bytes: Buffer) => number[], describe: (index: number) => Place,
): AsyncGenerator<string[]> {
  let index = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;

  function text(bytes: Buffer): string {
    if (!isUtf8(bytes)) {
      throw notAnObject(describe(index));
    }
    const decoded = bytes.toString('utf8');
    index += 1;
    return index === 1 && decoded.startsWith('\ufeff') ? decoded.slice(1) : decoded;
  }

  for await (const { buffer, byteOffset, length } of stream) {
    const chunk = Buffer.from(buffer, byteOffset, length);
    const texts: string[] = [];
    let start = 0;
    for (const end of endsIn(chunk)) {
      const bytes = chunk.subarray(start, end);
      texts.push(text(begun.length === 0 ? bytes : Buffer.concat([...begun, bytes])));
      begun = [];
      begunBytes = 0;
      start = end + 1;
    }
    yield texts;
    if (start < length) {
      begun.push(chunk.subarray(start));
      begunBytes += length - start;
    }
    if (begunBytes > LONGEST_ROW_BYTES) {
      const { place, remedy } = describe(index);
      throw new ReportError('InvalidData', `${place} of the rows is longer than ${LONGEST_ROW_BYTES / 1024 / 1024} MB; ${remedy}`);
    }
  }
  yield [text(Buffer.concat(begun))];
}

/**
 * Cuts at line feeds. `node:readline` also cuts at U+2028 and U+2029, which may stand in a JSON string as they are, and a
 * carriage return before the line feed is white space to JSON.
 */
function lineEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, end + 1)) {
    ends.push(end);
  }
  return ends;
}

const LINE_FEED = 0x0a;

/**
 * Cuts an array at its brackets and at the commas between them. It only counts brackets outside of strings: whether an element is JSON,
 * the parser says.
 */
class ElementCutter {
  public isClosed = false;
  private depth = 0;
  private isInString = false;
  private isEscaped = false;

  public ends(bytes: Buffer): number[] {
    const ends: number[] = [];
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index];
      if (this.isInString) {
        if (this.isEscaped) {
          this.isEscaped = false;
        } else if (byte === BACKSLASH) {
          this.isEscaped = true;
        } else if (byte === QUOTE) {
          this.isInString = false;
        }
      } else if (this.depth === 0) {
        this.outside(byte, index, ends);
      } else if (byte === QUOTE) {
        this.isInString = true;
      } else if (byte === LEFT_BRACKET || byte === LEFT_BRACE) {
        this.depth += 1;
      } else if (byte === COMMA && this.depth === 1) {
        ends.push(index);
      } else if (byte === RIGHT_BRACKET || byte === RIGHT_BRACE) {
        this.depth -= 1;
        this.close(byte, index, ends);
      }
    }
    return ends;
  }

  private outside(byte: number, index: number, ends: number[]): void {
    if (byte === LEFT_BRACKET && !this.isClosed) {
      this.depth = 1;
      ends.push(index);
    } else if (!WHITE_SPACE_OR_BYTE_ORDER_MARK.includes(byte)) {
      throw notAnArray();
    }
  }

  private close(byte: number, index: number, ends: number[]): void {
    if (this.depth === 0) {
      if (byte !== RIGHT_BRACKET) {
        throw notAnArray();
      }
      this.isClosed = true;
      ends.push(index);
    }
  }
}

function notAnArray(): ReportError {
  return new ReportError('InvalidData', 'the rows are not one JSON array of objects; write "[", the rows with commas between them, and "]"');
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const LEFT_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const RIGHT_BRACKET = 0x5d;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;
const WHITE_SPACE_OR_BYTE_ORDER_MARK = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf];
