/**
 * Compares when schedules fire with an implementation in Python that shares nothing with ours, oracle.py:
 * `npm run oracle` tries random expressions, as many as it is told and of a seed if it is told one; `npm run oracle -- --record` writes anew
 * what the unit tests compare with.
 * It installs Python packages into .venv, once.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { Case, cronExpressions, digest, recordedCases, timesOf, ZONES } from './cases';

/** Pinned exactly; both have the same edition of the time zone database. */
const TZDATA = { python: '2025.3', node: '2025c' };
const REQUIREMENTS = ['cronsim==2.8', `tzdata==${TZDATA.python}`];
const VENV = join(__dirname, '.venv', REQUIREMENTS.join('-').replaceAll('==', '-'));
const RECORD = join(__dirname, 'recorded.json');

function oracle(cases: Case[]): number[][] {
  const python = join(VENV, 'bin', 'python');
  const installed = join(VENV, 'installed');
  if (!existsSync(installed)) {
    execFileSync('python3', ['-m', 'venv', '--clear', VENV], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS], { stdio: 'inherit' });
    writeFileSync(installed, '');
  }
  const input = JSON.stringify(cases);
  // Without a path, zoneinfo takes the pinned tzdata, and not that of the machine.
  return JSON.parse(execFileSync(python, [join(__dirname, 'oracle.py')], { input, env: { PYTHONTZPATH: '' }, encoding: 'utf8', maxBuffer: 2 ** 30 }));
}

function compare(cases: Case[]): number {
  const answers = oracle(cases);
  cases.forEach((each, index) => {
    const ours = timesOf(each);
    const first = [...ours, NaN].findIndex((time, at) => time !== answers[index][at]);
    if (ours.length !== answers[index].length || first < ours.length) {
      const shown = (time: number | undefined) => time === undefined ? 'none' : new Date(time).toISOString();
      throw new Error(`${each.expression} in ${each.timeZone} after ${shown(each.after)} until ${shown(each.until)}: `
        + `the oracle has ${shown(answers[index][first])} where we have ${shown(ours[first])}`);
    }
  });
  return answers.flat().length;
}

function record(): void {
  const digests = ZONES.map(timeZone => {
    const cases = recordedCases(timeZone);
    return [timeZone, Object.fromEntries(oracle(cases).map((times, index) => [cases[index].expression, digest(times)]))];
  });
  writeFileSync(RECORD, `${JSON.stringify(Object.fromEntries(digests), undefined, 2)}\n`);
}

function fuzz(count: number, seed: number): void {
  // Of what is to come, editions of the time zone database know different things.
  const lastYear = process.versions.tz === TZDATA.node ? 2034 : 2023;
  const begins = fc.integer({ min: Date.UTC(2010) / 1000, max: Date.UTC(lastYear) / 1000 }).map(seconds => seconds * 1000);
  const cases = fc.record({ expression: cronExpressions(), timeZone: fc.constantFrom(...ZONES), after: begins })
    .map((each): Case => ({ ...each, until: Date.UTC(lastYear + 1), limit: 3000 }));
  const sample = fc.sample(cases, { numRuns: count, seed });
  const times = compare(sample);
  console.log(`✓ ${count} expressions of seed ${seed} fire at the same ${times} times, from 2010 to ${lastYear} (time zones ${process.versions.tz} here, ${TZDATA.node} there)`);
}

const [first, seed] = process.argv.slice(2);
if (first === '--record') record();
else fuzz(Number(first ?? 500), Number(seed ?? Date.now() % 2 ** 31));
