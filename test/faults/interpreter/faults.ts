import type { Execution } from './interpreter';
import { type PipelineName, type Step, STEPS } from './pipelines';
import {
  type Action, after, answerLost, answers, type Calls, crashesAfter, crashesBefore, fastClock, followedBy, givenUp, hangs, hours, late, minutes,
  named, refused, seconds, sleep, throws, unheard, unreached,
} from './rules';
import { COLUMNS, ROWS, World } from './world';
import type { StartInput } from '../../../src/workflow/contract';
import { SCHEDULE } from '../../handlers/support/runs';
import type { Fault } from '../fault';

/** The calls to which faults happen. */
const runOf = (by: Step): Calls => ({ by, operation: 'run' });
const answerOf = (by: Step): Calls => ({ by, operation: 'answer' });
const OPEN_RUN: Calls = { by: 'Open the run', operation: 'Update' };
const PUT_REPORT: Calls = { by: 'Render report', operation: 'PutObject', about: ['report.html'] };
const READ_ROWS: Calls = { by: 'Render report', operation: 'GetObject', about: ['rows.ndjson'] };
const KEEP_LINK: Calls = { by: 'Presign link', operation: 'Put' };
const ASSUME_SIGNER: Calls = { by: 'Presign link', operation: 'AssumeRole' };
const OPEN_LINK: Calls = { by: 'Deliver', operation: 'Open' };
const RENEW_LINK: Calls = { by: 'Deliver', operation: 'Invoke' };
const LOOK_AT_SUBSCRIBERS: Calls = { by: 'Deliver', operation: 'GetTopicAttributes' };
const CLAIM_DELIVERY: Calls = { by: 'Deliver', operation: 'TransactWrite', about: ['"SENDING"', 'ADD publishes'] };
const PUBLISH_MESSAGE: Calls = { by: 'Deliver', operation: 'Publish' };
const SETTLE_DELIVERY: Calls = { by: 'Deliver', operation: 'Update', about: ['"UNKNOWN"'] };
const RECORD_SENT: Calls = { by: 'Deliver', operation: 'Update', about: [':new_status":"SENT"'] };
const RECORD_LAST_DELIVERED: Calls = { by: 'Deliver', operation: 'Update', about: ['"last delivered"'] };
const RECORD_DELIVERED: Calls = { by: 'Deliver', operation: 'Update', about: [':new_status":"DELIVERED"'] };
const RECORD_FAILED: Calls = { by: 'Close failed run', operation: 'Update', about: [':new_status":"FAILED"'] };
const PUBLISH_NOTICE: Calls = { by: 'Close failed run', operation: 'Publish' };
const RECORD_END: Calls = { by: 'Close failed run', operation: 'Update', about: ['"end#'] };
/** In the events of EventBridge something else comes before it. */
const CLOSE_BY_CATCH: Calls = { ...runOf('Close failed run'), about: ['","redriveCount":'] };
const OWNERS_TOPIC: Calls = { operation: 'Publish', about: [':Owner'] };

const once = (calls: Calls) => times(1, calls);
const times = (count: number, calls: Calls): Calls => ({ ...calls, times: count });

const throttledByLambda = throws('Lambda.TooManyRequestsException', 'Rate Exceeded.');
const throttledBySns = refused(429, 'ThrottledException', 'Rate exceeded');
const deniedKey = refused(403, 'AccessDenied', 'not authorized to perform: kms:Decrypt on the resource associated with this ciphertext');

/** What comes of most faults. */
const DELIVERED: Fault['expected'] = { messages: 1, notices: [], run: 'DELIVERED', delivery: 'SENT', executions: ['SUCCEEDED'] };
const failed = (notice: RegExp, delivery = 'none'): Fault['expected'] => ({ messages: 0, notices: [notice], run: 'FAILED', delivery, executions: ['FAILED'] });
const uncertain = (messages: number): Fault['expected'] => ({ ...failed(/^UNCERTAIN[\s\S]*may or may not have been delivered/, 'UNKNOWN'), messages });
const FAILED_OF_LOOK_UP = failed(/Step: Look up the data[\s\S]*the supplier database does not answer/);
/** The failure handler does not come to close the run: its lease does, and the alarms tell. */
const UNCLOSED: Fault['expected'] = {
  ...FAILED_OF_LOOK_UP, notices: [/^ALARM: A run of the report Stock failed/, /^ALARM: .*the dead-letter queue has the event/], run: 'TIMED_OUT',
};
const stopped = (notice = /^ABORTED[\s\S]*The execution was stopped: by hand/): Fault['expected'] => ({ ...failed(notice), run: 'ABORTED', executions: ['ABORTED'] });
const skipped: Fault['expected'] = { ...DELIVERED, messages: 0, run: 'SKIPPED', delivery: 'none' };
const delivers = (expected: Partial<Fault['expected']> = {}): Fault['expected'] => ({ ...DELIVERED, ...expected });
const RECOVERED = delivers({ notices: [/was not delivered/] });
const TAKEN_OVER = delivers({ notices: [/was not delivered/], executions: ['FAILED', 'SUCCEEDED'] });

