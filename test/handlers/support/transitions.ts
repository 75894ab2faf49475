import { RunStatus } from '../../../src/handlers/ledger';

/** What is done to a run: by the API (request), by Open (open, pause), by Deliver (deliver, skip), by the failure handler (the next four), and by who deletes it. */
export const OPERATIONS = ['request', 'open', 'open a request', 'pause', 'deliver', 'skip', 'fail', 'time out', 'abort', 'find no recipient', 'erase'] as const;
export type Operation = typeof OPERATIONS[number];

export const STATUSES: readonly RunStatus[] = ['REQUESTED', 'RUNNING', 'PAUSED', 'DELIVERED', 'SKIPPED', 'NO_RECIPIENT', 'FAILED', 'TIMED_OUT', 'ABORTED', 'ERASING', 'ERASED'];

export interface Transition {
  /** NONE: there is no item of the run. */
  readonly from: RunStatus | 'NONE';
  readonly operation: Operation;
  readonly to: RunStatus;
  /** Only by the execution that has the run. */
  readonly own?: true;
  /** Only while no delivery was begun. */
  readonly deliveryBegun?: false;
  /** Only once the run's lease has run out. */
  readonly leaseExpired?: true;
  /** The run is an attempt more. */
  readonly nextAttempt?: true;
}

/** How an execution that failed ends its run. */
const FAILURES: [Operation, RunStatus][] = [['fail', 'FAILED'], ['time out', 'TIMED_OUT'], ['abort', 'ABORTED'], ['find no recipient', 'NO_RECIPIENT']];
/** What was not delivered, and is made again by who comes next. */
const OPENED_AGAIN: RunStatus[] = ['PAUSED', 'NO_RECIPIENT', 'FAILED', 'TIMED_OUT', 'ABORTED'];
const OPEN: Operation[] = ['open', 'open a request'];

const failures = (from: Transition['from'], condition: Partial<Transition> = {}): Transition[] =>
  FAILURES.map(([operation, to]) => ({ from, operation, to, ...condition }));
const ends = (from: RunStatus): Transition[] => [
  { from, operation: 'deliver', to: 'DELIVERED', own: true },
  { from, operation: 'skip', to: 'SKIPPED', own: true },
  ...failures(from, { own: true }),
];

/** All transitions of a run. What is not here leaves it as it is: what was delivered or skipped can only be erased. */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'NONE', operation: 'request', to: 'REQUESTED' },
  { from: 'NONE', operation: 'open', to: 'RUNNING', nextAttempt: true },
  { from: 'NONE', operation: 'pause', to: 'PAUSED' },
  ...failures('NONE'),

  { from: 'REQUESTED', operation: 'open a request', to: 'RUNNING', nextAttempt: true },
  ...failures('REQUESTED'),

  ...OPEN.map(operation => ({ from: 'RUNNING', operation, to: 'RUNNING', deliveryBegun: false, leaseExpired: true, nextAttempt: true } as const)),
  ...ends('RUNNING'),

  ...(['REQUESTED', 'RUNNING'] as const).map(from => ({ from, operation: 'erase', to: 'ERASING', leaseExpired: true } as const)),
  ...([...OPENED_AGAIN, 'DELIVERED', 'SKIPPED', 'ERASING'] as const).map(from => ({ from, operation: 'erase', to: 'ERASING' } as const)),

  { from: 'PAUSED', operation: 'pause', to: 'PAUSED' },
  ...OPENED_AGAIN.flatMap((from): Transition[] => [
    ...OPEN.flatMap((operation): Transition[] => [
      { from, operation, to: 'RUNNING', deliveryBegun: false, nextAttempt: true },
      { from, operation, to: 'RUNNING', own: true, nextAttempt: true }, // a redrive
    ]),
    ...ends(from), // of an execution that was redriven past its opening
  ]),
];
