import { Execution, ExecutionStatusChange, StateMachine, TaskFunction } from './interpreter';
import { VirtualClock } from './virtual-clock';
import { TestStack } from '../../support/synth';

const START = '2026-11-21T06:00:00.000Z';
let clock: VirtualClock;
beforeEach(() => { clock = new VirtualClock(START); });
afterEach(() => clock.uninstall());

const seconds = () => (Date.now() - Date.parse(START)) / 1000;
const sleep = (duration: number) => new Promise(resolve => setTimeout(resolve, duration * 1000));
const named = (name: string, message = '') => Object.assign(new Error(message), { name });

/** States in a row, each of JSONata; the last is the end unless it says where it leads. */
const flow = (states: { [name: string]: any }) => {
  const names = Object.keys(states);
  return {
    StartAt: names[0],
    States: Object.fromEntries(Object.entries(states).map(([name, state], index) => {
      const leads = ['Choice', 'Succeed', 'Fail'].includes(state.Type) || 'Next' in state || 'End' in state;
      return [name, { QueryLanguage: 'JSONata', ...(!leads && (names[index + 1] ? { Next: names[index + 1] } : { End: true })), ...state }];
    })),
  };
};
const task = (FunctionName: string, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...more,
});
const pass = (Output: unknown, more: object = {}) => ({ Type: 'Pass', Output, ...more });
const caught = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] };
const Caught = { Type: 'Succeed' };

const machineOf = (definition: any, functions: { [name: string]: TaskFunction } = {}, more: object = {}) =>
  new StateMachine(definition, { name: 'Test', functions, random: () => 0.5, ...more });
const run = (definition: any, functions: { [name: string]: TaskFunction } = {}, input: unknown = {}, more: object = {}): Promise<Execution> =>
  clock.until(machineOf(definition, functions, more).start({ name: 'e1', input }).ended);
const typesOf = (execution: Execution) => execution.history().map(({ type }) => type);

describe('the clock', () => {
  test('jumps to the next timer when everything waits', async () => {
    const order: string[] = [];
    await clock.until(Promise.all([sleep(7200).then(() => order.push('late')), sleep(60).then(() => order.push('early'))]));
    expect(order).toEqual(['early', 'late']);
    expect(new Date().toISOString()).toBe('2026-11-21T08:00:00.000Z');
  });

  test('stands still while something runs that no timer has to do with', async () => {
    setTimeout(() => undefined, 1000);
    const working = (async () => {
      for (let turn = 0; turn < 20; turn++) {
        await new Promise(resolve => setImmediate(resolve));
      }
      return seconds();
    })();
    expect(await clock.until(working)).toBe(0);
  });

  test('says so when nothing is left that could settle a promise', async () => {
    await expect(clock.until(new Promise(() => undefined))).rejects.toThrow('no timer is left');
  });

  test('is driven by one at a time', async () => {
    const driving = clock.until(sleep(1));
    await expect(clock.untilIdle()).rejects.toThrow('driven already');
    await driving;
  });

  test('gives the time back', async () => {
    clock.uninstall();
    expect(Date.now()).toBeGreaterThan(0);
    expect(Date.now()).not.toBe(Date.parse(START));
  });
});