interface Scenario {
  readonly name: string;
  readonly pipeline?: PipelineName;
  readonly expected: Fault['expected'];
  readonly happens: (world: World) => Promise<unknown>;
  /** What else there must be in the end: throws where it is not so. */
  readonly check?: (world: World) => Promise<void>;
}

function fails(): never {
  throw named('OperationalError', 'the supplier database does not answer');
}

/** A report meets a fault on its way. */
const meets = (calls: Calls, action: Action) => async (world: World) => {
  world.when(calls, action);
  await world.make();
};

/** The same where the look-up fails as well. */
const failsAndMeets = (calls: Calls, action: Action) => async (world: World) => {
  world.lookUp = fails;
  await meets(calls, action)(world);
};

const looksUp = (lookUp: World['lookUp']) => async (world: World) => {
  world.lookUp = lookUp;
  await world.make();
};

/** An execution fails, and what it failed of is mended. */
async function failedOnce(world: World): Promise<Execution> {
  const { lookUp } = world;
  world.lookUp = fails;
  const execution = await world.make();
  world.lookUp = lookUp;
  return execution;
}

/** An execution is stopped when it comes to a step. Its function goes on. */
async function stoppedIn(step: Step, world: World): Promise<Execution> {
  const execution = world.start();
  world.when(once(runOf(step)), after(() => execution.stop('by hand')));
  await world.rest(execution);
  return execution;
}

const startAtOnce = (count: number) => async (world: World) => {
  await Promise.all(Array.from({ length: count }, async () => world.make()));
};

/** The data source writes its rows to S3. */
const byReference = (world: World) => {
  world.lookUp = ({ output }) => {
    world.s3.put(output.key, ROWS.map(row => JSON.stringify(row)).join('\n'));
    return { version: 1, columns: COLUMNS, data: { key: output.key, format: 'NDJSON' } };
  };
};

const report = (world: World) => keyOf(world, /report\.html$/);
const rows = (world: World) => keyOf(world, /rows\.ndjson$/);
const keyOf = (world: World, name: RegExp) => world.s3.keys().find(key => name.test(key))!;
const changedBeforeItIsOpened = (change: (world: World, key: string) => void) => async (world: World) => {
  world.when(once(OPEN_LINK), after(() => change(world, report(world))));
  await world.make();
};

/** The link has lost more than the tenth of its life when the report is there. */
const ages = (meanwhile: (world: World) => void = () => undefined) => async (world: World) => {
  world.when(once(PUT_REPORT), late(minutes(10)));
  meanwhile(world);
  await world.make();
};

const linkIsNew = async (world: World) => {
  const { closedAt, linkExpiresAt } = await world.run();
  expectThat('the link in the message is new', Date.parse(linkExpiresAt!) - Date.parse(closedAt!) > minutes(59));
};

const notReady = { version: 1, notReady: { reason: 'the till is not closed yet' } };
const dayBefore = (days: number): StartInput => ({ schedule: { ...SCHEDULE, time: `2026-11-${21 - days}T06:00:00Z` } });
/** The same rows were delivered the day before. */
const unchanged = async (world: World) => world.make(dayBefore(1));
const empty = looksUp(() => ({ version: 1, columns: COLUMNS, rows: [] }));

const attemptIs = (attempt: number) => async (world: World) => {
  const run = await world.run();
  expectThat(`the report is that of attempt ${attempt}, and not ${run.attempt}`, run.attempt === attempt && world.s3.keys().some(key => key.endsWith(`/${attempt}/report.html`)));
};

function expectThat(what: string, holds: boolean): void {
  if (!holds) {
    throw new Error(`expected that ${what}`);
  }
}

const tells = (step: Step, what: string) => new RegExp(`was not delivered[\\s\\S]*Step: ${step}[\\s\\S]*${what}`);

/** What comes of each step whose function does what these say. */
const MATRIX: Record<string, (step: Step) => Omit<Scenario, 'name'>> = {
  'fails once': step => inStep(step, once(runOf(step)), throws('Error', 'it is broken'), DELIVERED, FAILED_OF_LOOK_UP),
  'fails always': step => inStep(step, runOf(step), throws('Error', 'it is broken'), failed(tells(step, 'it is broken')), UNCLOSED),
  'never answers': step => inStep(step, runOf(step), hangs, failed(tells(step, 'took longer than it is given')), UNCLOSED),
  'is throttled by Lambda five times': step => inStep(step, times(5, runOf(step)), throttledByLambda, DELIVERED, FAILED_OF_LOOK_UP),
  'is throttled by Lambda for ever': step => inStep(step, runOf(step), throttledByLambda, failed(tells(step, 'Lambda had no capacity left')), UNCLOSED),
  'does its work, and Step Functions hears nothing of it': step => inStep(step, once(answerOf(step)), unheard, unheardOf(step), FAILED_OF_LOOK_UP),
  'returns null': step => garbage(step, null),
  'returns a text': step => garbage(step, 'a text'),
  'returns an empty object': step => garbage(step, {}),
};

