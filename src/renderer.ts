import { Duration, Size, SizeRoundingBehavior, Stack, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BucketPrefix } from './bucket-prefix';
import { RenderFunction } from './handlers/render-function';
import { checkName } from './workflow/checks';
import { FileOptions } from './workflow/file-options';
import { handlerDefaults } from './workflow/handler-defaults';
import { isGrantable } from './workflow/imported-policy';

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
 * What to do with a report that is larger than its limits.
 */
export enum OnLimit {
  /** The run fails with `LimitExceeded`, its owner is told, and nothing is left in S3. */
  FAIL = 'FAIL',
  /**
   * The report shows the first rows that fit, and says at its end that it is cut short, and how many rows there are. If not even the
   * first row fits, the run fails all the same.
   */
  NOTICE = 'NOTICE',
}

/**
 * How large a report may become. Nothing is cut off silently: `onLimit` says what becomes of a report that has more.
 */
export interface RenderLimits {
  /**
   * The most rows that a report shows: a positive whole number.
   *
   * @default - as many as the data has
   */
  readonly maxRows?: number;

  /**
   * The most bytes of each file, all that belongs to it included: at least 64 KiB.
   *
   * The headings and totals of the report count as well. If they do not fit, the run fails, whatever `onLimit` says.
   *
   * @default - as many as the rows take
   */
  readonly maxBytes?: Size;

  /**
   * What to do with a report that has more rows or bytes. It needs `maxRows` or `maxBytes`.
   *
   * @default OnLimit.FAIL
   */
  readonly onLimit?: OnLimit;
}

/**
 * Options of the HTML renderer.
 */
export interface HtmlRendererOptions extends RenderLimits {
  /**
   * The title of the page, up to 100 characters.
   *
   * @default - the report's name
   */
  readonly title?: string;
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
    return new HtmlRenderer(options);
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

class HtmlRenderer extends ReportRenderer {
  public constructor(private readonly options: HtmlRendererOptions) {
    super();
    if (options.title !== undefined) {
      checkName('title', options.title);
    }
    checkLimits(options);
  }

  public bind(scope: Construct, { data, reports, logGroup, timeout, encryptionKey }: ReportRendererContext): ReportRendererConfig {
    const handler = new RenderFunction(scope, 'Function', {
      description: 'Renders reports as HTML',
      ...handlerDefaults(scope, {
        logGroup,
        timeout,
        encryptionKey,
        memorySize: Size.mebibytes(1024),
        environment: {
          BUCKET_NAME: data.bucket.bucketName,
          DATA_PREFIX: data.prefix,
          FILE_OPTIONS: Stack.of(scope).toJsonString([fileOptions(this.options)]),
        },
      }),
    });
    data.grantRead(handler);
    reports.grantWrite(handler);
    // It never replaces a file: one that is there already it compares with what it has made.
    reports.grantRead(handler);
    return { handler, files: [{ name: 'report.html', contentType: 'text/html; charset=utf-8' }] };
  }
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

/** A page without rows takes about 8 KiB; the rest is room for headings, totals, and a few rows. */
const LEAST_MAX_BYTES = 64 * 1024;

function checkLimits({ maxRows, maxBytes, onLimit }: RenderLimits): void {
  if (maxRows !== undefined && !Token.isUnresolved(maxRows) && !(Number.isSafeInteger(maxRows) && maxRows > 0)) {
    throw new Error(`maxRows is ${maxRows}; pass a positive whole number, or leave it out for no limit`);
  }
  if (maxBytes !== undefined && !maxBytes.isUnresolved() && !(Number.isSafeInteger(bytesIn(maxBytes)) && bytesIn(maxBytes) >= LEAST_MAX_BYTES)) {
    throw new Error(`maxBytes is ${bytesIn(maxBytes)} bytes; pass at least Size.kibibytes(${LEAST_MAX_BYTES / 1024}), so that there is room for a page`);
  }
  if (onLimit !== undefined && maxRows === undefined && maxBytes === undefined) {
    throw new Error(`onLimit is ${onLimit}, and there is no limit; pass maxRows or maxBytes, or leave onLimit out`);
  }
}

function fileOptions({ title, maxRows, maxBytes, onLimit }: HtmlRendererOptions): FileOptions {
  return { format: 'html', title, maxRows, maxBytes: maxBytes && bytesIn(maxBytes), onLimit };
}

function bytesIn(size: Size): number {
  const bytes = size.toBytes({ rounding: SizeRoundingBehavior.NONE });
  return size.isUnresolved() ? bytes : Math.floor(bytes);
}
