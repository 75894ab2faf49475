import { join } from 'node:path';
import { walkThrough } from './browser/walk-through';
import { check, CHECK_LINK_SECONDS, checkNothingIsLeft } from './check';
import { type OpenCafe, openCafe } from './open-cafe';
import { Interrupted, Run } from './run';
import { step } from './step';

/** What is done with the open café: it is kept open for people, judged, or pictured. */
type Visit = (cafe: OpenCafe, run: Run) => Promise<unknown>;

const IMAGES = join(__dirname, '..', '..', '..', 'docs', 'images');

const VISITS: Record<string, Visit> = { '--check': check, '--screenshots': cafe => walkThrough(cafe, IMAGES) };

async function stayOpen({ cloud, outputs, frank, mailbox, website }: OpenCafe, run: Run): Promise<void> {
  console.log(`
  The mail     ${mailbox.address}
  The website  ${website}
  Bookkeeping  ${website}/reports.html   (sign in as ${frank.email}, password ${frank.password})
  The API      ${outputs.ApiUrl}
  The cloud    ${cloud.endpoint}   (aws --endpoint-url, with any credentials)

  Ctrl-C ends it and all that it has started.
`);
  await run.untilInterrupted();
}

async function main(mode: string | undefined): Promise<void> {
  const visit = mode === undefined ? stayOpen : VISITS[mode];
  if (!visit) {
    throw new Error(`there is no ${mode}; try ${Object.keys(VISITS).join(' or ')}, or nothing`);
  }
  try {
    const traces = await Run.during(async run => {
      const cafe = await openCafe(run, visit === check ? CHECK_LINK_SECONDS : undefined);
      await visit(cafe, run);
      return { endpoint: cafe.cloud.endpoint, directory: run.directory };
    });
    await step('Nothing is left of it', () => checkNothingIsLeft(traces));
  } catch (error) {
    if (visit !== stayOpen || !(error instanceof Interrupted)) throw error;
    console.log('The café has closed.');
  }
}

main(process.argv[2]).then(
  () => process.exit(0),
  error => {
    console.error(error);
    process.exit(1);
  },
);
