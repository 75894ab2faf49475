import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import {
  ReportDataSource, ReportLink, ReportRenderer,
  type ReportDataSourceConfig, type ReportDataSourceContext, type ReportLinkConfig, type ReportLinkContext,
  type ReportRendererConfig, type ReportRendererContext,
} from 'cdk-scheduled-report-pipeline';

export function inlineFunction(scope: Construct, id: string): lambda.Function {
  return new lambda.Function(scope, id, {
    runtime: lambda.Runtime.PYTHON_3_13,
    handler: 'index.handler',
    code: lambda.Code.fromInline('def handler(event, context): pass'),
  });
}

/** Orders from a function that is invoked with the run's event, and may write its rows to S3. */
export class OrdersSource extends ReportDataSource {
  public bind(scope: Construct, context: ReportDataSourceContext): ReportDataSourceConfig {
    const fn = inlineFunction(scope, 'FindOrders');
    context.data.grantWrite(fn);
    return {
      task: tasks.LambdaInvoke.jsonata(scope, 'Find orders', {
        lambdaFunction: fn,
        payload: context.event,
        outputs: '{% $states.result.Payload %}',
      }),
    };
  }
}

/** Two files for each report. */
export class CsvRenderer extends ReportRenderer {
  public bind(scope: Construct, context: ReportRendererContext): ReportRendererConfig {
    const handler = inlineFunction(scope, 'WriteCsv');
    context.data.grantRead(handler);
    context.reports.grantWrite(handler);
    return {
      handler,
      files: [
        { name: 'orders.csv', contentType: 'text/csv' },
        { name: 'totals.csv', contentType: 'text/csv' },
      ],
    };
  }
}

/** A link that a portal signs when it is opened. */
export class PortalLink extends ReportLink {
  public constructor(private readonly expiresIn: Duration) {
    super();
  }

  public bind(scope: Construct, context: ReportLinkContext): ReportLinkConfig {
    const handler = inlineFunction(scope, 'MakeLink');
    context.ledger.grant(handler, 'dynamodb:PutItem');
    return { handler, expiresIn: this.expiresIn };
  }
}
