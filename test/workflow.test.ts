import aslValidator from 'asl-validator';
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

  test('closes the run whatever fails, and then fails', () => {
    for (const name of ['Open the run', 'Look up the data', 'Render and presign', 'Deliver']) {
      expect(states[name].Catch).toEqual([{ ErrorEquals: ['States.ALL'], Next: 'Close failed run' }]);
    }
    expect(states['Close failed run']).toMatchObject({ Next: 'Report failed' });
    expect(states['Close failed run'].Catch).toBeUndefined(); // what fails here, the rule sees
    expect(states['Report failed'].Type).toBe('Fail');
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
        ErrorEquals: ['InvalidInput', 'InvalidData', 'InvalidRender', 'InvalidLink', 'EmptyReport', 'DeliveryRefused', 'DeliveryUncertain'],
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
  const execution = { Id: 'arn:aws:states:eu-west-1:111111111111:execution:Stock:e1', Name: 'e1', StartTime: '2026-11-21T06:00:00.500Z' };

  /** Evaluates what a state's arguments and expressions say, as Step Functions does; what is undefined fails the state there. */
  async function evaluate(template: any, bindings: { opened?: unknown; input?: unknown; result?: unknown }): Promise<any> {
    if (typeof template === 'string' && /^{%.*%}$/s.test(template)) {
      const value = await jsonata(template.slice(2, -2)).evaluate({}, {
        opened: bindings.opened,
        states: { input: bindings.input, result: bindings.result, context: { Execution: execution } },
      });
      if (value === undefined) {
        throw new Error(`States.QueryEvaluationError: ${template}`);
      }
      return JSON.parse(JSON.stringify(value));
    }
    if (typeof template === 'object' && template !== null) {
      return Object.fromEntries(await Promise.all(Object.entries(template).map(async ([name, value]) => [name, await evaluate(value, bindings)])));
    }
    return template;
  }
  const payload = (state: string, bindings: object) => evaluate(states[state].Arguments.Payload, bindings);

  test('opening the run is told the execution and its input', async () => {
    expect(await payload('Open the run', { input: { parameters: { a: [1] } } })).toEqual({
      execution: { arn: execution.Id, name: 'e1', startTime: execution.StartTime },
      input: { parameters: { a: [1] } },
    });
  });

  test('what it returns is the variable that all later states read', async () => {
    expect(await evaluate(states['Open the run'].Assign, { result: { Payload: opened } })).toEqual({ opened });
  });

  test('a duplicate ends, and everything else goes on', async () => {
    const [{ Condition, Next }] = states['Opened?'].Choices;
    expect(await evaluate(Condition, { opened: { outcome: 'DUPLICATE', reportId: 'x' } })).toBe(true);
    expect(states[Next].Type).toBe('Succeed');
    expect(await evaluate(Condition, { opened })).toBe(false);
    expect(states['Opened?'].Default).toBe('Look up the data');
  });

  test('the data source is told the run and where to write', async () => {
    expect(await payload('Look up the data', { opened, input: opened })).toEqual({ ...opened.run, output: opened.output });
  });

  test('the renderer is told the run, the data as the source returned it, and the files, a list even of one', async () => {
    const data = { version: 1, columns: [{ name: 'product', type: 'text' }], rows: [{ product: 'Nariño' }] };
    expect(await payload('Render report', { opened, input: data })).toEqual({ ...opened.run, data, files: opened.files });
  });

  test('the link is told the run, the files, and where to keep the links, and no data', async () => {
    expect(await payload('Presign link', { opened, input: { rows: [1] } })).toEqual({ ...opened.run, files: opened.files, ledger: opened.ledger });
  });

  test('deliver is told what was rendered and linked', async () => {
    const rendered = { version: 1, rows: 1, asOf: '2026-11-21T06:00:02Z', files: [{ name: 'report.html', bytes: 1, sha256: 'a' }] };
    const link = { version: 1, links: [{ file: 'report.html', expiresAt: '2026-11-21T07:00:00Z' }] };
    expect(await payload('Deliver', { opened, input: [rendered, link] })).toEqual({
      ...opened.run, executionArn: execution.Id, files: opened.files, ledger: opened.ledger, rendered, link,
    });
  });

  test('the failure handler is told the error, even one without a cause', async () => {
    expect(await payload('Close failed run', { input: { Error: 'States.Timeout' } })).toEqual({ executionArn: execution.Id, error: 'States.Timeout', cause: '' });
    expect(await payload('Close failed run', { input: { Error: 'E', Cause: 'C' } })).toEqual({ executionArn: execution.Id, error: 'E', cause: 'C' });
  });

  test('the execution fails with the error that it failed with', async () => {
    const { Error: error, Cause: cause } = states['Report failed'];
    expect(await evaluate({ error, cause }, { input: { error: 'E', cause: 'C' } })).toEqual({ error: 'E', cause: 'C' });
  });

  test('every state puts out what its function returned', () => {
    for (const state of Object.values<any>(states).filter(({ Type }) => Type === 'Task')) {
      expect(state.Output).toBe('{% $states.result.Payload %}');
    }
  });
});
