/** `npm run faults`: makes every fault happen, and writes docs/fault-table.md from what it saw. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emulatorFaults } from './emulator/faults';
import { expectNothingEmitted } from './emulator/nothing-emitted';
import { Deployment } from './emulator/pipeline';
import { Row, tried } from './fault';
import { interpreterFaults } from './interpreter/faults';
import { faultTable } from './table';
import { Run } from '../../examples/cafe-inventory/local/run';
import { step } from '../../examples/cafe-inventory/local/step';

const TABLE = join(__dirname, '../../docs/fault-table.md');
async function faults(run: Run): Promise<void> {
  const deployment = await Deployment.start(run);
  const rows = [
    ...await Promise.all(emulatorFaults(deployment).map(fault => told(tried(fault, 'emulator')))),
    ...await inTurn(interpreterFaults(), fault => told(tried(fault, 'interpreter'))), // they share one clock
  ];
  await step('No row, parameter, key or link is in what was emitted', () => expectNothingEmitted(deployment), texts => `${texts} texts`);
  const before = readFileSync(TABLE, 'utf8');
  const after = faultTable(rows);
  writeFileSync(TABLE, after);
  console.log(before === after ? '✓ docs/fault-table.md says what was seen' : '✗ docs/fault-table.md said something else, and is written anew');
  process.exitCode = before === after && rows.every(({ complaints }) => complaints.length === 0) ? 0 : 1;
}

async function inTurn<T, R>(list: T[], action: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const each of list) {
    results.push(await action(each));
  }
  return results;
}

async function told(row: Promise<Row>): Promise<Row> {
  const { group, name, complaints } = await row;
  console.log(complaints.length === 0 ? `✓ ${group}: ${name}` : `✗ ${group}: ${name}: ${complaints.join('; ')}`);
  return row;
}

Run.during(faults).then(
  () => process.exit(),
  error => {
    console.error(error);
    process.exit(1);
  },
);
