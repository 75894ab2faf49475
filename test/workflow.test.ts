import aslValidator from 'asl-validator';
import { Duration } from 'aws-cdk-lib';
import jsonata from 'jsonata';
import { statesOf, TestStack } from './support/synth';
import { OpenRunResult } from '../src/workflow/contract';

const stack = new TestStack();
stack.pipeline();
const definition = stack.definition;
const states = statesOf(definition);

/** The function that a task of the library or of the test invokes. */
const functionOf = (state: any): string => state.Arguments.FunctionName.replace(/^<(.*?)[0-9A-F]{8}\.Arn>$/, '$1');

describe('the definition', () => {
  test('is valid', () => {
    expect(aslValidator(definition, { checkPaths: true, checkArn: false }).errors).toEqual([]);
    expect(aslValidator({ ...definition, StartAt: 'Nowhere' }).isValid).toBe(false);
  });

  test('leads from the start to a delivered report through 7 states', () => {
    const entered: string[] = [];
    for (let name = definition.StartAt; name; name = states[name].Next ?? states[name].Default) {
      entered.push(name, ...(states[name].Branches ?? []).flatMap((branch: any) => Object.keys(branch.States)));
    }
    expect(entered).toEqual(['Open the run', 'Opened?', 'Look up the data', 'Render and presign', 'Render report', 'Presign link', 'Deliver']);
    expect(states.Deliver.End).toBe(true);
  });

  test('renders and presigns in parallel, and delivers only after both', () => {
    expect(states['Render and presign']).toMatchObject({
      Type: 'Parallel',
      Next: 'Deliver',
      Branches: [{ StartAt: 'Render report' }, { StartAt: 'Presign link' }],
    });
    expect(states['Render and presign'].Branches.map(({ States }: any) => Object.keys(States))).toEqual([['Render report'], ['Presign link']]);
  });

  test('invokes in each state what its name says', () => {
    expect(Object.fromEntries(Object.entries<any>(states).filter(([, { Type }]) => Type === 'Task').map(([name, state]) => [name, functionOf(state)]))).toEqual({
      'Open the run': 'ReportOpenRunFunction',
      'Look up the data': 'Lookup',
      'Render report': 'ReportRenderFunction',
      'Presign link': 'ReportLinkFunction',
      'Deliver': 'ReportDeliverFunction',
      'Close failed run': 'ReportCloseFailedRunFunction',
    });
  });

  test('closes the run whatever fails, and fails there, or opens it again once it was redriven', () => {
    for (const name of ['Open the run', 'Look up the data', 'Render and presign', 'Deliver']) {
      expect(states[name].Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'Close failed run' }]);
    }
    expect(states['Close failed run']).toMatchObject({ Type: 'Task', Next: 'Open the run' });
    expect(states['Close failed run'].Catch).toBeUndefined(); // what fails here, the rule sees
    expect(Object.values<any>(states).map(({ Type }) => Type)).not.toContain('Fail');
  });

  test('keeps the default query language, so that data sources may bring states of either', () => {
    expect(definition.QueryLanguage).toBeUndefined();
    expect(new Set(Object.values<any>(states).map(({ QueryLanguage }) => QueryLanguage))).toEqual(new Set(['JSONata']));
  });

  test('leaves Output and Assign of the Parallel unused', () => {
    expect(Object.keys(states['Render and presign'])).not.toEqual(expect.arrayContaining(['Output']));
    expect(Object.keys(states['Render and presign'])).not.toEqual(expect.arrayContaining(['Assign']));
  });
});

describe('timeouts', () => {
  test('every task waits 10 seconds longer than its function may take', () => {
    const functions = stack.template.findResources('AWS::Lambda::Function');
    for (const [name, state] of Object.entries<any>(states).filter(([, { Type }]) => Type === 'Task')) {
      const logicalId = state.Arguments.FunctionName.slice(1, -'.Arn>'.length);
      // The data source of the test names no timeout: the task waits for the longest that Lambda allows.
      const longest = functions[logicalId].Properties.Timeout ?? 900;
      expect([name, state.TimeoutSeconds]).toEqual([name, longest + 10]);
    }
  });

  test('the run as a whole ends after 2 hours', () => {
    expect(definition.TimeoutSeconds).toBe(7200);
  });
});

