import { type Claim, Deployment, type PipelineName, Trial } from './pipeline';
import { type Action, after, answerLost, type Calls, cutShort, followedBy, late, passes, refused, unreached } from './proxy';
import { scheduleFaults } from './schedules';
import type { Link } from '../../../examples/cafe-inventory/local/mailbox';
import type { Fault } from '../fault';

/** The calls to which faults happen. */
const PUBLISH_MESSAGE = { service: 'sns', operation: 'Publish', about: ['Open the report:'] };
const PUBLISH_NOTICE = { service: 'sns', operation: 'Publish', about: ['In the console:'] };
const WRITE = { service: 'dynamodb', operation: 'UpdateItem' };
const RECORD_DELIVERED = { ...WRITE, about: ['":new_status":{"S":"DELIVERED"}'] };
const RECORD_END = { ...WRITE, about: ['"end#'] };
const TRANSACTION = { service: 'dynamodb', operation: 'TransactWriteItems' };
const CLAIM_DELIVERY = { ...TRANSACTION, about: ['"SENDING"', 'ADD publishes'] };
const RECORD_SENT = { ...WRITE, about: ['"SENT"'] };
const KEEP_LINK = { service: 'dynamodb', operation: 'PutItem' };
const PUT_REPORT = { service: 's3', operation: 'PUT', about: ['report.html'] };
const OPEN_REPORT = { service: 's3', operation: 'GET', about: ['report.html'] };
const READ_ROWS = { service: 's3', operation: 'GET', about: ['rows.ndjson'] };
const ASSUME_SIGNER = { service: 'sts', operation: 'AssumeRole' };
const RENEW_LINK = { service: 'lambda', operation: 'POST' };
const DESCRIBE = { service: 'states', operation: 'DescribeExecution' };
const START = { service: 'states', operation: 'StartExecution' };

const once = (calls: Calls) => times(1, calls);
const times = (count: number, calls: Calls): Calls => ({ ...calls, times: count });

const throttled = refused(400, 'Throttling', 'Rate exceeded');
const brokenDown = refused(500, 'InternalError');

/** More than the tenth of its life that the link of the pipeline ShortLived may have lost when it is sent. */
const LINK_AGES_MS = 3500;
/** Longer than Deliver waits for the answer of SNS, or of a link. */
const OUT_OF_PATIENCE_MS = 11_000;
/** So many faults happen at once; more would only wait for a processor. */
const AT_ONCE = 8;

/** What comes of most faults. */
const DELIVERED: Fault['expected'] = { messages: 1, notices: [], run: 'DELIVERED', delivery: 'SENT', executions: ['SUCCEEDED'] };
const failed = (notice: RegExp, delivery = 'none'): Fault['expected'] => ({ messages: 0, notices: [notice], run: 'FAILED', delivery, executions: ['FAILED'] });
const uncertain = (messages: number): Fault['expected'] => ({ ...failed(/may or may not have been delivered/, 'UNKNOWN'), messages });

interface Scenario {
  readonly name: string;
  readonly pipeline?: PipelineName;
  readonly claim?: Claim;
  readonly expected: Fault['expected'];
  /** Default: the report is made. */
  readonly happens?: (trial: Trial) => Promise<unknown>;
  /** What else there must be in the end: throws where it is not so. */
  readonly check?: (trial: Trial) => Promise<void>;
}

const script = (name: string) => async (trial: Trial) => trial.make(name);

/** A report meets one fault on its way. */
const meets = (calls: Calls, action: Action, source?: string) => async (trial: Trial) => {
  trial.when(calls, action);
  await trial.make(source);
};

const nothingRendered = async (trial: Trial) => expectThat('no file is at the address of the report', (await trial.files('reports')).length === 0);

const rowsAre = (rows: number) => async (trial: Trial) => {
  const item = await trial.run();
  expectThat(`the ledger says ${rows} rows, and not ${item?.rows}`, item?.rows === rows);
};

const periodIs = (from: string, to: string) => async (trial: Trial) => {
  const { period } = await trial.run() ?? {};
  expectThat(`the period is from ${from} to ${to}, and not ${JSON.stringify(period)}`, period?.from === from && period.to === to);
};

const attemptIs = (attempt: number) => async (trial: Trial) => {
  const files = await trial.files('reports');
  expectThat(`the report is that of attempt ${attempt}, and not ${files.join(', ')}`, files.includes(`reports/${trial.reportId}/${attempt}/report.html`));
};

