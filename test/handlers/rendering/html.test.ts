import { createHash } from 'node:crypto';
import { Column, Row, Run } from '../../../src/workflow/contract';
import { FileOptions } from '../../../src/workflow/file-options';
import { RUN as run } from '../support/run';
import { written } from '../support/written';

type Options = Partial<Omit<FileOptions, 'totals'>> & { readonly run?: Run; readonly totals?: Row };

const supplier: Column = { name: 'supplier', label: 'Supplier', type: 'text' };
const kilos: Column = { name: 'kilos', label: 'Kilos', type: 'integer' };

async function render(columns: Column[], rows: object[], { run: of = run, totals, ...options }: Options = {}): Promise<string> {
  const { bytes } = await written({ format: 'html', title: 'Coffee', ...options }, { run: of, columns, rows, totals });
  return bytes.toString();
}

/** The cells of the table's body, as they are between their tags. */
function cells(html: string): string[] {
  const body = html.slice(html.indexOf('<tbody>'), html.indexOf('</tbody>'));
  return [...body.matchAll(/<(th|td)[^>]*>(.*?)<\/\1>/gs)].map(match => match[2]);
}

async function cell(type: Column['type'], value: unknown): Promise<string> {
  return cells(await render([{ name: 'c', type, currency: 'EUR' }], [{ c: value }]))[0];
}

test('the page says what it is about', async () => {
  const html = await render([supplier], [{ supplier: 'Yirgacheffe Union' }], { title: 'Coffee supplier inventory' });
  expect(html).toMatch(/^<!doctype html>\n<html lang="en-GB" dir="ltr">/);
  expect(html).toContain('<title>Coffee supplier inventory · 20 Nov 2026</title>');
  expect(html).toContain('<h1>Coffee supplier inventory</h1>');
  expect(html).toContain('<dt>Period</dt><dd>20 Nov 2026</dd>');
  expect(html).toContain('<dt>As of</dt><dd><time datetime="2026-11-21T06:00:04Z">21 Nov 2026, 07:00 CET</time></dd>');
  expect(html).toContain('<caption id="caption">Coffee supplier inventory, 20 Nov 2026</caption>');
  expect(html).toContain('<th scope="col" class="text">Supplier</th>');
  expect(html).toContain('<span class="id">3f2a9c04d1b84f77a0e6c2f1b5d98e34</span><br>');
  expect(html).toMatch(/<\/html>\n$/);
});

test.each([[0, 'End of report · 0 rows'], [1, 'End of report · 1 row<'], [1234, 'End of report · 1,234 rows']])('the page ends with the count of its %i rows', async (count, words) => {
  expect(await render([kilos], Array.from({ length: count }, () => ({ kilos: 1 })))).toContain(words);
});

describe('a page that is cut short', () => {
  /** What stands below the last row that is shown, and where the page ends. */
  const notices = async (count: number, maxRows: number, options: Options = {}) => {
    const html = await render([kilos], Array.from({ length: count }, () => ({ kilos: 1 })), { ...options, maxRows, onLimit: 'NOTICE' });
    expect(html.match(/<th scope="row" class="integer">1<\/th>/g)).toHaveLength(maxRows);
    expect(html).not.toContain('End of report');
    const between = [/<tr><td class="more" colspan="1">(.*)<\/td><\/tr>\n<\/tbody>/, /<footer>\n<div class="cut" role="note">\n(.*?)<\/div>/s];
    return between.map(part => part.exec(html)![1].replace(/<[^>]+>/g, '').trim());
  };

  test('says so below its last row and where it ends', async () => {
    expect(await notices(5234, 1000)).toEqual(['4,234 more rows are not in this report', 'Cut short: these are the first 1,000 of 5,234 rows']);
    expect(await notices(3, 2)).toEqual(['1 more row is not in this report', 'Cut short: these are the first 2 of 3 rows']);
  });

  test('counts as its readers do', async () => {
    expect((await notices(5234, 1000, { run: { ...run, locale: 'de-DE' } }))[1]).toBe('Cut short: these are the first 1.000 of 5.234 rows');
  });

  test('has the totals of the data source, and says that they are of all rows', async () => {
    const totals = { kilos: 5234 };
    expect(await notices(5234, 1000, { totals })).toEqual([
      '4,234 more rows are not in this report; the totals are of all rows',
      'Cut short: these are the first 1,000 of 5,234 rows\nThe totals are of all 5,234 rows.',
    ]);
    expect(await render([kilos], [{ kilos: 1 }, { kilos: 1 }], { totals, maxRows: 1, onLimit: 'NOTICE' })).toContain('>Total 5,234<');
  });

  test('is not one that has as many rows as it may have', async () => {
    const html = await render([kilos], [{ kilos: 1 }], { totals: { kilos: 1 }, maxRows: 1, onLimit: 'NOTICE' });
    expect(html).toContain('End of report · 1 row<');
    expect(html).not.toMatch(/class="(more|cut)"|of all rows/);
  });
});

test('an empty report says so', async () => {
  expect(cells(await render([supplier, kilos], []))).toEqual(['<p>There is nothing to report for 20 Nov 2026.</p>']);
});