describe('retries', () => {
  const seconds = ({ IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds = Infinity }: any) =>
    Array.from({ length: MaxAttempts }, (_, n) => Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds)).reduce((sum, wait) => sum + wait, 0);

  test('every task tries again when Lambda did not take the call, for a minute', () => {
    for (const state of Object.values<any>(states).filter(({ Type }) => Type === 'Task')) {
      const service = state.Retry.find(({ ErrorEquals }: any) => ErrorEquals.includes('Lambda.TooManyRequestsException'));
      expect(service).toMatchObject({ JitterStrategy: 'FULL' });
      expect(seconds(service)).toBe(60);
    }
  });

  test('what a handler refused is not tried again', () => {
    for (const name of ['Open the run', 'Render report', 'Presign link', 'Deliver', 'Close failed run']) {
      expect(states[name].Retry[0]).toEqual({
        ErrorEquals: [
          'InvalidInput', 'InvalidData', 'DataNotReady', 'DataGone', 'LimitExceeded', 'InvalidRender', 'InvalidLink', 'EmptyReport', 'NoRecipient',
          'DeliveryRefused', 'DeliveryUncertain', 'ReportFailed',
        ],
        MaxAttempts: 0,
      });
      expect(seconds(states[name].Retry[2])).toBe(6);
    }
  });

  test('a data source that failed is asked again for 35 seconds', () => {
    const [, failed] = states['Look up the data'].Retry;
    expect(failed.ErrorEquals).toEqual(['States.TaskFailed']);
    expect(seconds(failed)).toBe(35);
  });
});

