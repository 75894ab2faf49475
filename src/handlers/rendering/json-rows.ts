import { isUtf8 } from 'node:buffer';
import { ReportError } from '../errors';

/** The longest row that is read into memory. */
const LONGEST_ROW_BYTES = 16 * 1024 * 1024;

/**
 * The JSON objects of a stream that has one on each line, some at a time. Blank lines hold nothing and are passed over.
 *
 * Lines end at line feeds. `node:readline` also cuts at U+2028 and U+2029, which may stand in a JSON string as they are, and a
 * carriage return before the line feed is white space to JSON.
 */
export async function* parseNdjson(stream: AsyncIterable<Uint8Array>): AsyncGenerator<object[]> {
  let index = 0;
  const place = () => ({ place: `line ${index + 1}`, remedy: 'write one object on each line' });
  const lastEnd = (bytes: Buffer) => [bytes.lastIndexOf(LINE_FEED)].filter(end => end >= 0);
  for await (const { bytes } of wholeRows(stream, lastEnd, place)) {
    const rows: object[] = [];
    const text = decoded(bytes);
    for (let start = 0; start <= text.length; index += 1) {
      const lineFeed = text.indexOf('\n', start);
      const end = lineFeed < 0 ? text.length : lineFeed;
      const line = index === 0 ? withoutByteOrderMark(text.slice(start, end)) : text.slice(start, end);
      if (!isBlank(line)) {
        rows.push(parsed(line, place));
      }
      start = end + 1;
    }
    yield rows;
  }
}

/** The JSON objects of a stream that is one array of them, some at a time. */
export async function* parseJsonArray(stream: AsyncIterable<Uint8Array>): AsyncGenerator<object[]> {
  const cutter = new ElementCutter();
  let index = 0;
  let blank: number | undefined;
  const place = () => ({ place: `element ${index}`, remedy: 'write one array of objects' });
  for await (const { bytes, ends } of wholeRows(stream, chunk => cutter.ends(chunk), place)) {
    const rows: object[] = [];
    for (const element of cut(bytes, ends)) {
      const text = index === 0 ? withoutByteOrderMark(element) : element;
      // The first and the last text are what stands before and behind the array, which is blank.
      if (!isBlank(text)) {
        rows.push(parsed(text, place));
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
    index = blank!;
    throw notAnObject(place());
  }
}

/** A part of the input, and what its author may do about it. */
interface Place {
  readonly place: string;
  readonly remedy: string;
}

function parsed(text: string, place: () => Place): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and rows do not belong into errors and logs.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw notAnObject(place());
  }
  return value;
}

function notAnObject({ place, remedy }: Place): ReportError {
  return new ReportError('InvalidData', `${place} of the rows is not a JSON object in UTF-8; ${remedy}`);
}

function isBlank(text: string): boolean {
  return text.charCodeAt(0) !== LEFT_BRACE && text.trim() === '';
}

function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Bytes of whole rows, and where in them rows end: at one byte that belongs to none. */
interface WholeRows {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

/**
 * Joins what comes in chunks to whole rows. `endsIn` is given all chunks in order, and says where in them rows end: at the last of these places,
 * at least, the bytes are cut.
 */
async function* wholeRows(stream: AsyncIterable<Uint8Array>, endsIn: (chunk: Buffer) => number[], place: () => Place): AsyncGenerator<WholeRows> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const { buffer, byteOffset, length } of stream) {
    const chunk = Buffer.from(buffer, byteOffset, length);
    const ends = endsIn(chunk);
    if (ends.length > 0) {
      const lastEnd = ends[ends.length - 1];
      const begunBefore = begunBytes;
      yield { bytes: Buffer.concat([...begun, chunk.subarray(0, lastEnd)]), ends: ends.map(end => begunBefore + end) };
      begun = [chunk.subarray(lastEnd + 1)];
      begunBytes = length - lastEnd - 1;
    } else {
      begun.push(chunk);
      begunBytes += length;
    }
    if (begunBytes > LONGEST_ROW_BYTES) {
      const { place: where, remedy } = place();
      throw new ReportError('InvalidData', `${where} of the rows is longer than ${LONGEST_ROW_BYTES / 1024 / 1024} MB; ${remedy}`);
    }
  }
  yield { bytes: Buffer.concat(begun), ends: [begunBytes] };
}

/** Decodes lines at once, which takes half as long as one by one. */
function decoded(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : cut(bytes, lineEnds(bytes)).join('\n');
}

function lineEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, end + 1)) {
    ends.push(end);
  }
  return [...ends, bytes.length];
}

/** The texts that end at the given places. In place of one that is not UTF-8 there is one that is not JSON. */
function cut(bytes: Buffer, ends: readonly number[]): string[] {
  return ends.map((end, index) => {
    const text = bytes.subarray(index === 0 ? 0 : ends[index - 1] + 1, end);
    return isUtf8(text) ? text.toString('utf8') : '\ufffd';
  });
}

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

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const LEFT_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const RIGHT_BRACKET = 0x5d;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;
const WHITE_SPACE_OR_BYTE_ORDER_MARK = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf];
