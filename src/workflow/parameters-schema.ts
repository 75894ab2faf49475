import { Token } from 'aws-cdk-lib';
import { sorted } from './sorted';

/**
 * How much of the environment of a function the schema and the groups may take: it has room for 4 KB in all
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), of which names and addresses take some.
 */
const ROOM_BYTES = 2560;

/** The schema that the parameters of each run are validated against. */
export class ParametersSchema {
  /** As JSON, in which it travels to the functions. */
  public readonly json: string;
  /** Whether a parameter is marked as a secret. */
  public readonly hasSecrets: boolean;

  public constructor(schema: object, readerGroups: string[]) {
    const token = pathOfToken('parametersSchema', schema);
    if (token) {
      throw new Error(`${token} is not known at synth, when the schema is checked; write the value itself`);
    }
    this.json = JSON.stringify(sorted(schema));
    this.hasSecrets = this.json.includes('"writeOnly":true'); // quotes in a text would be escaped
    const plain = JSON.parse(this.json);
    const bytes = Buffer.byteLength(this.json);
    const groupBytes = readerGroups.length > 0 ? Buffer.byteLength(JSON.stringify(readerGroups)) : 0;
    if (bytes + groupBytes > ROOM_BYTES) {
      throw new Error(`parametersSchema has ${bytes} bytes of JSON${groupBytes > 0 ? ` and readerGroups ${groupBytes}` : ''}, and the functions that get them have room `
        + `for ${ROOM_BYTES}; leave out titles, descriptions and examples, and let the data source check what is left over`);
    }
    if (plain.type !== 'object') {
      throw new Error(`parametersSchema.type is ${JSON.stringify(plain.type)}, and parameters are an object; write type: 'object'`);
    }
    if (this.json.includes('"__proto__":')) {
      throw new Error('parametersSchema names __proto__, which no validator sees for sure; name it otherwise');
    }
    const flaw = validator().flawOfSchema(plain, 'parametersSchema');
    if (flaw) {
      throw new Error(flaw);
    }
  }

  /** Checks the parameters of a schedule, unless some of them are known only when they are deployed: then opening the run does. */
  public check(schedule: string, parameters: object): void {
    const flaw = pathOfToken('parameters', parameters) ? undefined : validator().checkOf(this.json)(JSON.parse(JSON.stringify(parameters)), 'parameters');
    if (flaw) {
      throw new Error(`the schedule ${schedule} has other parameters than parametersSchema asks for: ${flaw}`);
    }
  }
}

function pathOfToken(path: string, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) {
    return Token.isUnresolved(value) ? path : undefined;
  }
  const entries = Object.entries(value);
  return entries.map(([key, each]) => Token.isUnresolved(key) ? `a name in ${path}` : pathOfToken(`${path}.${key}`, each)).find(found => found);
}

/** It comes from a bundle, because the published package has no dependencies but its peers. */
function validator(): typeof import('../handlers/json-schema') {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('../../assets/handlers/json-schema');
}
