import { ByteBuffer, writeCharacter } from './byte-buffer';

const UNSAFE = /[&<>"'\x00-\x08\v\f\x0e-\x1f\x7f-\x9f\u202a-\u202e\p{Surrogate}]/gu;

const ENTITIES: { readonly [character: string]: string | undefined } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Makes any text safe as the content of an element and in a quoted attribute.
 *
 * What no reader can see becomes the replacement character: control characters, halves of a surrogate pair, and the
 * characters that turn the direction of writing around, with which a text can be made to read as another one.
 */
export function escape(text: string): string {
  return text.replace(UNSAFE, character => ENTITIES[character] ?? '\ufffd');
}

const REPLACEMENT = '\ufffd';

/** What takes the place of each character of ASCII that is not written as it is. */
const INSTEAD: readonly (Uint8Array | undefined)[] = Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code);
  const escaped = escape(character);
  return escaped === character ? undefined : Buffer.from(escaped);
});
/** Whether a character of ASCII is written as it is. */
const IS_SAFE = Uint8Array.from(INSTEAD, instead => instead === undefined ? 1 : 0);
/** The longest that a UTF-16 code unit becomes: `&quot;`. */
const LONGEST = Math.max(...INSTEAD.map(bytes => bytes?.length ?? 0));

/** Writes what `escape` returns, in UTF-8. */
export function writeEscaped(text: string, out: ByteBuffer): void {
  const bytes = out.reserve(text.length * LONGEST);
  let end = out.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80 && IS_SAFE[code] === 1) {
      bytes[end++] = code;
    } else if (code < 0x80) {
      const instead = INSTEAD[code]!;
      for (let at = 0; at < instead.length; at += 1) {
        bytes[end++] = instead[at];
      }
    } else if (code < 0xa0 || (code >= 0x202a && code <= 0x202e)) {
      end = writeCharacter(REPLACEMENT, 0, bytes, end);
    } else {
      const before = end;
      end = writeCharacter(text, index, bytes, end);
      index += end - before === 4 ? 1 : 0; // of two code units
    }
  }
  out.length = end;
}
