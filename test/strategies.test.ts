import { Duration } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import {
  ReportDataSource, ReportDataSourceConfig, ReportDataSourceContext, ReportLink, ReportLinkConfig, ReportLinkContext,
  ReportRenderer, ReportRendererConfig, ReportRendererContext,
} from '../src';
import { statesOf, TestStack } from './support/synth';

const newFunction = (scope: Construct, id: string) => new lambda.Function(scope, id, {
  runtime: lambda.Runtime.PYTHON_3_13, handler: 'index.handler', code: lambda.Code.fromInline('def handler(event, context): pass'), timeout: Duration.seconds(42),
});

/** A data source in JSONPath states, as a user may have one. */
class ScanDataSource extends ReportDataSource {
  public bind(scope: Construct, _context: ReportDataSourceContext): ReportDataSourceConfig {
    const table = new dynamodb.Table(scope, 'Orders', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } });
    return {
      task: new tasks.DynamoGetItem(scope, 'Read the order', { table, key: { id: tasks.DynamoAttributeValue.fromString('1') } }),
    };
  }
}

class CsvRenderer extends ReportRenderer {
  public bind(scope: Construct, { data, reports }: ReportRendererContext): ReportRendererConfig {
    const handler = newFunction(scope, 'Csv');
    data.grantRead(handler);
    reports.grantWrite(handler);
    return { handler, files: [{ name: 'orders.csv', contentType: 'text/csv' }] };
  }
}

class PortalLink extends ReportLink {
  public bind(scope: Construct, { ledger }: ReportLinkContext): ReportLinkConfig {
    const handler = newFunction(scope, 'Portal');
    ledger.grant(handler, 'dynamodb:PutItem');
    return { handler, expiresIn: Duration.days(7) };
  }
}

describe('strategies of a user\'s own', () => {
  const stack = new TestStack();
  stack.pipeline({ dataSource: new ScanDataSource(), renderer: new CsvRenderer(), link: new PortalLink() });
  const states = statesOf(stack.definition);

  test('a data source brings its task, which gets the retries and the Catch', () => {
    const task = states['Read the order'];
    expect(task).toMatchObject({ Next: 'Render and presign', Resource: 'arn:aws:states:::dynamodb:getItem' });
    expect(task.QueryLanguage).toBeUndefined();
    expect(task.Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'Close failed run' }]);
    expect(task.Retry.at(-1).ErrorEquals).toEqual(['States.TaskFailed']);
    expect(states['Opened?'].Default).toBe('Read the order');
  });

  test('a renderer brings its function and its files', () => {
    expect(states['Render report'].Arguments.FunctionName).toMatch(/^<ReportRenderCsv/);
    expect(states['Render report'].TimeoutSeconds).toBe(52);
    stack.template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ FILES: '[{"name":"orders.csv","contentType":"text/csv"}]' }) },
    });
  });

  test('a link brings its function and its lifetime', () => {
    expect(states['Presign link'].Arguments.FunctionName).toMatch(/^<ReportLinkPortal/);
    stack.template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ LINK_LIFETIME_SECONDS: '604800' }) } });
  });

  test('are granted what they ask for on their prefixes', () => {
    const [{ PolicyDocument: { Statement: [read, write] } }] = stack.propertiesBelow('ReportRenderCsv', 'AWS::IAM::Policy');
    expect(read).toEqual({ Action: 's3:GetObject', Effect: 'Allow', Resource: { 'Fn::Join': ['', [expect.anything(), '/data/*']] } });
    expect(write).toEqual({ Action: expect.any(Array), Effect: 'Allow', Resource: { 'Fn::Join': ['', [expect.anything(), '/reports/*']] } });
    expect(write.Action.sort()).toEqual(['s3:AbortMultipartUpload', 's3:PutObject']);
  });
});

describe('a function as renderer', () => {
  test('fails for a media type that is none', () => {
    const stack = new TestStack();
    expect(() => stack.pipeline({ renderer: ReportRenderer.fromFunction(stack.lookup, [{ name: 'a.csv', contentType: 'text/csv\r\nx: y' }]) }))
      .toThrow(/^the contentType of a.csv is "text\/csv\\r\\nx: y"; give it a media type/);
  });

  test.each([[[]], [['../report.pdf']], [['a.pdf', 'a.pdf']], [['']], [['.hidden']]])('fails for the files %j', names => {
    const stack = new TestStack();
    const renderer = ReportRenderer.fromFunction(stack.lookup, names.map(name => ({ name, contentType: 'application/pdf' })));
    expect(() => stack.pipeline({ renderer })).toThrow(/^the renderer's files are \[.*\]; name at least one, each once, with letters, digits/);
  });

  test('is granted to read the data and write the reports', () => {
    const stack = new TestStack();
    const fn = newFunction(stack, 'Pdf');
    stack.pipeline({ renderer: ReportRenderer.fromFunction(fn, [{ name: 'report.pdf', contentType: 'application/pdf' }]) });
    expect(statesOf(stack.definition)['Render report'].Arguments.FunctionName).toMatch(/^<Pdf/);
    const [policy] = stack.propertiesBelow('Pdf', 'AWS::IAM::Policy');
    expect(policy.PolicyDocument.Statement.flatMap(({ Action }: any) => Action).sort()).toEqual(['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject']);
  });
});

describe('a function as data source', () => {
  test('is waited for 10 seconds longer than it may take, or as long as is said', () => {
    const stack = new TestStack();
    stack.pipeline({ dataSource: ReportDataSource.fromFunction(newFunction(stack, 'Own')) });
    expect(statesOf(stack.definition)['Look up the data'].TimeoutSeconds).toBe(52);
    const other = new TestStack();
    other.pipeline({ dataSource: ReportDataSource.fromFunction(newFunction(other, 'Own'), { timeout: Duration.minutes(3) }) });
    expect(statesOf(other.definition)['Look up the data'].TimeoutSeconds).toBe(180);
  });
});

describe('what was signed', () => {
  test.each([
    ['a presigned link', ReportLink.presigned({ expiresIn: Duration.minutes(15) }), 900_000],
    ['what an on-click link is redirected to', ReportLink.onClick(), 60_000],
  ])('%s, is refused by the bucket, too, once it is older than it may be', (_what, link, age) => {
    const stack = new TestStack();
    stack.pipeline({ link });
    stack.template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([{
          Action: 's3:GetObject',
          Condition: { NumericGreaterThan: { 's3:signatureAge': age } },
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^ReportBucket'), 'Arn'] }, '/reports/*']] },
        }]),
      },
    });
    Annotations.fromStack(stack).hasNoInfo('*', Match.stringLikeRegexp('signatureAge'));
  });

  test('says what the policy of an imported bucket should have', () => {
    const stack = new TestStack();
    stack.pipeline({ bucket: Bucket.fromBucketName(stack, 'Imported', 'reports-of-everyone'), policiesInPlace: true });
    Annotations.fromStack(stack).hasInfo('*', Match.stringLikeRegexp('the bucket reports-of-everyone is imported: .*"s3:signatureAge":3600000'));
  });
});
