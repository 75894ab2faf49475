import { CfnParameter, Size } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CsvRendererOptions, HtmlRendererOptions, JsonLayout, OnLimit, ReportBrand, ReportEmphasis, ReportRenderer } from '../src';
import { statesOf, TestStack } from './support/synth';

const html = (options: HtmlRendererOptions) => () => ReportRenderer.html(options);

function environmentOf(renderer: ReportRenderer, stack = new TestStack()): { [name: string]: any } {
  stack.pipeline({ renderer });
  const [{ Environment }] = stack.propertiesBelow('ReportRender', 'AWS::Lambda::Function').filter(({ Description }) => /^Renders reports as/.test(Description));
  return Environment.Variables;
}

const fileOptionsOf = (renderer: ReportRenderer) => JSON.parse(environmentOf(renderer).FILE_OPTIONS);

describe('limits', () => {
  test('reach the function, and are not there unless they are set', () => {
    expect(fileOptionsOf(ReportRenderer.html({ maxRows: 5000, maxBytes: Size.mebibytes(2), onLimit: OnLimit.NOTICE }))).toEqual([
      { name: 'report.html', format: 'html', maxRows: 5000, maxBytes: 2097152, onLimit: 'NOTICE' },
    ]);
    expect(fileOptionsOf(ReportRenderer.html({ maxBytes: Size.bytes(65536.9) }))).toEqual([{ name: 'report.html', format: 'html', maxBytes: 65536 }]);
    expect(fileOptionsOf(ReportRenderer.html())).toEqual([{ name: 'report.html', format: 'html' }]);
  });

  test('that are not known at synth are deployed as they are', () => {
    const stack = new TestStack();
    const limit = new CfnParameter(stack, 'Limit', { type: 'Number' }).valueAsNumber;
    expect(environmentOf(ReportRenderer.html({ maxRows: limit, maxBytes: Size.bytes(limit) }), stack).FILE_OPTIONS).toEqual({
      'Fn::Join': ['', ['[{"name":"report.html","format":"html","maxRows":', { Ref: 'Limit' }, ',"maxBytes":', { Ref: 'Limit' }, '}]']],
    });
  });

  test.each([0, -1, 1.5, NaN, Infinity, 2 ** 53])('maxRows %d is refused', maxRows => {
    expect(html({ maxRows })).toThrow(`maxRows is ${maxRows}; pass a positive whole number, or leave it out for no limit`);
  });

  test.each([[Size.bytes(65535), '65535'], [Size.kibibytes(63.9), '65433'], [Size.bytes(0), '0'], [Size.bytes(NaN), 'NaN'], [Size.bytes(Infinity), 'Infinity']])(
    'maxBytes %j is refused', (maxBytes, bytes) => {
      expect(html({ maxBytes })).toThrow(`maxBytes is ${bytes} bytes; pass at least Size.kibibytes(64), so that there is room for a page`);
    });

  test('the least limits are accepted', () => {
    expect(html({ maxRows: 1, maxBytes: Size.kibibytes(64), onLimit: OnLimit.FAIL })).not.toThrow();
  });

  test.each(Object.values(OnLimit))('onLimit %s without a limit is refused', onLimit => {
    expect(html({ onLimit })).toThrow(`onLimit is ${onLimit}, and there is no limit; pass maxRows or maxBytes, or leave onLimit out`);
  });

  test.each([
    ['CSV', () => ReportRenderer.csv({ maxRows: 1, onLimit: OnLimit.NOTICE })], ['JSON', () => ReportRenderer.json({ maxRows: 1, onLimit: OnLimit.NOTICE })],
  ])('%s has no place for a notice', (format, make) => {
    expect(make).toThrow(`onLimit is NOTICE, and ${format} has no place to say that rows were left out`);
  });
});