/** Files of a report, in its first attempt. */
const REPORT = { prefix: 'reports', name: 'report.html' } as const;
const ROWS = { prefix: 'data', name: 'rows.ndjson' } as const;

const changedBeforeItIsOpened = (change: (text: string) => string) => async (trial: Trial) => {
  trial.when(once(OPEN_REPORT), after(() => trial.change(REPORT, change)));
  await trial.make();
};

/** The link ages while the report is rendered. */
const agesAndIsRenewed = (renewals: Calls, action: Action) => async (trial: Trial) => {
  trial.when(once(PUT_REPORT), late(LINK_AGES_MS));
  trial.when(renewals, action);
  await trial.make();
};

const startAtOnce = (count: number) => async (trial: Trial) => {
  await Promise.all(Array.from({ length: count }, () => trial.start()));
};

const GROUPS: Record<string, Scenario[]> = {
  'SNS': [
    // These two take longest, and begin first.
    {
      name: 'throttles every try to publish',
      expected: failed(/was not delivered[\s\S]*SNS did not take the message: Throttling/, 'PENDING'),
      happens: meets(PUBLISH_MESSAGE, throttled),
    },
    {
      name: 'accepts the message, and the ledger never takes that it did',
      expected: uncertain(1),
      happens: meets(RECORD_SENT, brokenDown),
    },
    { name: 'accepts the message, and its answer is lost', expected: uncertain(1), happens: meets(once(PUBLISH_MESSAGE), answerLost) },
    { name: 'accepts the message when nobody waits for its answer any more', expected: uncertain(1), happens: meets(once(PUBLISH_MESSAGE), late(OUT_OF_PATIENCE_MS)) },
    { name: 'is not reached', expected: uncertain(0), happens: meets(once(PUBLISH_MESSAGE), unreached) },
    { name: 'answers 500', expected: uncertain(0), happens: meets(once(PUBLISH_MESSAGE), brokenDown) },
    { name: 'throttles three times', expected: DELIVERED, happens: meets(times(3, PUBLISH_MESSAGE), throttled) },
    {
      name: 'does not permit to publish',
      expected: failed(/was not delivered[\s\S]*SNS refused the message: AuthorizationError/, 'REFUSED'),
      happens: meets(once(PUBLISH_MESSAGE), refused(403, 'AuthorizationError', 'not authorized to perform: SNS:Publish')),
    },
    {
      name: 'may not use the key of the topic',
      expected: failed(/was not delivered[\s\S]*SNS refused the message: KMSAccessDenied/, 'REFUSED'),
      happens: meets(once(PUBLISH_MESSAGE), refused(400, 'KMSAccessDenied', 'the ciphertext refers to a key that may not be accessed')),
    },
    {
      name: 'has no such topic any more',
      pipeline: 'Vanishing',
      expected: failed(/was not delivered[\s\S]*SNS refused the message: NotFound/, 'REFUSED'),
      happens: async trial => {
        trial.when(once(PUBLISH_MESSAGE), after(() => trial.removeTopic()));
        await trial.make();
      },
    },
    {
      name: 'has a topic without subscribers',
      pipeline: 'Unread',
      expected: { ...failed(/has no confirmed subscription[\s\S]*When somebody has subscribed/), run: 'NO_RECIPIENT' },
    },
    { name: 'is not reached once, and uncertain messages are sent again', pipeline: 'Resending', expected: DELIVERED, happens: meets(once(PUBLISH_MESSAGE), unreached) },
    { name: 'is not reached ever, and uncertain messages are sent again', pipeline: 'Resending', expected: uncertain(0), happens: meets(times(3, PUBLISH_MESSAGE), unreached) },
    {
      name: 'does not answer, and the schedule fires again',
      expected: { ...uncertain(1), executions: ['FAILED', 'SUCCEEDED'] },
      happens: async trial => {
        trial.when(once(PUBLISH_MESSAGE), answerLost);
        await trial.make();
        await trial.make();
      },
    },
    {
      name: 'refuses the message, and the schedule fires again',
      expected: { ...DELIVERED, notices: [/SNS refused the message/], executions: ['FAILED', 'SUCCEEDED'] },
      happens: async trial => {
        trial.when(once(PUBLISH_MESSAGE), refused(403, 'AuthorizationError'));
        await trial.make();
        await trial.make();
      },
      check: attemptIs(2),
    },
  ],

  'The data source': [
    { name: 'returns rows', expected: DELIVERED, happens: script('inline'), check: rowsAre(3) },
    { name: 'writes rows to S3 and returns a reference', expected: DELIVERED, happens: script('by reference'), check: rowsAre(5000) },
    { name: 'returns no rows', expected: { ...DELIVERED, messages: 0, run: 'SKIPPED', delivery: 'none' }, happens: script('empty'), check: rowsAre(0) },
    {
      name: 'returns what is not in the contract',
      expected: failed(/Step: Render and presign[\s\S]*the result of the data source is not what the data contract asks for/),
      happens: script('malformed'),
      check: nothingRendered,
    },
    { name: 'returns no columns', expected: failed(/columns must not be empty/), happens: script('no columns'), check: nothingRendered },
    { name: 'returns a value of another type', expected: failed(/row 3, column "quantity"/), happens: script('wrong type'), check: nothingRendered },
    {
      name: 'writes a value of another type, behind 5000 good rows',
      expected: failed(/row 5001, column "quantity"/),
      happens: script('wrong type by reference'),
      check: nothingRendered,
    },
    {
      name: 'returns more than travels through the workflow',
      expected: failed(/returned \d+ KB inline, and at most 200 KB[\s\S]*write the rows to event.output and return a reference/),
      happens: script('too large'),
      check: nothingRendered,
    },
    {
      name: 'refers to the rows of another run',
      expected: failed(/the rows of a run must be under data\/[0-9a-f]{32}\/1\//),
      happens: script('foreign reference'),
      check: nothingRendered,
    },
    { name: 'refers to an object that is not there', expected: failed(/there is no such object/), happens: script('reference to nothing'), check: nothingRendered },
    { name: 'fails', expected: failed(/Step: Look up the data[\s\S]*the supplier database does not answer/), happens: script('throws'), check: nothingRendered },
    { name: 'fails, and says in its error what nobody else should know', expected: failed(/canary-in-an-error/), happens: script('throws a row') },
    { name: 'fails once', expected: DELIVERED, happens: script('throws at first') },
    { name: 'is not ready, and nobody waits for it', expected: failed(/its data is not ready, and why, and this pipeline does not wait/), happens: script('never ready') },
    {
      name: 'is not ready until it is too late',
      pipeline: 'Patient',
      expected: failed(/said for 5 seconds that its data is not ready: the till is not closed yet/),
      happens: script('never ready'),
    },
    { name: 'is ready when it is asked again', pipeline: 'Patient', expected: DELIVERED, happens: script('not ready at first') },
    {
      name: 'returns on the second day what it returned on the first',
      pipeline: 'Comparing',
      expected: { ...DELIVERED, messages: 0, run: 'SKIPPED', delivery: 'none' },
      happens: async trial => {
        await trial.makeDaysBefore(1, 'inline');
        await trial.make('inline');
      },
    },
    {
      name: 'returns something new on the third day',
      pipeline: 'Comparing',
      expected: DELIVERED,
      happens: async trial => {
        await trial.makeDaysBefore(2, 'inline');
        await trial.makeDaysBefore(1, 'inline');
        await trial.make('other rows');
      },
      check: rowsAre(4),
    },
    {
      name: 'returns more rows than the report may show',
      pipeline: 'Limited',
      expected: DELIVERED,
      happens: script('many rows'),
      check: async trial => expectThat('the message says what is left out', trial.mails('readers')[0].text.includes('Rows were left out of this report: it shows the first 10 of 25')),
    },
  ],

  "The owner's topic": [
    { name: 'throttles once', expected: failed(/does not answer/), happens: meets(once(PUBLISH_NOTICE), throttled, 'throws') },
    { name: 'answers 500 once', expected: failed(/does not answer/), happens: meets(once(PUBLISH_NOTICE), brokenDown, 'throws') },
    { name: 'is not reached once', expected: failed(/does not answer/), happens: meets(once(PUBLISH_NOTICE), unreached, 'throws') },
    {
      name: 'accepts the notice, and its answer is lost: it is told twice rather than not at all',
      expected: { ...failed(/does not answer/), notices: [/does not answer/, /does not answer/] },
      happens: meets(once(PUBLISH_NOTICE), answerLost, 'throws'),
    },
    {
      name: 'refuses for as long as the workflow tries: the event tells',
      expected: failed(/does not answer/),
      happens: meets(times(3, PUBLISH_NOTICE), refused(403, 'AuthorizationError'), 'throws'),
    },
    {
      name: 'is not set, and a run that failed is taken over',
      pipeline: 'Unowned',
      expected: { ...DELIVERED, executions: ['FAILED', 'SUCCEEDED'] },
      happens: async trial => {
        await trial.make('malformed');
        await trial.make();
      },
    },
  ],

  'DynamoDB': [
    { name: 'answers 500 once to the claim', expected: DELIVERED, happens: meets(once(WRITE), refused(500, 'InternalServerError')) },
    { name: 'takes the claim, and its answer is lost', expected: DELIVERED, happens: meets(once(WRITE), answerLost) },
    {
      name: 'throttles writes again and again',
      expected: DELIVERED,
      happens: async trial => {
        trial.when(times(2, WRITE), refused(400, 'ThrottlingException'));
        trial.when(times(2, TRANSACTION), refused(400, 'ProvisionedThroughputExceededException'));
        trial.when(times(2, KEEP_LINK), refused(400, 'ProvisionedThroughputExceededException'));
        await trial.make();
      },
    },
    {
      name: 'does not take the claim of the delivery',
      expected: failed(/was not delivered[\s\S]*Step: Deliver/),
      happens: meets(CLAIM_DELIVERY, refused(500, 'InternalServerError')),
    },
    { name: 'takes the claim of the delivery, and its answer is lost', expected: DELIVERED, happens: meets(once(TRANSACTION), answerLost) },
    { name: 'answers 500 once where the message is recorded as sent', expected: DELIVERED, happens: meets(once(RECORD_SENT), refused(500, 'InternalServerError')) },
    { name: 'records the message as sent, and its answer is lost', expected: DELIVERED, happens: meets(once(RECORD_SENT), answerLost) },
    {
      name: 'does not record the run as delivered until the failure handler does',
      expected: { ...DELIVERED, notices: [/was delivered, but its run did not end well/], executions: ['FAILED'] },
      happens: async trial => {
        const rule = trial.when(RECORD_DELIVERED, refused(500, 'InternalServerError'));
        const executionArn = await trial.start();
        trial.whenOf(executionArn, once(DESCRIBE), after(async () => rule.end()));
      },
    },
    { name: 'answers 500 once where the link is kept', expected: DELIVERED, happens: meets(once(KEEP_LINK), refused(500, 'InternalServerError')) },
  ],

  'S3': [
    { name: 'asks twice to slow down when the report is written', expected: DELIVERED, happens: meets(times(2, PUT_REPORT), refused(503, 'SlowDown')) },
    { name: 'takes the report, and its answer is lost', expected: DELIVERED, happens: meets(once(PUT_REPORT), answerLost) },
    { name: 'does not permit to write the report', expected: failed(/AccessDenied/), happens: meets(PUT_REPORT, refused(403, 'AccessDenied')) },
    {
      name: 'loses the report before it is delivered',
      expected: failed(/was not delivered[\s\S]*the link to report.html answers 404/),
      happens: async trial => {
        trial.when(once(OPEN_REPORT), after(() => trial.remove(REPORT)));
        await trial.make();
      },
    },
    {
      name: 'has other bytes of the same length before it is delivered',
      expected: failed(/was not delivered[\s\S]*replaced in S3 by something of the same length/),
      happens: changedBeforeItIsOpened(text => text.replace('Coffee 1', 'Coffee 9')),
    },
    {
      name: 'has a shorter report before it is delivered',
      expected: failed(/was not delivered[\s\S]*replaced or cut short/),
      happens: changedBeforeItIsOpened(text => text.slice(0, 100)),
    },
    { name: 'answers 503 once to the link', expected: DELIVERED, happens: meets(once(OPEN_REPORT), refused(503, 'SlowDown')) },
    { name: 'does not answer the link in time, once', expected: DELIVERED, happens: meets(once(OPEN_REPORT), late(OUT_OF_PATIENCE_MS)) },
    { name: 'is not reached once through the link', expected: DELIVERED, happens: meets(once(OPEN_REPORT), unreached) },
    {
      name: 'loses the rows between look-up and render',
      expected: failed(/there is no such object/),
      happens: async trial => {
        trial.when(once(READ_ROWS), after(() => trial.remove(ROWS)));
        await trial.make('by reference');
      },
      check: nothingRendered,
    },
    {
      name: 'has other rows while they are rendered: the report is that of the first',
      expected: DELIVERED,
      happens: async trial => {
        trial.when(once(READ_ROWS), followedBy(() => trial.change(ROWS, () => '{"product":"Tea","quantity":1}')));
        await trial.make('by reference');
      },
      check: rowsAre(5000),
    },
    { name: 'breaks off while the rows are read', expected: DELIVERED, happens: meets(once(READ_ROWS), cutShort, 'by reference'), check: rowsAre(5000) },
  ],

  'The link': [
    { name: 'is refused a signer once', expected: DELIVERED, happens: meets(once(ASSUME_SIGNER), refused(403, 'AccessDenied')) },
    { name: 'is refused a signer', expected: failed(/AccessDenied/), happens: meets(ASSUME_SIGNER, refused(403, 'AccessDenied', 'not authorized to perform: sts:AssumeRole')) },
    {
      name: 'has aged when the report is rendered',
      pipeline: 'ShortLived',
      expected: DELIVERED,
      happens: agesAndIsRenewed(once(RENEW_LINK), passes),
    },
    {
      name: 'has aged, and cannot be made anew at once',
      pipeline: 'ShortLived',
      expected: DELIVERED,
      happens: agesAndIsRenewed(once(RENEW_LINK), refused(500, 'ServiceException')),
    },
    {
      name: 'has aged, and may not be made anew',
      pipeline: 'ShortLived',
      expected: failed(/Step: Deliver[\s\S]*AccessDenied/),
      happens: agesAndIsRenewed(RENEW_LINK, refused(403, 'AccessDeniedException', 'not authorized to perform: lambda:InvokeFunction')),
    },
  ],

  'Executions': [
    { name: 'start twice at once', expected: { ...DELIVERED, executions: ['SUCCEEDED', 'SUCCEEDED'] }, happens: startAtOnce(2), check: periodIs('2026-11-19T23:00:00.000Z', '2026-11-20T23:00:00.000Z') },
    { name: 'start three times at once', expected: { ...DELIVERED, executions: ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'] }, happens: startAtOnce(3) },
    {
      name: 'start again while the message is published',
      expected: { ...DELIVERED, executions: ['SUCCEEDED', 'SUCCEEDED'] },
      happens: async trial => {
        trial.when(once(PUBLISH_MESSAGE), after(() => trial.make()));
        await trial.make();
      },
    },
    {
      name: 'start again after the report was delivered',
      expected: { ...DELIVERED, executions: ['SUCCEEDED', 'SUCCEEDED'] },
      happens: async trial => {
        await trial.make();
        await trial.make();
      },
    },
    {
      name: 'start again after the first failed: it is taken over',
      expected: { ...DELIVERED, notices: [/was not delivered/], executions: ['FAILED', 'SUCCEEDED'] },
      happens: async trial => {
        await trial.make('malformed');
        await trial.make();
      },
      check: attemptIs(2),
    },
    {
      name: 'are stopped while the data source is at work',
      expected: { ...failed(/The execution was stopped/), run: 'ABORTED', executions: ['ABORTED'] },
      happens: async trial => {
        const executionArn = await trial.start('slow');
        await trial.untilRunning();
        await trial.stop(executionArn);
        await trial.untilTold();
      },
    },
    {
      name: 'are stopped while the message is published',
      expected: { ...DELIVERED, notices: [/may or may not have been delivered/], executions: ['ABORTED'] },
      happens: async trial => {
        const executionArn = await trial.start();
        trial.when(once(PUBLISH_MESSAGE), after(async () => {
          await trial.stop(executionArn);
          await trial.untilTold();
        }));
        await trial.untilTold();
      },
    },
    {
      name: 'are stopped while the message is published, and the schedule fires again',
      expected: { ...DELIVERED, notices: [/may or may not have been delivered/], executions: ['ABORTED', 'SUCCEEDED'] },
      happens: async trial => {
        const executionArn = await trial.start();
        trial.when(once(PUBLISH_MESSAGE), after(async () => {
          await trial.stop(executionArn);
          await trial.untilTold();
          await trial.start();
        }));
        await trial.untilTold();
      },
    },
    {
      name: 'are stopped before the message is published, and the schedule fires again: the first comes to publish when the second has',
      expected: { ...DELIVERED, notices: [/The execution was stopped/], executions: ['ABORTED', 'SUCCEEDED'] },
      happens: async trial => {
        const executionArn = await trial.start();
        trial.when(once(OPEN_REPORT), after(async () => {
          await trial.stop(executionArn);
          await trial.untilTold();
          await trial.make();
        }));
        await trial.untilTold();
      },
      check: attemptIs(2),
    },
    {
      name: 'start with an input that is not in the contract',
      claim: 'execution',
      expected: failed(/it has a property "paramters" that the contract does not know/),
      happens: async trial => trial.startWith({ paramters: {} }),
    },
  ],

  'Requests': [
    {
      name: 'come twice',
      claim: 'request',
      expected: DELIVERED,
      happens: async trial => {
        expectThat('both are taken', (await Promise.all([trial.request(), trial.request()])).every(code => code === 202));
      },
    },
    {
      name: 'are recorded and not started: the repeat starts them',
      claim: 'request',
      expected: DELIVERED,
      happens: async trial => {
        const rule = trial.when(START, unreached);
        expectThat('the first is told so', await trial.request() === 500);
        rule.end();
        expectThat('the second is taken', await trial.request() === 202);
      },
    },
    {
      name: 'are started, and the answer is lost',
      claim: 'request',
      expected: DELIVERED,
      happens: async trial => {
        trial.when(once(START), answerLost);
        expectThat('it is taken', await trial.request() === 202);
      },
    },
  ],

  'The failure handler': [
    {
      name: 'is called by the event before the Catch',
      expected: failed(/does not answer/),
      happens: async trial => {
        const executionArn = await trial.start('throws');
        trial.whenOf(executionArn, once(DESCRIBE), after(() => trial.closeByEvent(executionArn)));
      },
    },
    {
      name: 'is called by the event twice more',
      expected: failed(/does not answer/),
      happens: async trial => {
        const executionArn = await trial.make('throws');
        await trial.closeByEvent(executionArn);
        await trial.closeByEvent(executionArn);
      },
    },
    {
      name: 'is called once more after the run was taken over and delivered',
      expected: { ...DELIVERED, notices: [/was not delivered/], executions: ['FAILED', 'SUCCEEDED'] },
      happens: async trial => {
        const executionArn = await trial.make('malformed');
        await trial.make();
        await trial.closeByEvent(executionArn);
      },
    },
    {
      name: 'can tell the owner only after the run was taken over and delivered',
      expected: { ...DELIVERED, notices: [/belongs to another execution, where it is DELIVERED; only this execution failed/], executions: ['FAILED', 'SUCCEEDED'] },
      happens: async trial => {
        const rule = trial.when(PUBLISH_NOTICE, refused(403, 'AuthorizationError'));
        const executionArn = await trial.make('malformed');
        await rule.untilMet(4); // by the workflow three times, then by the event
        await trial.make();
        rule.end();
        await trial.closeByEvent(executionArn);
      },
    },
    {
      name: 'is throttled by Step Functions',
      expected: failed(/does not answer/),
      happens: async trial => {
        trial.whenOf(await trial.start('throws'), times(2, DESCRIBE), refused(400, 'ThrottlingException'));
      },
    },
    {
      name: 'cannot record that it has told the owner: it tells again',
      expected: { ...failed(/does not answer/), notices: [/does not answer/, /does not answer/] },
      happens: meets(once(RECORD_END), refused(400, 'AccessDeniedException'), 'throws'),
    },
  ],
};

/** The faults that a deployed pipeline is put through. They are for happening side by side: observe all at once. */
export function emulatorFaults(deployment: Deployment): Fault[] {
  const turn = turnsOf(AT_ONCE);
  return Object.entries(GROUPS).flatMap(([group, scenarios]) => scenarios.map(scenario => ({
    group,
    name: scenario.name,
    expected: scenario.expected,
    observe: async () => {
      const trial = new Trial(deployment, scenario.pipeline ?? 'Plain', scenario.claim ?? 'schedule');
      await turn(async () => {
        await (scenario.happens ?? script('inline'))(trial);
        await trial.endAll();
      });
      const observed = await trial.observe();
      await Promise.all(trial.mails('readers').flatMap(({ links }) => links).map(opens));
      await scenario.check?.(trial);
      return observed;
    },
  }))).concat(scheduleFaults(deployment, turn));
}

async function opens({ url }: Link): Promise<void> {
  const { status } = await fetch(url);
  expectThat(`the link in the message opens, and does not answer ${status}`, status === 200);
}

function expectThat(what: string, holds: boolean): void {
  if (!holds) {
    throw new Error(`expected that ${what}`);
  }
}

/** Lets so many go on at once, and the others wait for their turn. */
function turnsOf(count: number): (work: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async work => {
    if (free > 0) {
      free--;
    } else {
      await new Promise<void>(resolve => waiting.push(resolve));
    }
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next) next(); else free++;
    }
  };
}
