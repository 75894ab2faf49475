import { formatPeriod } from './wording';
import { OutputFile, Run } from '../workflow/contract';

/** The name under which a reader saves the file. */
export function fileName(run: Run, file: OutputFile): string {
  const extension = file.name.includes('.') ? file.name.slice(file.name.lastIndexOf('.')) : '';
  return `${run.report} ${formatPeriod(run.period, run.locale)}${extension}`.replace(/[\u2010-\u2015]/g, '-').replace(/[\\/:*?"<>|\u0000-\u001f]/g, '-');
}
