import * as fc from 'fast-check';
import { ByteBuffer } from '../../../src/handlers/rendering/byte-buffer';
import { escape, writeEscaped } from '../../../src/handlers/rendering/escape';
import { runs } from '../support/fuzz';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom('<', '>', '&', '"', "'", 'a', '\x00', '\x1f', '\x7f', '\x80', '\x9f', '\xa0', 'ñ', '߿', 'ࠀ', '\u2029', '\u202a', '\u202e', '\u202f', '\ud7ff', '\ud800', '\udbff', '\udc00', '\udfff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'))
    .map(all => all.join('')),
);

test('the bytes are those of the escaped text', () => {
  const out = new ByteBuffer();
  fc.assert(fc.property(hostile, text => {
    writeEscaped(text, out);
    expect(out.written().toString()).toBe(escape(text));
  }), runs(2000));
});

test('each character of two code units and less', () => {
  const out = new ByteBuffer();
  for (let code = 0; code <= 0xffff; code += 1) {
    const text = String.fromCharCode(code);
    writeEscaped(text, out);
    writeEscaped(`a${text}b`, out);
    const written = out.written().toString();
    if (written !== escape(text) + escape(`a${text}b`)) {
      expect([code, written]).toEqual([code, escape(text) + escape(`a${text}b`)]);
    }
  }
});

test('a megabyte of what takes the most room does not overrun the buffer', () => {
  const out = new ByteBuffer();
  out.text('begin');
  writeEscaped('"'.repeat(1024 * 1024), out);
  out.text('end');
  expect(out.written().toString()).toBe(`begin${'&quot;'.repeat(1024 * 1024)}end`);
});
