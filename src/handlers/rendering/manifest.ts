import { version } from '../../../package.json';
import { OutputFile, RenderResult, Run } from '../../workflow/contract';
import { FormatName } from '../../workflow/file-options';

export const MANIFEST_NAME = 'manifest.json';

/** What was made of which data. It holds no time of its own, so that a step that is tried again writes the same bytes. */
export function manifestOf(
  run: Run, files: readonly OutputFile[], formats: readonly FormatName[], result: RenderResult, columnsSha256: string,
): string {
  const manifest = {
    version: 1,
    reportId: run.reportId,
    attempt: run.attempt,
    report: run.report,
    period: { from: run.period.from, to: run.period.to, timeZone: run.period.timeZone },
    asOf: result.asOf,
    rows: result.rows,
    totalRows: result.totalRows,
    truncated: result.truncated,
    dataSha256: result.dataSha256,
    columnsSha256,
    files: result.files.map(({ name, bytes, sha256 }, index) => ({ name, contentType: files[index].contentType, bytes, sha256 })),
    renderer: { name: formats.join('+'), version },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
