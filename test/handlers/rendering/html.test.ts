import { createHash } from 'node:crypto';
import { Column, Row, Run } from '../../../src/workflow/contract';
import { contrast } from '../../../src/workflow/contrast';
import { FileOptions } from '../../../src/workflow/file-options';
import { RUN as run } from '../support/run';
import { written } from '../support/written';

type Options = Partial<Omit<FileOptions, 'totals'>> & { readonly run?: Run; readonly totals?: Row; readonly sums?: FileOptions['totals'] };

const supplier: Column = { name: 'supplier', label: 'Supplier', type: 'text' };
const kilos: Column = { name: 'kilos', label: 'Kilos', type: 'integer' };

async function render(columns: Column[], rows: object[], { run: of = run, totals, sums, ...options }: Options = {}): Promise<string> {
  const { bytes } = await written({ format: 'html', title: 'Coffee', totals: sums, ...options }, { run: of, columns, rows, totals });
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

describe('totals that are computed', () => {
  const price: Column = { name: 'price', type: 'currency', currency: 'EUR' };
  const rows = [{ supplier: 'a<b', kilos: 1, price: 0.1 }, { supplier: 'a<b', kilos: 2, price: '0.2' }, { supplier: null, kilos: 3, price: null }];

  test('stand below each group and at the end', async () => {
    const html = await render([supplier, kilos, price], rows, { sums: { sum: ['kilos', 'price'], by: 'supplier' } });
    const totals = [...html.matchAll(/<tr[^>]*>(?=<th[^>]*>Total)(.*)<\/tr>/g)].map(([, row]) => row.replace(/<span.*?<\/span>/, '–').replace(/<[^>]+>/g, '|'));
    expect(totals).toEqual(['|Total a&lt;b||3||€0.30|', '|Total –||3||€0.00|', '|Total||6||€0.30|']);
    expect(html.indexOf('Total a&lt;b')).toBeLessThan(html.indexOf('>3</td><td class="currency"><span class="none"'));
  });

  test('are of all rows where a limit leaves some out, and groups that are not all there have none', async () => {
    const html = await render([supplier, kilos, price], rows, { sums: { sum: ['kilos'], by: 'supplier' }, maxRows: 1, onLimit: 'NOTICE' });
    expect(html).not.toContain('Total a&lt;b');
    expect(html).toContain('<th scope="row" class="text">Total</th><td class="integer">6</td>');
    expect(html).toContain('2 more rows are not in this report; the totals are of all rows');
    expect(await render([supplier, kilos, price], rows, { sums: { sum: ['kilos'], by: 'supplier' }, maxRows: 2, onLimit: 'NOTICE' })).toContain('Total a&lt;b');
  });

  test('take the place of those of the data source in their columns', async () => {
    expect(await render([supplier, kilos, price], rows, { sums: { sum: ['kilos'] }, totals: { kilos: 99, price: 1 } }))
      .toContain('<td class="integer">6</td><td class="currency">€1.00</td>');
  });
});

describe('numbers that stand out', () => {
  const level: Column = { name: 'level', type: 'decimal' };
  const marked = async (emphasis: FileOptions['emphasis'], rows: object[], columns?: FileOptions['columns']) => {
    const html = await render([kilos, level], rows, { emphasis, columns });
    return [...html.slice(html.indexOf('<tbody>')).matchAll(/<tr( class="marked")?>(.*)<\/tr>/g)].map(([, row, cellsOf]) => [row !== undefined, ...[...cellsOf.matchAll(/<mark>(.*?)<\/mark>/g)].map(([, value]) => value)]);
  };
  const rows = [{ kilos: 1, level: 2 }, { kilos: 2, level: 2 }, { kilos: '10', level: '9.5' }, { kilos: null, level: 1 }, { kilos: 1, level: null }];

  test('are below or above a number, or another column', async () => {
    expect(await marked([{ column: 'kilos', belowColumn: 'level' }], rows)).toEqual([[true, '1'], [false], [false], [false], [false]]);
    expect(await marked([{ column: 'kilos', aboveColumn: 'level' }], rows)).toEqual([[false], [false], [true, '10'], [false], [false]]);
    expect(await marked([{ column: 'kilos', below: 2 }, { column: 'level', above: 2 }], rows)).toEqual([[true, '1'], [false], [true, '9.5'], [false], [true, '1']]);
    expect(await marked([{ column: 'kilos', below: 0 }], [{ kilos: -1, level: 0 }])).toEqual([[true, '-1']]);
  });

  test('may be compared with a column that is not shown', async () => {
    expect(await marked([{ column: 'kilos', belowColumn: 'level' }], rows, [{ name: 'kilos' }])).toEqual([[true, '1'], [false], [false], [false], [false]]);
  });

  test('are numbers of the data', async () => {
    await expect(render([supplier], [], { emphasis: [{ column: 'supplier', below: 1 }] })).rejects.toMatchObject({ name: 'InvalidData', message: expect.stringContaining('its type is text') });
    await expect(render([supplier], [], { emphasis: [{ column: 'kilos', below: 1 }] })).rejects.toMatchObject({ name: 'InvalidData', message: expect.stringContaining('has none of that name') });
  });
});

describe('columns of the renderer', () => {
  test('are chosen, put in order, named and shown otherwise', async () => {
    const html = await render([supplier, kilos], [{ supplier: 'https://example.com/a', kilos: 1234 }], {
      columns: [{ name: 'kilos', label: 'Stock <kg>', type: 'currency', currency: 'EUR', decimals: 0 }, { name: 'supplier', type: 'link' }],
    });
    expect(html).toContain('<tr><th scope="col" class="currency">Stock &lt;kg&gt;</th><th scope="col" class="link">Supplier</th></tr>');
    expect(cells(html)).toEqual(['€1,234', '<a href="https://example.com/a" rel="noopener noreferrer">example.com/a</a>']);
  });

  test('of money have the currency that the renderer says, or the data source, or else the report', async () => {
    const columns: Column[] = [{ name: 'price', type: 'currency' }, { name: 'fee', type: 'currency', currency: 'GBP' }, { name: 'tax', type: 'currency', currency: 'USD' }];
    const row = { price: 1, fee: 2, tax: 3 };
    expect(cells(await render(columns, [row], { currency: 'EUR', columns: [{ name: 'price' }, { name: 'fee' }, { name: 'tax', currency: 'JPY' }] })))
      .toEqual(['€1.00', '£2.00', 'JP¥3']);
    expect(cells(await render(columns, [row], { currency: 'EUR' }))).toEqual(['€1.00', '£2.00', 'US$3.00']);
    await expect(render(columns, [row])).rejects.toMatchObject({
      name: 'InvalidData', message: expect.stringContaining('the column "price" is shown as money, and nothing says of which currency; let the data source add'),
    });
  });

  test('must be in the data, and money has a currency', async () => {
    await expect(render([supplier], [], { columns: [{ name: 'tons' }] })).rejects.toMatchObject({
      name: 'InvalidData', message: 'the renderer is to show the column "tons", and the data source has none of that name; its columns are supplier',
    });
    await expect(render([kilos], [], { columns: [{ name: 'kilos', type: 'currency' }] })).rejects.toMatchObject({ name: 'InvalidData', message: expect.stringContaining('nothing says of which currency') });
  });
});

describe('the owner of a page', () => {
  const logo = 'data:image/svg+xml;base64,PHN2Zy8+';

  test('has a logo, a colour and a last line', async () => {
    const html = await render([kilos], [], { brand: { logo, color: '#6b3e1f', footer: 'Rúa Real <12>' } });
    expect(html).toContain(`<img class="logo" src="${logo}" alt="">`);
    expect(html).toContain('<p class="brand">Rúa Real &lt;12&gt;</p>');
    expect(html).toContain(':root { --accent: #6b3e1f; }');
    const [, style] = /<style>(.*?)<\/style>/s.exec(html)!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(html).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'"`);
  });

  test('is seen on a dark screen, too', async () => {
    for (const color of ['#000000', '#6b3e1f', '#00008b', '#767676']) {
      const [, lighter] = /prefers-color-scheme: dark\) \{ :root \{ --accent: (#[0-9a-f]{6});/.exec(await render([kilos], [], { brand: { color } }))!;
      expect(contrast(lighter, '#191f1d')).toBeGreaterThanOrEqual(4.5);
    }
  });
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
