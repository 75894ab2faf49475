import { GetExecutionHistoryCommand, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { OWNER_TOPIC, TABLE, TOPIC } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { forPeople, forPrograms } from './support/messages';
import { failureEvent, Recording, recording, replay } from './support/recorded';
import { openedRun } from './support/runs';
import { reportIdFor } from '../../src/handlers/claim';
import { handler } from '../../src/handlers/close-failed-run.lambda';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
import { FailureEvent, OpenRunResult } from '../../src/workflow/contract';

const dynamodb = new FakeDynamoDB(TABLE);
const sfn = mockClient(SFNClient);
const sns = mockClient(SNSClient);
const logs = captureLogs();

let reportId: string;

beforeEach(() => {
  setClock('2026-11-21T06:00:31Z');
  sfn.reset();
  sns.reset();
  sns.on(PublishCommand).resolves({ MessageId: 'notice' });
});

/** Opens the run of the recorded execution, or has another execution do it. */
async function open({ execution }: Recording, name = execution.name): Promise<OpenRunResult> {
  const opened = await openRun({ execution: { name, arn: arnOf(name), startTime: '2026-11-21T06:00:00.001Z' }, input: JSON.parse(execution.input!) });
  reportId = openedRun(opened).run.reportId;
  return opened;
}
const arnOf = (name: string) => `arn:aws:states:eu-west-1:111111111111:execution:Stock:${name}`;
/** Has the workflow call the handler. Returns what the execution fails with. */
const caught = async (recorded: Recording, changes: Partial<FailureEvent> = {}): Promise<Error> => called(recorded, changes).then(
  () => { throw new Error('it did not fail'); },
  error => {
    if (error.name !== 'ReportFailed') {
      throw error;
    }
    return error;
  });
/** Has the workflow call the handler, which may return. */
const called = async (recorded: Recording, changes: Partial<FailureEvent> = {}): Promise<void> => {
  const event = { ...failureEvent(recorded), ...changes };
  replay(sfn, recorded, 'caught', { redriveCount: event.redriveCount });
  await handler(event);
};
const ended = async (recorded: Recording, changes = {}) => {
  replay(sfn, recorded, 'ended', changes);
  return handler(recorded.event);
};
const run = () => dynamodb.item(`run#${reportId}`, 'run')!;
const end = (redriveCount = 0) => dynamodb.item(`run#${reportId}`, `end#${recording('lookup-failed').execution.name}#${redriveCount}`);
const deliveryItem = () => dynamodb.item(`run#${reportId}`, `delivery#${TOPIC}`);
const seedDelivery = (status: string, fields: object = {}) =>
  dynamodb.seed({ pk: `run#${reportId}`, sk: `delivery#${TOPIC}`, status, publishes: 1, executionArn: recording('lookup-failed').execution.executionArn, ...fields });
const change = (changes: object) => dynamodb.seed({ ...run(), ...changes } as any);
const notices = () => sns.commandCalls(PublishCommand).map(call => forPeople(call.args[0].input));
/** The lines of the only notice that begin with that word. */
const line = (word: string) => notices()[0].Message!.split('\n').find(text => text.startsWith(word));

describe('a failure that Catch saw', () => {
  const recorded = recording('lookup-failed');

  test('closes the run: the ledger says which step failed, with which error, and nothing of the cause', async () => {
    await open(recorded);
    await caught(recorded);

    expect(run()).toMatchObject({ status: 'FAILED', step: 'Look up the data', error: 'OperationalError', closedAt: '2026-11-21T06:00:31.000Z', attempt: 1 });
    expect(run()).not.toHaveProperty('cause');
  });

  test('is told to the owner: report, period, run, step, cause, and what to do', async () => {
    await open(recorded);
    await caught(recorded);

    expect(notices()).toEqual([{
      TopicArn: OWNER_TOPIC,
      Subject: 'FAILED: Stock, 20 Nov 2026',
      Message: [
        'The report "Stock" for 20 Nov 2026 was not delivered.',
        '',
        'Step: Look up the data',
        'What happened: OperationalError: could not connect to server: Connection refused',
        'What to do: When the cause is mended, redrive the execution, or start the pipeline again with its input.',
        '',
        `Run: ${reportId} (attempt 1)`,
        `Execution: ${recorded.execution.executionArn}`,
        `In the console: https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/${recorded.execution.executionArn}`,
      ].join('\n'),
    }]);
  });

  test('is told to programs as JSON, and to each with attributes to filter by', async () => {
    await open(recorded);
    await caught(recorded);

    const { body, attributes } = forPrograms(sns.commandCalls(PublishCommand)[0].args[0].input);
    expect(attributes).toEqual({ kind: 'FAILURE', report: 'Stock', status: 'FAILED' });
    expect(body).toMatchObject({ reportId, status: 'FAILED', step: 'Look up the data', error: 'OperationalError', executionArn: recorded.execution.executionArn });
    expect(body.text).toContain(body.console);
  });

  test('is handed on, so that the execution fails with it, without the words of others: Lambda logs what is thrown', async () => {
    await open(recorded);

    expect(await caught(recorded)).toMatchObject({
      name: 'ReportFailed', message: 'OperationalError; what it said is in the history of the execution, at the step that failed',
    });
  });

  test('is recorded as the end of this attempt of the execution, as long as the ledger keeps items', async () => {
    await open(recorded);
    await caught(recorded);

    expect(end()).toEqual({
      pk: `run#${reportId}`,
      sk: `end#${recorded.execution.name}#0`,
      endedHere: true,
      endedAt: '2026-11-21T06:00:31.000Z',
      noticeId: 'notice',
      ttl: Math.floor(Date.now() / 1000) + 120 * 24 * 3600,
    });
  });

  test('is told once, although EventBridge tells of the end of the execution, too', async () => {
    await open(recorded);
    await caught(recorded);
    await ended(recorded);
    await ended(recorded);

    expect(notices()).toHaveLength(1);
    expect(run()).toMatchObject({ status: 'FAILED', step: 'Look up the data', error: 'OperationalError' });
  });

  test('is logged without its cause', async () => {
    await open(recorded);
    logs.entries().length = 0;
    await caught(recorded);

    expect(logs.entries()).toEqual([{ message: 'closed', reportId, status: 'FAILED', step: 'Look up the data', error: 'OperationalError' }]);
  });

  test('is closed in the ledger where no owner is named', async () => {
    await open(recorded);
    delete process.env.OWNER_TOPIC_ARN;
    await caught(recorded);

    expect(run().status).toBe('FAILED');
    expect(notices()).toEqual([]);
    expect(end()).toMatchObject({ endedHere: true });
    expect(end()).not.toHaveProperty('noticeId');
  });

  test('before the run could be opened is recorded and told', async () => {
    reportId = reportIdFor('schedule', 'arn:aws:scheduler:eu-west-1:111111111111:schedule/reports/Stock', '2026-11-21T06:00:00.000Z');
    await caught(recorded);

    expect(run()).toMatchObject({ status: 'FAILED', executionArn: recorded.execution.executionArn, error: 'OperationalError' });
    expect(notices()[0].Message).toContain('The report "Stock" was not delivered.');
  });

  test('lets the next execution for the same time take the run over', async () => {
    await open(recorded);
    await caught(recorded);

    expect(openedRun(await open(recorded, 'b')).run).toMatchObject({ reportId, attempt: 2 });
  });
});

describe('the step that failed', () => {
  test.each<[string, string, string]>([
    ['lookup-failed', 'Look up the data', 'OperationalError: could not connect to server: Connection refused'],
    ['lookup-timed-out', 'Look up the data', 'Look up the data took longer than it is given.'],
    ['render-failed', 'Render report', 'row 17, column "kilos": expected a whole number, and got a string'],
    ['redriven-and-failed', 'Deliver', 'SNS refused the message: AuthorizationErrorException: not authorized to perform: SNS:Publish'],
    ['ministack-lookup-failed', 'Look up the data', 'Runtime.HandlerError: could not connect to server: Connection refused'],
    ['ministack-render-failed', 'Render and presign', 'Runtime.HandlerError: row 17, column "kilos": expected a whole number, and got a string'],
  ])('is the same whether Catch or EventBridge tells of it: %s', async (name, step, what) => {
    const recorded = recording(name);
    for (const tell of [caught, ended]) {
      sns.resetHistory();
      dynamodb.keys().filter(key => key.includes('end#')).forEach(key => dynamodb.remove(key));
      await tell(recorded);

      expect([line('Step:'), line('What happened:')]).toEqual([`Step: ${step}`, `What happened: ${what}`]);
    }
  });

  test.each<[string, string, string]>([
    ['timed-out', 'Render report', 'The run as a whole took longer than it is given (runTimeout).'],
    ['aborted', 'Look up the data', 'The execution was stopped: wrong day, started by mistake'],
    ['data-limit-exceeded', 'Look up the data', 'More than 256 KB came to pass through the step "Look up the data", and Step Functions passes on no more.'],
    ['runtime-error', 'Look up the data',
      "States.Runtime: An error occurred while executing the state 'Look up the data' (entered at the event id #8). Invalid path '$.rows': Missing property in path $['rows']"],
    ['redriven-and-aborted', 'Look up the data', 'The execution was stopped: wrong day, started by mistake'],
  ])('is told of an end that no Catch sees: %s', async (name, step, what) => {
    await ended(recording(name));

    expect([line('Step:'), line('What happened:')]).toEqual([`Step: ${step}`, `What happened: ${what}`]);
  });

  test.each<[string, string]>([['timed-out', 'TIMED_OUT'], ['aborted', 'ABORTED'], ['redriven-and-aborted', 'ABORTED'], ['data-limit-exceeded', 'FAILED'], ['runtime-error', 'FAILED']])(
    'is in the ledger after an end that no Catch sees: %s is %s', async (name, status) => {
      const recorded = recording(name);
      await open(recorded);
      await ended(recorded);

      expect(run()).toMatchObject({ status, step: expect.any(String), error: recorded.event.detail.error ?? status });
      expect(notices()).toHaveLength(1);
    });

  test('is not known when there is no history, and the failure is told all the same', async () => {
    const recorded = recording('lookup-failed');
    await caught({ ...recorded, history: [] });

    expect(line('Step:')).toBe('Step: not known');
  });

  test('is found in one page, from its end, without data', async () => {
    await ended(recording('lookup-failed'));

    expect(sfn.commandCalls(GetExecutionHistoryCommand)).toHaveLength(1);
    expect(sfn.commandCalls(GetExecutionHistoryCommand)[0].args[0].input).toMatchObject({ reverseOrder: true, includeExecutionData: false });
  });

  test('is found where the page begins in the midst of the execution', async () => {
    const recorded = recording('render-failed');
    const cut = { ...recorded, history: recorded.history.slice(14) };
    await ended(cut);

    expect(line('Step:')).toBe('Step: Render report');
  });
});

describe('a run that has moved on', () => {
  test('to an end that is good is not closed by an event that comes late, nor told of', async () => {
    const recorded = recording('runtime-error');
    await open(recorded);
    change({ status: 'DELIVERED', rows: 3 });
    const before = run();

    await ended(recorded, { status: 'SUCCEEDED', redriveCount: 1 });

    expect(run()).toEqual(before);
    expect(notices()).toEqual([]);
  });

  test('in a redrive is not closed, nor told of', async () => {
    const recorded = recording('runtime-error');
    await open(recorded);

    await ended(recorded, { status: 'RUNNING', redriveCount: 1 });

    expect(run().status).toBe('RUNNING');
    expect(notices()).toEqual([]);
  });

  test('in a redrive that ended badly, too, is told of once for each end', async () => {
    const first = recording('runtime-error');
    const second = { ...first, event: { ...first.event, detail: { ...first.event.detail, redriveCount: 1 } } };
    await open(first);

    await ended(first);
    await ended(second, { redriveCount: 1 });
    await ended(first, { redriveCount: 1 }); // late
    await ended(second, { redriveCount: 1 }); // again

    expect(notices()).toHaveLength(2);
  });

  test('to another execution is not closed by the one that it was taken from', async () => {
    const recorded = recording('runtime-error');
    await open(recorded);
    change({ status: 'FAILED' });
    await open(recorded, 'b');

    await ended(recorded);

    expect(run()).toMatchObject({ status: 'RUNNING', attempt: 2, executionArn: arnOf('b') });
    expect(run()).not.toHaveProperty('error');
  });

  test('to another execution that delivered it is told of as such, and not as lost', async () => {
    const recorded = recording('runtime-error');
    await open(recorded);
    change({ status: 'FAILED' });
    await open(recorded, 'b');
    change({ status: 'DELIVERED' });
    dynamodb.seed({ pk: `run#${reportId}`, sk: `delivery#${TOPIC}`, status: 'SENT', executionArn: arnOf('b') });

    await ended(recorded);

    expect(notices()[0].Message).toContain('The report "Stock" for 20 Nov 2026 belongs to another execution, where it is DELIVERED; only this execution failed.');
    expect(line('Run:')).toBe(`Run: ${reportId}`);
  });

  test('before a duplicate of it fails is not closed by that', async () => {
    const recorded = recording('lookup-failed');
    await open(recorded, 'b');

    await caught(recorded);

    expect(run()).toMatchObject({ status: 'RUNNING', executionArn: arnOf('b') });
    expect(notices()).toHaveLength(1);
  });

  test('to another execution after its end was closed is left to that by each event that comes again', async () => {
    const recorded = recording('runtime-error');
    await open(recorded);
    await ended(recorded);
    await open(recorded, 'b');
    const before = run();

    await ended(recorded);

    expect(run()).toEqual(before);
    expect(notices()).toHaveLength(1);
  });

  test('to SKIPPED stays so', async () => {
    const recorded = recording('lookup-failed');
    await open(recorded);
    change({ status: 'SKIPPED' });

    await caught(recorded);

    expect(run().status).toBe('SKIPPED');
  });
});

describe('what Step Functions says of an execution may lag behind', () => {
  test('an execution that still seems to run is closed as the event says', async () => {
    const recorded = recording('timed-out');
    await open(recorded);

    await ended(recorded, { status: 'RUNNING' });

    expect(run().status).toBe('TIMED_OUT');
    expect(notices()).toHaveLength(1);
  });

  test('a redrive that it does not know of yet has a notice of its own', async () => {
    const recorded = recording('redriven-and-aborted');
    await open(recorded);
    await ended({ ...recorded, event: { ...recorded.event, detail: { ...recorded.event.detail, redriveCount: 0 } } }, { redriveCount: 0 });

    await ended(recorded, { redriveCount: 0 });

    expect(notices()).toHaveLength(2);
  });
});

describe('what happened to the delivery', () => {
  const recorded = recording('lookup-failed');

  test.each([
    ['SENDING', 'may or may not have been delivered', 'UNCERTAIN'],
    ['UNKNOWN', 'may or may not have been delivered', 'UNCERTAIN'],
    ['REFUSED', 'was not delivered', 'FAILED'],
    ['PENDING', 'was not delivered', 'FAILED'],
  ])('is told: %s', async (status, words, headline) => {
    await open(recorded);
    seedDelivery(status, { leaseUntil: '2026-11-21T06:00:31.000Z' });

    await caught(recorded);

    expect(notices()[0].Subject).toBe(`${headline}: Stock, 20 Nov 2026`);
    expect(notices()[0].Message).toContain(`The report "Stock" for 20 Nov 2026 ${words}.`);
    expect(run().status).toBe('FAILED');
    expect(deliveryItem()).toMatchObject({ status });
  });

  test.each([['Catch', caught], ['EventBridge', ended]])('is told where it was SENT: %s tells of an error after it, and the run is DELIVERED as it was sent', async (_what, tell) => {
    await open(recorded);
    seedDelivery('SENT', { rows: 7, totalRows: 70, linkExpiresAt: '2026-11-21T07:00:00Z' });

    await tell(recorded);

    expect(run()).toMatchObject({ status: 'DELIVERED', rows: 7, totalRows: 70, linkExpiresAt: '2026-11-21T07:00:00Z', closedAt: '2026-11-21T06:00:31.000Z' });
    expect(run()).not.toHaveProperty('error');
    expect(notices()[0].Subject).toBe('DELIVERED WITH AN ERROR: Stock, 20 Nov 2026');
    expect(notices()[0].Message).toContain('The report "Stock" for 20 Nov 2026 was delivered, but its run did not end well.');
  });

  test('is settled where the function that sent it ended in the midst of it: it is UNKNOWN', async () => {
    await open(recorded);
    seedDelivery('SENDING', { leaseUntil: '2026-11-21T06:00:30.999Z' });
    change({ deliveryBegunAt: '2026-11-21T06:00:00Z' });

    await caught(recorded);

    expect(deliveryItem()).toMatchObject({ status: 'UNKNOWN', endedAt: '2026-11-21T06:00:31.000Z' });
    expect(notices()[0].Subject).toBe('UNCERTAIN: Stock, 20 Nov 2026');
    expect(await openRun({ execution: { name: 'b', arn: arnOf('b'), startTime: '2026-11-21T06:00:00.001Z' }, input: JSON.parse(recorded.execution.input!) }))
      .toMatchObject({ outcome: 'DUPLICATE' });
  });

  test('is that there is nobody to get it: the run is NO_RECIPIENT, and opened again when somebody subscribed', async () => {
    await open(recorded);
    const cause = JSON.stringify({ errorType: 'NoRecipient', errorMessage: 'nobody has subscribed' });
    const noRecipient = { ...recorded, caught: { error: 'NoRecipient', cause, events: 11 } }; // the history knows of no failure yet

    expect(await caught(noRecipient)).toMatchObject({ name: 'ReportFailed', message: 'NoRecipient: nobody has subscribed' });

    expect(run()).toMatchObject({ status: 'NO_RECIPIENT', error: 'NoRecipient' });
    expect(notices()[0].Subject).toBe('NO RECIPIENT: Stock, 20 Nov 2026');
    expect(line('What to do:')).toBe('What to do: When somebody has subscribed, redrive the execution, or start the pipeline again with its input.');
    expect(openedRun(await open(recorded, 'b')).run.attempt).toBe(2);
  });
});

describe('an execution that is redriven', () => {
  const recorded = recording('lookup-failed');
  const inRedrive = (redriveCount: number, enteredAt = '2026-11-21T06:10:00.000Z') => ({ redriveCount, enteredAt });
  const LATER = '2026-11-21T06:11:00.000Z';

  test('after its failure was closed here goes on, once: the workflow opens the run anew', async () => {
    await open(recorded);
    await caught(recorded);

    await called(recorded, inRedrive(1));
    expect(openedRun(await open(recorded)).run.attempt).toBe(2);
    expect(notices()).toHaveLength(1);
    expect(run()).toMatchObject({ status: 'RUNNING' });
  });

  test('and fails once more in that redrive is closed and told of again', async () => {
    await open(recorded);
    await caught(recorded);
    await called(recorded, inRedrive(1));
    await open(recorded);

    expect(await caught(recorded, inRedrive(1, LATER))).toMatchObject({ name: 'ReportFailed' });
    expect(notices()).toHaveLength(2);
    expect(run()).toMatchObject({ status: 'FAILED', attempt: 2 });
    expect(end(1)).toMatchObject({ endedHere: true });
  });

  test('may be redriven as often as it fails', async () => {
    await open(recorded);
    await caught(recorded);
    for (const redriveCount of [1, 2, 3]) {
      await called(recorded, inRedrive(redriveCount));
      expect(openedRun(await open(recorded)).run.attempt).toBe(redriveCount + 1);
      await caught(recorded, inRedrive(redriveCount, LATER));
    }
    expect(notices()).toHaveLength(4);
  });

  test('after an end that no Catch saw, and then fails, is closed at once: it never was here', async () => {
    const aborted = recording('aborted');
    await open(aborted);
    await ended(aborted);
    expect(end()).toMatchObject({ endedHere: false });

    expect(await caught(recorded, inRedrive(1))).toMatchObject({ name: 'ReportFailed' });
    expect(run()).toMatchObject({ status: 'FAILED', error: 'OperationalError' });
    expect(notices()).toHaveLength(2);
  });

  test('of whose end nothing is recorded is closed, and not gone on with', async () => {
    await open(recorded);

    expect(await caught(recorded, inRedrive(1))).toMatchObject({ name: 'ReportFailed' });
    expect(run().status).toBe('FAILED');
  });

  test('finds its run taken over: the workflow goes on, and finds that it is a duplicate', async () => {
    await open(recorded);
    await caught(recorded);
    await open(recorded, 'b');
    await called(recorded, inRedrive(1));

    expect(await openRun({
      execution: { name: recorded.execution.name, arn: recorded.execution.executionArn, startTime: '2026-11-21T06:00:00.001Z' },
      input: JSON.parse(recorded.execution.input!),
    })).toMatchObject({ outcome: 'DUPLICATE' });
    expect(run()).toMatchObject({ status: 'RUNNING', attempt: 2, executionArn: arnOf('b') });
  });

  test('is not gone on with where the ledger fails, and is when it is tried again', async () => {
    await open(recorded);
    await caught(recorded);
    dynamodb.interrupt('before', 'Update', /^resumed#/, () => { throw new Error('InternalServerError'); });
    await expect(called(recorded, inRedrive(1))).rejects.toThrow('InternalServerError');

    await called(recorded, inRedrive(1));
    expect(notices()).toHaveLength(1);
  });

  test('is not gone on with by an event of EventBridge, which closes', async () => {
    await open(recorded);
    await ended(recorded);
    await ended({ ...recorded, event: { ...recorded.event, detail: { ...recorded.event.detail, redriveCount: 1 } } }, { redriveCount: 1 });

    expect(notices()).toHaveLength(2);
    expect(dynamodb.keys().filter(key => key.includes('resumed#'))).toEqual([]);
  });

  test('and stopped then is closed with what stopped it, and not with the failure before the redrive', async () => {
    const aborted = recording('redriven-and-aborted');
    await open(aborted);
    await ended(aborted);

    expect(run()).toMatchObject({ status: 'ABORTED', error: 'Wrong' });
  });

  test('after the failure handler itself had failed goes on, too: it ended in this state', async () => {
    const closing = recording('closing-failed');
    await open(closing);
    await ended(closing);

    await called(closing, inRedrive(1));
    expect(openedRun(await open(closing)).run.attempt).toBe(2);
  });
});

describe('what the workflow tells', () => {
  test('of a failure counts, whatever failed before it and was mended by another try', async () => {
    const recorded = recording('lookup-failed');
    await open(recorded);
    const notReady = { error: 'DataNotReady', cause: 'the data source said for 2 hours that its data is not ready: no till' };
    // Look up the data fails once, and then says that there is nothing yet.
    const history = recorded.history.slice(0, 14).concat([
      { id: 15, previousEventId: 14, type: 'TaskSucceeded' },
      { id: 16, previousEventId: 15, type: 'TaskStateExited', stateExitedEventDetails: { name: 'Look up the data' } },
      { id: 17, previousEventId: 16, type: 'PassStateEntered', stateEnteredEventDetails: { name: 'Data not ready' } },
      { id: 18, previousEventId: 17, type: 'PassStateExited', stateExitedEventDetails: { name: 'Data not ready' } },
      { id: 19, previousEventId: 18, type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'Close failed run' } },
    ] as HistoryEvent[]);

    await caught({ ...recorded, history, caught: { ...notReady, events: 19 } });

    expect(line('What happened:')).toBe(`What happened: ${notReady.cause}`);
    expect(run()).toMatchObject({ status: 'FAILED', error: 'DataNotReady' });
  });
});

describe('an execution of an input that was refused', () => {
  const recorded = recording('lookup-failed');
  const refused = (input: unknown, name = 'mine'): Recording => {
    const execution = { ...recorded.execution, name, executionArn: arnOf(name), input: JSON.stringify(input) };
    return { ...recorded, execution, event: { ...recorded.event, detail: { ...recorded.event.detail, executionArn: arnOf(name) } } };
  };
  const ID = '3f2a9c04d1b84f77a0e6c2f1b5d98e34';

  test.each<[string, unknown]>([
    ['a text', 'text'],
    ['null', null],
    ['a list', []],
    ['what the console proposes', { Comment: 'Insert your JSON here' }],
    ['a scheduled time that Scheduler did not fill in', { schedule: { arn: '<aws.scheduler.schedule-arn>', time: '<aws.scheduler.scheduled-time>', timeZone: 'UTC' } }],
    ['a schedule that is a text', { schedule: SECRET }],
    ['a request by an execution of another name', { request: { reportId: ID } }],
    ['a request that is null', { request: null, schedule: null }],
    ['a period to a day that there is not', { period: { from: '2026-02-28T00:00:00Z', to: '2026-02-31T00:00:00Z' } }],
    ['two things that it is about', { request: { reportId: 'mine' }, schedule: { arn: 'a', time: '2026-11-21T06:00:00Z', timeZone: 'UTC' } }],
  ])('is recorded under its own name: %s', async (_what, input) => {
    reportId = reportIdFor('execution', arnOf('mine'));

    await caught(refused(input));

    expect(run()).toMatchObject({ status: 'FAILED', executionArn: arnOf('mine') });
    expect(dynamodb.keys()).toEqual([`run#${reportId} run`, `run#${reportId} end#mine#0`]);
  });

  test('does not close what somebody else requested', async () => {
    reportId = ID;
    dynamodb.seed({ pk: `run#${ID}`, sk: 'run', reportId: ID, status: 'REQUESTED', requester: 'q' });

    await caught(refused({ request: { reportId: ID } }));

    expect(run().status).toBe('REQUESTED');
  });

  test('closes what was requested under its name', async () => {
    reportId = ID;
    dynamodb.seed({ pk: `run#${ID}`, sk: 'run', reportId: ID, status: 'REQUESTED', requester: 'q' });

    await caught(refused({ request: { reportId: ID } }, ID));

    expect(run()).toMatchObject({ status: 'FAILED', requester: 'q', executionArn: arnOf(ID) });
    expect(line('What to do:')).toBe('What to do: When the cause is mended, redrive the execution.');
  });
});

describe('the handler itself fails', () => {
  const recorded = recording('lookup-failed');
  const crash = (name: string) => () => { throw new Error(name); };
  beforeEach(async () => { await open(recorded); });

  test('before the notice: the next call closes the run and tells', async () => {
    dynamodb.interrupt('before', 'Update', 'run', crash('InternalServerError'));
    await expect(caught(recorded)).rejects.toThrow('InternalServerError');
    expect(notices()).toEqual([]);

    await caught(recorded);

    expect(run().status).toBe('FAILED');
    expect(notices()).toHaveLength(1);
  });

  test('after the record of the end: the next call tells nobody again, and hands the failure on', async () => {
    dynamodb.interrupt('after', 'Update', /^end#/, crash('ECONNRESET'));
    await expect(caught(recorded)).rejects.toThrow('ECONNRESET');

    expect(await caught(recorded)).toMatchObject({ name: 'ReportFailed', message: expect.stringMatching(/^OperationalError;/) });
    expect(notices()).toHaveLength(1);
  });

  test('between the notice and its record: it is told again, because silence is worse', async () => {
    dynamodb.interrupt('before', 'Update', /^end#/, crash('InternalServerError'));
    await expect(caught(recorded)).rejects.toThrow('InternalServerError');

    await caught(recorded);
    await ended(recorded);

    expect(notices()).toHaveLength(2);
  });

  test('at the notice: it is not recorded as sent, and the next call sends it', async () => {
    sns.on(PublishCommand).rejectsOnce(new Error('AuthorizationError')).resolves({ MessageId: 'notice' });
    await expect(caught(recorded)).rejects.toThrow('AuthorizationError');
    expect(run().status).toBe('FAILED');

    await ended(recorded);

    expect(notices()).toHaveLength(2);
    expect(dynamodb.item(`run#${reportId}`, `end#${recorded.execution.name}#0`)).toMatchObject({ noticeId: 'notice' });
  });

  test('and the execution ends with that error: EventBridge tells of the failure that was to be closed', async () => {
    const closing = recording('closing-failed');
    expect(closing.event.detail.error).toBe('InternalServerError');

    await ended(closing);

    expect([line('Step:'), line('What happened:')]).toEqual(['Step: Render report', 'What happened: two columns have the name "kilos"; give each a name of its own']);
    expect(run()).toMatchObject({ status: 'FAILED', step: 'Render report', error: 'InvalidData' });
  });
});
