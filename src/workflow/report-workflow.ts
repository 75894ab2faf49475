import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { CLOSE_FAILED_RUN } from './contract';
import { invokeFunction } from './invoke-function';
import { RETRY } from './retry-policies';

/** The input of the data source's task: the run, and where to write large data. */
export const DATA_SOURCE_EVENT = sfn.TaskInput.fromText("{% $merge([$opened.run, {'output': $opened.output}]) %}");

export interface ReportWorkflowProps {
  readonly openRun: lambda.IFunction;
  readonly lookUp: sfn.TaskStateBase;
  readonly render: lambda.IFunction;
  readonly link: lambda.IFunction;
  readonly deliver: lambda.IFunction;
  readonly closeFailedRun: lambda.IFunction;
}

/**
 * The workflow of a report, from top to bottom as it flows.
 *
 * The library's own states are JSONata; the state machine is not, so that a data source may bring states of either language.
 * What the first state returns is the variable `$opened`, which every later state reads.
 */
export function reportWorkflow(scope: Construct, props: ReportWorkflowProps): sfn.IChainable {
  const closeFailedRun = invokeFunction(scope, CLOSE_FAILED_RUN, {
    fn: props.closeFailedRun,
    payload: sfn.TaskInput.fromObject({
      executionArn: '{% $states.context.Execution.Id %}',
      error: "{% $exists($states.input.Error) ? $states.input.Error : 'Unknown' %}",
      cause: "{% $exists($states.input.Cause) ? $states.input.Cause : '' %}",
    }),
  });
  withRetry(closeFailedRun, RETRY.handler).next(sfn.Fail.jsonata(scope, 'Report failed', {
    error: '{% $states.input.error %}',
    cause: '{% $states.input.cause %}',
  }));
  const guarded = (task: sfn.TaskStateBase, retry: sfn.RetryProps[]) => withRetry(task, retry).addCatch(closeFailedRun);

  const openRun = guarded(invokeFunction(scope, 'Open the run', {
    fn: props.openRun,
    payload: sfn.TaskInput.fromObject({
      execution: {
        arn: '{% $states.context.Execution.Id %}',
        name: '{% $states.context.Execution.Name %}',
        startTime: '{% $states.context.Execution.StartTime %}',
      },
      input: '{% $states.input %}',
    }),
    assign: { opened: '{% $states.result.Payload %}' },
  }), RETRY.handler);

  const lookUp = guarded(props.lookUp, RETRY.dataSource);

  const render = withRetry(invokeFunction(scope, 'Render report', {
    fn: props.render,
    payload: sfn.TaskInput.fromText("{% $merge([$opened.run, {'data': $states.input, 'files': $opened.files}]) %}"),
  }), RETRY.handler);
  const presign = withRetry(invokeFunction(scope, 'Presign link', {
    fn: props.link,
    payload: sfn.TaskInput.fromText("{% $merge([$opened.run, {'files': $opened.files, 'ledger': $opened.ledger}]) %}"),
  }), RETRY.handler);
  const renderAndPresign = sfn.Parallel.jsonata(scope, 'Render and presign').branch(render, presign).addCatch(closeFailedRun);

  const deliver = guarded(invokeFunction(scope, 'Deliver', {
    fn: props.deliver,
    payload: sfn.TaskInput.fromText('{% $merge([$opened.run, {'
      + "'executionArn': $states.context.Execution.Id, 'files': $opened.files, 'ledger': $opened.ledger, "
      + "'rendered': $states.input[0], 'link': $states.input[1]}]) %}"),
  }), RETRY.handler);

  return sfn.Chain.start(openRun).next(sfn.Choice.jsonata(scope, 'Opened?')
    .when(sfn.Condition.jsonata("{% $opened.outcome = 'DUPLICATE' %}"), sfn.Succeed.jsonata(scope, 'Duplicate'))
    .otherwise(lookUp.next(renderAndPresign).next(deliver)));
}

function withRetry(task: sfn.TaskStateBase, policies: sfn.RetryProps[]): sfn.TaskStateBase {
  policies.forEach(policy => task.addRetry(policy));
  return task;
}
