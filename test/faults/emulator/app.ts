import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Function } from 'aws-cdk-lib/aws-lambda';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FAR_AWAY, SCHEDULES } from './schedules';
import { CafeFunction } from '../../../examples/cafe-inventory/cafe-function';
import {
  OnEmpty, OnLimit, OnUncertain, OnUnchanged, ReportApi, ReportDataSource, ReportLink, ReportRenderer,
  ScheduledReportPipeline, type ScheduledReportPipelineProps,
} from 'cdk-scheduled-report-pipeline';

/** Pipelines whose data source does what the parameters of a run say, and whose functions reach AWS through a proxy. */
class FaultsStack extends Stack {
  public constructor(app: App, proxy: string) {
    super(app, 'Faults');
    const readers = new Topic(this, 'Readers', { displayName: 'Readers' });
    const owner = new Topic(this, 'Owner', { displayName: 'Owner' });
    const source = new CafeFunction(this, 'Source', { entry: join(__dirname, 'scripted-source.ts'), timeout: Duration.seconds(20) });
    const plain: ScheduledReportPipelineProps = {
      dataSource: ReportDataSource.fromFunction(source),
      renderer: ReportRenderer.html(),
      link: ReportLink.presigned({ expiresIn: Duration.minutes(15) }),
      onEmpty: OnEmpty.SKIP,
      topic: readers,
      ownerTopic: owner,
    };
    const pipelines: Record<string, ScheduledReportPipelineProps> = {
      Plain: plain,
      Resending: { ...plain, onUncertain: OnUncertain.RESEND },
      Comparing: { ...plain, onUnchanged: OnUnchanged.SKIP },
      Patient: { ...plain, notReadyTimeout: Duration.seconds(5) },
      Limited: { ...plain, renderer: ReportRenderer.html({ maxRows: 10, onLimit: OnLimit.NOTICE }) },
      ShortLived: { ...plain, link: ReportLink.presigned({ expiresIn: Duration.seconds(30) }) },
      Unowned: { ...plain, ownerTopic: undefined },
      Unread: { ...plain, topic: new Topic(this, 'NoReaders') },
      Vanishing: { ...plain, topic: new Topic(this, 'VanishingReaders', { displayName: 'Readers' }) },
      Scheduled: plain,
    };
    for (const [name, props] of Object.entries(pipelines)) {
      const pipeline = new ScheduledReportPipeline(this, name, props);
      this.output(name, {
        stateMachine: pipeline.stateMachine.stateMachineArn,
        ledger: pipeline.ledger.tableName,
        bucket: pipeline.bucket.bucketName,
        topic: pipeline.topic.topicArn,
        closeFailedRun: pipeline.closeFailedRunFunction.functionName,
        ...(name === 'Plain' && { api: new ReportApi(this, 'Api', { pipeline, publicAccess: true }).handler.functionName }),
      });
      if (name === 'Scheduled') {
        this.outputSchedules(pipeline);
      }
    }
    this.output('Topic', { readers: readers.topicArn, owner: owner.topicArn });
    this.node.findAll().filter(construct => construct instanceof Function).forEach(fn => fn.addEnvironment('AWS_ENDPOINT_URL', proxy));
  }

  private outputSchedules(pipeline: ScheduledReportPipeline): void {
    const arns = Object.fromEntries(SCHEDULES.map(id => {
      const parameters = { script: id === 'Hanging' ? 'slow' : 'inline' };
      return [id, pipeline.addSchedule(id, { schedule: ScheduleExpression.at(FAR_AWAY, TimeZone.ETC_UTC), parameters }).scheduleArn];
    }));
    const watch = pipeline.node.findChild('ScheduleWatch').node.findChild('Function') as Function;
    this.output('Schedule', { arns, watch: watch.functionName });
  }

  private output(name: string, value: object): void {
    new CfnOutput(this, `${name}Names`, { value: this.toJsonString(value) });
  }
}

new FaultsStack(new App(), process.env.FAULT_PROXY!);
