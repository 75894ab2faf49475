import { runInNewContext } from 'node:vm';
import Ajv, { ErrorObject, MissingRefError, Options, SchemaObject, ValidateFunction } from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/**
 * JSON Schemas of users: whether they are any, and what is wrong with values. It is bundled on its own, too, for what is checked at synth.
 *
 * What is said of a value is made of the schema: where it is wrong and what it should be, and nothing of the value itself.
 */

/** A keyword that is not known is one that is misspelt; and what an object inherits is nothing that was sent. */
const OPTIONS: Options = { strictTypes: false, strictTuples: false, allowMatchingProperties: true, ownProperties: true, logger: false };

const DRAFT_2020_12 = 'https://json-schema.org/draft/2020-12/schema';
const DRAFT_07 = 'http://json-schema.org/draft-07/schema';
const DRAFTS = new Map<string, new (options: Options) => Ajv>([[DRAFT_2020_12, Ajv2020], [DRAFT_07, Ajv]]);

/** A check takes milliseconds, unless the schema has a pattern that goes back and forth: who wrote it trusts it, and who sends a value may not. */
const LONGEST_CHECK_MS = 2000;

/** What is wrong with a schema itself. */
export function flawOfSchema(schema: SchemaObject, name: string): string | undefined {
  if (!DRAFTS.has(draftOf(schema))) {
    return `${name}.$schema is ${JSON.stringify(schema.$schema)}; write it in "${DRAFT_2020_12}" or "${DRAFT_07}"`;
  }
  const meta = ajvFor(schema, {});
  if (!meta.validateSchema(schema)) {
    return sentence(decisive(meta.errors!), placeOf(decisive(meta.errors!), name, schema, () => true));
  }
  try {
    return '$async' in compiled(schema) ? `${name} has the keyword "$async", which is none of JSON Schema` : undefined;
  } catch (error) {
    return error instanceof MissingRefError
      ? `${name} refers to ${error.missingSchema || error.missingRef}, which is not in it; nothing is fetched: write what is meant below "$defs"`
      : `${name} can not be used: ${(error as Error).message.replace('strict mode: ', '')}`;
  }
}

/** Compiles a schema, given as JSON, into what says what is wrong with a value of that name. */
export function checkOf(json: string): (value: unknown, name: string) => string | undefined {
  const names = new Set<string>();
  const isValid = compiled(JSON.parse(json, (key, value) => {
    names.add(key);
    return value;
  }));
  return (value, name) => {
    try {
      if (runInNewContext('isValid(value)', { isValid, value }, { timeout: LONGEST_CHECK_MS })) {
        return undefined;
      }
    } catch (error) {
      switch ((error as NodeJS.ErrnoException).code ?? (error as Error).name) {
        case 'ERR_SCRIPT_EXECUTION_TIMEOUT': return `${name} can not be checked in ${LONGEST_CHECK_MS / 1000} seconds`;
        case 'RangeError': return `${name} is nested too deep`;
        default: throw error;
      }
    }
    const error = decisive(isValid.errors!);
    return sentence(error, placeOf(error, name, value, key => names.has(key)));
  };
}

function draftOf({ $schema = DRAFT_2020_12 }: SchemaObject): string {
  return String($schema).replace(/#$/, '');
}

function ajvFor(schema: SchemaObject, options: Options): Ajv {
  return addFormats(new (DRAFTS.get(draftOf(schema))!)({ ...OPTIONS, ...options }));
}

function compiled(schema: SchemaObject): ValidateFunction {
  return ajvFor(schema, { meta: false, validateSchema: false }).compile(schema);
}

/** The last error: that of a choice comes after those of its parts. An `if` says less than what led to it. */
function decisive(errors: ErrorObject[]): ErrorObject {
  return errors.filter(({ keyword }) => keyword !== 'if').pop()!;
}

/** The path of an error. Keys that are not `known` may be as secret as any value. */
function placeOf({ instancePath }: ErrorObject, name: string, value: any, isKnown: (key: string) => boolean): string {
  let place = name;
  for (const token of instancePath.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    place += Array.isArray(value) ? `[${key}]` : `.${isKnown(key) ? key : '*'}`;
    value = value[key];
  }
  return place;
}

function sentence({ keyword, params, message }: ErrorObject, place: string): string {
  switch (keyword) {
    case 'required': return `${place}.${params.missingProperty} is missing`;
    case 'additionalProperties':
    case 'unevaluatedProperties': return `${place} must not have a property that the schema does not name`;
    case 'propertyNames': return `${place} must not have a property with such a name`;
    case 'false schema': return `${place} must not be there`;
    case 'const': return `${place} must be ${JSON.stringify(params.allowedValue)}`;
    case 'enum': return `${place} must be one of ${params.allowedValues.map((value: unknown) => JSON.stringify(value)).join(', ')}`;
    case 'type': return `${place} must be ${String(params.type).replaceAll(',', ' or ')}`;
    case 'anyOf': return `${place} must be one of the kinds that it is given to choose from`;
    case 'oneOf': return `${place} must be exactly one of the kinds that it is given to choose from`;
    default: return `${place} ${message!.replace('NOT', 'not')}`;
  }
}