/** The failure handler is at work only where something has failed. */
function inStep(step: Step, calls: Calls, action: Action, expected: Fault['expected'], expectedOfClosing: Fault['expected']): Omit<Scenario, 'name'> {
  return step === 'Close failed run'
    ? { expected: expectedOfClosing, happens: failsAndMeets(calls, action) }
    : { expected, happens: meets(calls, action) };
}

function unheardOf(step: Step): Fault['expected'] {
  return step === 'Deliver'
    ? delivers({ notices: [/^DELIVERED WITH AN ERROR[\s\S]*was delivered, but its run did not end well/], executions: ['FAILED'] })
    : failed(tells(step, 'took longer than it is given'));
}

/** The function does its work, and answers something else. */
function garbage(step: Step, value: unknown): Omit<Scenario, 'name'> {
  const expected: Record<Step, Fault['expected']> = {
    'Open the run': failed(/was not delivered/),
    'Look up the data': failed(/the result of the data source is not what the data contract asks for/),
    'Render report': failed(/the result of the renderer is not what the data contract asks for/),
    'Presign link': failed(/the result of the link function is not what the data contract asks for/),
    'Deliver': DELIVERED,
    // The workflow takes it for a redrive, and opens the run again.
    'Close failed run': { ...FAILED_OF_LOOK_UP, run: 'TIMED_OUT' },
  };
  return inStep(step, once(runOf(step)), answers(value), expected[step], expected[step]);
}

