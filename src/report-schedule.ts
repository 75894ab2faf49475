import { Annotations, CfnOutput, Duration, RemovalPolicy, TimeZone } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ReportPeriod } from './report-period';
import type { ScheduledReportPipeline } from './scheduled-report-pipeline';
import { checkDeadlines, checkHolidays, checkParameters } from './workflow/checks';
import { PeriodRule, StartInput } from './workflow/contract';
import { ParametersSchema } from './workflow/parameters-schema';
import { checkTiming, shortestInterval, tellTiming } from './workflow/schedule-timing';
import { ScheduleWatch } from './workflow/schedule-watch';
import { sorted } from './workflow/sorted';

/**
 * What to do with a scheduled run while another run of the same schedule is under way.
 */
export enum OnOverlap {
  /** Make it: the two go on side by side. */
  ALLOW = 'ALLOW',
  /** Skip it; it ends well, and the ledger says SKIPPED with the reason OVERLAP. */
  SKIP = 'SKIP',
}

/**
 * When a report is made by itself.
 */
export interface ReportScheduleProps {
  /**
   * When, in which time zone. A rate has none: its period goes by the time zone of the pipeline.
   */
  readonly schedule: scheduler.ScheduleExpression;

  /**
   * What the report is about, in the time zone of the schedule.
   *
   * @default ReportPeriod.previousDay()
   */
  readonly period?: ReportPeriod;

  /**
   * Parameters for the data source and the renderer, at most 16 KB of JSON, as the `parametersSchema` of the pipeline asks for, if there is one.
   *
   * @default - none
   */
  readonly parameters?: { [name: string]: any };

  /**
   * How long after its time a run is to have ended: delivered, skipped, or failed with a notice. The owner is told of one that
   * has not, or was never started, at the next quarter of an hour. At most as long as the shortest time between two runs.
   *
   * @default - an hour, in which Scheduler tries to start it, the time window, the `runTimeout` of the pipeline, and a quarter of an hour
   */
  readonly deadline?: Duration;

  /**
   * How late a run may be opened. One that is later is skipped, and the ledger says SKIPPED with the reason TOO_LATE. At least a minute longer
   * than the time window.
   *
   * @default - a run is made however late it is opened; Scheduler gives up to start it after an hour
   */
  readonly startingDeadline?: Duration;

  /**
   * What to do while another run of this schedule is under way.
   *
   * @default OnOverlap.ALLOW
   */
  readonly onOverlap?: OnOverlap;

  /**
   * Dates on which no report is made, in the time zone of the schedule, like '2026-12-25'. The ledger says SKIPPED with the reason HOLIDAY.
   *
   * @default - none
   */
  readonly holidays?: string[];

  /**
   * Whether it fires at all. To stop reports for a while, pause the pipeline instead, which needs no deployment.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * A window after its time in which Scheduler may start the run, to spread the load of many.
   *
   * @default TimeWindow.off()
   */
  readonly timeWindow?: scheduler.TimeWindow;

  /**
   * From when on it fires. A rate counts from it.
   *
   * @default - as soon as it is deployed
   */
  readonly start?: Date;

  /**
   * Until when it fires.
   *
   * @default - for ever
   */
  readonly end?: Date;

  /**
   * What the schedule is for.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * Puts the next ten times into the stack's outputs. They depend on the day of the synthesis, and so does the template then.
   *
   * @default false
   */
  readonly outputFireTimes?: boolean;
}

/** What the schedules of a pipeline have to know of it. */
export interface ReportSchedulesOptions {
  readonly reportName: string;
  readonly locale: string;
  readonly timeZone: TimeZone;
  readonly ownerTopic?: sns.ITopic;
  readonly parametersSchema?: ParametersSchema;
  /** How long after its start a run has ended for sure. */
  readonly runLease: Duration;
}

/** An hour late is late enough; the rest goes to the dead-letter queue. The defaults would try for a day. */
const LATEST_START = Duration.hours(1);

/** The schedules of a pipeline: one group, one role, and the pipeline's dead-letter queue for all of them, and what watches them. */
export class ReportSchedules {
  private group?: scheduler.ScheduleGroup;
  private role?: iam.Role;
  private watch?: ScheduleWatch;

