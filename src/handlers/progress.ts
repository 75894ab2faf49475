import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { RunItem, RunStatus } from './ledger';
import { CLOSE_FAILED_RUN, DELIVER, OPEN_RUN, OPENED, PRESIGN, RENDER, RENDER_AND_PRESIGN } from '../workflow/contract';

/** A step of a run, as people are told it. */
export interface Step {
  readonly name: string;
  readonly status: 'WAITING' | 'RUNNING' | 'DONE' | 'FAILED';
}

/** The steps have names of their own: the states of a data source are named by who wrote it. */
const STEPS = ['Look up the data', RENDER, PRESIGN, DELIVER] as const;

/** So many of the last events of an execution hold the state that it is in: more than both branches of it have, tries included. */
export const LAST_EVENTS = 100;

/**
 * How far a run is, from its record and, while it is running, from the last events of its execution, the last one first. Undefined where
 * there are no steps to show: it was not made, or nobody knows where it failed.
 */
export function stepsOf(status: RunStatus, { step, rerenderOf }: RunItem, lastEvents: HistoryEvent[]): Step[] | undefined {
  const all = allSteps(status, step, lastEvents);
  return rerenderOf === undefined ? all : all?.slice(1); // of which the data is there
}

function allSteps(status: RunStatus, step: string | undefined, lastEvents: HistoryEvent[]): Step[] | undefined {
  switch (status) {
    case 'REQUESTED': return steps('WAITING', 'WAITING', 'WAITING', 'WAITING');
    case 'RUNNING': return runningSteps(lastEvents);
    case 'DELIVERED': return steps('DONE', 'DONE', 'DONE', 'DONE');
    case 'PAUSED':
    case 'SKIPPED': return undefined;
    default: return step === undefined ? undefined : failedSteps(step);
  }
}

function runningSteps(lastEvents: HistoryEvent[]): Step[] | undefined {
  const left = new Set<string>();
  let current: string | undefined;
  for (const { stateEnteredEventDetails: entered, stateExitedEventDetails: exited } of lastEvents) {
    if (entered?.name !== undefined && entered.name !== RENDER && entered.name !== PRESIGN) {
      current = entered.name;
      break;
    }
    if (exited?.name !== undefined) {
      left.add(exited.name);
    }
  }
  const unlessLeft = (name: string) => left.has(name) ? 'DONE' : 'RUNNING';
  switch (current) {
    case undefined:
    case OPEN_RUN:
    case OPENED: return steps('WAITING', 'WAITING', 'WAITING', 'WAITING');
    case RENDER_AND_PRESIGN: return steps('DONE', unlessLeft(RENDER), unlessLeft(PRESIGN), 'WAITING');
    case DELIVER: return steps('DONE', 'DONE', 'DONE', unlessLeft(DELIVER));
    case CLOSE_FAILED_RUN: return undefined;
    default: return steps(unlessLeft(current), 'WAITING', 'WAITING', 'WAITING');
  }
}

/** One branch that fails stops the other, wherever that is. */
function failedSteps(step: string): Step[] {
  switch (step) {
    case OPEN_RUN: return steps('WAITING', 'WAITING', 'WAITING', 'WAITING');
    case RENDER: return steps('DONE', 'FAILED', 'WAITING', 'WAITING');
    case PRESIGN: return steps('DONE', 'WAITING', 'FAILED', 'WAITING');
    case RENDER_AND_PRESIGN: return steps('DONE', 'FAILED', 'FAILED', 'WAITING');
    case DELIVER: return steps('DONE', 'DONE', 'DONE', 'FAILED');
    default: return steps('FAILED', 'WAITING', 'WAITING', 'WAITING');
  }
}

function steps(...statuses: [Step['status'], Step['status'], Step['status'], Step['status']]): Step[] {
  return STEPS.map((name, index) => ({ name, status: statuses[index] }));
}
