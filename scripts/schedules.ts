/**
 * Shows when the schedules of a synthesized app fire next, and what their expressions do not say: `npm run schedules -- cdk.out`,
 * or `npm run schedules` for those of the café.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Bounds, fireTimes } from '../src/workflow/fire-times';
import { parseSchedule } from '../src/workflow/schedule-expression';
import { findings } from '../src/workflow/schedule-findings';
import { Zone } from '../src/workflow/time-zone';

const SHOWN = 10;

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly [name: string]: unknown };
  readonly Metadata?: { readonly [name: string]: string };
}

/** A text table of each schedule in a cloud assembly, nested stacks and stages included. */
export function schedulesIn(assembly: string, now: Date): string[] {
  const templates = readdirSync(assembly, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.template.json')).sort();
  if (templates.length === 0) {
    throw new Error(`${assembly} has no templates; pass the directory that cdk synth writes, which is cdk.out if you do not choose another`);
  }
  return templates.flatMap(file => {
    const resources: Record<string, Resource> = JSON.parse(readFileSync(join(assembly, file), 'utf8')).Resources ?? {};
    return Object.entries(resources)
      .filter(([, { Type }]) => Type === 'AWS::Scheduler::Schedule')
      .map(([id, { Metadata, Properties }]) => tableOf(Metadata?.['aws:cdk:path'] ?? `${basename(file, '.template.json')}/${id}`, Properties, now));
  });
}

function tableOf(name: string, properties: Resource['Properties'], now: Date): string {
  const { ScheduleExpression: expression, ScheduleExpressionTimezone: timeZone = 'UTC', State, StartDate, EndDate } = properties;
  const title = `${name}${State === 'DISABLED' ? ' (disabled)' : ''}`;
  if (typeof expression !== 'string' || typeof timeZone !== 'string') {
    return `${title}\n  ! its expression or its zone is known only when it is deployed`;
  }
  try {
    const rule = parseSchedule(expression);
    const bounds: Bounds = { timeZone, after: now, start: dateOf(StartDate), end: dateOf(EndDate) };
    const times = firstOf(fireTimes(rule, bounds), SHOWN).map(time => `${local(time, timeZone)}   ${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`);
    return [title, `${expression} in ${timeZone}`, ...times, ...findings(rule, bounds).map(({ message }) => `! ${message}`)].join('\n  ');
  } catch (error) {
    return `${title}\n  ! ${(error as Error).message}`;
  }
}

function dateOf(property: unknown): Date | undefined {
  if (property === undefined) return undefined;
  const date = new Date(String(property));
  if (Number.isNaN(date.getTime())) {
    throw new Error(`its start or end is ${JSON.stringify(property)}, which is no date that is known before it is deployed`);
  }
  return date;
}

function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const item of items) {
    if (first.push(item) === count) break;
  }
  return first;
}

function local(time: Date, timeZone: string): string {
  const offset = Zone.of(timeZone).offsetAt(time.getTime());
  const wallTime = new Date(time.getTime() + offset);
  const weekday = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][wallTime.getUTCDay()];
  const ahead = new Date(Math.abs(offset)).toISOString().slice(11, 16);
  return `${weekday} ${wallTime.toISOString().slice(0, 16).replace('T', ' ')} ${offset < 0 ? '-' : '+'}${ahead}`;
}

function ofCafe(): string[] {
  const assembly = mkdtempSync(join(tmpdir(), 'schedules-'));
  try {
    if (!existsSync('assets')) execFileSync('npx', ['projen', 'bundle'], { stdio: 'inherit' });
    execFileSync('npx', ['tsx', '--tsconfig', 'tsconfig.dev.json', 'examples/cafe-inventory/app.ts'], {
      env: { ...process.env, CDK_OUTDIR: assembly, CDK_VALIDATION: 'false' }, stdio: 'inherit',
    });
    return schedulesIn(assembly, new Date());
  } finally {
    rmSync(assembly, { recursive: true });
  }
}

if (require.main === module) {
  const [assembly] = process.argv.slice(2);
  const tables = assembly ? schedulesIn(assembly, new Date()) : ofCafe();
  console.log(tables.length > 0 ? tables.join('\n\n') : 'there are no schedules in it');
}
