import { execution, SCHEDULE } from './support/runs';
import { checkedInput, claimOf, reportIdFor } from '../../src/handlers/claim';

const ID = '3f2a9c04d1b84f77a0e6c2f1b5d98e34';
const refused = (action: () => unknown) => {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
};

describe('reportIdFor', () => {
  test('is an execution name, and 128 bits long', () => {
    expect(reportIdFor('a')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('tells keys apart that read alike when they are joined', () => {
    expect(new Set([reportIdFor('a', 'bc'), reportIdFor('ab', 'c'), reportIdFor('abc'), reportIdFor('a","bc')]).size).toBe(4);
  });

  test('tells apart what Unicode calls the same text', () => {
    expect(reportIdFor('caf\u00e9')).not.toBe(reportIdFor('cafe\u0301'));
  });
});

describe('claimOf', () => {
  describe('a schedule', () => {
    test('makes the same claim in each execution for the same scheduled time, whatever its name', () => {
      expect(claimOf(execution('a'), { schedule: SCHEDULE })).toEqual(claimOf(execution('b'), { schedule: SCHEDULE }));
    });

    test('makes another claim for another time, and for another schedule', () => {
      const [first, ...others] = [SCHEDULE, { ...SCHEDULE, time: '2026-11-22T06:00:00Z' }, { ...SCHEDULE, arn: `${SCHEDULE.arn}2` }]
        .map(schedule => claimOf(execution('a'), { schedule }).reportId);
      expect(others).not.toContain(first);
    });

    test('makes the same claim whatever its parameters', () => {
      expect(claimOf(execution('a'), { schedule: SCHEDULE, parameters: { a: 1 } })).toEqual(claimOf(execution('a'), { schedule: SCHEDULE }));
    });
  });

  test('a request makes the claim that the API gave it', () => {
    expect(claimOf(execution(ID), { request: { reportId: ID } })).toEqual({ trigger: 'REQUEST', reportId: ID });
  });

  test('an execution that somebody starts makes a claim of its own', () => {
    expect(claimOf(execution('a'), {})).toEqual({ trigger: 'MANUAL', reportId: reportIdFor('execution', execution('a').arn) });
    expect(claimOf(execution('a'), {}).reportId).not.toBe(claimOf(execution('b'), {}).reportId);
  });
});

describe('checkedInput', () => {
  test.each([
    ['nothing', {}],
    ['a schedule', { schedule: SCHEDULE, parameters: { a: [1] } }],
    ['a request of the same name', { request: { reportId: ID } }],
    ['what Step Functions adds to a nested execution', { AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn:aws:states:x' }],
  ])('takes %s', (_what, input) => {
    expect(checkedInput(execution(ID), input)).toBe(input);
  });

  test('refuses the literal text of a context attribute, as it arrives when not Scheduler started the execution, in plain words', () => {
    const error = refused(() => checkedInput(execution('a'), { schedule: { arn: '<aws.scheduler.schedule-arn>', time: '<aws.scheduler.scheduled-time>', timeZone: 'UTC' } }));
    expect(error.name).toBe('InvalidInput');
    expect(error.message).toBe('the input of the execution is not what the data contract asks for: '
      + 'schedule.time must be a time with its offset, such as "2026-11-20T07:00:00Z"');
  });

  test.each([
    ['a list', [], 'it must be an object'],
    ['null', null, 'it must be an object'],
    ['a text', 'text', 'it must be an object'],
    ['what the console proposes', { Comment: 'Insert your JSON here' }, 'it has a property "Comment" that the contract does not know'],
    ['a property that would be the prototype', JSON.parse('{"__proto__":{}}'), 'it has a property "__proto__" that the contract does not know'],
    ['parameters that are a list', { parameters: [] }, 'parameters must be an object'],
    ['parameters that are null', { parameters: null }, 'parameters must be an object'],
    ['a schedule without its zone', { schedule: { arn: 'a', time: SCHEDULE.time } }, "schedule must have required property 'timeZone'"],
    ['a scheduled time without its offset', { schedule: { ...SCHEDULE, time: '2026-11-21T06:00:00' } }, 'schedule.time must be a time with its offset, such as "2026-11-20T07:00:00Z"'],
  ])('refuses %s, and says where', (_what, input, sentence) => {
    expect(refused(() => checkedInput(execution('a'), input))).toMatchObject({
      name: 'InvalidInput',
      message: `the input of the execution is not what the data contract asks for: ${sentence}`,
    });
  });

  test('refuses a request that another execution makes', () => {
    expect(refused(() => checkedInput(execution('other'), { request: { reportId: ID } }))).toMatchObject({
      name: 'InvalidInput',
      message: `the execution is named other, and its request.reportId is ${ID}; only the API makes requests, start an execution of your own without "request"`,
    });
  });

  describe('parameters', () => {
    /** `{"a":"..."}` of so many bytes, of two bytes a letter where there is room for two. */
    const parametersOf = (bytes: number) => ({ a: 'é'.repeat((bytes - 8) / 2) + 'a'.repeat(bytes % 2) });

    test('of 16 KB are taken', () => {
      const parameters = parametersOf(16 * 1024);
      expect(Buffer.byteLength(JSON.stringify(parameters))).toBe(16 * 1024);
      expect(checkedInput(execution('a'), { parameters })).toEqual({ parameters });
    });

    test('of one byte more are refused, with the remedy and without their values', () => {
      const error = refused(() => checkedInput(execution('a'), { parameters: parametersOf(16 * 1024 + 1) }));
      expect(error).toMatchObject({
        name: 'InvalidInput',
        message: 'the parameters have 16385 bytes of JSON, and at most 16384 travel with a run; put what is larger where the data source can read it, and pass its address',
      });
    });

    test('may have any names', () => {
      const parameters = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1, "": 2}');
      expect(JSON.stringify(checkedInput(execution('a'), { parameters }))).toBe('{"parameters":{"__proto__":{"admin":true},"constructor":1,"":2}}');
      expect(({} as any).admin).toBeUndefined();
    });
  });
});
