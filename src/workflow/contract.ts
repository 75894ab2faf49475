/**
 * What flows between the states of the workflow, and between the library and the functions of its users.
 *
 * The workflow builds these objects with JSONata, the handlers read and return them, and `docs/data-contract.md` explains
 * them to whoever writes a data source, a renderer or a link in any language. `schema.ts` holds the same as JSON Schema.
 */

/** The version of the contract. A change that an existing data source or renderer could trip over gets a new number. */
export const CONTRACT_VERSION = 1;

/**
 * The largest result that a data source may return inline, in bytes of JSON.
 *
 * Step Functions fails an execution whose state passes on more than 256 KiB, in a way that no Catch sees
 * (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html). The difference is room for the run itself.
 */
export const INLINE_LIMIT_BYTES = 200 * 1024;

/** The largest `parameters` of a run, in bytes of JSON: they travel with the run through each state. */
export const PARAMETERS_LIMIT_BYTES = 16 * 1024;

/** The time that a report is about: from `from` (included) to `to` (excluded). */
export interface Period {
  /** ISO 8601, UTC. */
  readonly from: string;
  /** ISO 8601, UTC. */
  readonly to: string;
  /** The IANA time zone in which the period's days begin. */
  readonly timeZone: string;
}

/** Whole units of the calendar, counted from the one in which the scheduled time is, which is 0: from the start of `from` to that of `to`. */
export interface CalendarPeriod {
  readonly unit: 'day' | 'week' | 'month' | 'quarter' | 'year';
  readonly from: number;
  readonly to: number;
}

/** What a scheduled report is about. `SINCE_LAST_RUN`: from where the last delivered report of the schedule ended to the scheduled time. */
export type PeriodRule = CalendarPeriod | 'SINCE_LAST_RUN';

export type Trigger = 'SCHEDULE' | 'REQUEST' | 'MANUAL';

/** What a schedule says of the run that it starts. */
export interface ScheduledStart {
  readonly arn: string;
  /** The time for which the schedule started the run, ISO 8601. */
  readonly time: string;
  /** The IANA time zone of the schedule. */
  readonly timeZone: string;
  /** Default: the day before. */
  readonly period?: PeriodRule;
  /** A run that is opened later than so long after its time is skipped. Default: it is made. */
  readonly startingDeadlineSeconds?: number;
  /** Whether a run is skipped while another one of the schedule is under way. Default: ALLOW. */
  readonly onOverlap?: 'ALLOW' | 'SKIP';
  /** The dates in the schedule's zone (YYYY-MM-DD) on which its runs are skipped. */
  readonly holidays?: readonly string[];
}

/** The input of an execution, as the schedule, the API or a person gives it. */
export interface StartInput {
  /** Set by a schedule. */
  readonly schedule?: ScheduledStart;
  /** Set by the API; the id is also the execution's name. */
  readonly request?: { readonly reportId: string };
  /** The period of a run that a person starts. Default: the day up to the start. The zone's default is that of the pipeline. */
  readonly period?: { readonly from: string; readonly to: string; readonly timeZone?: string };
  /** Makes the report of `schedule` or `period` once more, although there is one: the same word again is the same report. */
  readonly rerun?: string;
  /** The id of an earlier report, whose files are made again of what they were made of, instead of looking the data up. */
  readonly rerender?: string;
  readonly parameters?: Parameters;
}

export type Parameters = { readonly [name: string]: unknown };

/** One run of the pipeline: what every step is told. */
export interface Run {
  readonly version: typeof CONTRACT_VERSION;
  /** The report's id, the same in each attempt. */
  readonly reportId: string;
  /** 1, and one more each time that a failed run is taken over. */
  readonly attempt: number;
  /** The report's name, for people. */
  readonly report: string;
  readonly trigger: Trigger;
  readonly period: Period;
  /** The time for which the schedule started the run, ISO 8601. */
  readonly scheduledTime?: string;
  /** When the run was opened, ISO 8601. The same in each retry, so that a retry writes the same bytes. */
  readonly openedAt: string;
  /** A BCP 47 language tag for numbers and dates. */
  readonly locale: string;
  /** The IANA time zone of the readers. */
  readonly timeZone: string;
  readonly parameters: Parameters;
  /** The groups whose members may see the report; left out where there are none. */
  readonly readerGroups?: string[];
}

/** What a data source is invoked with. */
export interface DataSourceEvent extends Run {
  /** Where to write rows that are too many to return. The data source has the permission to. */
  readonly output: ObjectAddress;
}

export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

export type ColumnType = 'text' | 'integer' | 'decimal' | 'currency' | 'date' | 'datetime' | 'boolean' | 'link';

export interface Column {
  /** The key of the column's value in each row. */
  readonly name: string;
  /** The column's heading. Default: the name. */
  readonly label?: string;
  readonly type: ColumnType;
  /** ISO 4217; for `currency`, where it is needed unless the renderer says it. */
  readonly currency?: string;
  /** Digits after the decimal point; for `decimal` and `currency`. Default: as many as the value or the currency has. */
  readonly decimals?: number;
}

/** A row: a value for each column. */
export type Row = { readonly [column: string]: unknown };

