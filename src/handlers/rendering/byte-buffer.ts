/* eslint-disable no-bitwise -- the bits of UTF-8, and arithmetic with integers, which is many times as fast as with fractions */
const CAPACITY = 320 * 1024;
/** Up to about this length, a loop is faster than the call of a function of Node.js. */
const LONGEST_SHORT_TEXT = 48;
/** Of nine digits: they are an integer of 32 bits. */
export const LARGEST_QUICK_NUMBER = 999_999_999;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

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
    const size = Math.abs(value);
    if (size <= LARGEST_QUICK_NUMBER && Number.isInteger(size)) {
      this.sign(value);
      this.digits(size, digitCount(size));
      return;
    }
    const thousandths = Math.round(size * 1000);
    if (thousandths <= LARGEST_QUICK_NUMBER && thousandths / 1000 === size) {
      // So few digits make a number of their own, and are the fewest that do.
      const whole = (thousandths / 1000) | 0;
      const fraction = (thousandths | 0) - whole * 1000;
      this.sign(value);
      this.digits(whole, digitCount(whole));
      this.byte(POINT);
      this.digits(fraction, 3);
      while (this.bytes[this.length - 1] === ZERO) {
        this.length -= 1;
      }
    } else {
      this.text(String(value));
    }
  }

  /** The last digits of a whole number up to `LARGEST_QUICK_NUMBER`. */
  public digits(value: number, count: number): void {
    const bytes = this.reserve(count);
    let rest = value | 0;
    for (let index = this.length + count - 1; index >= this.length; index -= 1) {
      const tenth = (rest / 10) | 0;
      bytes[index] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += count;
  }

  private sign(value: number): void {
    if (value < 0) {
      this.byte(MINUS);
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

/** How many digits a whole number up to `LARGEST_QUICK_NUMBER` has. */
export function digitCount(value: number): number {
  return value >= 1000 ? 3 + digitCount((value / 1000) | 0) : value >= 100 ? 3 : value >= 10 ? 2 : 1;
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
