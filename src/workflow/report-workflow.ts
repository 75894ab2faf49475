import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { CLOSE_FAILED_RUN, DELIVER, OPEN_RUN, OPENED, OpenRunResult, PRESIGN, RENDER, RENDER_AND_PRESIGN } from './contract';
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
  /** How long a data source is asked again that says that its data is not ready. */
  readonly notReadyTimeout?: Duration;
}

/** It is there once an execution was redriven. */
const REDRIVE_COUNT = '($exists($states.context.Execution.RedriveCount) ? $states.context.Execution.RedriveCount : 0)';

/** The shortest and the longest wait before a data source is asked again. */
const SHORTEST_WAIT = Duration.minutes(1);
const LONGEST_WAIT = Duration.minutes(15);

/**
 * The workflow of a report, from top to bottom as it flows.
 *
 * The library's own states are JSONata; the state machine is not, so that a data source may bring states of either language.
 * What the first state returns is the variable `$opened`, which every later state reads.
 */
export function reportWorkflow(scope: Construct, props: ReportWorkflowProps): sfn.IChainable {
  // It fails in its turn, unless the execution was redriven. A Fail state would fail again in each redrive:
  // https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-behavior-states
  const closeFailedRun = withRetry(invokeFunction(scope, CLOSE_FAILED_RUN, {
    fn: props.closeFailedRun,
    payload: sfn.TaskInput.fromObject({
      executionArn: '{% $states.context.Execution.Id %}',
      redriveCount: `{% ${REDRIVE_COUNT} %}`,
      enteredAt: '{% $states.context.State.EnteredTime %}',
      error: "{% $exists($states.input.Error) ? $states.input.Error : 'Unknown' %}",
      cause: "{% $exists($states.input.Cause) ? $states.input.Cause : '' %}",
    }),
  }), RETRY.handler);
  const guarded = (task: sfn.TaskStateBase, retry: sfn.RetryProps[]) => withRetry(task, retry).addCatch(closeFailedRun);

  const openRun = guarded(invokeFunction(scope, OPEN_RUN, {
    fn: props.openRun,
    payload: sfn.TaskInput.fromObject({
      execution: {
        arn: '{% $states.context.Execution.Id %}',
        name: '{% $states.context.Execution.Name %}',
        startTime: '{% $states.context.Execution.StartTime %}',
      },
      input: '{% $states.context.Execution.Input %}', // which it still is when a redrive comes here
    }),
    assign: { opened: '{% $states.result.Payload %}' },
  }), RETRY.handler);

  const lookUp = guarded(props.lookUp, RETRY.dataSource);

  const render = withRetry(invokeFunction(scope, RENDER, {
    fn: props.render,
    payload: sfn.TaskInput.fromText("{% $merge([$opened.run, {'data': $states.input, 'kept': $opened.kept, 'files': $opened.files}]) %}"),
  }), RETRY.handler);
  const presign = withRetry(invokeFunction(scope, PRESIGN, {
    fn: props.link,
    payload: sfn.TaskInput.fromText("{% $merge([$opened.run, {'files': $opened.files, 'ledger': $opened.ledger}]) %}"),
  }), RETRY.handler);
  const renderAndPresign = sfn.Parallel.jsonata(scope, RENDER_AND_PRESIGN).branch(render, presign).addCatch(closeFailedRun);

  const deliver = guarded(invokeFunction(scope, DELIVER, {
    fn: props.deliver,
    payload: sfn.TaskInput.fromText('{% $merge([$opened.run, {'
      + `'executionArn': $states.context.Execution.Id, 'redriveCount': ${REDRIVE_COUNT}, `
      + "'files': $opened.files, 'ledger': $opened.ledger, "
      + "'rendered': $states.input[0], 'link': $states.input[1]}]) %}"),
  }), RETRY.handler);

  const makeAndDeliver = renderAndPresign.next(deliver);
  closeFailedRun.next(openRun);
  return sfn.Chain.start(openRun).next(sfn.Choice.jsonata(scope, OPENED)
    .when(outcomeIs('DUPLICATE'), sfn.Succeed.jsonata(scope, 'Duplicate'))
    .when(outcomeIs('PAUSED'), sfn.Succeed.jsonata(scope, 'Paused'))
    .when(outcomeIs('SKIPPED'), sfn.Succeed.jsonata(scope, 'Skipped'))
    .when(outcomeIs('RERENDER'), makeAndDeliver, { outputs: '{% null %}' })
    .otherwise(lookUp.next(props.notReadyTimeout
      ? untilReady(scope, props.notReadyTimeout, { lookUp, ready: makeAndDeliver, late: closeFailedRun })
      : makeAndDeliver)));
}

const outcomeIs = (outcome: OpenRunResult['outcome']) => sfn.Condition.jsonata(`{% $opened.outcome = '${outcome}' %}`);

/** Asks a data source again that is not ready: after a minute, then after as long as it took so far, at most 15 minutes. */
function untilReady(
  scope: Construct, timeout: Duration, next: { readonly lookUp: sfn.IChainable; readonly ready: sfn.IChainable; readonly late: sfn.IChainable },
): sfn.IChainable {
  const elapsed = '($millis() - $toMillis($opened.run.openedAt)) / 1000';
  const wait = sfn.Wait.jsonata(scope, 'Wait for the data', {
    time: sfn.WaitTime.seconds(
      `{% $ceil($max([0, $min([$max([${SHORTEST_WAIT.toSeconds()}, ${elapsed}]), ${LONGEST_WAIT.toSeconds()}, ${timeout.toSeconds()} - ${elapsed} + 1])])) %}`,
    ),
  });
  const late = sfn.Pass.jsonata(scope, 'Data not ready', {
    outputs: {
      Error: 'DataNotReady',
      Cause: `{% 'the data source said for ${timeout.toHumanString()} that its data is not ready: ' & $substring($string($states.input.notReady.reason), 0, 500) %}`,
    },
  });
  return sfn.Choice.jsonata(scope, 'Data ready?')
    .when(sfn.Condition.jsonata('{% $not($exists($states.input.notReady)) %}'), next.ready)
    .when(sfn.Condition.jsonata(`{% ${elapsed} > ${timeout.toSeconds()} %}`), late.next(next.late))
    .otherwise(wait.next(next.lookUp));
}

function withRetry(task: sfn.TaskStateBase, policies: sfn.RetryProps[]): sfn.TaskStateBase {
  policies.forEach(policy => task.addRetry(policy));
  return task;
}
