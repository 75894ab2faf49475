import { Writable } from 'node:stream';

const PART_BYTES = 5 * 1024 * 1024;

/** Takes bytes as an upload does, in parts, and drops them. */
export class Parts extends Writable {
  public bytes = 0;
  private part = Buffer.allocUnsafeSlow(PART_BYTES);
  private filled = 0;

  public _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.bytes += chunk.length;
    for (let start = 0; start < chunk.length;) {
      const taken = chunk.subarray(start, start + PART_BYTES - this.filled);
      this.part.set(taken, this.filled);
      this.filled = (this.filled + taken.length) % PART_BYTES;
      start += taken.length;
    }
    done();
  }
}