describe('a state machine', () => {
  test('hands a task its payload and the context, and later states its variables', async () => {
    const seen = jest.fn();
    const execution = await run(flow({
      A: task('a', { Assign: { kept: '{% $states.result.Payload.value %}' } }),
      B: pass({ kept: '{% $kept %}', input: '{% $states.input %}', first: '{% $states.context.Execution.Input.n %}' }),
    }), { a: async (payload, context) => { seen(payload, context); return { value: [1] }; } }, { n: 1 });
    const arn = 'arn:aws:states:eu-west-1:111111111111:execution:Test:e1';
    expect(execution).toMatchObject({ arn, name: 'e1', status: 'SUCCEEDED', redriveCount: 0, output: { kept: [1], input: { value: [1] }, first: 1 } });
    expect(seen).toHaveBeenCalledWith({ n: 1 }, {
      Execution: { Id: arn, Name: 'e1', Input: { n: 1 }, StartTime: START, RedriveCount: 0 },
      State: { Name: 'A', EnteredTime: START, RetryCount: 0 },
      StateMachine: { Id: 'arn:aws:states:eu-west-1:111111111111:stateMachine:Test', Name: 'Test' },
    });
  });

  test('evaluates Assign and Output with the variables as they were, and sets them after the state', async () => {
    const { output } = await run(flow({
      A: pass(1, { Assign: { x: 1, y: 2 } }),
      B: pass('{% $x %}', { Assign: { x: '{% $y %}', y: '{% $x %}' } }),
      C: pass({ before: '{% $states.input %}', x: '{% $x %}', y: '{% $y %}' }),
    }));
    expect(output).toEqual({ before: 1, x: 2, y: 1 });
  });

  test.each([
    ['one', { rule: 'one' }],
    ['two', 'two'],
    ['three', { default: true }],
  ])('a Choice of %s puts out what its rule or its default says', async (input, output) => {
    const states = {
      Choose: {
        Type: 'Choice',
        Choices: [
          { Condition: "{% $states.input = 'one' %}", Next: 'End', Output: { rule: '{% $states.input %}' }, Assign: { by: 'rule' } },
          { Condition: "{% $states.input = 'two' %}", Next: 'End', Assign: { by: 'rule' } },
        ],
        Default: 'End',
        Output: { default: true },
        Assign: { by: 'default' },
      },
      End: pass({ output: '{% $states.input %}', by: '{% $by %}' }),
    };
    expect((await run(flow(states), {}, input)).output).toEqual({ output, by: input === 'three' ? 'default' : 'rule' });
  });

  test('fails where no rule matches and there is no default', async () => {
    const states = { Choose: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'End' }] }, End: { Type: 'Succeed' } };
    expect(await run(flow(states))).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });

  test('waits as long as an expression says, and its functions read the same time', async () => {
    const { output } = await run(flow({ A: { Type: 'Wait', Seconds: '{% $states.input.n %}' }, B: pass('{% $millis() %}') }), {}, { n: 90 });
    expect(output).toBe(Date.parse(START) + 90_000);
  });

  test('fails with what a Fail state says', async () => {
    expect(await run(flow({ A: { Type: 'Fail', Error: '{% $states.input.e %}', Cause: 'because' } }), {}, { e: 'E' }))
      .toMatchObject({ status: 'FAILED', error: 'E', cause: 'because' });
  });

  test('runs executions side by side on one clock', async () => {
    const order: string[] = [];
    const machine = machineOf(flow({ A: task('a') }), {
      a: async ({ id, steps }) => { for (const step of steps) { await sleep(step); order.push(`${id}@${seconds()}`); } return null; },
    });
    await clock.until(Promise.all([
      machine.start({ name: 'x', input: { id: 'x', steps: [2, 4] } }).ended,
      machine.start({ name: 'y', input: { id: 'y', steps: [3, 2] } }).ended,
    ]));
    expect(order).toEqual(['x@2', 'y@3', 'y@5', 'x@6']);
  });

  test('answers a second start with the execution that runs, and refuses any other', async () => {
    const machine = machineOf(flow({ A: { Type: 'Wait', Seconds: 1 } }));
    const execution = machine.start({ name: 'e1', input: { n: 1 } });
    expect(machine.start({ name: 'e1', input: { n: 1 } })).toBe(execution);
    expect(() => machine.start({ name: 'e1', input: { n: 2 } })).toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
    await clock.until(execution.ended);
    expect(() => machine.start({ name: 'e1', input: { n: 1 } })).toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
  });

  test('tells each end', async () => {
    const events: ExecutionStatusChange[] = [];
    const onEnd = (event: ExecutionStatusChange) => events.push(event);
    await run(flow({ A: { Type: 'Wait', Seconds: 5 }, B: pass({ n: 1 }) }), {}, { i: 1 }, { onEnd });
    await run(flow({ A: { Type: 'Fail', Error: 'E' } }), {}, {}, { onEnd });
    expect(events.map(({ detail }) => detail)).toEqual([
      expect.objectContaining({ status: 'SUCCEEDED', startDate: Date.parse(START), stopDate: Date.parse(START) + 5000, input: '{"i":1}', output: '{"n":1}' }),
      expect.objectContaining({ status: 'FAILED', error: 'E', output: null, redriveCount: 0 }),
    ]);
  });
});

