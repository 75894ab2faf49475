/** Measures one case in this process, and prints what it took: `measure CASE FILE`. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { CASES } from './cases';
import { Parts } from './parts';

async function main([name, file]: string[]): Promise<void> {
  const parts = new Parts();
  const run = await CASES[name](createReadStream(file, { highWaterMark: 64 * 1024 }), parts);
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  if (!parts.writableEnded) {
    parts.end();
    await once(parts, 'finish');
  }
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakMegabytes: process.resourceUsage().maxRSS / 1024, bytes: parts.bytes }));
}

void main(process.argv.slice(2));
