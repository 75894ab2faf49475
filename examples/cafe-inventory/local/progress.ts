import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand, type DescribeExecutionOutput, DescribeStateMachineCommand, type HistoryEvent, paginateGetExecutionHistory, SFNClient,
} from '@aws-sdk/client-sfn';
import type { Cloud } from './cloud';
import { seconds } from './step';

/** Shows how an execution goes from state to state, until it has ended. */
export async function follow(cloud: Cloud, stateMachineArn: string, executionName: string): Promise<DescribeExecutionOutput> {
  const sfn = new SFNClient(cloud);
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${executionName}`;
  const { definition } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const { StartAt, States } = JSON.parse(definition!) as Machine;
  const planned = expectedWay(States, StartAt);
  const display = process.stdout.isTTY ? redrawn() : oneLineAChange();

  for (;;) {
    // In this order: the history of an execution that has ended is complete.
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    const events: HistoryEvent[] = [];
    for await (const page of paginateGetExecutionHistory({ client: sfn }, { executionArn })) {
      events.push(...page.events ?? []);
    }
    display(progress(States, planned, events));
    if (execution.status !== 'RUNNING') return execution;
    await sleep(150);
  }
}

interface Machine { readonly StartAt: string; readonly States: States }
type States = Record<string, State>;

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: { readonly Next: string }[];
  readonly Catch?: { readonly Next: string }[];
  readonly Branches?: Machine[];
}

export interface Progress {
  readonly name: string;
  readonly depth: number;
  readonly status: 'waiting' | 'running' | 'done' | 'failed';
  readonly milliseconds?: number;
}

/** The way through the states that visits the most of them, which is the one on which the report is delivered. */
function expectedWay(states: States, from: string | undefined, visited: readonly string[] = []): string[] {
  if (from === undefined || visited.includes(from)) return [];
  const { Next, Default, Choices = [] } = states[from];
  const ways = [Next, Default, ...Choices.map(choice => choice.Next)].map(next => expectedWay(states, next, [...visited, from]));
  return [from, ...ways.reduce((longest, way) => way.length > longest.length ? way : longest)];
}

/** What the history tells of each state: first those that were entered, in that order, then what is still to come. */
export function progress(states: States, planned: string[], events: HistoryEvent[]): Progress[] {
  const entered = events.flatMap(event => event.stateEnteredEventDetails?.name ?? []).filter(name => name in states);
  const ahead = planned.filter(name => !entered.includes(name));
  const hasLeftTheWay = entered.some(name => !planned.includes(name));
  const hasBrokenOff = events.some(({ type }) => type === 'ExecutionFailed' || type === 'ExecutionAborted' || type === 'ExecutionTimedOut');

  const told = (name: string, depth: number): Progress => {
    const from = events.find(event => event.stateEnteredEventDetails?.name === name)?.timestamp;
    const to = events.find(event => event.stateExitedEventDetails?.name === name)?.timestamp;
    const next = entered[entered.indexOf(name) + 1];
    const isCaught = states[name]?.Catch?.some(({ Next }) => Next === next) ?? false;
    const isFailed = isCaught || (!to && hasBrokenOff);
    return {
      name,
      depth,
      status: !from ? 'waiting' : isFailed ? 'failed' : to ? 'done' : 'running',
      milliseconds: from && to && to.getTime() - from.getTime(),
    };
  };
  const withBranches = (name: string): Progress[] => {
    const state = told(name, 0);
    const branches = states[name].Branches?.flatMap(branch => expectedWay(branch.States, branch.StartAt)) ?? [];
    return [state, ...branches.map(branch => {
      const own = told(branch, 1);
      // ministack's history does not mention the states within a Parallel: then they are as far as it is, but which one failed is not known.
      return own.status === 'waiting' && state.status !== 'failed' ? { ...own, status: state.status } : own;
    })];
  };
  return [...new Set([...entered, ...hasLeftTheWay || hasBrokenOff ? [] : ahead])].flatMap(withBranches);
}

const MARKS = { waiting: '○', running: '●', done: '✓', failed: '✗' };

function line({ name, depth, status, milliseconds }: Progress): string {
  const duration = milliseconds === undefined ? '' : ` (${seconds(milliseconds)})`;
  return `  ${'  '.repeat(depth)}${MARKS[status]} ${name}${duration}`;
}

/** For a terminal: the list of states stays in its place and changes there. */
function redrawn(): (list: Progress[]) => void {
  let linesDrawn = 0;
  return list => {
    const toTheTop = linesDrawn > 0 ? `\x1b[${linesDrawn}A\x1b[J` : '';
    process.stdout.write(`${toTheTop}${list.map(line).join('\n')}\n`);
    linesDrawn = list.length;
  };
}

/** For a log: a line for each state that has begun or ended. */
function oneLineAChange(): (list: Progress[]) => void {
  const shown = new Map<string, Progress['status']>();
  return list => {
    for (const state of list.filter(({ name, status }) => status !== 'waiting' && status !== shown.get(name))) {
      shown.set(state.name, state.status);
      console.log(line(state));
    }
  };
}