describe('errors', () => {
  test('a function that throws fails its task with the name of its error', async () => {
    const execution = await run(flow({ A: task('a') }), { a: async () => { throw named('InvalidData', 'two columns'); } });
    const failure = { error: 'InvalidData', cause: JSON.stringify({ errorType: 'InvalidData', errorMessage: 'two columns', trace: [] }) };
    expect(execution).toMatchObject({ status: 'FAILED', ...failure });
    expect(execution.history().find(({ type }) => type === 'TaskFailed')!.taskFailedEventDetails).toMatchObject(failure);
    expect(typesOf(execution)).toEqual(['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskFailed', 'ExecutionFailed']);
  });

  test('Catch puts out the error unless it says otherwise, and sets variables', async () => {
    const states = { A: task('a', caught), B: pass('not caught'), Caught };
    const a = async () => { throw named('E', 'm'); };
    expect((await run(flow(states), { a })).output).toEqual({ Error: 'E', Cause: '{"errorType":"E","errorMessage":"m","trace":[]}' });

    const Catch = [{ ErrorEquals: ['E'], Next: 'Caught', Output: 'own', Assign: { error: '{% $states.errorOutput.Error %}' } }];
    expect((await run(flow({ A: task('a', { Catch }), B: pass(''), Caught: pass(['{% $states.input %}', '{% $error %}']) }), { a })).output).toEqual(['own', 'E']);
  });

  test.each([
    ['States.TaskFailed', 'E', true],
    ['States.TaskFailed', 'States.QueryEvaluationError', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.Timeout', 'States.Timeout', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['E', 'E', true],
    ['E', 'F', false],
  ])('%s matches %s: %s', async (pattern, error, matched) => {
    const functions: { [name: string]: TaskFunction } = {
      a: async () => {
        if (error === 'States.Timeout') await sleep(9);
        if (error === 'States.DataLimitExceeded') return 'x'.repeat(262_144);
        if (error.length === 1) throw named(error);
        return {};
      },
    };
    const Output = error === 'States.QueryEvaluationError' ? '{% $states.result.Payload.nothing %}' : '{% $states.result.Payload %}';
    const Catch = [{ ErrorEquals: [pattern], Next: 'Caught' }];
    const execution = await run(flow({ A: task('a', { TimeoutSeconds: 5, Output, Catch, End: true }), Caught }), functions);
    expect(execution).toMatchObject(matched ? { status: 'SUCCEEDED', output: { Error: error } } : { status: 'FAILED', error });
  });

  test.each([
    ['has no value', '{% $states.input.nothing %}'],
    ['throws', "{% $number('x') %}"],
    ['is a function', '{% $sum %}'],
    ['is a function of its own', '{% function($x) { $x } %}'],
    ['reads a result before there is one', '{% $states.result %}'],
  ])('an expression that %s is a States.QueryEvaluationError', async (_, expression) => {
    const execution = await run(flow({ A: pass(['fine', { deep: expression }]) }));
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(typesOf(execution)).toContain('EvaluationFailed');
  });

  test('a condition that is no boolean is one, too', async () => {
    const states = { A: { Type: 'Choice', Choices: [{ Condition: "{% 'yes' %}", Next: 'B' }], Default: 'B' }, B: { Type: 'Succeed' } };
    expect(await run(flow(states))).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
});

describe('the limit of what states pass on', () => {
  test('is 262,144 bytes of JSON', async () => {
    const euro = "{% $pad('', $states.input, '€') %}";
    expect(await run(flow({ A: pass(euro) }), {}, 87_380)).toMatchObject({ status: 'SUCCEEDED' }); // 262,140 bytes and 2 quotes
    expect(await run(flow({ A: pass(euro) }), {}, 87_381)).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  test('no Retry and no Catch sees it: in a result, in a payload, nor from a branch', async () => {
    const a = jest.fn(async () => 'x'.repeat(262_144));
    const guarded = { Retry: [{ ErrorEquals: ['States.ALL'] }], ...caught, End: true };
    const failed = { status: 'FAILED', error: 'States.DataLimitExceeded' };
    expect(await run(flow({ A: task('a', guarded), Caught }), { a })).toMatchObject(failed);
    expect(a).toHaveBeenCalledTimes(1);
    const Arguments = { FunctionName: 'a', Payload: ['{% $states.input %}', '{% $states.input %}'] };
    expect(await run(flow({ A: task('a', { ...guarded, Arguments }), Caught }), { a }, 'x'.repeat(200_000))).toMatchObject(failed);
    expect(a).toHaveBeenCalledTimes(1);
    expect(await run(flow({ P: { Type: 'Parallel', Branches: [flow({ A: task('a') })], ...guarded }, Caught }), { a })).toMatchObject(failed);
  });

  test('an input beyond it starts nothing', () => {
    expect(() => machineOf(flow({ A: pass(1) })).start({ name: 'e1', input: 'x'.repeat(262_144) })).toThrow(expect.objectContaining({ name: 'ValidationException' }));
  });
});

describe('Retry', () => {
  const times = async (Retry: object[], errors: string[], random = () => 0.5) => {
    const at: number[] = [];
    const execution = await run(flow({ A: task('a', { Retry }) }), {
      a: async () => { at.push(seconds()); const error = errors.shift(); if (error) throw named(error); return at.length; },
    }, {}, { random });
    return { at: at.map(time => time - at[0]), status: execution.status };
  };
  const backoff = { IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10, MaxAttempts: 3 };

  test('waits longer each time, up to the longest delay', async () => {
    expect(await times([{ ErrorEquals: ['E'], ...backoff }], ['E', 'E', 'E'])).toEqual({ at: [0, 2, 8, 18], status: 'SUCCEEDED' });
    expect(await times([{ ErrorEquals: ['E'], ...backoff }], ['E', 'E', 'E', 'E'])).toEqual({ at: [0, 2, 8, 18], status: 'FAILED' });
  });

  test('has the defaults of AWS', async () => {
    expect(await times([{ ErrorEquals: ['E'] }], ['E', 'E', 'E', 'E'])).toEqual({ at: [0, 1, 3, 7], status: 'FAILED' });
  });

  test('waits a part of each delay where it has jitter', async () => {
    const retry = [{ ErrorEquals: ['E'], ...backoff, JitterStrategy: 'FULL' }];
    expect((await times(retry, ['E', 'E', 'E'], () => 0)).at).toEqual([0, 0, 0, 0]);
    expect((await times(retry, ['E', 'E', 'E'], () => 0.25)).at).toEqual([0, 0.5, 2, 4.5]);
    expect((await times(retry, ['E', 'E', 'E'], () => 0.999999)).at[3]).toBeLessThan(18);
  });

  test('each policy counts for itself, and the first that matches decides', async () => {
    const policies = [
      { ErrorEquals: ['Never'], MaxAttempts: 0 },
      { ErrorEquals: ['E'], IntervalSeconds: 1, MaxAttempts: 1 },
      { ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 10, MaxAttempts: 1 },
    ];
    expect(await times(policies, ['E', 'F'])).toEqual({ at: [0, 1, 11], status: 'SUCCEEDED' });
    expect(await times(policies, ['E', 'E'])).toEqual({ at: [0, 1], status: 'FAILED' });
    expect(await times(policies, ['Never'])).toEqual({ at: [0], status: 'FAILED' });
  });

  test('tells the function which try it is, and does not enter the state again', async () => {
    const tries: number[] = [];
    const execution = await run(flow({ A: task('a', { Retry: [{ ErrorEquals: ['States.ALL'] }] }) }), {
      a: async (_, { State }) => { tries.push(State.RetryCount); if (tries.length < 3) throw named('E'); return 1; },
    });
    expect(tries).toEqual([0, 1, 2]);
    expect(typesOf(execution).filter(type => /Entered|Scheduled|Failed/.test(type!)))
      .toEqual(['TaskStateEntered', 'TaskScheduled', 'TaskFailed', 'TaskScheduled', 'TaskFailed', 'TaskScheduled']);
  });
});

describe('timeouts', () => {
  test('a function that does not answer in time fails its task, and what it does later is ignored', async () => {
    let finished = 0;
    const execution = await run(flow({ A: task('a', { TimeoutSeconds: 40, ...caught, End: true }), Caught }), {
      a: async () => { await sleep(100); finished = seconds(); return 'late'; },
    });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'States.Timeout' } });
    expect([seconds(), finished]).toEqual([40, 0]);
    expect(execution.history().find(({ type }) => type === 'TaskTimedOut')!.taskTimedOutEventDetails).toMatchObject({ error: 'States.Timeout' });
    const before = execution.history();
    await clock.untilIdle();
    expect(finished).toBe(100);
    expect(execution.history()).toEqual(before);
    expect(execution.output).toEqual({ Error: 'States.Timeout' });
  });

  test('a function that throws too late troubles nobody', async () => {
    const execution = await run(flow({ A: task('a', { TimeoutSeconds: 5 }) }), { a: async () => { await sleep(9); throw named('Late'); } });
    await clock.untilIdle();
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  test('an execution that takes too long ends, uncaught, and so it does again after a redrive', async () => {
    const definition = { ...flow({ A: { Type: 'Wait', Seconds: 50 }, B: task('a', { ...caught, End: true }), Caught }), TimeoutSeconds: 60 };
    let duration = 20;
    const execution = await run(definition, { a: () => sleep(duration) });
    expect([execution.status, seconds()]).toEqual(['TIMED_OUT', 60]);
    expect(typesOf(execution).at(-1)).toBe('ExecutionTimedOut');

    duration = 70;
    execution.redrive();
    expect((await clock.until(execution.ended)).status).toBe('TIMED_OUT');
    expect(seconds()).toBe(120);

    duration = 59;
    execution.redrive();
    expect((await clock.until(execution.ended)).status).toBe('SUCCEEDED');
    expect(seconds()).toBe(179);
  });
});

describe('Parallel', () => {
  const parallel = (branches: any[], more: object = {}) => ({ Type: 'Parallel', Branches: branches.map(flow), ...more });

  test('puts out the outputs of its branches in their order, whoever is first', async () => {
    const { output } = await run(flow({ P: parallel([{ A: task('a') }, { B: task('b') }]) }), {
      a: async input => { await sleep(5); return ['a', input]; },
      b: async input => ['b', input],
    }, 1);
    expect(output).toEqual([['a', 1], ['b', 1]]);
  });

  test('runs all its branches again where it is retried, and each Parallel has its own', async () => {
    const calls: string[] = [];
    const a = async (_: unknown, { State: { Name } }: { State: { Name: string } }) => { calls.push(Name); await sleep(1); return Name; };
    const execution = await run(flow({
      P: parallel([{ A: task('a') }, { B: task('b') }], { Retry: [{ ErrorEquals: ['E'] }] }),
      Q: parallel([{ C: task('a') }]),
    }), { a, b: async () => { await sleep(2); if (calls.length < 2) throw named('E'); return 'B'; } });
    expect(execution.output).toEqual(['C']);
    expect(calls).toEqual(['A', 'A', 'C']);
  });

  test('shows its branches the variables, and keeps those of a branch in it', async () => {
    const definition = flow({
      A: pass(1, { Assign: { outer: 'o' } }),
      P: parallel([{ B: pass(1, { Assign: { inner: '{% $outer %}' } }), C: pass('{% $inner %}') }]),
      D: pass('{% [$states.input[0], $exists($states.context)] %}'),
    });
    expect((await run(definition)).output).toEqual(['o', true]);
    expect(() => machineOf(flow({ P: parallel([{ B: pass(1, { Assign: { inner: 1 } }) }]), D: pass('{% $inner %}') }))).toThrow("State 'D': '$inner'");
    expect(() => machineOf(flow({ A: pass(1, { Assign: { x: 1 } }), P: parallel([{ B: pass(1, { Assign: { x: 2 } }) }]) }))).toThrow("must not assign 'x'");
  });

  test('fails at once with its branch, and abandons the other', async () => {
    const called = jest.fn();
    const execution = await run(flow({
      P: parallel([{ A: task('a') }, { B: task('b'), C: task('c') }], { ...caught, End: true }),
      Caught: task('close'),
    }), {
      a: async () => { await sleep(3); throw named('E'); },
      b: async () => { await sleep(10); called('b'); return 1; },
      c: async () => called('c'),
      close: async ({ Error: error }) => { await sleep(20); return `${error} at ${seconds()}`; },
    });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: 'E at 23' });
    expect(called.mock.calls).toEqual([['b']]); // ran on, and led nowhere
    const events = execution.history();
    expect(events.filter(({ type }) => type === 'TaskSucceeded')).toHaveLength(1);
    const parallelFailed = events.find(({ type }) => type === 'ParallelStateFailed')!;
    expect(events[parallelFailed.previousEventId! - 1].type).toBe('TaskFailed');
  });

  test('a branch that waits for its next try is abandoned, too', async () => {
    const a = jest.fn(async () => { throw named('Again'); });
    const execution = await run(flow({
      P: parallel([{ A: task('a', { Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 10 }] }) }, { B: task('b') }], { ...caught, End: true }),
      Caught: { Type: 'Wait', Seconds: 60 },
    }), { a, b: async () => { await sleep(1); throw named('E'); } });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'E' } });
    expect(a).toHaveBeenCalledTimes(1);
  });

  test('tells in its history which event came before in each branch', async () => {
    const { history } = await run(flow({ P: parallel([{ A: pass(1) }, { B: pass(2) }]) })).then(execution => ({ history: execution.history() }));
    const started = history.find(({ type }) => type === 'ParallelStateStarted')!.id;
    const entered = history.filter(({ stateEnteredEventDetails }) => /^[AB]$/.test(stateEnteredEventDetails?.name ?? ''));
    expect(entered.map(({ previousEventId }) => previousEventId)).toEqual([started, started]);
  });
});

