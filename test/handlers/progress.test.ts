import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { RunItem, RunStatus } from '../../src/handlers/ledger';
import { stepsOf } from '../../src/handlers/progress';
import { statesOf, TestStack } from '../support/synth';

const progress = (status: RunStatus, run: Partial<RunItem> = {}, lastEvents: HistoryEvent[] = []) =>
  stepsOf(status, { reportId: 'r', status, ...run }, lastEvents)?.map(step => step.status).join(' ');

/** A history as Step Functions gives it in reverse: `+name` entered, `-name` left, anything else happened within a state. */
const history = (...events: string[]): HistoryEvent[] => events.map((event, index) => {
  const details = { name: event.slice(1) };
  return {
    id: index + 1,
    timestamp: new Date(0),
    type: 'TaskScheduled' as const,
    ...(event.startsWith('+') && { stateEnteredEventDetails: details }),
    ...(event.startsWith('-') && { stateExitedEventDetails: details }),
  };
}).reverse();

const OPENED = ['ExecutionStarted', '+Open the run', 'TaskScheduled', '-Open the run', '+Opened?', '-Opened?'];
const LOOKED_UP = [...OPENED, '+Look up the data', 'TaskScheduled', '-Look up the data'];
const BOTH = [...LOOKED_UP, '+Render and presign', 'ParallelStateStarted', '+Render report', '+Presign link'];

test.each<[string, string[], string]>([
  ['nothing', [], 'WAITING WAITING WAITING WAITING'],
  ['its opening', OPENED.slice(0, 3), 'WAITING WAITING WAITING WAITING'],
  ['the choice', OPENED, 'WAITING WAITING WAITING WAITING'],
  ['the look-up', LOOKED_UP.slice(0, -1), 'RUNNING WAITING WAITING WAITING'],
  ['a state of somebody\'s own data source', [...OPENED, '+Read the order', 'TaskScheduled'], 'RUNNING WAITING WAITING WAITING'],
  ['a wait for the data', [...LOOKED_UP, '+Data ready?', '-Data ready?', '+Wait for the data'], 'RUNNING WAITING WAITING WAITING'],
  ['the end of the look-up', LOOKED_UP, 'DONE WAITING WAITING WAITING'],
  ['both branches', BOTH, 'DONE RUNNING RUNNING WAITING'],
  ['both branches, of which an emulator does not tell', BOTH.slice(0, -2), 'DONE RUNNING RUNNING WAITING'],
  ['one branch', [...BOTH, '-Presign link'], 'DONE RUNNING DONE WAITING'],
  ['the other branch', [...BOTH, '-Render report'], 'DONE DONE RUNNING WAITING'],
  ['the end of both', [...BOTH, '-Presign link', '-Render report', '-Render and presign'], 'DONE DONE DONE WAITING'],
  ['the delivery', [...BOTH, '-Presign link', '-Render report', '-Render and presign', '+Deliver', 'TaskScheduled'], 'DONE DONE DONE RUNNING'],
  ['the end of the delivery', [...BOTH, '-Presign link', '-Render report', '-Render and presign', '+Deliver', '-Deliver'], 'DONE DONE DONE DONE'],
])('a run that has come to %s', (_what, events, expected) => {
  expect(progress('RUNNING', {}, history(...events))).toBe(expected);
});

test('a run that was redriven is where it is now, not where it was before', () => {
  const failed = [...BOTH, '-Render report', '-Presign link', '-Render and presign', '+Deliver', '-Deliver', '+Close failed run', '-Close failed run'];

  expect(progress('RUNNING', {}, history(...failed, ...BOTH.slice(1)))).toBe('DONE RUNNING RUNNING WAITING');
});

test('a run that is about to fail tells no steps', () => {
  expect(progress('RUNNING', {}, history(...OPENED, '+Look up the data', '-Look up the data', '+Close failed run'))).toBeUndefined();
});

test.each<[RunStatus, string | undefined, string | undefined]>([
  ['REQUESTED', undefined, 'WAITING WAITING WAITING WAITING'],
  ['DELIVERED', undefined, 'DONE DONE DONE DONE'],
  ['FAILED', 'Open the run', 'WAITING WAITING WAITING WAITING'],
  ['FAILED', 'Look up the data', 'FAILED WAITING WAITING WAITING'],
  ['FAILED', 'Read the order', 'FAILED WAITING WAITING WAITING'],
  ['FAILED', 'Render report', 'DONE FAILED WAITING WAITING'],
  ['FAILED', 'Presign link', 'DONE WAITING FAILED WAITING'],
  ['FAILED', 'Render and presign', 'DONE FAILED FAILED WAITING'],
  ['NO_RECIPIENT', 'Deliver', 'DONE DONE DONE FAILED'],
  ['TIMED_OUT', 'Look up the data', 'FAILED WAITING WAITING WAITING'],
  ['ABORTED', undefined, undefined],
  ['PAUSED', undefined, undefined],
  ['SKIPPED', undefined, undefined],
])('a run that is %s (step: %s)', (status, step, expected) => {
  expect(progress(status, { step })).toBe(expected);
});

test('the states that are looked for are those of the workflow', () => {
  const stack = new TestStack();
  stack.pipeline();
  const states = statesOf(stack.definition);
  const branches = states['Render and presign'].Branches.flatMap((branch: any) => Object.keys(branch.States));

  expect([...Object.keys(states), ...branches]).toEqual(expect.arrayContaining(
    ['Open the run', 'Opened?', 'Look up the data', 'Render and presign', 'Render report', 'Presign link', 'Deliver', 'Close failed run'],
  ));
});