/** What a data source returns. */
export interface DataSourceResult {
  readonly version: typeof CONTRACT_VERSION;
  /** When the data was true, ISO 8601. Default: when the run was opened. */
  readonly asOf?: string;
  readonly columns: Column[];
  /** The rows, where they fit in 200 KB; otherwise `data`. */
  readonly rows?: Row[];
  /** Where the data source wrote the rows. */
  readonly data?: DataReference;
  /** Totals by column name, computed by the data source. */
  readonly totals?: { readonly [column: string]: string | number | boolean | null };
}

export interface DataReference {
  /** Under the folder of `output.key` in the pipeline's own bucket. */
  readonly key: string;
  /** One JSON object a line, one JSON array of objects, or comma-separated values; either may be packed with gzip. */
  readonly format: 'NDJSON' | 'JSON' | 'CSV';
}

/** A file of the report, where the renderer writes it. */
export interface OutputFile extends ObjectAddress {
  readonly name: string;
  readonly contentType: string;
}

/** What a renderer is invoked with. */
export interface RenderEvent extends Run {
  /** Null where an earlier report is rendered again. */
  readonly data: DataSourceResult | null;
  /** Where the renderer of the earlier report kept its data. */
  readonly kept?: ObjectAddress;
  readonly files: OutputFile[];
}

/** Beside the files of a report: what they were made of. A file of a report can not have this name. */
export const KEPT_DATA_NAME = 'data.json';

/** What a renderer keeps there, so that the same files can be made again. */
export interface KeptData extends Run {
  readonly data: DataSourceResult;
}

/** What a renderer returns once all its files are complete in S3. */
export interface RenderResult {
  readonly version: typeof CONTRACT_VERSION;
  /** The rows that are in each file. */
  readonly rows: number;
  /** Whether rows were left out, because the report has a limit. Default: false. */
  readonly truncated?: boolean;
  /** The rows that the data has; where rows were left out, more than `rows`. Default: `rows`. */
  readonly totalRows?: number;
  /** SHA-256 of the data, in hex: the same for the same rows, as the data source wrote them. `onUnchanged` needs it. */
  readonly dataSha256?: string;
  readonly asOf: string;
  readonly files: RenderedFile[];
}

export interface RenderedFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
  /** What S3 answered as the object's ETag when the file was written: with it, a file that was replaced since is noticed. */
  readonly etag?: string;
}

/** What a data source returns whose data is not there yet, instead of the data. */
export interface DataNotReady {
  readonly version: typeof CONTRACT_VERSION;
  readonly notReady: {
    /** What is missing, for the owner. */
    readonly reason: string;
  };
}

/** What the function of a link is invoked with. */
export interface LinkEvent extends Run {
  readonly files: OutputFile[];
  /** The item of the ledger in which to keep `url` and `expiresAt` for each file: `sk` is this one with the file's name behind it. */
  readonly ledger: { readonly table: string; readonly pk: string; readonly sk: string };
  /** Set when the links are about to be sent: this answer is kept nowhere, and may hold URLs. */
  readonly deliver?: true;
}

/** What the function of a link returns: no URL, because Step Functions keeps what states return for 90 days. */
export interface LinkResult {
  readonly version: typeof CONTRACT_VERSION;
  readonly links: { readonly file: string; readonly expiresAt: string }[];
}

/** What the function of a link returns to who sends the links. A URL that it does not return is in the ledger. */
export interface LinksToSend {
  readonly version: typeof CONTRACT_VERSION;
  readonly links: {
    readonly file: string;
    readonly expiresAt: string;
    readonly url?: string;
    /** Opens the file as `url` does, for the check before delivery. Default: `url`. */
    readonly verifyUrl?: string;
  }[];
}

/** What the steps of a run work with. */
export interface Opened {
  readonly run: Run;
  readonly output: ObjectAddress;
  readonly files: OutputFile[];
  readonly ledger: LinkEvent['ledger'];
}

/** What the handler that opens a run returns; the rest of the workflow follows from `outcome`. */
export type OpenRunResult =
  | Opened & { readonly outcome: 'OPENED' }
  | Opened & { readonly outcome: 'RERENDER'; readonly kept: ObjectAddress }
  | { readonly outcome: 'DUPLICATE' | 'PAUSED' | 'SKIPPED'; readonly reportId: string };

export interface OpenRunEvent {
  readonly execution: { readonly arn: string; readonly name: string; readonly startTime: string };
  readonly input: StartInput;
}

export interface DeliverEvent extends LinkEvent {
  readonly executionArn: string;
  /** How often the execution was redriven. */
  readonly redriveCount: number;
  readonly rendered: RenderResult;
  readonly link: LinkResult;
}

export interface DeliverResult {
  readonly status: 'DELIVERED' | 'SKIPPED';
  readonly reportId: string;
  readonly messageId?: string;
}

/** The version of the messages that programs get. A change that a subscriber could trip over gets a new number. */
export const MESSAGE_VERSION = 1;

