import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';

/** Step Functions does not stop the function of a task that timed out: the task has to outlive it. */
const LONGER_THAN_THE_FUNCTION = Duration.seconds(10);
const LONGEST_FUNCTION = Duration.minutes(15);

export interface InvokeFunctionProps {
  readonly fn: lambda.IFunction;
  readonly payload: sfn.TaskInput;
  readonly timeout?: Duration;
  /** Variables of the execution to set from the result. */
  readonly assign?: { [name: string]: string };
}

/** A state that invokes a function and puts out what it returns. */
export function invokeFunction(scope: Construct, stateName: string, props: InvokeFunctionProps): sfn.TaskStateBase {
  return new ExactLambdaInvoke(scope, stateName, {
    lambdaFunction: props.fn,
    payload: props.payload,
    outputs: '{% $states.result.Payload %}',
    assign: props.assign,
    taskTimeout: sfn.Timeout.duration(props.timeout ?? timeoutOf(props.fn)),
    retryOnServiceExceptions: false, // each state names its own policy
  });
}

/** How long a task waits for a function: longer than the function may take. */
export function timeoutOf(fn: lambda.IFunction): Duration {
  const timeout = (fn as lambda.Function).timeout ?? LONGEST_FUNCTION;
  return timeout.isUnresolved() ? LONGEST_FUNCTION.plus(LONGER_THAN_THE_FUNCTION) : timeout.plus(LONGER_THAN_THE_FUNCTION);
}

/** LambdaInvoke permits every version and alias of the function; this one permits what it invokes. */
class ExactLambdaInvoke extends tasks.LambdaInvoke {
  protected readonly taskPolicies: iam.PolicyStatement[];

  public constructor(scope: Construct, id: string, props: tasks.LambdaInvokeProps) {
    super(scope, id, { ...props, queryLanguage: sfn.QueryLanguage.JSONATA } as tasks.LambdaInvokeProps);
    this.taskPolicies = [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [props.lambdaFunction.functionArn] })];
  }
}
