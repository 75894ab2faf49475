/** Compiles the schemas of the data contract to functions, so that no handler compiles them each time that it starts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import standaloneCode from 'ajv/dist/standalone';
import { createReportBody, dataNotReady, dataSourceResult, linkResult, linksToSend, renderResult, rerenderBody, startInput } from '../src/workflow/schema';

const schemas = { createReportBody, dataNotReady, dataSourceResult, linkResult, linksToSend, renderResult, rerenderBody, startInput };

const ajv = new Ajv({ schemas, allowUnionTypes: true, code: { source: true, esm: true, lines: true } });
const names = Object.fromEntries(Object.keys(schemas).map(name => [name, name]));
writeFileSync(join(__dirname, '../src/handlers/validators.generated.ts'), `// Made of src/workflow/schema.ts by scripts/validators.ts, with Ajv.
// @ts-nocheck
${standaloneCode(ajv, names)}`);
