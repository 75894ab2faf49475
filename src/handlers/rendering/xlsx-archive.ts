import { crc32, deflateRawSync, constants } from 'node:zlib';
import { Zip, ZipInputFile } from 'fflate';
import { ByteBuffer } from './byte-buffer';
import { escape, writeEscaped } from './escape';

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** Text as the content of an element of XML, and in a quoted attribute. */
export function xmlText(text: string): string {
  return escape(inWorkbook(text));
}

/** Writes what `xmlText` returns, in UTF-8. */
export function writeXmlText(text: string, out: ByteBuffer): void {
  writeEscaped(SPECIAL.test(text) ? inWorkbook(text) : text, out);
}

const SPECIAL = /_x|[\ufffe\uffff]/;

/** XML cannot hold U+FFFE and U+FFFF, and what looks like `_x000D_` Excel would take for a character (ECMA-376, ST_Xstring). */
function inWorkbook(text: string): string {
  return text.replace(/[\ufffe\uffff]/g, '\ufffd').replace(/_(x[0-9a-fA-F]{4}_)/g, '_x005F_$1');
}

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
    part.write(Buffer.from(xml));
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

/** fflate puts the parts into the archive; zlib, which is faster, compresses them. */
export class ArchivePart implements ZipInputFile {
  public readonly compression = 8;
  public readonly mtime = MODIFIED;
  /** Length and checksum before compression. */
  public size = 0;
  public crc = 0;
  public ondata?: ZipInputFile['ondata'];

  public constructor(public readonly filename: string) {}

  public write(piece: Uint8Array): void {
    this.size += piece.length;
    this.crc = crc32(piece, this.crc);
    this.ondata!(null, deflateRawSync(piece, { level: DEFLATE_LEVEL, finishFlush: constants.Z_SYNC_FLUSH }), false);
  }

  public end(): void {
    this.ondata!(null, LAST_BLOCK, true);
  }
}
