/* eslint-disable no-bitwise -- the bits of UTF-8 */
const CAPACITY = 320 * 1024;
/** Up to about this length, a loop is faster than the call of a function of Node.js. */
const LONGEST_SHORT_TEXT = 48;
/** Up to here, whole numbers are divided as integers, and their logarithm does not round up. */
const LARGEST_SHORT_INTEGER = 999_999_999;
const MINUS = 0x2d;

/** Bytes of a file that are not handed on yet. It grows with what is written: no cell is too long for it. */
export class ByteBuffer {
  public length = 0;
  private bytes = Buffer.allocUnsafeSlow(CAPACITY);

  /** The bytes, with room for so many more from `length` on. Whoever writes there adds to `length` what was written. */
  public reserve(count: number): Buffer {
    if (this.length + count > this.bytes.length) {
      this.bytes = this.copied(0, this.length, Math.max(2 * this.bytes.length, this.length + count));
    }
    return this.bytes;
  }

  public byte(value: number): void {
    this.reserve(1)[this.length++] = value;
  }

  public literal(source: Uint8Array): void {
    const bytes = this.reserve(source.length);
    let end = this.length;
    // Faster than `set` for what is as short as a tag.
    for (let index = 0; index < source.length; index += 1) {
      bytes[end++] = source[index];
    }
    this.length = end;
  }

  /** Half of a surrogate pair becomes the replacement character. */
  public text(text: string): void {
    const bytes = this.reserve(text.length * 3);
    if (text.length > LONGEST_SHORT_TEXT) {
      this.length += bytes.write(text, this.length, 'utf8');
      return;
    }
    let end = this.length;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < 0x80) {
        bytes[end++] = code;
      } else {
        const before = end;
        end = writeCharacter(text, index, bytes, end);
        index += end - before === 4 ? 1 : 0; // of two code units
      }
    }
    this.length = end;
  }

  /** As JavaScript writes it. */
  public number(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) > LARGEST_SHORT_INTEGER) {
      this.text(String(value));
      return;
    }
    if (value < 0) {
      this.byte(MINUS);
    }
    let rest = Math.abs(value);
    let end = this.length + (rest < 10 ? 1 : rest < 100 ? 2 : rest < 1000 ? 3 : Math.floor(Math.log10(rest)) + 1);
    const bytes = this.reserve(end - this.length);
    const { length } = this;
    this.length = end;
    for (; end > length; rest = Math.floor(rest / 10)) {
      end -= 1;
      bytes[end] = 0x30 + rest % 10;
    }
  }

  /** All bytes, until the next are written over them. */
  public written(): Buffer {
    const written = this.bytes.subarray(0, this.length);
    this.length = 0;
    return written;
  }

  /** The first so many bytes, which are the taker's; the rest stays. */
  public take(count: number): Buffer {
    const taken = this.bytes.subarray(0, count);
    this.bytes = this.copied(count, this.length, CAPACITY);
    this.length -= count;
    return taken;
  }

  private copied(start: number, end: number, capacity: number): Buffer<ArrayBuffer> {
    const copy = Buffer.allocUnsafeSlow(Math.max(capacity, end - start));
    this.bytes.copy(copy, 0, start, end);
    return copy;
  }
}

/** Writes the character of a text that is not ASCII in UTF-8, and returns where it ends. Half of a surrogate pair becomes the replacement character. */
export function writeCharacter(text: string, index: number, bytes: Uint8Array, at: number): number {
  let end = at;
  const code = text.codePointAt(index)!;
  if (code < 0x800) {
    bytes[end++] = 0xc0 | (code >> 6);
  } else if (code > 0xffff) {
    bytes[end++] = 0xf0 | (code >> 18);
    bytes[end++] = 0x80 | ((code >> 12) & 0x3f);
    bytes[end++] = 0x80 | ((code >> 6) & 0x3f);
  } else if (code >= 0xd800 && code <= 0xdfff) {
    return writeCharacter('\ufffd', 0, bytes, at);
  } else {
    bytes[end++] = 0xe0 | (code >> 12);
    bytes[end++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[end++] = 0x80 | (code & 0x3f);
  return end;
}
