import { CfnParameter, Size } from 'aws-cdk-lib';
import { HtmlRendererOptions, OnLimit, ReportRenderer } from '../src';
import { TestStack } from './support/synth';

const html = (options: HtmlRendererOptions) => () => ReportRenderer.html(options);

function environmentOf(options: HtmlRendererOptions, stack = new TestStack()): { [name: string]: unknown } {
  stack.pipeline({ renderer: ReportRenderer.html(options) });
  const [{ Environment }] = stack.propertiesBelow('ReportRender', 'AWS::Lambda::Function').filter(({ Description }) => Description === 'Renders reports as HTML');
  return Environment.Variables;
}

test('limits reach the function, and are not there unless they are set', () => {
  expect(environmentOf({ maxRows: 5000, maxBytes: Size.mebibytes(2), onLimit: OnLimit.NOTICE })).toMatchObject({
    MAX_ROWS: '5000', MAX_BYTES: '2097152', ON_LIMIT: 'NOTICE',
  });
  expect(environmentOf({ maxBytes: Size.bytes(65536.9) })).toMatchObject({ MAX_BYTES: '65536' });
  expect(Object.keys(environmentOf({}))).not.toEqual(expect.arrayContaining([expect.stringMatching(/MAX|LIMIT/)]));
});

test('limits that are not known at synth are deployed as they are', () => {
  const stack = new TestStack();
  const limit = new CfnParameter(stack, 'Limit', { type: 'Number' }).valueAsNumber;
  expect(environmentOf({ maxRows: limit, maxBytes: Size.bytes(limit) }, stack)).toMatchObject({ MAX_ROWS: { Ref: 'Limit' }, MAX_BYTES: { Ref: 'Limit' } });
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

test('the HTML renderer may read what it writes, to compare it, and may not delete or list', () => {
  const stack = new TestStack();
  stack.pipeline({ renderer: ReportRenderer.html() });
  const statements = stack.propertiesBelow('ReportRenderRole', 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const actionsOn = (prefix: string) => statements.filter(({ Resource }) => JSON.stringify(Resource).includes(`/${prefix}/*`)).flatMap(({ Action }) => Action).sort();
  expect(actionsOn('reports')).toEqual(['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject']);
  expect(actionsOn('data')).toEqual(['s3:GetObject']);
});
