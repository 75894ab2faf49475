/** Writes the JSON Schema of the data contract, which the handlers validate against, to where its users read it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataContract } from '../src/workflow/schema';

writeFileSync(join(__dirname, '../docs/data-contract.schema.json'), `${JSON.stringify(dataContract, undefined, 2)}\n`);
