import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { BucketPrefix } from './bucket-prefix';
import { isGrantable } from './workflow/imported-policy';
import { invokeFunction, timeoutOf } from './workflow/invoke-function';

/**
 * What a data source is bound to.
 */
export interface ReportDataSourceContext {
  /**
   * The data source's event, as the input of its task: which run, period and parameters, and where to write large data.
   *
   * It is a JSONata expression, for a task made by a `.jsonata()` factory.
   */
  readonly event: sfn.TaskInput;

  /**
   * Where the data source may write rows that are too many to return. Grant its function `data.grantWrite(fn)`.
   */
  readonly data: BucketPrefix;

  /**
   * Whether the policies of imported resources are said to be in place.
   */
  readonly policiesInPlace: boolean;
}

/**
 * What a data source gives to the pipeline.
 */
export interface ReportDataSourceConfig {
  /**
   * The task that looks the data up. Its output is the result that `docs/data-contract.md` describes.
   *
   * The pipeline adds the Retry for failures of the task, and the Catch.
   */
  readonly task: sfn.TaskStateBase;
}

/**
 * Options of a function as data source.
 */
export interface FunctionDataSourceOptions {
  /**
   * The time after which the look-up has failed. Ten seconds more than the function's own timeout, because Step Functions does
   * not stop the function.
   *
   * @default - the function's timeout and 10 seconds; 15 minutes and 10 seconds for an imported function
   */
  readonly timeout?: Duration;
}

/**
 * Where the rows of a report come from.
 *
 * Extend this class for a source of your own: `bind` makes the task and grants what it needs.
 */
export abstract class ReportDataSource {
  /**
   * A Lambda function looks the data up.
   *
   * It gets the run's event and returns columns and rows, or a reference to rows that it wrote to `event.output`. It should only
   * read: a failed look-up is repeated up to three times.
   *
   * @param fn The function.
   * @param options Options of the look-up.
   */
  public static fromFunction(fn: lambda.IFunction, options: FunctionDataSourceOptions = {}): ReportDataSource {
    return new FunctionDataSource(fn, options);
  }

  /**
   * Called by the pipeline, once.
   *
   * @param scope Where to make constructs.
   * @param context What the pipeline offers.
   */
  public abstract bind(scope: Construct, context: ReportDataSourceContext): ReportDataSourceConfig;
}

class FunctionDataSource extends ReportDataSource {
  public constructor(private readonly fn: lambda.IFunction, private readonly options: FunctionDataSourceOptions) {
    super();
  }

  public bind(scope: Construct, context: ReportDataSourceContext): ReportDataSourceConfig {
    if (isGrantable(scope, this.fn, context.policiesInPlace, [context.data._writeStatement()])) {
      context.data.grantWrite(this.fn);
    }
    return {
      task: invokeFunction(scope, 'Look up the data', {
        fn: this.fn,
        payload: context.event,
        timeout: this.options.timeout ?? timeoutOf(this.fn),
      }),
    };
  }
}
