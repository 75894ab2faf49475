/** Writes hostile rows in each format, and lets tools that no one here wrote read them back. */
import { execFile } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { DefaultTreeAdapterMap, parse } from 'parse5';
import { reportOf } from '../../src/handlers/rendering/report';
import { openReportFile } from '../../src/handlers/rendering/report-file';
import { Rows } from '../../src/handlers/rendering/rows';
import { Column, Row } from '../../src/workflow/contract';
import { FileOptions } from '../../src/workflow/file-options';
import { RUN } from '../handlers/support/run';

const run = promisify(execFile);

/** Pinned exactly, so that it is the same test each time. */
const REQUIREMENTS = ['openpyxl==3.1.5', 'et_xmlfile==2.0.0', 'tzdata==2025.2'];
const INSTALLED = join(__dirname, '../../.formats');
const VENV = join(INSTALLED, ['venv', ...REQUIREMENTS].join('-').replaceAll('==', '-'));

const COLUMNS: (Column & { readonly label: string })[] = [
  { name: 'text', label: 'Text & <more>', type: 'text' },
  { name: 'integer', label: '=1+1', type: 'integer' },
  { name: 'decimal', label: 'Decimal "exact"', type: 'decimal' },
  { name: 'currency', label: 'Price, net', type: 'currency', currency: 'EUR' },
  { name: 'date', label: 'Day', type: 'date' },
  { name: 'datetime', label: 'Time', type: 'datetime' },
  { name: 'boolean', label: 'Yes?', type: 'boolean' },
  { name: 'link', label: 'Link', type: 'link' },
];

const FILES: readonly FileOptions[] = [
  { name: 'report.html', format: 'html' },
  { name: 'plain.csv', format: 'csv', csv: { formulaGuard: false } },
  { name: 'guarded.csv', format: 'csv' },
  { name: 'array.json', format: 'json' },
  { name: 'lines.json', format: 'json', json: { lines: true } },
  { name: 'report.xlsx', format: 'xlsx' },
];

const PIECES = [
  '=', '+', '-', '@', '＝', '"', "'", ',', ';', '\n', '\r', '\r\n', '\t', ' ', '<b>', '</td>', '</t></is></c>', '&', '&amp;', ']]>', '_x0041_', '\0', '\x1b', '\x7f', '\u202e',
  '\ud800', '\udc00', '\ufffe', '\uffff', '\ufeff', '\u2028', 'é', '漢字', '😀', '=cmd|\' /C calc\'!A0', 'NULL', '0123', '1e5', '2026-01-01', 'a'.repeat(300),
];
const digits = (decimals: number) => fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: 10 ** decimals - 1 }))
  .map(([whole, fraction]) => decimals === 0 ? `${whole}` : `${whole}.${String(fraction).padStart(decimals, '0')}`);
const day = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-30'), noInvalidDate: true });
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 8 });

const ROW = fc.record({
  text: optional(fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map(pieces => pieces.join(''))),
  integer: optional(fc.oneof(fc.maxSafeInteger(), fc.integer(), digits(0))),
  decimal: optional(fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }).map(value => Math.round(value * 1e6) / 1e6), digits(2), fc.constantFrom('0.10', '-0.000', '100.00'))),
  currency: optional(fc.oneof(fc.integer().map(cents => cents / 100), digits(2))),
  date: optional(day.map(value => value.toISOString().slice(0, 10))),
  datetime: optional(day.map(value => value.toISOString())),
  boolean: optional(fc.boolean()),
  link: optional(fc.webUrl({ withQueryParameters: true, withFragments: true })),
});

async function writeFiles(rows: readonly Row[], folder: string): Promise<void> {
  for (const options of FILES) {
    const out = createWriteStream(join(folder, options.name));
    const file = await openReportFile(reportOf(RUN, RUN.openedAt, { columns: COLUMNS }, options), out);
    for await (const batch of new Rows(COLUMNS, [rows])) {
      await file.write(batch);
    }
    await file.end();
    await finished(out.end());
  }
  await writeFile(join(folder, 'source.json'), JSON.stringify({ columns: COLUMNS, rows, timeZone: RUN.timeZone }));
}