describe('stop and redrive', () => {
  test('an execution that is stopped ends at once, and goes on where it was', async () => {
    const calls: string[] = [];
    const machine = machineOf(flow({
      A: task('a', { Assign: { kept: '{% $states.result.Payload %}' } }),
      B: task('b', { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] }),
      C: pass(['{% $kept %}', '{% $states.input %}']),
    }), {
      a: async () => { calls.push('a'); return 'A'; },
      b: async (payload, { Execution: { RedriveCount }, State: { RetryCount } }) => {
        calls.push(`b ${payload} ${RedriveCount} ${RetryCount}`);
        if (calls.length < 5) { await sleep(1); throw named('E'); }
        return 'B';
      },
    });
    const execution = machine.start({ name: 'e1', input: {} });
    setTimeout(() => execution.stop('by mistake'), 2500);
    await clock.until(execution.ended);
    expect(execution).toMatchObject({ status: 'ABORTED', cause: 'by mistake', stopDate: new Date(Date.parse(START) + 2500) });
    expect(calls).toEqual(['a', 'b A 0 0', 'b A 0 1']);

    execution.redrive();
    expect(execution).toMatchObject({ status: 'RUNNING', redriveCount: 1, cause: undefined, stopDate: undefined });
    await clock.until(execution.ended);
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: ['A', 'B'] });
    expect(calls.slice(3)).toEqual(['b A 1 0', 'b A 1 1']); // tries are counted anew
    const events = execution.history();
    expect(events.filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === 'B')).toHaveLength(1);
    expect(events.find(({ type }) => type === 'ExecutionRedriven')).toMatchObject({ executionRedrivenEventDetails: { redriveCount: 1 } });
  });

  test('what an earlier run left behind does not disturb the redrive', async () => {
    let calls = 0;
    const execution = machineOf(flow({ A: task('a') }), { a: async () => { const call = ++calls; await sleep(10); return call; } }).start({ name: 'e1', input: {} });
    setTimeout(() => { execution.stop('once more'); execution.redrive(); }, 5000);
    await clock.until(sleep(5));
    await clock.until(execution.ended);
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: 2 });
    expect(seconds()).toBe(15);
    expect(typesOf(execution).slice(4)).toEqual([
      'ExecutionAborted', 'ExecutionRedriven', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded',
    ]);
  });

  test('an execution may end itself, and a redrive has all its time again', async () => {
    const definition = { ...flow({ A: task('a', { TimeoutSeconds: 70 }) }), TimeoutSeconds: 60 };
    const machine = machineOf(definition, {
      a: async (_, { Execution: { Name, RedriveCount } }) => {
        if (RedriveCount === 0) {
          machine.executions.get(Name)!.stop('from within');
          await new Promise(() => undefined);
        }
        return sleep(60 - 1).then(() => 'done');
      },
    });
    const execution = machine.start({ name: 'e1', input: {} });
    await clock.until(execution.ended);
    expect(execution).toMatchObject({ status: 'ABORTED', error: undefined });
    await clock.untilIdle();
    expect(seconds()).toBe(0); // no timer is left behind
    await clock.until(sleep(30));
    execution.redrive();
    await clock.until(execution.ended);
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(seconds()).toBe(89);
  });

  test('a Parallel runs only those branches again that did not succeed', async () => {
    const calls: string[] = [];
    let broken = true;
    const execution = await run(flow({
      P: { Type: 'Parallel', Branches: [flow({ A: task('a') }), flow({ B: task('b'), C: task('c') }), flow({ D: task('d') })] },
    }), {
      a: async () => { calls.push('a'); return 'a'; },
      b: async () => { calls.push('b'); return 'b'; },
      c: async payload => { calls.push(`c ${payload}`); await sleep(1); if (broken) throw named('E'); return 'c'; },
      d: async () => { calls.push('d'); await sleep(2); return 'd'; },
    });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'E' });
    expect(calls.splice(0).sort()).toEqual(['a', 'b', 'c b', 'd']);

    broken = false;
    execution.redrive();
    expect(await clock.until(execution.ended)).toMatchObject({ status: 'SUCCEEDED', output: ['a', 'c', 'd'] });
    expect(calls.sort()).toEqual(['c b', 'd']);
    expect(typesOf(execution).filter(type => type === 'ParallelStateStarted')).toHaveLength(1);
  });

  test('a Parallel whose data was too large runs all of them again', async () => {
    const a = jest.fn(async () => 'x'.repeat(150_000));
    const execution = await run(flow({ P: { Type: 'Parallel', Branches: [flow({ A: task('a') }), flow({ B: task('a') })] } }), { a });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    execution.redrive();
    await clock.until(execution.ended);
    expect(a).toHaveBeenCalledTimes(4);
  });

  test('a Fail state fails again', async () => {
    const ends: string[] = [];
    const onEnd = ({ detail }: ExecutionStatusChange) => ends.push(`${detail.status} ${detail.error} ${detail.redriveCount}`);
    const execution = await run(flow({ A: { Type: 'Fail', Error: 'E' } }), {}, {}, { onEnd });
    execution.redrive();
    await clock.until(execution.ended);
    expect(ends).toEqual(['FAILED E 0', 'FAILED E 1']);
    expect(typesOf(execution)).toEqual(['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed', 'ExecutionRedriven', 'FailStateEntered', 'ExecutionFailed']);
  });

  test('only what ended without success can be redriven, and only what runs can be stopped', async () => {
    const execution = await run(flow({ A: pass(1) }));
    expect(() => execution.redrive()).toThrow(expect.objectContaining({ name: 'ExecutionNotRedrivable' }));
    execution.stop('too late');
    expect(execution.status).toBe('SUCCEEDED');
  });
});

