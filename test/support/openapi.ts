import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import { parse } from 'yaml';

/** The document of the REST API, as it is published. */
export const openapi: any = parse(readFileSync(join(__dirname, '../../docs/openapi.yaml'), 'utf8'));

/** The same, with answers that have nothing but what it says: to readers they are open, because they may grow. */
export const closedOpenapi: any = closed(openapi);

/** What nobody outside needs to know: where something failed, what AWS has there, and what things are named. */
export const INSIDE =
  /\bat \S+ \(|\/var\/task|node_modules|\.[jt]s:\d|Error\b|arn:aws|AKIA|ASIA|dynamodb|lambda|executionArn|leaseUntil|bodyHash/i;

/** Its methods, as "GET /reports", each with what it says of it. */
export const OPERATIONS: { readonly [method: string]: any } = Object.fromEntries(Object.entries<any>(openapi.paths).flatMap(([path, item]) =>
  Object.entries(item).filter(([key]) => key !== 'parameters').map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation])));

const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(closedOpenapi, 'openapi');

interface Answer { readonly statusCode: number; readonly headers?: object; readonly body: unknown }

/** What of an answer is not as the document says; undefined where all is. */
export function undocumented(method: string, { statusCode, headers, body }: Answer): string | undefined {
  const response = responseOf(OPERATIONS[method], statusCode);
  if (!response) {
    return `${method} is not documented to answer ${statusCode}`;
  }
  if (response.headers?.['Cache-Control'] && (headers as any)?.['cache-control'] !== 'no-store') {
    return 'the answer may be stored';
  }
  const schema = response.content?.['application/json'].schema;
  if (!schema) {
    return body === undefined ? undefined : `${method} is documented to answer ${statusCode} without a body`;
  }
  const isValid = ajv.validate({ $ref: `openapi${schema.$ref}` }, body);
  return isValid ? undefined : `the answer ${statusCode} of ${method} is not as documented: ${ajv.errorsText()}`;
}

function responseOf({ responses }: any, statusCode: number): any {
  const response = responses[statusCode] ?? responses[`${Math.floor(statusCode / 100)}XX`];
  return response?.$ref ? response.$ref.slice(2).split('/').reduce((node: any, key: string) => node[key], openapi) : response;
}

function closed(node: any): any {
  if (typeof node !== 'object' || node === null) {
    return node;
  }
  if (Array.isArray(node)) {
    return node.map(closed);
  }
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  return copy.type === 'object' && copy.properties ? { additionalProperties: false, ...copy } : copy;
}