test('a report that was made again says which attempt it is', async () => {
  expect(await render([kilos], [], { run: { ...run, attempt: 2 } })).toContain('</span>, attempt 2<br>');
});

test('each type of cell', async () => {
  expect(await cell('text', 'café')).toBe('café');
  expect(await cell('integer', 1234)).toBe('1,234');
  expect(await cell('date', '2026-11-20')).toBe('20 Nov 2026');
  expect(await cell('datetime', '2026-11-20T07:00:13Z')).toBe('<time datetime="2026-11-20T07:00:13Z">20 Nov 2026, 08:00 CET</time>');
  expect(await cell('boolean', true)).toBe('<span class="yes">Yes</span>');
  expect(await cell('boolean', false)).toBe('<span class="no">No</span>');
  expect(await cell('link', 'https://example.com/a?b=1&c="')).toBe('<a href="https://example.com/a?b=1&amp;c=%22" rel="noopener noreferrer">example.com/a</a>');
  expect(await cell('text', null)).toBe('<span class="none" role="img" aria-label="no value">–</span>');
});

test('the first column names the row, and figures have the class of their type', async () => {
  expect(await render([supplier, kilos], [{ supplier: 'a', kilos: 7 }]))
    .toContain('<tr><th scope="row" class="text">a</th><td class="integer">7</td></tr>');
});

test('totals stand at the end, below their columns', async () => {
  const columns: Column[] = [supplier, kilos, { name: 'price', type: 'currency', currency: 'EUR' }];
  expect(await render(columns, [], { totals: { price: '12.5' } }))
    .toContain('<tfoot>\n<tr><th scope="row" class="text">Total</th><td class="integer"></td><td class="currency">€12.50</td></tr>\n</tfoot>');
  expect(await render([kilos], [], { totals: { kilos: 3 } })).toContain('<th scope="row" class="integer">Total 3</th>');
  expect(await render(columns, [])).not.toContain('<tfoot>');
});

describe('whatever the data holds', () => {
  test.each([
    ['a script', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['the end of the style', '</style><img src=x onerror=alert(1)>', '&lt;/style&gt;&lt;img src=x onerror=alert(1)&gt;'],
    ['quotes', '"\'`', '&quot;&#39;`'],
    ['an entity', '&lt;', '&amp;lt;'],
    ['control characters', 'a\x00b\x1bc\x7fd\x85e\tf\ng', 'a\ufffdb\ufffdc\ufffdd\ufffde\tf\ng'],
    ['halves of a surrogate pair', '\ud800a\udfff\u{1f600}', '\ufffda\ufffd\u{1f600}'],
    ['an override of direction', 'invoice\u202efdp.exe', 'invoice\ufffdfdp.exe'],
    ['writing from right to left', 'قهوة \u200fabc', 'قهوة \u200fabc'],
    ['what `replace` takes for a pattern', '$& $1 $$', '$&amp; $1 $$'],
  ])('%s is text', async (_what, value, shown) => {
    expect(await cell('text', value)).toBe(shown);
    expect(await render([{ name: value, type: 'text' }], [])).toContain(`<th scope="col" class="text">${shown}</th>`);
    expect(await render([kilos], [], { title: value })).toContain(`<h1>${shown}</h1>`);
  });

  test('a megabyte in one cell is all there', async () => {
    expect((await cell('text', '<'.repeat(1024 * 1024))).length).toBe(4 * 1024 * 1024);
  });

  test('there are no elements but the page’s own', async () => {
    const html = await render([supplier], [{ supplier: '<iframe src="//evil.example"></iframe>' }]);
    expect(html).not.toMatch(/<(script|iframe|img|link|object|form|base)\b/);
    expect(html).not.toMatch(/<[^>]*\s(src|on\w+|style)=/);
  });
});

test('the content security policy allows the one style element, and nothing else', async () => {
  const html = await render([kilos], []);
  const [, style] = /<style>(.*?)<\/style>/s.exec(html)!;
  const hash = createHash('sha256').update(style).digest('base64');
  expect(html.match(/<style/g)).toHaveLength(1);
  expect(html).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`);
  expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
  expect(html).toContain('<meta name="referrer" content="no-referrer">');
  expect(html).toContain('<meta name="robots" content="noindex">');
  expect(style).not.toMatch(/url\(|@import/);
});

test.each([['es-ES', 'ltr'], ['ar-EG', 'rtl'], ['he', 'rtl'], ['az-Arab', 'rtl'], ['zh-Hant', 'ltr']])('%s is written %s', async (locale, direction) => {
  expect(await render([kilos], [], { run: { ...run, locale } })).toContain(`<html lang="${locale}" dir="${direction}">`);
});

test.each([[7, 'narrow'], [8, 'wide'], [15, 'vast']])('%i columns are printed on a %s page', async (count, size) => {
  const columns = Array.from({ length: count }, (_, index): Column => ({ name: `c${index}`, type: 'text' }));
  expect(await render(columns, [])).toContain(`<body class="${size}">`);
});
