import { reportIdFor } from '../../src/handlers/claim';
import { Failure, failureNotice } from '../../src/handlers/failure-notice';
import { DeliveryItem, RunItem } from '../../src/handlers/ledger';

const ARN = 'arn:aws:states:eu-west-1:111111111111:execution:Stock:e1';
const run: RunItem = {
  reportId: 'r',
  status: 'FAILED',
  attempt: 2,
  executionArn: ARN,
  trigger: 'SCHEDULE',
  report: 'Stock',
  period: { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' },
};
const failure: Failure = { report: 'Stock', locale: 'en-GB', run, reportId: 'r', executionArn: ARN, status: 'FAILED', step: 'Deliver', error: 'E', cause: 'C' };

const body = (changes: Partial<Failure>) => failureNotice({ ...failure, ...changes }).body;
const line = (word: string, changes: Partial<Failure>) => body(changes).split('\n').find(text => text.startsWith(`${word}: `))?.slice(word.length + 2);
/** An error as Lambda hands it to Step Functions. */
const thrown = (errorType: string, errorMessage: string) => ({ error: errorType, cause: JSON.stringify({ errorType, errorMessage, trace: ['at secret.js:1'] }) });

describe('the notice', () => {
  test('names the report and its period in subject and text', () => {
    const { subject, body: text } = failureNotice(failure);

    expect(subject).toBe('FAILED: Stock, 20 Nov 2026');
    expect(text).toMatch(/^The report "Stock" for 20 Nov 2026 was not delivered\.\n/);
  });

  test('names what is known of a run that could not be opened', () => {
    expect(failureNotice({ ...failure, run: undefined })).toEqual({
      subject: 'FAILED: Stock', body: expect.stringMatching(/^The report "Stock" was not delivered\.\n[^]*\nRun: r\n/),
    });
  });

  test('speaks the language of the report for its period', () => {
    expect(failureNotice({ ...failure, locale: 'es' }).subject).toBe('FAILED: Stock, 20 nov 2026');
  });

  test('names the run, its attempt, and its execution', () => {
    expect([line('Run', {}), line('Execution', {})]).toEqual(['r (attempt 2)', ARN]);
  });

  test('does not name the attempt of another execution as its own', () => {
    expect(line('Run', { run: { ...run, executionArn: 'other', status: 'RUNNING' } })).toBe('r');
  });
});

describe('the headline', () => {
  test.each<[Failure['status'], DeliveryItem['status'] | undefined, string, string]>([
    ['FAILED', undefined, 'FAILED', 'was not delivered'],
    ['TIMED_OUT', undefined, 'TIMED OUT', 'was not delivered'],
    ['ABORTED', undefined, 'ABORTED', 'was not delivered'],
    ['NO_RECIPIENT', undefined, 'NO RECIPIENT', 'was not delivered'],
    ['FAILED', 'PENDING', 'FAILED', 'was not delivered'],
    ['FAILED', 'REFUSED', 'FAILED', 'was not delivered'],
    ['FAILED', 'SENDING', 'UNCERTAIN', 'may or may not have been delivered'],
    ['TIMED_OUT', 'UNKNOWN', 'UNCERTAIN', 'may or may not have been delivered'],
    ['ABORTED', 'SENT', 'DELIVERED WITH AN ERROR', 'was delivered, but its run did not end well'],
  ])('of a run that is %s, with a delivery that is %s, is %s', (status, delivery, headline, words) => {
    const notice = failureNotice({ ...failure, status, delivery: delivery && { status: delivery } });

    expect(notice.subject).toBe(`${headline}: Stock, 20 Nov 2026`);
    expect(notice.body.split('\n')[0]).toBe(`The report "Stock" for 20 Nov 2026 ${words}.`);
  });

  test('of an execution that failed beside the one that has the run says so, with the status as it is seen', () => {
    const other: RunItem = { ...run, executionArn: 'other', status: 'RUNNING', leaseUntil: '2020-01-01T00:00:00.000Z' };

    expect(body({ run: other })).toContain('belongs to another execution, where it is TIMED_OUT; only this execution failed.');
    expect(body({ run: { ...other, leaseUntil: '2999-01-01T00:00:00.000Z' } })).toContain('where it is RUNNING; only this execution failed.');
  });

  test('of an execution that failed beside the one that delivered the report does not call its own failure a delivery', () => {
    const notice = failureNotice({ ...failure, run: { ...run, executionArn: 'other', status: 'DELIVERED' }, delivery: { status: 'SENT' } });

    expect(notice.subject).toBe('FAILED: Stock, 20 Nov 2026');
  });
});

describe('the address in the console', () => {
  test.each([
    ['aws', 'https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/'],
    ['aws-cn', 'https://eu-west-1.console.amazonaws.cn/states/home?region=eu-west-1#/v2/executions/details/'],
    ['aws-us-gov', 'https://eu-west-1.console.amazonaws-us-gov.com/states/home?region=eu-west-1#/v2/executions/details/'],
  ])('in the partition %s', (partition, address) => {
    const executionArn = ARN.replace('arn:aws:', `arn:${partition}:`);

    expect(line('In the console', { executionArn })).toBe(`${address}${executionArn}`);
  });
});

describe('what happened, and what to do', () => {
  const again = 'redrive the execution, or start the pipeline again with its input';

  test.each<[string, Partial<Failure>, string, string | undefined]>([
    ['an input that was refused', thrown('InvalidInput', 'the input is wrong'), 'the input is wrong', 'Start the pipeline again with an input that it takes; the data contract of cdk-scheduled-report-pipeline shows it.'],
    ['data that was refused', thrown('InvalidData', 'row 2 is wrong'), 'row 2 is wrong', `Correct the data source, and ${again}; nothing was written at the report's address.`],
    ['a render that was refused', thrown('InvalidRender', 'it is short'), 'it is short', `When the cause is mended, ${again}.`],
    ['a link that does not open', thrown('InvalidLink', 'it answers 403'), 'it answers 403', `When the cause is mended, ${again}.`],
    ['a message that was refused', thrown('DeliveryRefused', 'not authorized'), 'not authorized', `When the cause is mended, ${again}.`],
    ['an empty report', thrown('EmptyReport', 'no rows; set onEmpty'), 'no rows; set onEmpty', undefined],
    ['an uncertain delivery', thrown('DeliveryUncertain', 'it is not known'), 'it is not known', 'Ask a reader whether the message arrived. If not, start the pipeline again with the input of this execution, and "rerun": "e03514ad" in it.'],
    ['data that is not there yet', thrown('DataNotReady', 'no till for 2 hours'), 'no till for 2 hours', `When the data is there, ${again}.`],
    ['a limit of the renderer', thrown('LimitExceeded', 'too many rows'), 'too many rows', `When the cause is mended, ${again}.`],
    ['nobody to get it', { status: 'NO_RECIPIENT', ...thrown('NoRecipient', 'nobody has subscribed') }, 'nobody has subscribed', `When somebody has subscribed, ${again}.`],
    ['more data than is passed on', { error: 'States.DataLimitExceeded', cause: 'x' }, 'More than 256 KB came to pass through the step "Deliver", and Step Functions passes on no more.',
      'Let the data source write its rows to event.output and return a reference to them: at most 200 KB travel inline.'],
    ['more data than is passed on, nobody knows where', { error: 'States.DataLimitExceeded', cause: 'x', step: undefined },
      'More than 256 KB came to pass through a step, and Step Functions passes on no more.',
      'Let the data source write its rows to event.output and return a reference to them: at most 200 KB travel inline.'],
    ['a run that was stopped for a reason', { status: 'ABORTED', error: 'Wrong', cause: 'wrong day' }, 'The execution was stopped: wrong day', `To make the report all the same, ${again}.`],
    ['a task that took too long', { error: 'States.Timeout', cause: '' }, 'Deliver took longer than it is given.', `Make it faster or give it more time. When the cause is mended, ${again}.`],
    ['a function that took too long', thrown('Sandbox.Timedout', 'RequestId: x Error: Task timed out after 60.00 seconds'), 'Deliver took longer than it is given.', `Make it faster or give it more time. When the cause is mended, ${again}.`],
    ['a permission that lacks', { error: 'States.Permissions', cause: 'not authorized to invoke' }, 'The workflow may not do this: not authorized to invoke', `Grant it. When the cause is mended, ${again}.`],
    ['no capacity', { error: 'Lambda.TooManyRequestsException', cause: 'Rate Exceeded.' }, 'Lambda had no capacity left for this account, and several tries did not help.',
      `Raise the account's concurrency or spread the schedules. When the cause is mended, ${again}.`],
    ['a run that took too long', { status: 'TIMED_OUT', error: 'States.Timeout', cause: '' }, 'The run as a whole took longer than it is given (runTimeout).', `When the cause is mended, ${again}.`],
    ['a run that was stopped', { status: 'ABORTED', error: 'ABORTED', cause: '' }, 'The execution was stopped by somebody.', `To make the report all the same, ${again}.`],
    ['an error that nobody knows', thrown('KeyError', "'kilos'"), "KeyError: 'kilos'", `When the cause is mended, ${again}.`],
    ['an error without a cause', { error: 'Mystery', cause: '' }, 'Mystery', `When the cause is mended, ${again}.`],
  ])('%s', (_what, changes, what, remedy) => {
    expect([line('What happened', changes), line('What to do', changes)]).toEqual([what, remedy]);
  });

  test('a report that was requested is made by a redrive, or by another request', () => {
    expect(line('What to do', { ...thrown('KeyError', 'x'), run: { ...run, requester: 'q' } })).toBe('When the cause is mended, redrive the execution.');
    expect(line('What to do', { ...thrown('DeliveryUncertain', 'x'), run: { ...run, requester: 'q' } })).toBe('Ask a reader whether the message arrived. If not, have it requested again, with a new idempotencyKey.');
  });

  test.each(['SENDING', 'UNKNOWN'] as const)('is to ask a reader, whatever failed while the delivery was %s', status => {
    for (const ended of [{ status: 'ABORTED' }, { status: 'TIMED_OUT' }, { error: 'States.Timeout' }] as const) {
      expect(line('What to do', { ...ended, delivery: { status } })).toMatch(/^Ask a reader whether the message arrived. If not, start the pipeline again/);
    }
  });

  describe('of a plain start, whose claim no other start has,', () => {
    const plain = { reportId: reportIdFor('execution', ARN) };

    test('is not to start the pipeline again', () => {
      expect(line('What to do', { ...plain, ...thrown('KeyError', 'x') })).toBe('When the cause is mended, redrive the execution.');
    });

    test('is to name the period, where nobody knows whether it was delivered', () => {
      expect(line('What to do', { ...plain, delivery: { status: 'UNKNOWN' } })).toMatch(/start the pipeline again with the parameters of this execution and "period": \{"from":"2026-11-19T23:00:00/);
    });
  });

  test.each([
    ['SENT', { delivery: { status: 'SENT' } }],
    ['SKIPPED', { run: { ...run, status: 'SKIPPED' } }],
  ] as const)('of a report that was %s is nothing that could send it again', (_status, changes) => {
    expect(line('What to do', { ...changes, ...thrown('KeyError', 'x') })).toBe('Nothing for this report. The cause may matter to the next one.');
  });

  test('names another word for each execution that is uncertain', () => {
    const words = ['e1', 'e2'].map(name => {
      const executionArn = ARN.replace(/e1$/, name);
      return /"rerun": "(\w+)"/.exec(line('What to do', { executionArn, run: { ...run, executionArn }, delivery: { status: 'UNKNOWN' } })!)![1];
    });
    expect(words[0]).not.toBe(words[1]);
  });

  test('does not propose a redrive of what a redrive does not mend', () => {
    expect(body(thrown('InvalidInput', 'x'))).not.toMatch(/redrive/i);
    expect(body(thrown('DeliveryUncertain', 'x'))).not.toMatch(/redrive/i);
  });

  test.each([
    ['only looks like JSON', '{not json', 'E: {not json'],
    ['is JSON of another kind', '{"a":1}', 'E: {"a":1}'],
    ['is JSON of nothing', '{"errorMessage":null}', 'E: {"errorMessage":null}'],
    ['is plain', 'it broke', 'E: it broke'],
  ])('quotes a cause that %s', (_what, cause, what) => {
    expect(line('What happened', { cause })).toBe(what);
  });

  test.each([['{"errorType":1,"errorMessage":{"a":1}}'], ['{"errorType":{},"errorMessage":[]}'], ['{"errorMessage":7}'], ['{}'], ['']])(
    'survives a cause of another kind: %s', cause => {
      expect(line('What happened', { cause })).toBeDefined();
    });

  test('quotes 600 characters of a cause, and says where the rest is', () => {
    expect(line('What happened', { cause: 'x'.repeat(600) })).toBe(`E: ${'x'.repeat(600)}`);
    expect(line('What happened', { cause: 'x'.repeat(601) })).toBe(`E: ${'x'.repeat(600)} ... (more in the console)`);
  });

  test('quotes no stack trace', () => {
    expect(body(thrown('KeyError', 'x'))).not.toContain('secret.js');
  });
});
