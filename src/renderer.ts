import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BucketPrefix } from './bucket-prefix';
import { RenderFunction } from './handlers/render-function';
import { CsvRendererOptions, HtmlRendererOptions, JsonRendererOptions, XlsxRendererOptions } from './renderer-options';
import { checkFiles } from './workflow/checks';
import { handlerDefaults } from './workflow/handler-defaults';
import { isGrantable } from './workflow/imported-policy';
import { csvFile, fileOptionsJson, htmlFile, jsonFile, RenderedFormat, xlsxFile } from './workflow/rendered-format';

/**
 * A file of a report.
 */
export interface ReportFile {
  /**
   * The file's name in the report's folder, with its extension, for instance `report.html`: letters, digits, dots, dashes and
   * underscores.
   */
  readonly name: string;

  /**
   * The media type with which the file is served. HTML and PDF open in the browser, everything else is saved.
   */
  readonly contentType: string;
}

/**
 * What a renderer is bound to.
 */
export interface ReportRendererContext {
  /**
   * Where the data source may have written the rows. Grant the renderer's function `data.grantRead(fn)`.
   */
  readonly data: BucketPrefix;

  /**
   * Where the files of the reports go. Grant the renderer's function `reports.grantWrite(fn)`, and `reports.grantRead(fn)` if it
   * compares what it finds there.
   */
  readonly reports: BucketPrefix;

  /**
   * The longest time that a report may take to render: the timeout of the renderer's function.
   */
  readonly timeout: Duration;

  /**
   * Where the functions of the pipeline log; pass it to functions of your own so that a run's steps are read in one place.
   */
  readonly logGroup: logs.ILogGroup;

  /**
   * The key for what the renderer keeps, its environment for instance.
   *
   * @default - the keys of the services
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Whether the policies of imported resources are said to be in place.
   */
  readonly policiesInPlace: boolean;
}

/**
 * What a renderer gives to the pipeline.
 */
export interface ReportRendererConfig {
  /**
   * The function that renders. It gets the run, the data and the addresses of the files, and returns what
   * `docs/data-contract.md` describes once all files are complete.
   */
  readonly handler: lambda.IFunction;

  /**
   * The files that it writes for each report.
   */
  readonly files: ReportFile[];
}

/**
 * How rows become a report.
 *
 * Extend this class for a format of your own: `bind` makes the function and grants what it needs.
 */
export abstract class ReportRenderer {
  /**
   * A page that reads well on a screen, on a phone and on paper: self-contained, without scripts, with typed columns and totals.
   *
   * Rows are streamed, so that their number does not matter to the function's memory. Beside the page there is `manifest.json`, which
   * says what was made of which data.
   *
   * @example
   * ReportRenderer.html({ title: 'Coffee supplier inventory', maxRows: 5000, onLimit: OnLimit.NOTICE });
   *
   * @param options Options of the page.
   */
  public static html(options: HtmlRendererOptions = {}): ReportRenderer {
    return new FilesRenderer([htmlFile(options)]);
  }

  /**
   * Comma-separated values (RFC 4180), for programs and spreadsheets: a line of headings, and the rows.
   *
   * Values are written as they are: days and times in ISO 8601, numbers with all their digits and a decimal point. There are no totals.
   *
   * @example
   * ReportRenderer.csv({ delimiter: ';', byteOrderMark: true });
   *
   * @param options Options of the file.
   */
  public static csv(options: CsvRendererOptions = {}): ReportRenderer {
    return new FilesRenderer([csvFile(options)]);
  }

  /**
   * JSON, for programs: an object for each row, with a value for each column by its name.
   *
   * Numbers are numbers of JSON, unless they have so many digits that a binary fraction would lose some: these are strings. There are
   * no totals.
   *
   * @example
   * ReportRenderer.json({ layout: JsonLayout.LINES, gzip: true });
   *
   * @param options Options of the file.
   */
  public static json(options: JsonRendererOptions = {}): ReportRenderer {
    return new FilesRenderer([jsonFile(options)]);
  }

