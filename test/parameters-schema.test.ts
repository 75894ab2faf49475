import { Lazy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { ReportApi, ScheduledReportPipelineProps } from '../src';
import { TestStack } from './support/synth';

const SCHEMA = {
  type: 'object',
  required: ['supplier'],
  properties: { supplier: { type: 'string', maxLength: 20 }, since: { format: 'date' } },
  additionalProperties: false,
};
const daily = ScheduleExpression.expression('cron(0 7 * * ? *)');

const pipelineWith = (parametersSchema: object, props: Partial<ScheduledReportPipelineProps> = {}) => {
  const stack = new TestStack();
  return { stack, pipeline: stack.pipeline({ parametersSchema, ...props }) };
};
/** The environment of the function below that id. */
const environmentOf = (stack: TestStack, id: string) => stack.propertiesBelow(id, 'AWS::Lambda::Function')[0].Environment.Variables;

describe('a schema for the parameters', () => {
  test('goes to the functions that check them, and to no other, the same in whatever order it was written', () => {
    const written = [SCHEMA, { additionalProperties: false, properties: { since: { format: 'date' }, supplier: { maxLength: 20, type: 'string' } }, required: ['supplier'], type: 'object' }];
    const templates = written.map(schema => {
      const { stack, pipeline } = pipelineWith(schema);
      new ReportApi(stack, 'Api', { pipeline, authorizationType: apigateway.AuthorizationType.IAM });
      return stack;
    });

    const [{ template }] = templates;
    expect(templates[1].template.toJSON()).toEqual(template.toJSON());
    expect(JSON.parse(environmentOf(templates[0], 'ReportOpenRun').PARAMETERS_SCHEMA)).toEqual(SCHEMA);
    expect(JSON.parse(environmentOf(templates[0], 'Api').PARAMETERS_SCHEMA)).toEqual(SCHEMA);
    expect(JSON.stringify(template).match(/"PARAMETERS_SCHEMA"/g)).toHaveLength(2);
    expect(JSON.stringify(template)).not.toContain('WITHHOLD_CAUSES');
  });

  test('is in no template without one', () => {
    const stack = new TestStack();
    stack.pipeline();
    expect(JSON.stringify(stack.template)).not.toContain('PARAMETERS_SCHEMA');
  });

  test('that marks a secret, however deep, lets causes be withheld where they would be repeated', () => {
    const { stack } = pipelineWith({ type: 'object', properties: { login: { properties: { password: { type: 'string', writeOnly: true } } } } });
    expect(environmentOf(stack, 'ReportDeliver').WITHHOLD_CAUSES).toBe('true');
    expect(environmentOf(stack, 'ReportCloseFailedRun').WITHHOLD_CAUSES).toBe('true');
  });

  test.each<[string, object]>([
    ['says that there is none', { type: 'object', properties: { a: { writeOnly: false } } }],
    ['only writes about it', { type: 'object', description: 'nothing is "writeOnly":true here' }],
  ])('that %s does not', (_what, schema) => {
    expect(JSON.stringify(pipelineWith(schema).stack.template)).not.toContain('WITHHOLD_CAUSES');
  });

  test.each<[string, object, string]>([
    ['is no schema', { type: 'object', properties: { supplier: { type: 'text' } } }, 'parametersSchema.properties.supplier.type must be one of the kinds that it is given to choose from'],
    ['has a keyword that is misspelt', { type: 'object', additionalPropertys: false }, 'parametersSchema can not be used: unknown keyword: "additionalPropertys"'],
    ['would have to be fetched', { type: 'object', $ref: 'https://example.com/s.json' }, 'parametersSchema refers to https://example.com/s.json, which is not in it; nothing is fetched'],
    ['is of a list', { type: 'array' }, 'parametersSchema.type is "array", and parameters are an object; write type: \'object\''],
    ['is of no type', {}, 'parametersSchema.type is undefined, and parameters are an object; write type: \'object\''],
    ['names what objects inherit from', JSON.parse('{"type": "object", "properties": {"__proto__": {"type": "string"}}}'), 'parametersSchema names __proto__'],
    ['has a value that is not known yet', { type: 'object', properties: { a: { enum: ['x', Lazy.string({ produce: () => 'y' })] } } },
      'parametersSchema.properties.a.enum.1 is not known at synth, when the schema is checked; write the value itself'],
    ['has a number that is not known yet', { type: 'object', maxProperties: Lazy.number({ produce: () => 1 }) }, 'parametersSchema.maxProperties is not known at synth'],
    ['is all that is not known yet', Lazy.any({ produce: () => SCHEMA }) as any, 'parametersSchema is not known at synth'],
    ['has a name that is not known yet', { type: 'object', properties: { [Lazy.string({ produce: () => 'y' })]: {} } }, 'a name in parametersSchema.properties is not known at synth'],
  ])('that %s is refused', (_what, schema, message) => {
    expect(() => pipelineWith(schema)).toThrow(message);
  });

  describe('of', () => {
    const sized = (bytes: number) => ({ type: 'object', title: 'é'.repeat((bytes - 28) / 2) });

    test('2,560 bytes fits into the environment of a function, whatever else is there', () => {
      expect(Buffer.byteLength(JSON.stringify(sized(2560)))).toBe(2560);
      const { stack, pipeline } = pipelineWith(sized(2560), { reportName: 'é'.repeat(100) });
      new ReportApi(stack, 'Api', { pipeline, authorizationType: apigateway.AuthorizationType.IAM });

      for (const id of ['ReportOpenRun', 'Api']) {
        const known = Object.entries<any>(environmentOf(stack, id)).map(([name, value]) => name + (typeof value === 'string' ? value : 'x'.repeat(150)));
        expect(Buffer.byteLength(known.join(''))).toBeLessThan(4096);
      }
    });

    test('more does not, with the groups that are there as well', () => {
      expect(() => pipelineWith(sized(2562))).toThrow('parametersSchema has 2562 bytes of JSON, and the functions that get them have room for 2560; leave out titles');
      expect(() => pipelineWith(sized(2560), { readerGroups: ['ana'] })).toThrow('parametersSchema has 2560 bytes of JSON and readerGroups 7, and the functions');
    });
  });
});

describe('the parameters of a schedule', () => {
  test('that are as the schema asks for are taken', () => {
    const { stack, pipeline } = pipelineWith(SCHEMA);
    pipeline.addSchedule('Daily', { schedule: daily, parameters: { supplier: 'Finca', since: '2026-11-21' } });
    expect(JSON.parse(stack.propertiesBelow('ReportDaily', 'AWS::Scheduler::Schedule')[0].Target.Input).parameters).toEqual({ supplier: 'Finca', since: '2026-11-21' });
  });

  test.each<[string, object | undefined, string]>([
    ['none', undefined, 'parameters.supplier is missing'],
    ['another name', { supplier: 'Finca', sinse: '2026-11-21' }, 'parameters must not have a property that the schema does not name'],
    ['another format', { supplier: 'Finca', since: '21.11.2026' }, 'parameters.since must match format "date"'],
  ])('are refused at synth if there is %s', (_what, parameters, flaw) => {
    expect(() => pipelineWith(SCHEMA).pipeline.addSchedule('Daily', { schedule: daily, parameters }))
      .toThrow(`the schedule Daily has other parameters than parametersSchema asks for: ${flaw}`);
  });

  test('are those of the schedule of the pipeline, too, which has none', () => {
    expect(() => pipelineWith(SCHEMA, { schedule: daily })).toThrow('the schedule Schedule has other parameters than parametersSchema asks for: parameters.supplier is missing');
    expect(() => pipelineWith({ ...SCHEMA, required: [] }, { schedule: daily })).not.toThrow();
  });

  test('that are known only when they are deployed are left to the opening of the run', () => {
    const { pipeline } = pipelineWith(SCHEMA);
    expect(() => pipeline.addSchedule('Daily', { schedule: daily, parameters: { supplier: pipeline.bucket.bucketName, since: 'x' } })).not.toThrow();
  });
});
