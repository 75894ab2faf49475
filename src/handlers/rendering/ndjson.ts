import { ReportError } from '../errors';

/** The longest line that is read into memory. */
const LINE_LIMIT_BYTES = 16 * 1024 * 1024;

/** The JSON objects of a stream that has one on each line, some at a time. Blank lines hold nothing and are passed over. */
export async function* parseNdjson(stream: AsyncIterable<Uint8Array>): AsyncGenerator<object[]> {
  let number = 0;
  for await (const cut of lines(stream)) {
    const rows: object[] = [];
    for (const line of cut) {
      number += 1;
      const value = parseLine(line, number);
      if (value !== undefined) {
        rows.push(value);
      }
    }
    yield rows;
  }
}

function parseLine(line: Uint8Array, number: number): object | undefined {
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(line);
    if (text.trim() === '') {
      return undefined;
    }
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the line, and rows do not belong into errors and logs.
    throw notAnObject(number);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw notAnObject(number);
  }
  return value;
}

/**
 * Cuts at line feeds. `node:readline` also cuts at U+2028 and U+2029, which may stand in a JSON string as they are, and a
 * carriage return before the line feed is white space to JSON.
 */
async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let number = 1;
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  for await (const chunk of stream) {
    const cut: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      cut.push(joined(begun, chunk.subarray(start, end)));
      number += 1;
      begun = [];
      begunBytes = 0;
      start = end + 1;
    }
    yield cut;
    begun.push(chunk.subarray(start));
    begunBytes += chunk.length - start;
    if (begunBytes > LINE_LIMIT_BYTES) {
      throw new ReportError('InvalidData', `line ${number} of the rows is longer than ${LINE_LIMIT_BYTES / 1024 / 1024} MB; write one JSON object a line`);
    }
  }
  yield [joined(begun)];
}

const LINE_FEED = 0x0a;

function joined(begun: Uint8Array[], end?: Uint8Array): Uint8Array {
  const parts = end ? [...begun, end] : begun;
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

function notAnObject(number: number): ReportError {
  return new ReportError('InvalidData', `line ${number} of the rows is not a JSON object in UTF-8; write one object on each line`);
}
