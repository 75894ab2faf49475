import { GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { setClock } from './support/clock';
import { OWNER_TOPIC, TABLE, TOPIC } from './support/environment';
import { FakeDynamoDB } from './support/fake-dynamodb';
import { captureLogs, SECRET } from './support/logs';
import { failureEvent, Recording, recording, replay } from './support/recorded';
import { openedRun } from './support/runs';
import { reportIdFor } from '../../src/handlers/claim';
import { handler } from '../../src/handlers/close-failed-run.lambda';
import { handler as openRun } from '../../src/handlers/open-run.lambda';
import { OpenRunResult } from '../../src/workflow/contract';

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
const caught = async (recorded: Recording, changes = {}) => {
  replay(sfn, recorded, 'caught', changes);
  return handler(failureEvent(recorded));
};
const ended = async (recorded: Recording, changes = {}) => {
  replay(sfn, recorded, 'ended', changes);
  return handler(recorded.event);
};
const run = () => dynamodb.item(`run#${reportId}`, 'run')!;
const change = (changes: object) => dynamodb.seed({ ...run(), ...changes } as any);
const notices = () => sns.commandCalls(PublishCommand).map(call => call.args[0].input);
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
        'What to do: When the cause is mended, start the pipeline again with the input of this execution.',
        '',
        `Run: ${reportId} (attempt 1)`,
        `Execution: ${recorded.execution.executionArn}`,
        `In the console: https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/${recorded.execution.executionArn}`,
      ].join('\n'),
    }]);
  });

  test('is handed on, so that the execution fails with it', async () => {
    expect(await caught(recorded)).toEqual({ error: 'OperationalError', cause: recorded.caught!.cause });
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
  });

  test('before the run could be opened is recorded and told', async () => {
    reportId = reportIdFor('schedule', 'arn:aws:scheduler:eu-west-1:111111111111:schedule/reports/Stock', '2026-11-21T06:00:00Z');
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
      dynamodb.keys().filter(key => key.includes('notice#')).forEach(key => dynamodb.remove(key));
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
    ['redriven-to-fail', 'Look up the data', 'OperationalError: could not connect to server: Connection refused'],
  ])('is told of an end that no Catch sees: %s', async (name, step, what) => {
    await ended(recording(name));

    expect([line('Step:'), line('What happened:')]).toEqual([`Step: ${step}`, `What happened: ${what}`]);
  });

  test.each<[string, string]>([['timed-out', 'TIMED_OUT'], ['aborted', 'ABORTED'], ['data-limit-exceeded', 'FAILED'], ['runtime-error', 'FAILED']])(
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
    const recorded = recording('redriven-to-fail');
    await open(recorded);
    await ended({ ...recorded, event: { ...recorded.event, detail: { ...recorded.event.detail, redriveCount: 0 } } }, { redriveCount: 0 });

    await ended(recorded, { redriveCount: 0 });

    expect(notices()).toHaveLength(2);
  });
});

describe('what happened to the delivery', () => {
  test.each([
    ['SENT', 'was delivered, but its run did not end well'],
    ['SENDING', 'may or may not have been delivered'],
    ['UNKNOWN', 'may or may not have been delivered'],
    ['REFUSED', 'was not delivered'],
  ])('is told: %s', async (status, words) => {
    const recorded = recording('lookup-failed');
    await open(recorded);
    dynamodb.seed({ pk: `run#${reportId}`, sk: `delivery#${TOPIC}`, status });

    await caught(recorded);

    expect(notices()[0].Message).toContain(`The report "Stock" for 20 Nov 2026 ${words}.`);
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
  ])('is recorded under its own name: %s', async (_what, input) => {
    reportId = reportIdFor('execution', arnOf('mine'));

    await caught(refused(input));

    expect(run()).toMatchObject({ status: 'FAILED', executionArn: arnOf('mine') });
    expect(dynamodb.keys()).toEqual([`run#${reportId} run`, `run#${reportId} notice#mine#0`]);
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
    expect(line('What to do:')).toBe('What to do: When the cause is mended, request the report again.');
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

  test('between the notice and its record: it is told again, because silence is worse', async () => {
    dynamodb.interrupt('before', 'Put', /^notice#/, crash('InternalServerError'));
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
    expect(dynamodb.item(`run#${reportId}`, `notice#${recorded.execution.name}#0`)).toMatchObject({ messageId: 'notice' });
  });

  test('and the execution ends with that error: EventBridge tells of the failure that was to be closed', async () => {
    const closing = recording('closing-failed');
    expect(closing.event.detail.error).toBe('InternalServerError');

    await ended(closing);

    expect([line('Step:'), line('What happened:')]).toEqual(['Step: Render report', 'What happened: two columns have the name "kilos"; give each a name of its own']);
    expect(run()).toMatchObject({ status: 'FAILED', step: 'Render report', error: 'InvalidData' });
  });
});
