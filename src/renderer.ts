import { Duration, Size } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { BucketPrefix } from './bucket-prefix';
import { RenderFunction } from './handlers/render-function';
import { checkName } from './workflow/checks';
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
   * Where the files of the reports go. Grant the renderer's function `reports.grantWrite(fn)`.
   */
  readonly reports: BucketPrefix;

  /**
   * The longest time that a report may take to render: the timeout of the renderer's function.
   */
  readonly timeout: Duration;

  /**
   * The key for what the renderer keeps, logs for instance.
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
 * Options of the HTML renderer.
 */
export interface HtmlRendererOptions {
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
   * Rows are streamed, so that their number does not matter to the function's memory.
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
  }

  public bind(scope: Construct, { data, reports, timeout, encryptionKey }: ReportRendererContext): ReportRendererConfig {
    const handler = new RenderFunction(scope, 'Function', {
      description: 'Renders reports as HTML',
      ...handlerDefaults(scope, {
        timeout,
        encryptionKey,
        memorySize: Size.mebibytes(1024),
        environment: {
          BUCKET_NAME: data.bucket.bucketName,
          DATA_PREFIX: data.prefix,
          ...(this.options.title && { TITLE: this.options.title }),
        },
      }),
    });
    data.grantRead(handler);
    reports.grantWrite(handler);
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
