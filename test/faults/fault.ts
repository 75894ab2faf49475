/** What can be seen from outside of a pipeline, once everything that a fault set going has come to rest. */
export interface Observed {
  /** Copies of the report's message that the readers' topic accepted. */
  readonly messages: number;
  /** The texts of the notices that the owner's topic accepted. */
  readonly notices: readonly string[];
  /** The run's status, as the ledger tells it to a reader. */
  readonly run: string;
  /** The status of the delivery, as the ledger tells it to a reader; "none" where none was begun. */
  readonly delivery: string;
  /** How the executions ended, in the order of their start. */
  readonly executions: readonly string[];
}

export interface Fault {
  /** The heading under which the table shows it. */
  readonly group: string;
  /** What goes wrong, in words for the table. */
  readonly name: string;
  /** What must come of it. `notices` are what each notice says, one pattern for each. */
  readonly expected: Omit<Observed, 'notices'> & { readonly notices: readonly RegExp[] };
  /** Whether the pipeline is one whose owner chose to have messages sent again of which it is not known whether they were sent. */
  readonly atLeastOnce?: true;
  /** Lets it happen, waits for the end, and looks. */
  readonly observe: () => Promise<Observed>;
}

/** A fault with what was seen of it: `complaints` are empty where it went as it must. */
export interface Row {
  readonly group: string;
  readonly name: string;
  readonly where: 'emulator' | 'interpreter';
  readonly observed?: Observed;
  readonly complaints: readonly string[];
}

/** The run's statuses in which nothing will happen to it by itself. A run that there is not is none that is stuck. */
const ENDED = ['none', 'DELIVERED', 'SKIPPED', 'NO_RECIPIENT', 'FAILED', 'TIMED_OUT', 'ABORTED'];

/** Lets a fault happen, and compares. */
export async function tried(fault: Fault, where: Row['where']): Promise<Row> {
  const { group, name } = fault;
  try {
    const observed = await fault.observe();
    return { group, name, where, observed, complaints: [...broken(fault, observed), ...different(fault.expected, observed)] };
  } catch (error) {
    return { group, name, where, complaints: [`it could not be tried: ${(error as Error).stack}`] };
  }
}

/** What no fault may break, whatever a single one expects. */
function broken({ atLeastOnce }: Fault, { messages, notices, run, executions }: Observed): string[] {
  const complaints = [];
  if (messages > 1 && !atLeastOnce) {
    complaints.push(`a duplicate: ${messages} messages`);
  }
  if (messages === 0 && notices.length === 0 && run !== 'SKIPPED') {
    complaints.push('a silent loss: no message, and nobody told');
  }
  if (!ENDED.includes(run) || executions.includes('RUNNING')) {
    complaints.push(`a stuck run: ${run}, executions ${executions.join(', ')}`);
  }
  return complaints;
}

function different(expected: Fault['expected'], observed: Observed): string[] {
  const complaints = [];
  for (const what of ['messages', 'run', 'delivery', 'executions'] as const) {
    if (JSON.stringify(observed[what]) !== JSON.stringify(expected[what])) {
      complaints.push(`${what}: expected ${JSON.stringify(expected[what])}, got ${JSON.stringify(observed[what])}`);
    }
  }
  if (observed.notices.length !== expected.notices.length || !expected.notices.every((pattern, n) => pattern.test(observed.notices[n]))) {
    complaints.push(`notices: expected ${expected.notices.join(', ') || 'none'}, got ${JSON.stringify(observed.notices)}`);
  }
  return complaints;
}
