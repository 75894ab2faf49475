import { Duration } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Definition } from './definition';
import { OnEmpty, OnUncertain, OnUnchanged, type ScheduledReportPipelineProps } from '../../../src';
import { statesOf, TestStack } from '../../support/synth';

/** The pipelines to which faults happen, by what each has been set to. */
const PIPELINES = {
  Plain: {},
  Patient: { notReadyTimeout: Duration.hours(1) },
  Hurried: { runTimeout: Duration.minutes(5) },
  Resending: { onUncertain: OnUncertain.RESEND },
  Comparing: { onUnchanged: OnUnchanged.SKIP },
  SkippingEmpty: { onEmpty: OnEmpty.SKIP },
  FailingEmpty: { onEmpty: OnEmpty.FAIL },
} satisfies Record<string, Partial<ScheduledReportPipelineProps>>;

export type PipelineName = keyof typeof PIPELINES;

/** The states that invoke a function. */
export const STEPS = ['Open the run', 'Look up the data', 'Render report', 'Presign link', 'Deliver', 'Close failed run'] as const;
export type Step = typeof STEPS[number];

/** What the construct says of a pipeline, as far as it takes part when something fails. */
export interface Pipeline {
  readonly definition: Definition;
  readonly functions: Record<Step, { readonly name: string; readonly timeoutSeconds: number }>;
  /** Of all functions of the library. */
  readonly environment: { readonly [name: string]: string };
  /** The ends of executions for which EventBridge calls the failure handler. */
  readonly toldEnds: readonly string[];
  /** What an alarm says, by its metric. */
  readonly alarms: { readonly [metric: string]: string };
}

/** What Lambda adds. */
const LAMBDA = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret' };

const made = new Map<PipelineName, Pipeline>();

/** The pipeline as it is synthesised. */
export function pipelineOf(name: PipelineName): Pipeline {
  if (!made.has(name)) {
    made.set(name, synthesised(PIPELINES[name]));
  }
  return made.get(name)!;
}

function synthesised(props: Partial<ScheduledReportPipelineProps>): Pipeline {
  const stack = new TestStack();
  stack.pipeline({ ...props, reportName: 'Stock', ownerTopic: new sns.Topic(stack, 'Owner', { enforceSSL: true }) });
  const { Resources } = stack.template.toJSON();
  const propertiesOf = (type: string) => Object.values<any>(Resources).filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

  const valueOf = (value: any): string => {
    const id: string = value.Ref ?? value['Fn::GetAtt']?.[0];
    switch (id && Resources[id]?.Type) {
      case undefined: return value['Fn::Join'] ? value['Fn::Join'][1].map(valueOf).join('') : id === 'AWS::Partition' ? 'aws' : String(value);
      case 'AWS::SNS::Topic': return `arn:aws:sns:eu-west-1:111111111111:${id}`;
      default: return id.toLowerCase(); // so that the name of a bucket is one
    }
  };
  const variables = propertiesOf('AWS::Lambda::Function').flatMap(({ Environment }) => Object.entries(Environment?.Variables ?? {}));
  const { definition } = stack;
  const states = statesOf(definition);
  const functionOf = (step: Step) => {
    const name: string = states[step].Arguments.FunctionName;
    return { name, timeoutSeconds: Resources[name.slice(1, name.indexOf('.'))].Properties.Timeout ?? 3 };
  };
  return {
    definition,
    functions: Object.fromEntries(STEPS.map(step => [step, functionOf(step)])) as Pipeline['functions'],
    environment: { ...LAMBDA, ...Object.fromEntries(variables.map(([name, value]) => [name, valueOf(value)])) },
    toldEnds: propertiesOf('AWS::Events::Rule').flatMap(({ EventPattern }) => EventPattern.detail.status),
    alarms: Object.fromEntries(propertiesOf('AWS::CloudWatch::Alarm').map(({ MetricName, AlarmDescription }) => [MetricName, AlarmDescription])),
  };
}