const GROUPS: Record<string, Scenario[]> = {
  ...Object.fromEntries(STEPS.map(step => [`The step "${step}"`, Object.entries(MATRIX).map(([name, scenario]) => ({ name, ...scenario(step) }))])),

  'Crashes': [
    { name: 'Open the run, after the claim', expected: DELIVERED, happens: meets(once(OPEN_RUN), crashesAfter) },
    { name: 'Render report, after the upload', expected: DELIVERED, happens: meets(once(PUT_REPORT), crashesAfter) },
    { name: 'Presign link, after the link was kept', expected: DELIVERED, happens: meets(once(KEEP_LINK), crashesAfter) },
    { name: 'Deliver, before it claims the delivery', expected: DELIVERED, happens: meets(once(CLAIM_DELIVERY), crashesBefore) },
    { name: 'Deliver, between the claim and the message', expected: uncertain(0), happens: meets(once(CLAIM_DELIVERY), crashesAfter) },
    { name: 'Deliver, after the message and before its answer', expected: uncertain(1), happens: meets(once(PUBLISH_MESSAGE), crashesAfter) },
    { name: 'Deliver, after the answer and before that is recorded', expected: uncertain(1), happens: meets(once(RECORD_SENT), crashesBefore) },
    { name: 'Deliver, after that is recorded and before the run is', expected: DELIVERED, happens: meets(once(RECORD_DELIVERED), crashesBefore) },
    { name: 'Deliver, after the run is recorded', expected: DELIVERED, happens: meets(once(RECORD_DELIVERED), crashesAfter) },
    { name: 'Close failed run, between ledger and notice', expected: FAILED_OF_LOOK_UP, happens: failsAndMeets(once(RECORD_FAILED), crashesAfter) },
    {
      name: 'Close failed run, between the notice and its record: it is told twice rather than not at all',
      expected: { ...FAILED_OF_LOOK_UP, notices: [/does not answer/, /does not answer/] },
      happens: failsAndMeets(once(PUBLISH_NOTICE), crashesAfter),
    },
    { name: 'Close failed run, after it has recorded the end', expected: FAILED_OF_LOOK_UP, happens: failsAndMeets(once(RECORD_END), crashesAfter) },
  ],

  'Starts': [
    { name: 'two at once', expected: delivers({ executions: ['SUCCEEDED', 'SUCCEEDED'] }), happens: startAtOnce(2) },
    { name: 'three at once', expected: delivers({ executions: ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'] }), happens: startAtOnce(3) },
    {
      name: 'one more while the first is at work',
      expected: delivers({ executions: ['SUCCEEDED', 'SUCCEEDED'] }),
      happens: async world => {
        world.when(once(runOf('Render report')), late(minutes(5)));
        const first = world.start();
        await sleep(minutes(1));
        await world.make();
        await world.rest(first);
      },
    },
    {
      name: 'one more while the first is at work, which can not be told apart',
      expected: delivers({ notices: [/belongs to another execution, where it is RUNNING; only this execution failed/], executions: ['SUCCEEDED', 'FAILED'] }),
      happens: async world => {
        world.when(once(runOf('Render report')), late(minutes(5)));
        const first = world.start();
        await sleep(minutes(1));
        world.when(runOf('Open the run'), throws('Error', 'it is broken'));
        await world.make();
        await world.rest(first);
      },
    },
    {
      name: 'one more after the report was delivered',
      expected: delivers({ executions: ['SUCCEEDED', 'SUCCEEDED'] }),
      happens: async world => {
        await world.make();
        await world.make();
      },
    },
    {
      name: 'one more after the first failed: it takes the run over',
      expected: TAKEN_OVER,
      happens: async world => {
        await failedOnce(world);
        await world.make();
      },
      check: attemptIs(2),
    },
    {
      name: 'two at once after the first failed',
      expected: { ...TAKEN_OVER, executions: ['FAILED', 'SUCCEEDED', 'SUCCEEDED'] },
      happens: async world => {
        await failedOnce(world);
        await startAtOnce(2)(world);
      },
      check: attemptIs(2),
    },
    {
      name: 'one more after the delivery became uncertain',
      expected: { ...uncertain(1), executions: ['FAILED', 'SUCCEEDED'] },
      happens: async world => {
        await meets(once(PUBLISH_MESSAGE), answerLost)(world);
        await world.make();
      },
    },
    {
      name: 'one more after SNS refused the message: it takes the run over',
      expected: delivers({ notices: [/SNS refused the message/], executions: ['FAILED', 'SUCCEEDED'] }),
      happens: async world => {
        await meets(once(PUBLISH_MESSAGE), refused(403, 'AuthorizationError'))(world);
        await world.make();
      },
      check: attemptIs(2),
    },
    {
      name: 'one more after the lease of a run whose end nobody recorded: it takes the run over',
      expected: delivers({ notices: [/^ALARM: .* was stopped/], executions: ['ABORTED', 'SUCCEEDED'] }),
      happens: async world => {
        world.delays = () => [];
        await stoppedIn('Look up the data', world);
        await sleep(hours(3));
        await world.make();
      },
      check: attemptIs(2),
    },
    {
      name: 'one more within the lease of a run whose end nobody recorded',
      expected: { ...stopped(/^ALARM: .* was stopped/), run: 'TIMED_OUT', executions: ['ABORTED', 'SUCCEEDED'] },
      happens: async world => {
        world.delays = () => [];
        await stoppedIn('Look up the data', world);
        await world.make();
      },
    },
  ],

  'Ends that no Catch sees': [
    {
      name: 'the data source returns more than 256 KB',
      expected: failed(/Step: Look up the data[\s\S]*More than 256 KB[\s\S]*write its rows to event.output/),
      happens: looksUp(() => ({ version: 1, columns: COLUMNS, rows: Array.from({ length: 10_000 }, () => ROWS[0]) })),
    },
    {
      name: 'Step Functions fails by itself (States.Runtime)',
      expected: failed(/Step: Look up the data[\s\S]*States.Runtime/),
      happens: meets(runOf('Look up the data'), throws('States.Runtime', 'An error occurred while executing the state')),
    },
    {
      name: 'the run as a whole takes too long',
      pipeline: 'Hurried',
      expected: { ...failed(/^TIMED OUT[\s\S]*Step: Render[\s\S]*\(runTimeout\)/), run: 'TIMED_OUT', executions: ['TIMED_OUT'] },
      happens: meets(once(PUT_REPORT), late(minutes(10))),
    },
    ...(['Open the run', 'Look up the data', 'Render report', 'Presign link'] as const).map(step => ({
      name: `somebody stops it in "${step}"`, expected: stopped(), happens: async (world: World) => stoppedIn(step, world),
    })),
    {
      name: 'somebody stops it in "Deliver", whose function goes on',
      expected: delivers({ notices: [/^DELIVERED WITH AN ERROR[\s\S]*was delivered, but its run did not end well/], executions: ['ABORTED'] }),
      happens: async world => stoppedIn('Deliver', world),
    },
    {
      name: 'somebody stops it while the message is under way',
      expected: delivers({ notices: [/^UNCERTAIN/], executions: ['ABORTED'] }),
      happens: async world => {
        const execution = world.start();
        world.when(once(PUBLISH_MESSAGE), after(async () => {
          execution.stop('by hand');
          await sleep(seconds(8));
        }));
        await world.rest(execution);
      },
    },
    {
      name: 'somebody stops it in "Close failed run", whose function goes on',
      expected: { ...FAILED_OF_LOOK_UP, executions: ['ABORTED'] },
      happens: async world => {
        world.lookUp = fails;
        await stoppedIn('Close failed run', world);
      },
    },
    {
      name: 'somebody stops it in "Open the run", which claims the run after its end was recorded: its lease closes it',
      expected: { ...stopped(), run: 'TIMED_OUT' },
      happens: async world => {
        world.when(once(OPEN_RUN), late(seconds(10)));
        await stoppedIn('Open the run', world);
      },
    },
  ],

  'Events and notices': [
    {
      name: 'no event comes, and the Catch has told',
      expected: FAILED_OF_LOOK_UP,
      happens: async world => {
        world.delays = () => [];
        await failedOnce(world);
      },
    },
    { name: 'the Catch can not close the run, and the event does', expected: FAILED_OF_LOOK_UP, happens: failsAndMeets(CLOSE_BY_CATCH, throws('Error', 'it is broken')) },
    {
      name: 'the event comes twice',
      expected: stopped(),
      happens: async world => {
        world.delays = () => [seconds(1), minutes(1)];
        await stoppedIn('Look up the data', world);
      },
    },
    {
      name: 'the event comes twice at once: it is told twice rather than not at all',
      expected: { ...stopped(), notices: [/^ABORTED/, /^ABORTED/] },
      happens: async world => {
        world.delays = () => [seconds(1), seconds(1)];
        await stoppedIn('Look up the data', world);
      },
    },
    {
      name: 'the event comes after the run was taken over and delivered',
      expected: TAKEN_OVER,
      happens: async world => {
        world.delays = () => [hours(1)];
        await failedOnce(world);
        await world.make();
      },
    },
    {
      name: 'the event comes first to tell, after the run was taken over and delivered',
      expected: delivers({
        notices: [/belongs to another execution, where it is DELIVERED; only this execution failed/], executions: ['ABORTED', 'SUCCEEDED'],
      }),
      happens: async world => {
        world.delays = () => [hours(5)];
        await stoppedIn('Look up the data', world);
        await sleep(hours(3));
        await world.make();
      },
    },
    {
      name: 'the event comes after a redrive was delivered',
      expected: delivers({ notices: [/^ALARM: .* was stopped/] }),
      happens: async world => {
        world.delays = () => [hours(1)];
        await world.redrive(await stoppedIn('Look up the data', world));
      },
    },
    {
      name: 'the events of two ends come in the wrong order: the last end is told',
      expected: stopped(),
      happens: async world => {
        world.delays = ({ detail }) => [detail.redriveCount === 0 ? hours(1) : seconds(1)];
        const execution = await stoppedIn('Look up the data', world);
        world.when(once(runOf('Look up the data')), after(() => execution.stop('by hand')));
        await world.redrive(execution);
      },
    },
    {
      name: "the owner's topic fails for 5 minutes: the alarms tell",
      expected: { ...UNCLOSED, run: 'FAILED' },
      happens: async world => {
        const rule = world.when(OWNERS_TOPIC, refused(500, 'InternalError'));
        await Promise.all([failedOnce(world), sleep(minutes(5)).then(() => rule.end())]);
      },
    },
    { name: "the owner's topic refuses once", expected: FAILED_OF_LOOK_UP, happens: failsAndMeets(once(OWNERS_TOPIC), refused(403, 'AuthorizationError')) },
    {
      name: "the owner's topic refuses while the Catch is at it: the event tells",
      expected: FAILED_OF_LOOK_UP,
      happens: failsAndMeets(times(3, OWNERS_TOPIC), refused(403, 'AuthorizationError')),
    },
  ],

  'Redrives': [
    {
      name: 'after a look-up that failed and was mended',
      expected: RECOVERED,
      happens: async world => world.redrive(await failedOnce(world)),
      check: attemptIs(2),
    },
    {
      name: 'after a look-up that failed and was not mended: it is told again',
      expected: { ...FAILED_OF_LOOK_UP, notices: [/does not answer/, /does not answer/] },
      happens: async world => {
        world.lookUp = fails;
        await world.redrive(await world.make());
      },
    },
    {
      name: 'twice, the second time mended',
      expected: delivers({ notices: [/does not answer/, /does not answer/] }),
      happens: async world => {
        const { lookUp } = world;
        world.lookUp = fails;
        const execution = await world.make();
        await world.redrive(execution);
        world.lookUp = lookUp;
        await world.redrive(execution);
      },
      check: attemptIs(3),
    },
    {
      name: 'after the event closed the run, because the Catch could not',
      expected: RECOVERED,
      happens: async world => {
        const rule = world.when(CLOSE_BY_CATCH, throws('Error', 'it is broken'));
        const execution = await failedOnce(world);
        rule.end();
        await world.redrive(execution);
      },
      check: attemptIs(2),
    },
    {
      name: 'after it was stopped in "Look up the data"',
      expected: RECOVERED,
      happens: async world => world.redrive(await stoppedIn('Look up the data', world)),
    },
    {
      name: 'after it was stopped in "Render report"',
      expected: RECOVERED,
      happens: async world => world.redrive(await stoppedIn('Render report', world)),
    },
    {
      name: 'after it was stopped in "Deliver", whose function went on',
      expected: delivers({ notices: [/^DELIVERED WITH AN ERROR/] }),
      happens: async world => world.redrive(await stoppedIn('Deliver', world)),
    },
    {
      name: 'after it was stopped in "Close failed run", whose function went on',
      expected: RECOVERED,
      happens: async world => {
        const { lookUp } = world;
        world.lookUp = fails;
        const execution = await stoppedIn('Close failed run', world);
        world.lookUp = lookUp;
        await world.redrive(execution);
      },
    },
    {
      name: 'after the run as a whole took too long',
      pipeline: 'Hurried',
      expected: RECOVERED,
      happens: async world => {
        world.when(once(runOf('Render report')), late(minutes(10)));
        await world.redrive(await world.make());
      },
    },
    {
      name: 'after the failure handler could not close the run at all: the first closes it, the second makes the report',
      expected: RECOVERED,
      happens: async world => {
        const rule = world.when(runOf('Close failed run'), throws('Error', 'it is broken'));
        const execution = await failedOnce(world);
        await sleep(minutes(10));
        rule.end();
        await world.redrive(execution);
        await world.redrive(execution);
      },
      check: attemptIs(2),
    },
    {
      name: 'after SNS refused the message',
      expected: delivers({ notices: [/SNS refused the message/] }),
      happens: async world => {
        world.when(once(PUBLISH_MESSAGE), refused(403, 'AuthorizationError'));
        await world.redrive(await world.make());
      },
      check: attemptIs(2),
    },
    {
      name: 'of a run that another execution took over and delivered',
      expected: { ...TAKEN_OVER, executions: ['SUCCEEDED', 'SUCCEEDED'] },
      happens: async world => {
        const execution = await failedOnce(world);
        await world.make();
        await world.redrive(execution);
      },
    },
    {
      name: 'of a run that was stopped and that another execution took over and delivered',
      expected: delivers({ notices: [/^ABORTED/, /belongs to another execution, where it is DELIVERED/], executions: ['FAILED', 'SUCCEEDED'] }),
      happens: async world => {
        const execution = await stoppedIn('Look up the data', world);
        await world.make();
        await world.redrive(execution);
      },
    },
    {
      name: 'of a run that was stopped and that another execution is making',
      expected: delivers({ notices: [/^ABORTED/, /belongs to another execution, where it is RUNNING/], executions: ['FAILED', 'SUCCEEDED'] }),
      happens: async world => {
        const execution = await stoppedIn('Look up the data', world);
        world.when(once(runOf('Render report')), late(minutes(5)));
        const other = world.start();
        await sleep(minutes(1));
        await world.redrive(execution);
        await world.rest(other);
      },
    },
    {
      name: 'after the delivery became uncertain: it is told again, and nothing is sent',
      expected: { ...uncertain(1), notices: [/^UNCERTAIN/, /^UNCERTAIN/] },
      happens: async world => {
        world.when(once(PUBLISH_MESSAGE), answerLost);
        await world.redrive(await world.make());
      },
    },
    {
      name: 'after somebody has subscribed',
      expected: delivers({ notices: [/^NO RECIPIENT/] }),
      happens: async world => {
        world.subscribers = 0;
        const execution = await world.make();
        world.subscribers = 1;
        await world.redrive(execution);
      },
    },
  ],

  'Delivery': [
    { name: 'the message is accepted, and the answer is lost', expected: uncertain(1), happens: meets(once(PUBLISH_MESSAGE), answerLost) },
    { name: 'SNS is not reached', expected: uncertain(0), happens: meets(once(PUBLISH_MESSAGE), unreached) },
    { name: 'SNS answers 500', expected: uncertain(0), happens: meets(once(PUBLISH_MESSAGE), refused(500, 'InternalError')) },
    { name: 'SNS throttles three times', expected: DELIVERED, happens: meets(times(3, PUBLISH_MESSAGE), throttledBySns) },
    {
      name: 'SNS throttles for longer than the delivery is claimed',
      expected: DELIVERED,
      happens: async world => {
        const rule = world.when(PUBLISH_MESSAGE, throttledBySns);
        await Promise.all([world.make(), sleep(seconds(35)).then(() => rule.end())]);
      },
    },
    {
      name: 'SNS throttles for ever',
      expected: failed(/was not delivered[\s\S]*SNS did not take the message: ThrottledException/, 'PENDING'),
      happens: meets(PUBLISH_MESSAGE, throttledBySns),
    },
    {
      name: 'SNS may not use the key of the topic',
      expected: failed(/was not delivered[\s\S]*SNS refused the message: KMSAccessDenied/, 'REFUSED'),
      happens: meets(PUBLISH_MESSAGE, refused(400, 'KMSAccessDenied', 'the ciphertext refers to a key that may not be accessed')),
    },
    {
      name: 'the topic is deleted between the look at its subscribers and the message',
      expected: failed(/was not delivered[\s\S]*SNS refused the message: NotFound/, 'REFUSED'),
      happens: meets(PUBLISH_MESSAGE, refused(404, 'NotFound', 'Topic does not exist')),
    },
    {
      name: 'the topic is deleted before the look at its subscribers',
      expected: failed(/was not delivered[\s\S]*does not tell whether it has subscribers: NotFound/),
      happens: meets(LOOK_AT_SUBSCRIBERS, refused(404, 'NotFound', 'Topic does not exist')),
    },
    {
      name: 'nobody has subscribed',
      expected: { ...failed(/^NO RECIPIENT[\s\S]*has no confirmed subscription/), run: 'NO_RECIPIENT' },
      happens: async world => {
        world.subscribers = 0;
        await world.make();
      },
    },
    {
      name: 'a twin that Step Functions gave up on sends the message after its claim has run out: the only message',
      expected: delivers({ notices: [/^UNCERTAIN/], executions: ['FAILED'] }),
      happens: async world => {
        world.when(once(answerOf('Deliver')), givenUp);
        world.when(once(PUBLISH_MESSAGE), late(seconds(90)));
        await world.make();
      },
    },
    {
      name: 'an execution that was stopped comes to the delivery while another is making the report: it sends nothing',
      expected: delivers({ notices: [/^ABORTED/], executions: ['ABORTED', 'SUCCEEDED'] }),
      happens: async world => {
        world.when(once(OPEN_LINK), late(seconds(100)));
        await stoppedIn('Deliver', world);
        world.when(once(runOf('Render report')), late(minutes(5)));
        await world.make();
      },
      check: async world => expectThat('the message is that of attempt 2', world.messages()[0].includes('/2/report.html')),
    },
    {
      name: 'a twin that Step Functions gave up on sends the message while the other waits for it',
      expected: DELIVERED,
      happens: async world => {
        world.when(once(answerOf('Deliver')), givenUp);
        world.when(once(PUBLISH_MESSAGE), late(seconds(8)));
        await world.make();
      },
    },
    {
      name: 'the clock of a twin is an hour fast: it takes a message for lost that is under way, and sends none',
      expected: delivers({ notices: [/^UNCERTAIN/], executions: ['FAILED'] }),
      happens: async world => {
        world.when(once(answerOf('Deliver')), givenUp);
        world.when(once(PUBLISH_MESSAGE), late(seconds(8)));
        world.when(SETTLE_DELIVERY, fastClock);
        await world.make();
      },
    },
  ],

  'onUncertain: RESEND': [
    { name: 'the message is accepted, and the answer is lost: it is sent again', pipeline: 'Resending', expected: delivers({ messages: 2 }), happens: meets(once(PUBLISH_MESSAGE), answerLost) },
    { name: 'SNS is not reached once', pipeline: 'Resending', expected: DELIVERED, happens: meets(once(PUBLISH_MESSAGE), unreached) },
    { name: 'SNS is not reached three times', pipeline: 'Resending', expected: uncertain(0), happens: meets(PUBLISH_MESSAGE, unreached) },
    { name: 'Deliver crashes after the message', pipeline: 'Resending', expected: delivers({ messages: 2 }), happens: meets(once(PUBLISH_MESSAGE), crashesAfter) },
    {
      name: 'a twin that Step Functions gave up on sends the message after its claim has run out',
      pipeline: 'Resending',
      expected: delivers({ messages: 2 }),
      happens: async world => {
        world.when(once(answerOf('Deliver')), givenUp);
        world.when(once(PUBLISH_MESSAGE), late(seconds(90)));
        await world.make();
      },
    },
  ],

  'S3': [
    {
      name: 'loses the report before it is delivered',
      expected: failed(/was not delivered[\s\S]*the link to report.html answers 403/),
      happens: changedBeforeItIsOpened((world, key) => world.s3.remove(key)),
    },
    {
      name: 'has other bytes of the same length before the report is delivered',
      expected: failed(/was not delivered[\s\S]*replaced in S3 by something of the same length/),
      happens: changedBeforeItIsOpened((world, key) => world.s3.put(key, world.s3.text(key)!.replace('Coffee', 'Cocoas'))),
    },
    {
      name: 'has a shorter report before it is delivered',
      expected: failed(/was not delivered[\s\S]*replaced or cut short/),
      happens: changedBeforeItIsOpened((world, key) => world.s3.put(key, world.s3.text(key)!.slice(0, 100))),
    },
    {
      name: 'loses the rows between look-up and render',
      expected: failed(/Step: Render report[\s\S]*there is no such object/),
      happens: async world => {
        byReference(world);
        world.when(once(READ_ROWS), after(() => world.s3.remove(rows(world))));
        await world.make();
      },
    },
    {
      name: 'may not use its key to read the rows',
      expected: failed(/Step: Render report[\s\S]*kms:Decrypt/),
      happens: async world => {
        byReference(world);
        await meets(READ_ROWS, deniedKey)(world);
      },
    },
    { name: 'may not use its key to write the report', expected: failed(/Step: Render report[\s\S]*kms:Decrypt/), happens: meets(PUT_REPORT, deniedKey) },
    {
      name: 'gets other bytes from a late twin of the renderer after the report was delivered: they are refused',
      expected: DELIVERED,
      happens: async world => {
        byReference(world);
        world.when(once(answerOf('Render report')), givenUp);
        world.when(once(PUT_REPORT), late(minutes(10)));
        world.when(once(READ_ROWS), followedBy(() => world.s3.put(rows(world), JSON.stringify({ product: 'Mate', quantity: 1 }))));
        await world.make();
      },
      check: async world => expectThat('the report is what was delivered', world.s3.text(report(world))!.includes('Mate')),
    },
  ],

  'Links': [
    { name: 'has aged when the report is there: it is made anew', expected: DELIVERED, happens: ages(), check: linkIsNew },
    {
      name: 'has aged, and can not be made anew at once',
      expected: DELIVERED,
      happens: ages(world => world.when(once(RENEW_LINK), refused(500, 'ServiceException'))),
      check: linkIsNew,
    },
    {
      name: 'has aged, and the function that makes it anew fails once',
      expected: DELIVERED,
      happens: ages(world => world.when(once(RENEW_LINK), after(() => world.when(once(runOf('Presign link')), throws('Error', 'it is broken'))))),
      check: linkIsNew,
    },
    { name: 'finds no signer once', expected: DELIVERED, happens: meets(once(ASSUME_SIGNER), refused(403, 'AccessDenied')) },
    {
      name: 'finds no signer',
      expected: failed(/Step: Presign link[\s\S]*AccessDenied: not authorized to perform: sts:AssumeRole/),
      happens: meets(ASSUME_SIGNER, refused(403, 'AccessDenied', 'not authorized to perform: sts:AssumeRole')),
    },
  ],

  'The data source': [
    {
      name: 'is not ready three times',
      pipeline: 'Patient',
      expected: DELIVERED,
      happens: async world => {
        const { lookUp } = world;
        let asked = 0;
        world.lookUp = event => ++asked <= 3 ? notReady : lookUp(event);
        await world.make();
        expectThat(`it is asked four times, and not ${asked}`, asked === 4);
      },
    },
    {
      name: 'is not ready until it is too late',
      pipeline: 'Patient',
      expected: failed(/said for 1 hour that its data is not ready: the till is not closed yet/),
      happens: looksUp(() => notReady),
    },
    { name: 'is not ready, and nobody waits for it', expected: failed(/its data is not ready, and why, and this pipeline does not wait/), happens: looksUp(() => notReady) },
    {
      name: 'returns a value of another type',
      expected: failed(/row 3, column "quantity": expected/),
      happens: looksUp(() => ({ version: 1, columns: COLUMNS, rows: [...ROWS, { product: 'Mate', quantity: 'poison' }] })),
      check: async world => expectThat('no report was written', report(world) === undefined),
    },
    { name: 'returns no rows, and onEmpty is SKIP', pipeline: 'SkippingEmpty', expected: skipped, happens: empty },
    { name: 'returns no rows, and onEmpty is FAIL', pipeline: 'FailingEmpty', expected: failed(/the data source returned no rows, and onEmpty is FAIL/), happens: empty },
    {
      name: 'returns what it returned the day before, and onUnchanged is SKIP',
      pipeline: 'Comparing',
      expected: skipped,
      happens: async world => {
        await unchanged(world);
        await world.make();
      },
    },
    {
      name: 'returns what it returned two days before, onUnchanged is SKIP, and Deliver crashed the day before once the message was sent',
      pipeline: 'Comparing',
      expected: DELIVERED,
      happens: async world => {
        const { lookUp } = world;
        await world.make(dayBefore(2));
        world.lookUp = () => ({ version: 1, columns: COLUMNS, rows: [{ product: 'Mate', quantity: 1 }] });
        world.when(once(RECORD_LAST_DELIVERED), crashesBefore);
        await world.make(dayBefore(1));
        world.lookUp = lookUp;
        await world.make();
      },
    },
    {
      name: 'returns what it returned the day before to who made a request, and onUnchanged is SKIP',
      pipeline: 'Comparing',
      expected: DELIVERED,
      happens: async world => {
        await unchanged(world);
        await world.request('0123456789abcdef0123456789abcdef');
      },
    },
    {
      name: 'returns what it returned before to who makes the report again, and onUnchanged is SKIP',
      pipeline: 'Comparing',
      expected: DELIVERED,
      happens: async world => {
        await world.make();
        world.input = { ...world.input, rerun: '1' };
        await world.make();
      },
    },
  ],
};

/** The faults that the workflow is put through with its handlers, one after the other: they have one process with one clock. */
export function interpreterFaults(): Fault[] {
  return Object.entries(GROUPS).flatMap(([group, scenarios]) => scenarios.map(({ name, pipeline = 'Plain', expected, happens, check }) => ({
    group,
    name,
    expected,
    ...(pipeline === 'Resending' && { atLeastOnce: true as const }),
    observe: async () => World.observe(pipeline, happens, check),
  })));
}