async function readHtml(rows: readonly Row[], folder: string): Promise<void> {
  type Node = DefaultTreeAdapterMap['node'];
  const all = (node: Node, tag: string): Node[] => [...(node.nodeName === tag ? [node] : []), ...('childNodes' in node ? node.childNodes.flatMap(child => all(child, tag)) : [])];
  const text = (node: Node): string => 'value' in node ? node.value : 'childNodes' in node ? node.childNodes.map(text).join('') : '';
  // What no reader can see, and halves of characters, are replaced; a parser of HTML makes one line feed of each way to end a line.
  const visible = (value: unknown) => value === null ? '–' : String(value).replace(/\r\n?/g, '\n').replace(/[\x00-\x08\v\f\x0e-\x1f\x7f-\x9f\u202a-\u202e\p{Surrogate}]/gu, '\ufffd');

  const page = parse(await readFile(join(folder, 'report.html'), 'utf8'));
  const found = all(all(page, 'tbody')[0], 'tr').map(row => [...all(row, 'th'), ...all(row, 'td')].map(text));
  const different = rows.findIndex((row, index) => found[index]?.length !== COLUMNS.length || found[index][0] !== visible(row.text));
  if (found.length !== rows.length || different >= 0 || all(page, 'script').length > 0) {
    throw new Error(`row ${different + 1} of ${found.length}: ${JSON.stringify(found[different])}`);
  }
}

/** LibreOffice shows the sheet as it understands it, and says nothing of what it mends: as many rows, and not one formula. */
async function readWithLibreOffice(rows: readonly Row[], folder: string): Promise<void> {
  await run('soffice', [`-env:UserInstallation=file://${folder}/profile`, '--headless', '--convert-to', 'fods', '--outdir', folder, join(folder, 'report.xlsx')]);
  const sheet = await readFile(join(folder, 'report.fods'), 'utf8');
  // It takes truth values for formulas without an argument.
  const formulas = sheet.match(/table:formula="(?!of:=(TRUE|FALSE)\(\)")/g)?.length ?? 0;
  const table = /<table:table table:name="Report"[^]*?<\/table:table>/.exec(sheet)![0];
  const shown = table.split('<table:table-row ').filter(row => row.includes('office:value-type=')).length;
  if (formulas > 0 || shown !== rows.length + 1) {
    throw new Error(`${formulas} formulas, ${shown} rows`);
  }
}

async function installPython(): Promise<void> {
  if (!existsSync(VENV)) {
    await mkdir(INSTALLED, { recursive: true });
    const unfinished = await mkdtemp(join(INSTALLED, 'new-'));
    await run('python3', ['-m', 'venv', unfinished]);
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS]);
    await rename(unfinished, VENV); // complete or not there at all
  }
}

async function check(what: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
    console.log(`✓ ${what}`);
  } catch (error) {
    console.log(`✗ ${what}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

async function main(): Promise<void> {
  await installPython();
  const folder = await mkdtemp(join(tmpdir(), 'formats-'));
  try {
    const rows = fc.sample(ROW, { seed: 7, numRuns: 2000 });
    await writeFiles(rows, folder);
    await check('HTML, read by parse5', () => readHtml(rows, folder));
    const python = await run(join(VENV, 'bin/python'), [join(__dirname, 'read_back.py'), folder]).catch(error => error);
    process.stdout.write(python.stdout);
    if (python.code) {
      process.stderr.write(python.stderr);
      process.exitCode = 1;
    }
    if (process.env.CI || existsSync('/usr/bin/soffice')) {
      await check('XLSX, read by LibreOffice', () => readWithLibreOffice(rows, folder));
    } else {
      console.log('  XLSX is not read by LibreOffice, which is not installed: soffice');
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

void main();
