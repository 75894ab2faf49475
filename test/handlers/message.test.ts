import { asciiSubject, fill } from '../../src/handlers/message';

describe('fill', () => {
  test('puts values in for variables, with or without blanks, as often as they occur', () => {
    expect(fill('{{a}} {{ b }} {{a}}', { a: '1', b: '2' })).toBe('1 2 1');
  });

  test('leaves what it does not know', () => {
    expect(fill('{{c}} {{}} {d}', {})).toBe('{{c}} {{}} {d}');
  });

  test('takes a value as it is, even one that looks like a variable or a pattern', () => {
    expect(fill('{{a}}-{{b}}', { a: '{{b}}', b: '$& $1 $$' })).toBe('{{b}}-$& $1 $$');
  });
});

describe('asciiSubject', () => {
  test.each([
    ['an umlaut', 'Größe', 'Gro?e'],
    ['accents', 'Café con leche, 3 €', 'Cafe con leche, 3 ?'],
    ['a range of days', 'Stock: 14 – 20 Nov 2026', 'Stock: 14 - 20 Nov 2026'],
    ['a thin space', 'Stock: 14\u2009–\u200920 Nov', 'Stock: 14 - 20 Nov'],
    ['quotes', '“Stock” ‘A’…', '"Stock" \'A\'...'],
    ['an emoji, of two code units', '☕️🫘 stock', '?? stock'],
  ])('writes %s in ASCII', (_what, text, ascii) => {
    expect(asciiSubject(text)).toBe(ascii);
  });

  test('has no line breaks and no control characters, so that no header can be added', () => {
    expect(asciiSubject('Stock\r\nBcc: all@example.com\u0000\u007f\t')).toBe('Stock Bcc: all@example.com??');
  });

  test('leaves 99 characters as they are, and cuts 100 to 99', () => {
    expect(asciiSubject('x'.repeat(99))).toBe('x'.repeat(99));
    expect(asciiSubject('x'.repeat(100))).toBe(`${'x'.repeat(96)}...`);
  });
});
