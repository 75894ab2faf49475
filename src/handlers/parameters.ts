import type { Parameters } from '../workflow/contract';

type Check = (value: unknown, name: string) => string | undefined;
const checks = new Map<string, Check>();

/** What is wrong with the parameters of a run, where the pipeline has a schema for them. */
export function flawOfParameters(parameters: Parameters): string | undefined {
  const schema = process.env.PARAMETERS_SCHEMA;
  if (!schema) {
    return undefined;
  }
  if (!checks.has(schema)) {
    // Only here: pipelines without a schema do not pay for a validator when a function starts.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { checkOf } = require('./json-schema') as typeof import('./json-schema');
    checks.set(schema, checkOf(schema));
  }
  return checks.get(schema)!(parameters, 'parameters');
}
