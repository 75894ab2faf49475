import { requireEnv } from './environment';
import { ReportError } from './errors';
import { folderOf, isWithin } from './folder';
import { LinkEvent } from '../workflow/contract';

/** The signer may read every report of the pipeline: links are made to the files of the run alone. */
export function checkOwnFiles(event: LinkEvent): void {
  const folder = folderOf(event, requireEnv('REPORTS_PREFIX'));
  const foreign = event.files.find(({ key }) => !isWithin(folder, key));
  if (foreign) {
    throw new ReportError('InvalidLink', `a link was asked for to ${foreign.key}, which is not under ${folder}, where the files of this run are`);
  }
}