describe('the data that flows', () => {
  const opened: OpenRunResult = {
    outcome: 'OPENED',
    run: {
      version: 1,
      reportId: '0123456789abcdef0123456789abcdef',
      attempt: 1,
      report: 'Stock',
      trigger: 'SCHEDULE',
      period: { from: '2026-11-19T23:00:00.000Z', to: '2026-11-20T23:00:00.000Z', timeZone: 'Europe/Madrid' },
      scheduledTime: '2026-11-21T06:00:00Z',
      openedAt: '2026-11-21T06:00:01.000Z',
      locale: 'en-GB',
      timeZone: 'Europe/Madrid',
      parameters: { supplier: ["O'Brien's"] },
    },
    output: { bucket: 'reports', key: 'data/0123456789abcdef0123456789abcdef/1/rows.ndjson' },
    files: [{ name: 'report.html', bucket: 'reports', key: 'reports/0123456789abcdef0123456789abcdef/1/report.html', contentType: 'text/html; charset=utf-8' }],
    ledger: { table: 'ledger', pk: 'run#0123456789abcdef0123456789abcdef', sk: 'link#1#' },
  };
  const evaluate = (template: any, bindings: Bindings) => evaluated(template, { opened, ...bindings });
  const payload = (state: string, bindings: object) => evaluate(states[state].Arguments.Payload, bindings);

  test('opening the run is told the execution and its input, also when a redrive comes there', async () => {
    expect(await payload('Open the run', { input: { Error: 'E', Cause: 'C' } })).toEqual({
      execution: { arn: execution.Id, name: 'e1', startTime: execution.StartTime },
      input: { parameters: { a: [1] } },
    });
  });

  test('what it returns is the variable that all later states read', async () => {
    expect(await evaluate(states['Open the run'].Assign, { result: { Payload: opened } })).toEqual({ opened });
  });

  test.each([['DUPLICATE', 'Duplicate', 'Succeed'], ['PAUSED', 'Paused', 'Succeed'], ['SKIPPED', 'Skipped', 'Succeed'], ['OPENED', 'Look up the data', 'Task'], ['RERENDER', 'Render and presign', 'Parallel']])('%s leads to %s', async (outcome, next, type) => {
    expect(await chosen(states['Opened?'], { opened: { outcome, reportId: 'x' } })).toBe(next);
    expect(states[next].Type).toBe(type);
  });

  test('the data source is told the run and where to write', async () => {
    expect(await payload('Look up the data', { opened, input: opened })).toEqual({ ...opened.run, output: opened.output });
  });

  test('the renderer is told the run, the data as the source returned it, and the files, a list even of one', async () => {
    const data = { version: 1, columns: [{ name: 'product', type: 'text' }], rows: [{ product: 'Nariño' }] };
    expect(await payload('Render report', { opened, input: data })).toEqual({ ...opened.run, data, files: opened.files });
  });

  test('the renderer of a report that is rendered again is told where its data was kept, and gets none from elsewhere', async () => {
    const kept = { bucket: 'reports', key: 'reports/earlier/1/data.json' };
    const again = { ...opened, outcome: 'RERENDER', kept } as const;
    const { Output } = states['Opened?'].Choices.find(({ Next }: any) => Next === 'Render and presign');
    const input = await evaluated(Output, { opened: again, input: again });

    expect(await payload('Render report', { opened: again, input })).toEqual({ ...opened.run, data: null, kept, files: opened.files });
    // What a data source returns can not pass for it.
    expect(await payload('Render report', { opened, input: { kept } })).toEqual({ ...opened.run, data: { kept }, files: opened.files });
  });

  test('the link is told the run, the files, and where to keep the links, and no data', async () => {
    expect(await payload('Presign link', { opened, input: { rows: [1] } })).toEqual({ ...opened.run, files: opened.files, ledger: opened.ledger });
  });

  test('deliver is told what was rendered and linked', async () => {
    const rendered = { version: 1, rows: 1, asOf: '2026-11-21T06:00:02Z', files: [{ name: 'report.html', bytes: 1, sha256: 'a' }] };
    const link = { version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-21T07:00:00Z' }] };
    expect(await payload('Deliver', { opened, input: [rendered, link] })).toEqual({
      ...opened.run, executionArn: execution.Id, redriveCount: 0, files: opened.files, ledger: opened.ledger, rendered, link,
    });
  });

  test('the failure handler is told the error, even one without a cause, and how often the execution was redriven', async () => {
    expect(await payload('Close failed run', { input: { Error: 'States.Timeout' } })).toEqual({
      executionArn: execution.Id, redriveCount: 0, enteredAt: ENTERED, error: 'States.Timeout', cause: '',
    });
    expect(await payload('Close failed run', { input: { Error: 'E', Cause: 'C' }, redriveCount: 2 })).toEqual({
      executionArn: execution.Id, redriveCount: 2, enteredAt: ENTERED, error: 'E', cause: 'C',
    });
  });

  test('every state puts out what its function returned', () => {
    for (const state of Object.values<any>(states).filter(({ Type }) => Type === 'Task')) {
      expect(state.Output).toBe('{% $states.result.Payload %}');
    }
  });
});

describe('a data source that may not be ready', () => {
  const patient = new TestStack();
  patient.pipeline({ notReadyTimeout: Duration.hours(3) });
  const patientStates = statesOf(patient.definition);
  const openedAt = Date.parse('2026-11-21T06:00:00Z');
  const opened = { run: { openedAt: new Date(openedAt).toISOString() } };
  const notReady = { version: 1, notReady: { reason: 'the nightly import has not ended' } };
  const after = (seconds: number) => ({ opened, input: notReady, now: openedAt + seconds * 1000 });
  const wait = async (seconds: number) => evaluated(patientStates['Wait for the data'].Seconds, after(seconds));

  test('costs no state where it is not switched on', () => {
    expect(Object.keys(patientStates).filter(name => !states[name]).sort()).toEqual(['Data not ready', 'Data ready?', 'Wait for the data']);
    expect(aslValidator(patient.definition, { checkPaths: true, checkArn: false }).errors).toEqual([]);
  });

  test('goes on with data', async () => {
    expect(patientStates['Look up the data'].Next).toBe('Data ready?');
    for (const input of [{ version: 1, rows: [] }, 'a text', [1], null]) {
      expect(await chosen(patientStates['Data ready?'], { ...after(1), input })).toBe('Render and presign');
    }
  });

  test('is asked again until the time is over, and then the run is closed', async () => {
    expect(await chosen(patientStates['Data ready?'], after(0))).toBe('Wait for the data');
    expect(await chosen(patientStates['Data ready?'], after(3 * 3600))).toBe('Wait for the data');
    expect(await chosen(patientStates['Data ready?'], after(3 * 3600 + 1))).toBe('Data not ready');
    expect(patientStates['Wait for the data'].Next).toBe('Look up the data');
    expect(patientStates['Data not ready'].Next).toBe('Close failed run');
  });

  test('is asked after a minute, then after as long as it took so far, at most every 15 minutes, and a last time when the time is over', async () => {
    const elapsed = [0, 2, 59.2, 130, 899.5, 2000, 3 * 3600 - 30, 3 * 3600, 5 * 3600];
    expect(await Promise.all(elapsed.map(wait))).toEqual([60, 60, 60, 130, 900, 900, 31, 1, 0]);
  });

  test('has asked for the last time when the time is over, whenever it began', async () => {
    let seconds = 7.3;
    const asked = [];
    while (await chosen(patientStates['Data ready?'], after(seconds)) === 'Wait for the data') {
      seconds += await wait(seconds) + 4.7;
      asked.push(seconds);
    }
    expect(asked.length).toBeLessThan(20);
    expect(seconds).toBeGreaterThan(3 * 3600);
    expect(seconds).toBeLessThan(3 * 3600 + 10);
  });

  test('tells the owner what it is waiting for', async () => {
    expect(await evaluated(patientStates['Data not ready'].Output, after(3 * 3600 + 1))).toEqual({
      Error: 'DataNotReady', Cause: 'the data source said for 3 hours that its data is not ready: the nightly import has not ended',
    });
  });

  test('may take as long as it is asked, and the run 2 hours more', () => {
    expect(patient.definition.TimeoutSeconds).toBe(5 * 3600);
  });
});

const execution = { Id: 'arn:aws:states:eu-west-1:111111111111:execution:Stock:e1', Name: 'e1', StartTime: '2026-11-21T06:00:00.500Z', Input: { parameters: { a: [1] } } };

const ENTERED = '2026-11-21T06:00:09.100Z';

interface Bindings { opened?: unknown; input?: unknown; result?: unknown; redriveCount?: number; now?: number }

/** Evaluates what a state's arguments and expressions say, as Step Functions does; what is undefined fails the state there. */
async function evaluated(template: any, bindings: Bindings): Promise<any> {
  if (typeof template === 'string' && /^{%.*%}$/s.test(template)) {
    const expression = jsonata(template.slice(2, -2));
    expression.registerFunction('millis', () => bindings.now);
    const value = await expression.evaluate({}, {
      opened: bindings.opened,
      states: {
        input: bindings.input,
        result: bindings.result,
        context: { Execution: { ...execution, RedriveCount: bindings.redriveCount }, State: { EnteredTime: ENTERED } },
      },
    });
    if (value === undefined) {
      throw new Error(`States.QueryEvaluationError: ${template}`);
    }
    return JSON.parse(JSON.stringify(value));
  }
  if (typeof template === 'object' && template !== null) {
    return Object.fromEntries(await Promise.all(Object.entries(template).map(async ([name, value]) => [name, await evaluated(value, bindings)])));
  }
  return template;
}

/** The state that a Choice leads to. */
async function chosen(choice: any, bindings: Bindings): Promise<string> {
  for (const { Condition, Next } of choice.Choices) {
    if (await evaluated(Condition, bindings)) {
      return Next;
    }
  }
  return choice.Default;
}
