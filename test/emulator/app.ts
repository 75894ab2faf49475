import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { CafeFunction } from '../../examples/cafe-inventory/cafe-function';
import { OnEmpty, ReportDataSource, ReportLink, ReportRenderer, ScheduledReportPipeline } from 'cdk-scheduled-report-pipeline';

/** A pipeline whose data source does what the parameters of the run say. */
class ScriptedStack extends Stack {
  public constructor(app: App) {
    super(app, 'Scripted');
    const topic = new Topic(this, 'Readers', { displayName: 'Readers' });
    const ownerTopic = new Topic(this, 'Owner', { displayName: 'Owner' });
    const pipeline = new ScheduledReportPipeline(this, 'Report', {
      dataSource: ReportDataSource.fromFunction(new CafeFunction(this, 'Source', { entry: join(__dirname, 'scripted-source.ts'), timeout: Duration.seconds(20) })),
      renderer: ReportRenderer.html(),
      link: ReportLink.presigned({ expiresIn: Duration.minutes(15) }),
      onEmpty: OnEmpty.SKIP,
      topic,
      ownerTopic,
    });
    const outputs = {
      ReadersTopicArn: topic.topicArn,
      OwnerTopicArn: ownerTopic.topicArn,
      StateMachineArn: pipeline.stateMachine.stateMachineArn,
      LedgerTableName: pipeline.ledger.tableName,
      BucketName: pipeline.bucket.bucketName,
    };
    Object.entries(outputs).forEach(([name, value]) => new CfnOutput(this, name, { value }));
  }
}

new ScriptedStack(new App());
