import { S3Client } from '@aws-sdk/client-s3';
import { Report } from './format';
import { openReportFile } from './report-file';
import { Rows } from './rows';
import { beginUpload } from './upload';
import { OutputFile, RenderedFile } from '../../workflow/contract';

export interface WrittenFile {
  readonly file: RenderedFile;
  /** The rows that it shows. */
  readonly shown: number;
}

/**
 * Writes all files of a report while its rows are read, once. The slowest upload sets the pace. If anything fails, all files are given
 * up; one that was complete by then is there for the next try.
 */
export async function writeFiles(s3: S3Client, rows: Rows, reports: readonly Report[], outputs: readonly OutputFile[]): Promise<WrittenFile[]> {
  // Fewer of each where there are several, so that all fit into a small function.
  const partsAtOnce = outputs.length === 1 ? 2 : 1;
  const uploads = outputs.map((output, index) => beginUpload(s3, output, { gzip: reports[index].options.gzip, partsAtOnce }));
  try {
    const files = await Promise.all(reports.map((report, index) => openReportFile(report, uploads[index].out)));
    for await (const batch of rows) {
      await Promise.all(files.map(file => file.write(batch)));
    }
    await Promise.all(files.map(async (file, index) => {
      await file.end();
      uploads[index].out.end();
    }));
    const written = await Promise.all(uploads.map(upload => upload.written));
    return written.map((file, index) => ({ file, shown: files[index].shown }));
  } catch (error) {
    const broken = uploads.find(({ out }) => out.errored === error);
    uploads.forEach(({ out }) => out.destroy(error as Error));
    await Promise.allSettled(uploads.map(upload => upload.written));
    await broken?.written; // which says why, where the stream only says that it was ended
    throw error;
  }
}
