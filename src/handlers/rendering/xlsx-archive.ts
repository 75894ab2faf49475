import { crc32, deflateRawSync, constants } from 'node:zlib';
import { Zip, ZipInputFile } from 'fflate';
import { escape } from './escape';

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Text as the content of an element of XML, and in a quoted attribute. */
export const xmlText = escape;

/** Level 1 takes half the time of the default, for a file that is a quarter longer. */
const DEFLATE_LEVEL = 1;
/** Ends a stream of deflate that was flushed after each of its pieces. */
const LAST_BLOCK = Uint8Array.of(0x03, 0x00);
/** The same in each file: the earliest time that an archive can tell, in whatever zone this runs. */
const MODIFIED = new Date(1980, 0, 1);

/** The zip archive that a workbook is. Its parts are written one after another. */
export class Archive {
  /** How long the archive is so far. */
  public bytes = 0;

  private chunks: Uint8Array[] = [];
  private readonly zip = new Zip((error, chunk) => {
    if (error) {
      throw error;
    }
    this.chunks.push(chunk);
    this.bytes += chunk.length;
  });

  /** Begins a part that is written piece by piece. */
  public begin(path: string): ArchivePart {
    const part = new ArchivePart(path);
    this.zip.add(part);
    return part;
  }

  public add(path: string, xml: string): void {
    const part = this.begin(path);
    part.write(deflated(Buffer.from(xml)));
    part.end();
  }

  public end(): void {
    this.zip.end();
  }

  /** What was written since it was last asked for. */
  public take(): Uint8Array[] {
    const { chunks } = this;
    this.chunks = [];
    return chunks;
  }
}

/** A piece of a part on its way into the archive. */
export interface Deflated {
  readonly plain: Uint8Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Compresses a piece. It stands for itself, so that it can also be left out. */
export function deflated(plain: Uint8Array): Deflated {
  return { plain, bytes: deflateRawSync(plain, { level: DEFLATE_LEVEL, finishFlush: constants.Z_SYNC_FLUSH }) };
}

/** fflate puts the parts into the archive; zlib, which is faster, compresses them. */
export class ArchivePart implements ZipInputFile {
  public readonly compression = 8;
  public readonly mtime = MODIFIED;
  /** Length and checksum before compression. */
  public size = 0;
  public crc = 0;
  public ondata?: ZipInputFile['ondata'];

  public constructor(public readonly filename: string) {}

  public write({ plain, bytes }: Deflated): void {
    this.size += plain.length;
    this.crc = crc32(plain, this.crc);
    this.ondata!(null, bytes, false);
  }

  public end(): void {
    this.ondata!(null, LAST_BLOCK, true);
  }
}
