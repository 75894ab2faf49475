/* What the API answers. */

export type ReportStatus =
  'REQUESTED' | 'RUNNING' | 'PAUSED' | 'DELIVERED' | 'SKIPPED' | 'NO_RECIPIENT' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'ERASING';

export type SkipReason = 'EMPTY' | 'UNCHANGED' | 'HOLIDAY' | 'TOO_LATE' | 'OVERLAP';

export interface Period {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

export interface Step {
  readonly name: string;
  readonly status: 'WAITING' | 'RUNNING' | 'DONE' | 'FAILED';
}

/** What is asked for. */
export interface Parameters {
  readonly onlyBelowReorderLevel: boolean;
}

export interface Report {
  readonly reportId: string;
  readonly status: ReportStatus;
  readonly report?: string;
  readonly reason?: SkipReason;
  readonly period?: Period;
  readonly rows?: number;
  readonly requestedAt?: string;
  readonly createdAt?: string;
  readonly linkExpiresAt?: string;
  readonly steps?: Step[];
}

export interface ReportPage {
  readonly reports: Report[];
  readonly next?: string;
}
