import type { ErrorObject } from 'ajv';
import { ReportError } from './errors';
import type { ReportErrorName } from '../workflow/contract';
import { createReportBody, startInput } from '../workflow/schema';

/** A schema that `scripts/validators.ts` has compiled. */
export type Validator = ((value: unknown) => boolean) & { errors?: ErrorObject[] | null };

/** What the patterns of the schema mean to people. */
const PATTERNS: Record<string, string> = {
  [startInput.properties.schedule.properties.time.pattern]: 'a time with its offset, such as "2026-11-20T07:00:00Z"',
  [startInput.properties.rerun.pattern]: 'a word of 1 to 64 letters, digits and signs of ASCII, without blanks',
  [createReportBody.properties.idempotencyKey.pattern]: '1 to 128 letters, digits and signs of ASCII, without blanks',
};

/** The types of JSON, as people call them. */
const KINDS: Record<string, string> = { object: 'an object', array: 'a list', string: 'a text', integer: 'a whole number' };

/** Returns the value as what the schema says that it is, or throws an error that names the first place where it is not. */
export function validated<T>(isValid: Validator, value: unknown, what: string, errorName: ReportErrorName): T {
  if (isValid(value)) {
    return value as T;
  }
  throw new ReportError(errorName, `${what} is not what the data contract asks for: ${sentence(decisive(isValid.errors!), value)}`);
}

/** The first error, but for a choice: there what is missing from its parts comes first, and the choice itself last. */
function decisive(errors: ErrorObject[]): ErrorObject {
  return errors.find(({ keyword }) => keyword === 'oneOf') ?? errors[0];
}

function sentence(error: ErrorObject, value: unknown): string {
  const place = error.instancePath === '' ? 'it' : error.instancePath.slice(1).replaceAll('/', '.');
  switch (error.keyword) {
    case 'additionalProperties': return `${place} has a property ${JSON.stringify(error.params.additionalProperty)} that the contract does not know`;
    case 'const': return `${place} must be ${JSON.stringify(error.params.allowedValue)}`;
    case 'enum': return `${place} must be one of ${error.params.allowedValues.join(', ')}`;
    case 'pattern': return `${place} must be ${PATTERNS[error.params.pattern] ?? `of the form ${error.params.pattern}`}`;
    case 'type': return `${place} must be ${KINDS[error.params.type] ?? error.params.type}`;
    case 'minItems': return `${place} must not be empty`;
    // The choice is that of the whole value, and Ajv asks for it before it asks whether that is an object at all.
    case 'oneOf': return isObject(value) ? `${place} must have either "rows" or "data", and not both` : `${place} must be ${KINDS.object}`;
    default: return `${place} ${error.message}`;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