describe('what is not known is refused, by the names of state and field', () => {
  const retry = (...ErrorEquals: string[]) => ({ ErrorEquals });
  test.each<[string, any, string]>([
    ['a state type', flow({ A: { Type: 'Map' } }), "State 'A': the type 'Map'"],
    ['a field of a state', flow({ A: task('a', { HeartbeatSeconds: 3 }) }), "State 'A': the field 'HeartbeatSeconds'"],
    ['a field of another type', flow({ A: pass(1, { Retry: [] }) }), "State 'A': the field 'Retry'"],
    ['a field of JSONPath', flow({ A: task('a', { ResultPath: null }) }), "State 'A': the field 'ResultPath'"],
    ['a field of a policy', flow({ A: task('a', { Retry: [{ ...retry('E'), Jitter: 1 }] }) }), "State 'A', Retry: the field 'Jitter'"],
    ['a field of a rule', flow({ A: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'A', Variable: '$.x' }] } }), "State 'A', Choices: the field 'Variable'"],
    ['a field of the definition', { ...flow({ A: pass(1) }), QueryLanguage: 'JSONata' }, "The definition: the field 'QueryLanguage'"],
    ['a field in a branch', flow({ P: { Type: 'Parallel', Branches: [flow({ B: pass(1, { Result: 1 }) })] } }), "State 'B': the field 'Result'"],
    ['an argument of the invocation', flow({ A: task('a', { Arguments: { FunctionName: 'a', Payload: 1, Qualifier: '1' } }) }), "the field 'Qualifier'"],
    ['another query language', flow({ A: pass(1, { QueryLanguage: 'JSONPath' }) }), "State 'A': the field 'QueryLanguage'"],
    ['another resource', flow({ A: task('a', { Resource: 'arn:aws:states:::sns:publish' }) }), "State 'A': the field 'Resource'"],
    ['a function', flow({ A: task('unknown') }), "State 'A': there is no function 'unknown'"],
    ['a state that is next', flow({ A: pass(1, { Next: 'Nowhere' }) }), "State 'A': the field 'Next'"],
    ['a state that is first', { ...flow({ A: pass(1) }), StartAt: 'Nowhere' }, "The flow from 'Nowhere'"],
    ['a state after a Catch', flow({ A: task('a', { Catch: [{ ...retry('E'), Next: 'Nowhere' }] }) }), "State 'A': the field 'Next'"],
    ['both an end and a next', flow({ A: pass(1, { End: true, Next: 'A' }) }), "State 'A': the field 'End'"],
    ['a reserved error', flow({ A: task('a', { Retry: [retry('States.DataLimitExceeded')] }) }), "State 'A': the field 'Retry.ErrorEquals'"],
    ['States.ALL with others', flow({ A: task('a', { Retry: [retry('E', 'States.ALL')] }) }), "State 'A': the field 'Retry.ErrorEquals'"],
    ['States.ALL before others', flow({ A: task('a', { Retry: [retry('States.ALL'), retry('E')] }) }), "State 'A': the field 'Retry.ErrorEquals'"],
    ['a number that is none', flow({ A: task('a', { Retry: [{ ...retry('E'), IntervalSeconds: '{% 1 %}' }] }) }), "State 'A': the field 'Retry.IntervalSeconds'"],
    ['a jitter', flow({ A: task('a', { Retry: [{ ...retry('E'), JitterStrategy: 'HALF' }] }) }), "State 'A': the field 'Retry.JitterStrategy'"],
    ['$eval', flow({ A: pass("{% $eval('1') %}") }), "State 'A': '$eval'"],
    ['$random, even unnamed', flow({ A: pass('{% $map([1], $random) %}') }), "State 'A': '$random'"],
    ['a function of an argument', flow({ A: task('a', { Arguments: { FunctionName: 'a', Payload: { deep: ['{% $uuid() %}'] } } }) }), "State 'A': '$uuid'"],
    ['a variable', flow({ A: pass('{% $nobody %}') }), "State 'A': '$nobody'"],
    ['an expression', flow({ A: pass('{% $x( %}') }), ''],
  ])('%s', (_, definition, message) => {
    expect(() => machineOf(definition, { a: async () => 1 })).toThrow(message);
  });

  test('what an expression binds itself is known', async () => {
    expect((await run(flow({ A: pass('{% ($double := function($n) { $n * 2 }; $map([1, 2], $double)) %}') }))).output).toEqual([2, 4]);
  });
});