describe('what no report can be made of is refused', () => {
  test.each<[string, HtmlRendererOptions, string]>([
    ['no columns', { columns: [] }, 'columns is empty; name at least one, or leave columns out for all that the data has'],
    ['a column twice', { columns: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] }, 'columns names "a" twice; name each column once'],
    ['a currency in words', { columns: [{ name: 'a', currency: 'euro' }] }, 'the currency of the column a is "euro"; pass an ISO 4217 code such as \'EUR\''],
    ['a currency in words for all columns', { currency: 'euro' }, 'currency is "euro"; pass an ISO 4217 code such as \'EUR\''],
    ['half a digit', { columns: [{ name: 'a', decimals: 1.5 }] }, 'decimals of the column a is 1.5; pass a whole number from 0 to 20'],
    ['too many digits', { columns: [{ name: 'a', decimals: 21 }] }, 'decimals of the column a is 21; pass a whole number from 0 to 20'],
    ['an empty title', { title: ' ' }, 'title is " "; give it 1 to 100 characters, without line breaks'],
    ['a language that there is not', { locale: 'en_GB' }, 'locale is "en_GB", which is not a BCP 47 language tag'],
    ['a zone that there is not', { timeZone: 'Europe/Vigo' }, 'timeZone is "Europe/Vigo", which is not in the IANA time zone database'],
    ['totals of nothing', { totals: { sum: [], by: 'a' } }, 'totals.sum is empty; name at least one column, or leave totals out'],
  ])('%s', (_what, options, message) => {
    expect(html(options)).toThrow(message);
  });

  test.each<[ReportEmphasis, string]>([
    [{ column: 'a' }, 'the emphasis of a has no bound; give it one of below, belowColumn, above and aboveColumn'],
    [{ column: 'a', below: 1, aboveColumn: 'b' }, 'the emphasis of a has below and aboveColumn; give it one of'],
    [{ column: 'a', above: NaN }, 'above of the emphasis of a is NaN; pass a number'],
  ])('emphasis %j', (emphasis, message) => {
    expect(html({ emphasis: [emphasis] })).toThrow(message);
  });

  test.each<[CsvRendererOptions, string]>([[{ delimiter: ',,' }, 'delimiter is ",,"; pass'], [{ delimiter: '"' }, 'delimiter is "\\""; pass'], [{ delimiter: '' }, 'delimiter is ""; pass']])(
    'CSV with %j', (options, message) => {
      expect(() => ReportRenderer.csv(options)).toThrow(message);
    });

  const png = `data:image/png;base64,${Buffer.from('\x89PNG\r\n\x1a\n...', 'latin1').toString('base64')}`;
  const svg = (text: string) => `data:image/svg+xml;base64,${Buffer.from(text).toString('base64')}`;

  test.each<[string, ReportBrand, string]>([
    ['a logo in the web', { logo: 'https://example.com/logo.png' }, 'brand.logo begins with "https://example.com/logo.png"; pass a data: URL in base64'],
    ['a page as its logo', { logo: 'data:text/html;base64,PGI+' }, 'brand.logo begins with "data:text/html;base64,PGI+"; pass'],
    ['a logo that is not what it says', { logo: png.replace('png', 'jpeg') }, 'brand.logo begins with "data:image/jpeg;base64,'],
    ['a logo that leaves its attribute', { logo: `${png}" onerror="x` }, 'brand.logo begins with'],
    ['a large logo', { logo: svg(`<svg xmlns="http://www.w3.org/2000/svg"><!--${'x'.repeat(2500)}--></svg>`) }, 'characters, and at most 2500 fit; an SVG is mostly smaller'],
    ['a colour by its name', { color: 'teal' }, 'brand.color is "teal"; pass one such as \'#0b5f56\''],
    ['more than a colour', { color: '#0b5f56;}' }, 'brand.color is "#0b5f56;}"; pass'],
    ['a pale colour', { color: '#74cdbd' }, 'brand.color is #74cdbd, whose contrast to white is 1.9 to 1; links need 4.5: choose a darker one'],
    ['a footer of two lines', { footer: 'a\nb' }, 'brand.footer is "a\\nb"; give it 1 to 200 characters, without line breaks'],
  ])('%s', (_what, brand, message) => {
    expect(html({ brand })).toThrow(message);
  });

  test('but not a brand as it should be', () => {
    expect(fileOptionsOf(ReportRenderer.html({ brand: { logo: png, color: '#767676', footer: 'Rúa Real 1' } }))[0].brand)
      .toEqual({ logo: png, color: '#767676', footer: 'Rúa Real 1' });
    expect(html({ brand: { logo: svg('<svg xmlns="http://www.w3.org/2000/svg"/>') } })).not.toThrow();
    expect(html({ brand: { color: '#777777' } })).toThrow('whose contrast to white is 4.5 to 1');
  });
});