/** What subscribers that are programs get (SQS, Lambda, HTTP) when a report is ready. People get its `text`. */
export interface ReportReadyMessage extends Pick<Run, 'reportId' | 'attempt' | 'report' | 'trigger' | 'period' | 'scheduledTime' | 'readerGroups'> {
  readonly version: typeof MESSAGE_VERSION;
  readonly kind: 'REPORT';
  readonly status: 'COMPLETE' | 'TRUNCATED';
  readonly asOf: string;
  /** The rows in each file, and those that the data has. */
  readonly rows: number;
  readonly totalRows: number;
  readonly links: readonly { readonly file: string; readonly url: string; readonly expiresAt: string }[];
  readonly subject: string;
  readonly text: string;
}

/** What subscribers of the owner's topic that are programs get when a run failed. People get its `text`. */
export interface FailureMessage {
  readonly version: typeof MESSAGE_VERSION;
  readonly kind: 'FAILURE';
  readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'NO_RECIPIENT';
  /** What became of the delivery, where one was begun. */
  readonly delivery?: 'PENDING' | 'SENDING' | 'SENT' | 'REFUSED' | 'UNKNOWN';
  readonly reportId: string;
  readonly report: string;
  readonly period?: Period;
  readonly step?: string;
  readonly error: string;
  readonly executionArn: string;
  /** The execution in the console of AWS. */
  readonly console: string;
  readonly subject: string;
  readonly text: string;
}

/** What subscribers of the owner's topic that are programs get when a schedule does not keep its times. People get its `text`. */
export interface ScheduleMessage {
  readonly version: typeof MESSAGE_VERSION;
  readonly kind: 'SCHEDULE';
  /** MISSED: runs have not ended by their deadline. DISABLED, DELETED: it is so in Scheduler, and no run will be started. */
  readonly status: 'MISSED' | 'DISABLED' | 'DELETED';
  readonly report: string;
  readonly schedule: { readonly arn: string; readonly name: string; readonly expression: string; readonly timeZone: string };
  /** The runs that have not ended, the earliest first. */
  readonly runs: readonly MissedRun[];
  readonly subject: string;
  readonly text: string;
}

export interface MissedRun {
  readonly scheduledTime: string;
  readonly reportId: string;
  /** NONE: it was never started. RUNNING: it goes on. TIMED_OUT: nobody works on it any more. */
  readonly status: 'NONE' | 'RUNNING' | 'TIMED_OUT';
  readonly executionArn?: string;
}

/** A schedule whose runs are to end by a deadline, as the app that was deployed has it. */
export interface ExpectedSchedule {
  readonly arn: string;
  /** How its owner calls it. */
  readonly name: string;
  readonly expression: string;
  readonly timeZone: string;
  /** ISO 8601. */
  readonly start?: string;
  /** ISO 8601. */
  readonly end?: string;
  /** A run is to have ended so long after its time. */
  readonly deadlineSeconds: number;
}

/** What the handler is invoked with that looks whether schedules keep their times. */
export interface WatchSchedulesEvent {
  readonly schedules: readonly ExpectedSchedule[];
}

/** The partitions of the ledger with all that is known of a run, by the id of its report. */
export const RUN_PARTITION = 'run#';

/** The partition of the ledger whose item `pause` is there while the schedules are paused. */
export const PAUSE_PARTITION = 'pipeline';

/** The partitions of the ledger with what is known of a schedule, by its ARN. */
export const SCHEDULE_PARTITION = 'schedule#';

/** The partitions of the ledger with the links that are signed when they are opened: by the hash of the token, and by the id of the report. */
export const LINK_PARTITION = 'link#';
export const REPORT_LINKS_PARTITION = 'report-links#';

/** The partitions of the ledger that list, by time, the reports that a caller requested, and those that a group may see. */
export const READER_PARTITION = 'reader#';

/** How long the URL lives that is signed when a link is opened: as long as a browser needs to follow it. */
export const SIGNED_WHEN_OPENED_SECONDS = 60;

/** The states of the workflow that the history of an execution is searched for. */
export const OPEN_RUN = 'Open the run';
export const OPENED = 'Opened?';
export const RENDER_AND_PRESIGN = 'Render and presign';
export const RENDER = 'Render report';
export const PRESIGN = 'Presign link';
export const DELIVER = 'Deliver';
/** The state that closes a run that failed. Its handler looks past it. */
export const CLOSE_FAILED_RUN = 'Close failed run';

/** What the workflow hands to the failure handler; EventBridge hands it a status change event instead. */
export interface FailureEvent {
  readonly executionArn: string;
  /** How often the execution was redriven. */
  readonly redriveCount: number;
  /** When the execution came to the state that calls the handler; the same in each try. */
  readonly enteredAt: string;
  readonly error: string;
  readonly cause: string;
}

/** What a handler refuses in a way that trying again does not mend. The workflow does not retry these. */
export const REPORT_ERRORS = [
  'InvalidInput',
  'InvalidData',
  'DataNotReady',
  'DataGone',
  'LimitExceeded',
  'InvalidRender',
  'InvalidLink',
  'EmptyReport',
  'NoRecipient',
  'DeliveryRefused',
  'DeliveryUncertain',
  'ReportFailed',
] as const;

export type ReportErrorName = typeof REPORT_ERRORS[number];
