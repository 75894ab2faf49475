import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ReportDataSource, ReportRenderer, ScheduledReportPipeline, ScheduledReportPipelineProps } from '../../src';

/** A stack with a data source and a topic, as an app of a user has them. */
export class TestStack extends Stack {
  public readonly lookup: lambda.Function;
  public readonly topic: sns.Topic;

  public constructor(app: App = new App(), id: string = 'Test', props: { env?: { account: string; region: string } } = {}) {
    super(app, id, props);
    this.lookup = new lambda.Function(this, 'Lookup', {
      runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({});'),
    });
    this.topic = new sns.Topic(this, 'Topic', { enforceSSL: true });
  }

  public pipeline(props: Partial<ScheduledReportPipelineProps> = {}, id: string = 'Report'): ScheduledReportPipeline {
    return new ScheduledReportPipeline(this, id, {
      dataSource: ReportDataSource.fromFunction(this.lookup),
      renderer: ReportRenderer.html(),
      topic: this.topic,
      ...props,
    });
  }

  public get template(): Template {
    return Template.fromStack(this);
  }

  /** The resources whose constructs are below the one with this id. */
  public resourcesBelow(id: string): { [logicalId: string]: any } {
    return Object.fromEntries(Object.entries(this.template.toJSON().Resources).filter(([logicalId]) => logicalId.startsWith(id)));
  }

  /** The properties of those of a type. */
  public propertiesBelow(id: string, type: string): any[] {
    return Object.values(this.resourcesBelow(id)).filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
  }

  /** The definition of the only state machine, with tokens as `<LogicalId.Attribute>`. */
  public get definition(): any {
    const [machine] = Object.values(this.template.findResources('AWS::StepFunctions::StateMachine'));
    return JSON.parse(flat(machine.Properties.DefinitionString));
  }
}

function flat(value: any): string {
  if (typeof value === 'string') {
    return value;
  }
  if (value['Fn::Join']) {
    return value['Fn::Join'][1].map(flat).join(value['Fn::Join'][0]);
  }
  return value.Ref === 'AWS::Partition' ? 'aws' : `<${value.Ref ?? value['Fn::GetAtt'].join('.')}>`;
}

/** All states of a definition, those in branches too, by their names. */
export function statesOf(definition: any): { [name: string]: any } {
  return Object.assign({}, definition.States, ...Object.values<any>(definition.States).flatMap(state => (state.Branches ?? []).map(statesOf)));
}
