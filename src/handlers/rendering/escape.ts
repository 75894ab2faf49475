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
