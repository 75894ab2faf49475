import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LINK_PARTITION, REPORT_LINKS_PARTITION } from './contract';
import { handlerDefaults } from './handler-defaults';
import { grantPartitions } from './ledger-partitions';
import { linkEndpoint } from './link-endpoint';
import { denyOlderSignatures } from './signature-age';
import { MintLinkFunction } from '../handlers/mint-link-function';
import { OpenReportFunction } from '../handlers/open-report-function';
import type { OnClickLinkOptions, ReportLinkConfig, ReportLinkContext } from '../report-link';

/** The longest life of what a link is redirected to. */
const LONGEST_REDIRECT = Duration.minutes(1);

/**
 * Short links that are signed when they are opened: a function that makes them, and an endpoint with a function that opens them.
 *
 * Neither function can read a report. They assume a role that can, each time for the files that are asked for.
 */
export function onClickLink(
  scope: Construct, context: ReportLinkContext, { expiresIn, accessLog }: Required<OnClickLinkOptions>,
): ReportLinkConfig {
  const { reports, ledger, ledgerRetention, logGroup, encryptionKey } = context;
  const openScope = new Construct(scope, 'Open');
  const openDefaults = handlerDefaults(openScope, { logGroup, timeout: Duration.seconds(10), encryptionKey, environment: {} });
  const mintDefaults = handlerDefaults(scope, { logGroup, timeout: Duration.seconds(30), encryptionKey, environment: {} });

  // That the roles are named here is all that it takes to assume it: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
  const signer = new iam.Role(scope, 'Signer', {
    description: 'Signs what opens a report',
    assumedBy: new iam.CompositePrincipal(mintDefaults.role!, openDefaults.role!),
    maxSessionDuration: Duration.hours(1),
  });
  reports.grantRead(signer);
  denyOlderSignatures(scope, reports, LONGEST_REDIRECT);
  const bucketKey = reports.bucket.encryptionKey;
  const environment = {
    TABLE_NAME: ledger.tableName,
    SIGNER_ROLE_ARN: signer.roleArn,
    BUCKET_ARN: reports.bucket.bucketArn,
    ...(bucketKey && { ENCRYPTION_KEY_ARN: bucketKey.keyArn }),
  };

  const open = new OpenReportFunction(openScope, 'Function', {
    description: 'Opens reports by their short links',
    ...openDefaults,
    environment,
  });
  const url = linkEndpoint(openScope, { handler: open, logGroup, accessLog });
  grantPartitions(ledger, open, ['dynamodb:GetItem'], [`${LINK_PARTITION}*`]);
  grantPartitions(ledger, open, ['dynamodb:UpdateItem'], [`${LINK_PARTITION}*`], ['pk', 'sk', 'openings', 'lastOpenedAt']);

  const handler = new MintLinkFunction(scope, 'Function', {
    description: 'Makes short links to reports',
    ...mintDefaults,
    environment: {
      ...environment,
      REPORTS_PREFIX: reports.prefix,
      LEDGER_RETENTION_SECONDS: ledgerRetention.toSeconds().toString(),
      EXPIRES_IN_SECONDS: expiresIn.toSeconds().toString(),
      BASE_URL: url,
    },
  });
  grantPartitions(ledger, handler, ['dynamodb:PutItem'], [`${LINK_PARTITION}*`, `${REPORT_LINKS_PARTITION}*`]);
  return { handler, expiresIn };
}