describe('the pipeline', () => {
  test('as it is synthesised runs to its end', async () => {
    const stack = new TestStack();
    stack.pipeline();
    const { definition } = stack;
    const functions: { [name: string]: TaskFunction } = {
      OpenRun: async ({ execution, input }) => ({
        outcome: 'OPENED', run: { reportId: execution.name, parameters: input.parameters }, output: { key: 'k' }, files: [{ name: 'report.html' }], ledger: { pk: 'p' },
      }),
      Lookup: async ({ reportId, parameters, output }) => { await sleep(300); return { reportId, parameters, output }; },
      Render: async ({ data, files }) => { await sleep(60); return { rendered: files.length, data }; },
      Link: async ({ files, ledger }) => ({ links: files, ledger }),
      Deliver: async event => event,
      CloseFailedRun: async ({ error, cause }) => ({ error, cause }),
    };
    const functionsByArn = Object.fromEntries([...JSON.stringify(definition).matchAll(/<(?:Report)?(\w+?)(?:Function)?[0-9A-F]{8}\.Arn>/g)]
      .map(([functionName, id]) => [functionName, functions[id]]));
    const execution = await run(definition, functionsByArn, { parameters: { supplier: "O'Brien's" } });
    expect(execution).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        reportId: 'e1',
        executionArn: execution.arn,
        rendered: { rendered: 1, data: { reportId: 'e1', parameters: { supplier: "O'Brien's" }, output: { key: 'k' } } },
        link: { links: [{ name: 'report.html' }], ledger: { pk: 'p' } },
      },
    });
    expect(seconds()).toBe(360);
    expect(execution.history().flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? [])).toEqual([
      'Open the run', 'Opened?', 'Look up the data', 'Render and presign', 'Render report', 'Presign link', 'Deliver',
    ]);
  });
});