  public constructor(private readonly pipeline: ScheduledReportPipeline, private readonly options: ReportSchedulesOptions) {}

  public add(id: string, props: ReportScheduleProps): scheduler.Schedule {
    const { start, end, onOverlap, startingDeadline, holidays = [] } = props;
    const expression = props.schedule.expressionString;
    // A rate has no zone, whatever aws-cdk-lib says of it, and its report covers a day all the same.
    const isRate = expression.startsWith('rate(');
    const zone = isRate ? this.options.timeZone : props.schedule.timeZone ?? TimeZone.ETC_UTC;
    const timeZone = zone.timezoneName;
    const period: PeriodRule = (props.period ?? ReportPeriod.previousDay())._rule;
    const timing = { expression, timeZone, start, end, period };
    const parameters = sorted(props.parameters ?? {});
    const timeWindow = props.timeWindow?.maxWindow ?? Duration.millis(0);
    checkParameters(id, parameters);
    this.options.parametersSchema?.check(id, parameters);
    checkTiming(id, timing);
    checkHolidays(id, holidays);
    checkDeadlines(id, { timeWindow, startingDeadline, deadline: props.deadline, interval: props.deadline && shortestInterval(timing) });
    if (timeZone === TimeZone.ETC_UTC.timezoneName && expression.startsWith('cron(')) {
      Annotations.of(this.pipeline).addInfo(`the schedule ${id} is in UTC, and so are the days that its report covers: pass timeZone to make it follow the clock of its readers`);
    }

    const input: StartInput = {
      schedule: {
        arn: scheduler.ContextAttribute.scheduleArn,
        time: scheduler.ContextAttribute.scheduledTime,
        timeZone,
        ...(props.period && { period }),
        ...(startingDeadline && { startingDeadlineSeconds: startingDeadline.toSeconds() }),
        ...(onOverlap && { onOverlap }),
        ...(holidays.length > 0 && { holidays: [...new Set(holidays)].sort() }),
      },
      parameters,
    };
    const group = this.group ??= new scheduler.ScheduleGroup(this.pipeline, 'ScheduleGroup', { removalPolicy: RemovalPolicy.DESTROY });
    const schedule = new scheduler.Schedule(this.pipeline, id, {
      schedule: props.schedule,
      description: props.description,
      enabled: props.enabled,
      timeWindow: props.timeWindow,
      start,
      end,
      scheduleGroup: group,
      target: new targets.StepFunctionsStartExecution(this.pipeline.stateMachine, {
        role: this.role ??= this.schedulerRole(),
        input: scheduler.ScheduleTargetInput.fromObject(input),
        deadLetterQueue: this.pipeline.deadLetterQueue,
        maxEventAge: LATEST_START,
        retryAttempts: 4,
      }),
    });

    const next = tellTiming(schedule, timing);
    if (props.outputFireTimes) {
      new CfnOutput(schedule, 'FireTimes', { description: `When the schedule ${id} fires next`, value: next.map(({ local, utc }) => `${local} (${utc})`).join(', ') });
    }
    if (props.enabled !== false && this.options.ownerTopic) {
      this.watch ??= this.scheduleWatch(group, this.options.ownerTopic);
      this.watch.expect({
        arn: schedule.scheduleArn,
        name: id,
        expression,
        timeZone,
        start: start?.toISOString(),
        end: end?.toISOString(),
        deadlineSeconds: (props.deadline ?? LATEST_START.plus(timeWindow).plus(this.options.runLease)).toSeconds(),
      });
    }
    return schedule;
  }

  private schedulerRole(): iam.Role {
    const role = new iam.Role(this.pipeline, 'SchedulerRole', {
      description: 'Starts the report on schedule',
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com'),
    });
    this.pipeline.grants.startExecution(role);
    return role;
  }

  private scheduleWatch(group: scheduler.ScheduleGroup, ownerTopic: sns.ITopic): ScheduleWatch {
    const { reportName, locale } = this.options;
    const { ledger, ledgerRetention, deadLetterQueue, logGroup, encryptionKey } = this.pipeline;
    return new ScheduleWatch(this.pipeline, 'ScheduleWatch', {
      reportName, locale, group, ownerTopic, ledger, ledgerRetention, deadLetterQueue, logGroup, encryptionKey,
    });
  }
}