test('options that the function’s environment has no room for are refused', () => {
  const columns = Array.from({ length: 200 }, (_, index) => ({ name: `column ${index}`, label: 'A label of its own' }));
  expect(() => environmentOf(ReportRenderer.html({ columns }))).toThrow(/^the options of the renderer take \d+ bytes, and the environment of its function has room for 3700; name fewer columns/);
});

describe('several files', () => {
  const both = () => ReportRenderer.of(ReportRenderer.html({ maxRows: 10, onLimit: OnLimit.NOTICE }), ReportRenderer.csv({ delimiter: ';' }));

  test('are made by one function, and are known to the workflow in this order', () => {
    const stack = new TestStack();
    const { FILE_OPTIONS } = environmentOf(ReportRenderer.of(both(), ReportRenderer.json({ layout: JsonLayout.LINES, gzip: true })), stack);
    expect(JSON.parse(FILE_OPTIONS)).toEqual([
      { name: 'report.html', format: 'html', maxRows: 10, onLimit: 'NOTICE' },
      { name: 'report.csv', format: 'csv', csv: { delimiter: ';' } },
      { name: 'report.ndjson', format: 'json', gzip: true, json: { lines: true } },
    ]);
    const [{ Environment }] = Object.values<any>(stack.template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties).filter(one => one.Environment?.Variables.FILES);
    expect(JSON.parse(Environment.Variables.FILES)).toEqual([
      { name: 'report.html', contentType: 'text/html; charset=utf-8' },
      { name: 'report.csv', contentType: 'text/csv; charset=utf-8; header=present' },
      { name: 'report.ndjson', contentType: 'application/x-ndjson' },
    ]);
    expect(Object.keys(statesOf(stack.definition)).filter(name => /render/i.test(name))).toEqual(['Render and presign', 'Render report']);
  });

  test('have names of their own', () => {
    expect(() => ReportRenderer.of(both(), ReportRenderer.html())).toThrow('the renderer\'s files are ["report.html","report.csv","report.html"]; name at least one, each once');
    expect(() => ReportRenderer.of()).toThrow('name at least one');
  });

  test('are not made by a function of one’s own as well', () => {
    const fn = lambda.Function.fromFunctionArn(new TestStack(), 'Pdf', 'arn:aws:lambda:eu-west-1:111111111111:function:pdf');
    const own = ReportRenderer.fromFunction(fn, [{ name: 'report.pdf', contentType: 'application/pdf' }]);
    expect(() => ReportRenderer.of(ReportRenderer.html(), own)).toThrow('ReportRenderer.of takes renderers that this library makes, such as ReportRenderer.html();');
  });
});

test('the library’s renderer may read what it writes, to compare it, and may not delete or list', () => {
  const stack = new TestStack();
  stack.pipeline({ renderer: ReportRenderer.html() });
  const statements = stack.propertiesBelow('ReportRenderRole', 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const actionsOn = (prefix: string) => statements.filter(({ Resource }) => JSON.stringify(Resource).includes(`/${prefix}/*`)).flatMap(({ Action }) => Action).sort();
  expect(actionsOn('reports')).toEqual(['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject']);
  expect(actionsOn('data')).toEqual(['s3:GetObject']);
});
