import { execution, SCHEDULE } from './support/runs';
import { checkedInput, claimOf, reportIdFor } from '../../src/handlers/claim';
import { StartInput } from '../../src/workflow/contract';

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

  describe('a period', () => {
    const PERIOD = { from: '2026-11-01T00:00:00Z', to: '2026-11-08T00:00:00Z' };
    const idOf = (input: StartInput) => claimOf(execution('a'), { period: PERIOD, ...input }).reportId;

    test('makes the same claim in each execution', () => {
      expect(claimOf(execution('a'), { period: PERIOD })).toEqual(claimOf(execution('b'), { period: PERIOD }));
      expect(claimOf(execution('a'), { period: PERIOD }).trigger).toBe('MANUAL');
    });

    test.each([
      ['with milliseconds', { from: '2026-11-01T00:00:00.000Z', to: '2026-11-08T00:00Z' }],
      ['with other offsets', { from: '2026-11-01T01:00:00+01:00', to: '2026-11-07T19:00:00-05:00' }],
    ])('makes the same claim where its times are written %s', (_what, period) => {
      expect(idOf({ period })).toBe(idOf({}));
    });

    test('makes another claim for other times, and for its times in the other order', () => {
      expect(new Set([
        idOf({}), idOf({ period: { ...PERIOD, to: '2026-11-09T00:00:00Z' } }), idOf({ period: { ...PERIOD, from: '2026-11-02T00:00:00Z' } }),
        idOf({ period: { from: PERIOD.to, to: PERIOD.from } }), idOf({ period: { ...PERIOD, to: '2026-11-08T00:00:00.001Z' } }),
      ]).size).toBe(5);
    });

    test('makes the same claim for the same parameters, in whatever order they come, at each depth', () => {
      expect(idOf({ parameters: { a: 1, b: { c: [{ d: 1, e: 2 }], f: null } } }))
        .toBe(idOf({ parameters: { b: { f: null, c: [{ e: 2, d: 1 }] }, a: 1 } }));
      expect(idOf({ parameters: {} })).toBe(idOf({}));
    });

    test('makes another claim for other parameters, however alike they look', () => {
      const parameters: StartInput['parameters'][] = [
        {}, { a: 1 }, { a: '1' }, { a: [1] }, { a: { 0: 1 } }, { a: null }, { a: [1, 2] }, { a: [2, 1] }, { a: true }, { a: 'true' },
        { b: 1 }, { a: { b: 1 } }, JSON.parse('{"__proto__": {"a": 1}}'), JSON.parse('{"__proto__": {"a": 2}}'), { 'a": 1, "b': 1 }, { a: '' }, { '': 1 },
      ];
      expect(new Set(parameters.map(each => idOf({ parameters: each }))).size).toBe(parameters.length);
    });

    test('is not the claim of a schedule', () => {
      expect(idOf({})).not.toBe(claimOf(execution('a'), { schedule: { arn: PERIOD.from, time: PERIOD.to, timeZone: 'UTC' } }).reportId);
    });
  });

  describe('a word to make it once more', () => {
    const PERIOD = { from: '2026-11-01T00:00:00Z', to: '2026-11-08T00:00:00Z' };

    test.each<[string, StartInput]>([['schedule', { schedule: SCHEDULE }], ['period', { period: PERIOD, parameters: { a: 1 } }]])(
      'of a %s makes a claim of its own: each word one', (_what, input) => {
        const [once, again, repeat, third] = [undefined, '1', '1', '2'].map(rerun => claimOf(execution('a'), { ...input, rerun }).reportId);

        expect(again).toBe(repeat);
        expect(new Set([once, again, third]).size).toBe(3);
      });

    test('is not taken for a part of the key', () => {
      expect(claimOf(execution('a'), { period: PERIOD, rerun: 'x' }).reportId).not.toBe(claimOf(execution('a'), { period: PERIOD, parameters: { rerun: 'x' } }).reportId);
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
    ['a period', { period: { from: '2026-11-01T00:00:00Z', to: '2026-11-01T00:00:00.001Z' }, parameters: {} }],
    ['a period in a zone of its own', { period: { from: '2026-11-01T00:00Z', to: '2026-11-01T23:00:00-01:00', timeZone: 'Asia/Tokyo' } }],
    ['a schedule that is made once more', { schedule: SCHEDULE, rerun: '!'.repeat(64) }],
    ['a period that is made once more', { period: { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' }, rerun: 'after~the/fix' }],
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
    ['a period without its end', { period: { from: SCHEDULE.time } }, "period must have required property 'to'"],
    ['a period of days', { period: { from: '2026-11-01', to: '2026-11-02' } }, 'period.from must be a time with its offset, such as "2026-11-20T07:00:00Z"'],
    ['a period with more to it', { period: { from: SCHEDULE.time, to: SCHEDULE.time, days: 1 } }, 'period has a property "days" that the contract does not know'],
    ...['', 'once more', 'x\n', 'é', 'x'.repeat(65)].map((rerun): [string, unknown, string] => [
      `the word ${JSON.stringify(rerun)} to make it once more`, { schedule: SCHEDULE, rerun }, 'rerun must be a word of 1 to 64 letters, digits and signs of ASCII, without blanks',
    ]),
    ['a word that is a number', { schedule: SCHEDULE, rerun: 1 }, 'rerun must be a text'],
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

  const PERIOD = { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' };

  test.each<[string, unknown, string]>([
    ['a schedule and a period', { schedule: SCHEDULE, period: PERIOD }, 'the input has more than one of "schedule", "request" and "period"'],
    ['a request and a period', { request: { reportId: ID }, period: PERIOD }, 'the input has more than one of "schedule", "request" and "period"'],
    ['a schedule and a request', { schedule: SCHEDULE, request: { reportId: ID } }, 'the input has more than one of "schedule", "request" and "period"'],
    ['a word to make it once more, and nothing that it is about', { rerun: '1', parameters: {} }, 'the input has "rerun" and does not say of what'],
    ['a request that is made once more', { request: { reportId: ID }, rerun: '1' }, 'the input has "rerun" and does not say of what'],
    ['a period that ends before it begins', { period: { from: PERIOD.to, to: PERIOD.from } },
      'the period begins at 2026-11-02T00:00:00Z and ends at 2026-11-01T00:00:00Z; give an end that is later than the beginning'],
    ['a period without length, in two offsets', { period: { from: '2026-11-01T00:00:00Z', to: '2026-11-01T01:00:00+01:00' } }, 'give an end that is later than the beginning'],
    ...['2026-13-01T00:00:00Z', '2026-11-01T25:00:00Z', '2026-11-01T00:61:00Z', '2026-11-00T00:00:00Z', '2026-02-31T00:00:00Z', '2026-11-31T00:00:00+01:00',
      '2027-02-29T00:00:00Z', '2026-11-01T00:00:00+99:00'].flatMap((time): [string, unknown, string][] => [
      [`a schedule at ${time}`, { schedule: { ...SCHEDULE, time } }, `schedule.time is ${time}, a time that does not exist; give one such as "2026-11-20T07:00:00Z"`],
      [`a period from ${time}`, { period: { from: time, to: '2028-01-01T00:00:00Z' } }, `period.from is ${time}, a time that does not exist`],
      [`a period to ${time}`, { period: { from: '2020-01-01T00:00:00Z', to: time } }, `period.to is ${time}, a time that does not exist`],
    ]),
  ])('refuses %s, in plain words', (_what, input, sentence) => {
    expect(refused(() => checkedInput(execution(ID), input))).toMatchObject({ name: 'InvalidInput', message: expect.stringContaining(sentence) });
  });

  test('takes the 29th of February of a leap year', () => {
    expect(() => checkedInput(execution('a'), { schedule: { ...SCHEDULE, time: '2028-02-29T00:00:00+14:00' } })).not.toThrow();
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
