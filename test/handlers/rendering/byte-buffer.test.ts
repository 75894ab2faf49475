import * as fc from 'fast-check';
import { ByteBuffer } from '../../../src/handlers/rendering/byte-buffer';
import { runs } from '../support/fuzz';

test('texts are in UTF-8, however long they are', () => {
  const out = new ByteBuffer();
  fc.assert(fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 200 })), texts => {
    texts.forEach(text => out.text(text));
    expect(out.written()).toEqual(Buffer.from(texts.map(text => Buffer.from(text).toString()).join('')));
  }), runs(1000));
});

test('numbers are as JavaScript writes them', () => {
  const out = new ByteBuffer();
  const edges = [0, 9, 10, 99, 100, 999, 1000, 9999, 99_999, 999_999, 1_000_000, 99_999_999, 999_999_999, 1_000_000_000, 2 ** 31, 2 ** 53]
    .flatMap(edge => [edge, -edge]);
  const decimal = fc.tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), fc.nat(8)).map(([units, decimals]) => units / 10 ** decimals);
  const near = fc.tuple(decimal, fc.constantFrom(1 - 2 ** -53, 1 + 2 ** -52)).map(([number, factor]) => number * factor);
  const edge = fc.constantFrom(-0, NaN, Infinity, -Infinity, 999_999.999, 1e6 + 0.001, ...edges);
  fc.assert(fc.property(fc.oneof(fc.integer(), fc.double(), decimal, near, fc.integer({ min: 0, max: 2000 }), edge), number => {
    out.number(number);
    expect(out.written().toString()).toBe(String(number));
  }), runs(5000));
});

test('it grows with what is written, and what is taken is not written over', () => {
  const out = new ByteBuffer();
  const long = Buffer.alloc(1024 * 1024, 'x');
  out.literal(Buffer.from('begin'));
  out.literal(long);
  const taken = out.take(10);
  out.text('end');
  expect(taken.toString()).toBe('beginxxxxx');
  expect(out.length).toBe(5 + long.length - 10 + 3);
  out.take(out.length - 3);
  expect(out.written().toString()).toBe('end');
  out.text('other');
  expect(taken.toString()).toBe('beginxxxxx');
});
