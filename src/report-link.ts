import { Duration } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BucketPrefix } from './bucket-prefix';
import { PresignFunction } from './handlers/presign-function';
import { RUN_PARTITION } from './workflow/contract';
import { handlerDefaults } from './workflow/handler-defaults';
import { grantPartitions } from './workflow/ledger-partitions';
import { onClickLink } from './workflow/on-click-link';
import { denyOlderSignatures } from './workflow/signature-age';

/**
 * What a link is bound to.
 */
export interface ReportLinkContext {
  /**
   * Where the files of the reports are.
   */
  readonly reports: BucketPrefix;

  /**
   * Where the links are kept. Grant the link's function to put items.
   */
  readonly ledger: dynamodb.ITable;

  /**
   * For how long the ledger keeps what it knows of a run.
   */
  readonly ledgerRetention: Duration;

  /**
   * Where the pipeline's functions log, so that the steps of a run are read in one place.
   */
  readonly logGroup: logs.ILogGroup;

  /**
   * The key of what the link's function keeps, its environment for instance.
   *
   * @default - the keys of the services
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * What a link gives to the pipeline.
 */
export interface ReportLinkConfig {
  /**
   * The function that makes a link to each file of a report, keeps it in the ledger, and returns when it expires.
   * `docs/data-contract.md` describes its event and result. It is invoked again for a link that aged before it was sent.
   */
  readonly handler: lambda.IFunction;

  /**
   * How long a link lives. The reports are kept at least as long.
   */
  readonly expiresIn: Duration;

  /**
   * Whether a link can be revoked before it expires: whether the ledger has it as `docs/links.md` describes, and it is looked up there
   * whenever it is opened. If not, nobody is granted to revoke links or to delete them, and `ReportApi` says that they can not be revoked.
   *
   * @default true
   */
  readonly revocable?: boolean;
}

/**
 * Options of a presigned link.
 */
export interface PresignedLinkOptions {
  /**
   * How long the link lives, from 1 second to 1 hour.
   *
   * The URL is signed by a role that is assumed for the run, and AWS ends such a session after one hour at the latest
   * ([role chaining](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining)).
   *
   * @default Duration.hours(1)
   */
  readonly expiresIn?: Duration;
}

/**
 * Options of a link that is signed when it is opened.
 */
export interface OnClickLinkOptions {
  /**
   * How long the link lives, from 1 minute to the `retention` of the pipeline. It is checked whenever the link is opened.
   *
   * @default Duration.days(7)
   */
  readonly expiresIn?: Duration;

  /**
   * Whether API Gateway logs each request to the pipeline's log group: time, method, status and latency, and no token.
   *
   * This needs a role for the logs of API Gateway, which is a
   * [setting of the account and region](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions):
   * without it the deployment fails. What was opened, and when, is in the ledger in any case.
   *
   * @default false
   */
  readonly accessLog?: boolean;
}

/**
 * How readers open a report.
 *
 * Extend this class for links of your own: `bind` makes the function and grants what it needs.
 */
export abstract class ReportLink {
  /**
   * A presigned S3 URL: whoever has it can open the report until it expires. It has 1,400 to 1,900 characters.
   *
   * @param options Options of the link.
   */
  public static presigned(options: PresignedLinkOptions = {}): ReportLink {
    return new PresignedLink(options.expiresIn ?? Duration.hours(1));
  }

  /**
   * A short link to an endpoint of the pipeline, which redirects to a URL that it signs there and then, for a minute at most: whoever
   * has it can open the report until it expires or is revoked. It has about 100 characters, and never 150.
   *
   * Each opening is recorded. Opening it changes nothing else, because mail scanners open links, too.
   *
   * @example
   * const link = ReportLink.onClick({ expiresIn: Duration.days(3) });
   *
   * @param options Options of the link.
   */
  public static onClick(options: OnClickLinkOptions = {}): ReportLink {
    return new OnClickLink({ expiresIn: options.expiresIn ?? Duration.days(7), accessLog: options.accessLog ?? false });
  }

  /**
   * Called by the pipeline, once.
   *
   * @param scope Where to make constructs.
   * @param context What the pipeline offers.
   */
  public abstract bind(scope: Construct, context: ReportLinkContext): ReportLinkConfig;
}

class PresignedLink extends ReportLink {
  public constructor(private readonly expiresIn: Duration) {
    super();
    if (expiresIn.isUnresolved() || expiresIn.toMilliseconds() < 1000 || expiresIn.toMilliseconds() > Duration.hours(1).toMilliseconds()) {
      const got = expiresIn.isUnresolved() ? 'not known at synth' : expiresIn.toHumanString();
      throw new Error(`expiresIn of a presigned link is ${got}, and the credentials that sign it live for one hour at most; `
        + 'choose 1 second to 1 hour, or ReportLink.onClick, whose link is signed when it is opened');
    }
  }

  public bind(scope: Construct, { reports, ledger, logGroup, encryptionKey }: ReportLinkContext): ReportLinkConfig {
    const defaults = handlerDefaults(scope, {
      logGroup,
      timeout: Duration.seconds(30),
      encryptionKey,
      environment: {},
    });
    // Only the handler's role may assume it, and each session of it opens the files of one report. That the role is named here is all that
    // it takes: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    const signer = new iam.Role(scope, 'Signer', {
      description: 'Signs the links to reports',
      assumedBy: defaults.role!,
      maxSessionDuration: Duration.hours(1),
    });
    reports.grantRead(signer);
    denyOlderSignatures(scope, reports, this.expiresIn);

    const bucketKey = reports.bucket.encryptionKey;
    const handler = new PresignFunction(scope, 'Function', {
      description: 'Signs the links to reports',
      ...defaults,
      environment: {
        SIGNER_ROLE_ARN: signer.roleArn,
        EXPIRES_IN_SECONDS: this.expiresIn.toSeconds().toString(),
        BUCKET_ARN: reports.bucket.bucketArn,
        REPORTS_PREFIX: reports.prefix,
        ...(bucketKey && { ENCRYPTION_KEY_ARN: bucketKey.keyArn }),
      },
    });
    grantPartitions(ledger, handler, ['dynamodb:PutItem'], [`${RUN_PARTITION}*`]);
    return { handler, expiresIn: this.expiresIn, revocable: false };
  }
}

class OnClickLink extends ReportLink {
  public constructor(private readonly options: Required<OnClickLinkOptions>) {
    super();
    const { expiresIn } = options;
    if (expiresIn.isUnresolved() || expiresIn.toMilliseconds() < Duration.minutes(1).toMilliseconds()) {
      const got = expiresIn.isUnresolved() ? 'not known at synth' : expiresIn.toHumanString();
      throw new Error(`expiresIn of a link that is signed when it is opened is ${got}; choose 1 minute up to the retention of the pipeline`);
    }
  }

  public bind(scope: Construct, context: ReportLinkContext): ReportLinkConfig {
    return onClickLink(scope, context, this.options);
  }
}