  /**
   * A workbook of Excel (XLSX), to go on working with: numbers, dates and times as such, headings that stay in view, a filter, totals,
   * and a last sheet that says what the report is about. Above 1,048,575 rows it has several sheets.
   *
   * @example
   * ReportRenderer.xlsx({ emphasis: [{ column: 'quantity', belowColumn: 'reorder_level' }] });
   *
   * @param options Options of the workbook.
   */
  public static xlsx(options: XlsxRendererOptions = {}): ReportRenderer {
    return new FilesRenderer([xlsxFile(options)]);
  }

  /**
   * Several files of one report, for example a page to read and a file to go on working with. The rows are read once, by one
   * function, and the message has a link to each file.
   *
   * @example
   * ReportRenderer.of(ReportRenderer.html({ maxRows: 1000, onLimit: OnLimit.NOTICE }), ReportRenderer.xlsx());
   *
   * @param renderers Renderers of this library, of different formats. A function of your own writes all its files itself.
   */
  public static of(...renderers: ReportRenderer[]): ReportRenderer {
    return new FilesRenderer(renderers.flatMap(filesOf));
  }

  /**
   * A Lambda function of yours renders.
   *
   * It is granted to read the data and to write the files.
   *
   * @example
   * declare const renderPdf: lambda.Function;
   * const report: ReportFile = { name: 'report.pdf', contentType: 'application/pdf' };
   * const renderer = ReportRenderer.fromFunction(renderPdf, [report]);
   *
   * @param fn The function.
   * @param files The files that it writes for each report.
   */
  public static fromFunction(fn: lambda.IFunction, files: ReportFile[]): ReportRenderer {
    return new FunctionRenderer(fn, files);
  }

  /**
   * Called by the pipeline, once.
   *
   * @param scope Where to make constructs.
   * @param context What the pipeline offers.
   */
  public abstract bind(scope: Construct, context: ReportRendererContext): ReportRendererConfig;
}

class FilesRenderer extends ReportRenderer {
  public constructor(public readonly files: RenderedFormat[]) {
    super();
    checkFiles(files.map(({ file }) => file));
  }

  public bind(scope: Construct, { data, reports, logGroup, timeout, encryptionKey }: ReportRendererContext): ReportRendererConfig {
    const handler = new RenderFunction(scope, 'Function', {
      description: `Renders reports as ${this.files.map(({ options }) => options.format.toUpperCase()).join(', ')}`,
      ...handlerDefaults(scope, {
        logGroup,
        timeout,
        encryptionKey,
        memorySize: Size.mebibytes(1024),
        environment: {
          BUCKET_NAME: data.bucket.bucketName,
          DATA_PREFIX: data.prefix,
          FILE_OPTIONS: fileOptionsJson(Stack.of(scope), this.files.map(({ options }) => options)),
        },
      }),
    });
    data.grantRead(handler);
    reports.grantWrite(handler);
    // It never replaces a file: one that is there already it compares with what it has made.
    reports.grantRead(handler);
    return { handler, files: this.files.map(({ file }) => file) };
  }
}

function filesOf(renderer: ReportRenderer): RenderedFormat[] {
  if (!(renderer instanceof FilesRenderer)) {
    throw new Error('ReportRenderer.of takes renderers that this library makes, such as ReportRenderer.html(); a function of your own writes all its files itself, '
      + 'and is passed to the pipeline alone');
  }
  return renderer.files;
}

class FunctionRenderer extends ReportRenderer {
  public constructor(private readonly fn: lambda.IFunction, private readonly files: ReportFile[]) {
    super();
  }

  public bind(scope: Construct, { data, reports, policiesInPlace }: ReportRendererContext): ReportRendererConfig {
    if (isGrantable(scope, this.fn, policiesInPlace, [data._readStatement(), reports._writeStatement()])) {
      data.grantRead(this.fn);
      reports.grantWrite(this.fn);
    }
    return { handler: this.fn, files: this.files };
  }
}
