/** The app that is written in each language: what it synthesizes and what it prints have to be the same. */
import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { CsvRenderer, inlineFunction, OrdersSource, PortalLink } from './strategies.js';
import {
  OnEmpty, OnLimit, OnUncertain, OnUnchanged, ReportApi, ReportDataSource, ReportLink, ReportRenderer, ScheduledReportPipeline,
  type ScheduledReportPipelineProps,
} from 'cdk-scheduled-report-pipeline';

const everyMorning = scheduler.ScheduleExpression.cron({ minute: '0', hour: '7', timeZone: TimeZone.EUROPE_MADRID });

class MinimalStack extends Stack {
  public constructor(app: App, id: string) {
    super(app, id);
    new ScheduledReportPipeline(this, 'Orders', {
      dataSource: ReportDataSource.fromFunction(inlineFunction(this, 'Lookup')),
      renderer: ReportRenderer.html(),
      topic: new sns.Topic(this, 'Readers'),
      schedule: everyMorning,
    });
  }
}

class OwnStrategiesStack extends Stack {
  public constructor(app: App, id: string) {
    super(app, id);
    const pipeline = new ScheduledReportPipeline(this, 'Orders', {
      dataSource: new OrdersSource(),
      renderer: new CsvRenderer(),
      link: new PortalLink(Duration.days(7)),
      topic: new sns.Topic(this, 'Readers'),
      ownerTopic: new sns.Topic(this, 'Owner'),
      onEmpty: OnEmpty.SKIP,
      onUnchanged: OnUnchanged.SKIP,
      onUncertain: OnUncertain.RESEND,
      notReadyTimeout: Duration.hours(3),
      parametersSchema: {
        type: 'object',
        properties: {
          region: { enum: ['EU', 'US'] },
          top: { type: 'integer', maximum: 100 },
          warehouses: { type: 'array', items: { type: 'string' } },
          token: { type: 'string', writeOnly: true },
        },
      },
      message: { subject: '{{report}}', body: 'Read {{link}} until {{expiry}}' },
    });
    pipeline.addSchedule('Weekly', {
      schedule: everyMorning,
      parameters: { region: 'EU', top: 10, detailed: true, warehouses: ['Madrid', 'Málaga'], since: { week: 1 } },
      description: 'The orders of the week',
    });
    pipeline.grants.pause(new iam.Role(this, 'Operator', { assumedBy: new iam.AccountRootPrincipal() }));
    new ReportApi(this, 'Api', { pipeline, authorizationType: apigateway.AuthorizationType.IAM });
  }
}

const app = new App();
new MinimalStack(app, 'Minimal');
new OwnStrategiesStack(app, 'OwnStrategies');
app.synth();

/** Prints with which sentence something is refused. */
function refused(what: string, make: (scope: Stack) => unknown): void {
  let sentence = 'not refused';
  try {
    make(new Stack());
  } catch (error) {
    sentence = (error as Error).message;
  }
  console.log(`${what}: ${sentence.split('\n')[0]}`);
}

const pipelineWith = (props: Partial<ScheduledReportPipelineProps>) => (scope: Stack) => new ScheduledReportPipeline(scope, 'Orders', {
  dataSource: new OrdersSource(),
  renderer: new CsvRenderer(),
  topic: new sns.Topic(scope, 'Readers'),
  ...props,
});

refused('a retention of a day and a half', pipelineWith({ retention: Duration.hours(36) }));
refused('a presigned link of two hours', () => ReportLink.presigned({ expiresIn: Duration.hours(2) }));
refused('a limit of no rows', () => ReportRenderer.html({ maxRows: 0, onLimit: OnLimit.NOTICE }));
refused('a link that outlives its report', pipelineWith({ link: new PortalLink(Duration.days(60)) }));
refused('a locale that is none', pipelineWith({ locale: 'plain English' }));
refused('a message without the link', pipelineWith({ message: { body: 'Your report is ready' } }));
refused('a message with an unknown variable', pipelineWith({ message: { subject: '{{supplier}}' } }));
refused('a FIFO topic', scope => pipelineWith({ topic: new sns.Topic(scope, 'Fifo', { fifo: true }) })(scope));
refused('parameters that are too large', scope => pipelineWith({})(scope).addSchedule('Daily', { schedule: everyMorning, parameters: { list: 'x'.repeat(20_000) } }));
refused('a schema that is none', pipelineWith({ parametersSchema: { type: 'object', properties: { top: { type: 'integer', maximum: '100' } } } }));
refused('parameters that are not as the schema asks for', scope => pipelineWith({ parametersSchema: { type: 'object', properties: { top: { maximum: 100 } } } })(scope)
  .addSchedule('Daily', { schedule: everyMorning, parameters: { top: 101 } }));
refused('an API that asks nobody', scope => new ReportApi(scope, 'Api', { pipeline: pipelineWith({})(scope) }));
