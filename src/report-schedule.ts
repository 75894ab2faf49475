import { Annotations, Duration, RemovalPolicy, TimeZone, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import type { ScheduledReportPipeline } from './scheduled-report-pipeline';
import { PARAMETERS_LIMIT_BYTES, StartInput } from './workflow/contract';

/**
 * When a report is made by itself.
 */
export interface ReportScheduleProps {
  /**
   * When, in which time zone. The report is about the calendar day before, in this time zone, however often it is made; a rate
   * goes by the time zone of the pipeline.
   */
  readonly schedule: scheduler.ScheduleExpression;

  /**
   * Parameters for the data source and the renderer, at most 16 KB of JSON.
   *
   * @default - none
   */
  readonly parameters?: { [name: string]: any };

  /**
   * What the schedule is for.
   *
   * @default - no description
   */
  readonly description?: string;
}

/** The schedules of a pipeline: one group, one role, and the pipeline's dead-letter queue for all of them. */
export class ReportSchedules {
  private group?: scheduler.ScheduleGroup;
  private role?: iam.Role;

  public constructor(private readonly pipeline: ScheduledReportPipeline, private readonly timeZone: TimeZone) {}

  public add(id: string, props: ReportScheduleProps): scheduler.Schedule {
    const parameters = sorted(props.parameters ?? {});
    const bytes = Buffer.byteLength(JSON.stringify(parameters));
    if (bytes > PARAMETERS_LIMIT_BYTES) {
      throw new Error(`the parameters of the schedule ${id} have ${bytes} bytes of JSON, and at most ${PARAMETERS_LIMIT_BYTES} travel with a run; `
        + 'put what is larger where the data source can read it, and pass its address');
    }
    // A rate has no zone, whatever aws-cdk-lib says of it, and its report covers a day all the same.
    const isRate = props.schedule.expressionString.startsWith('rate(');
    const timeZone = isRate ? this.timeZone : props.schedule.timeZone ?? TimeZone.ETC_UTC;
    if (timeZone.timezoneName === TimeZone.ETC_UTC.timezoneName && props.schedule.expressionString.startsWith('cron(')) {
      Annotations.of(this.pipeline).addInfo(`the schedule ${id} is in UTC, and so is the day that its report covers: pass timeZone to make it follow the clock of its readers`);
    }
    const input: StartInput = {
      schedule: { arn: scheduler.ContextAttribute.scheduleArn, time: scheduler.ContextAttribute.scheduledTime, timeZone: timeZone.timezoneName },
      parameters,
    };
    return new scheduler.Schedule(this.pipeline, id, {
      schedule: props.schedule,
      description: props.description,
      scheduleGroup: this.group ??= new scheduler.ScheduleGroup(this.pipeline, 'ScheduleGroup', { removalPolicy: RemovalPolicy.DESTROY }),
      target: new targets.StepFunctionsStartExecution(this.pipeline.stateMachine, {
        role: this.role ??= this.schedulerRole(),
        input: scheduler.ScheduleTargetInput.fromObject(input),
        deadLetterQueue: this.pipeline.deadLetterQueue,
        // An hour late is late enough; the rest goes to the dead-letter queue. The defaults would try for a day.
        maxEventAge: Duration.hours(1),
        retryAttempts: 4,
      }),
    });
  }

  private schedulerRole(): iam.Role {
    const role = new iam.Role(this.pipeline, 'SchedulerRole', {
      description: 'Starts the report on schedule',
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com'),
    });
    this.pipeline.grants.startExecution(role);
    return role;
  }
}

/** The same value with its keys in order: a map of Java has another order in each process, and would change the schedule with each deployment. */
function sorted(value: any): any {
  if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]));
}
