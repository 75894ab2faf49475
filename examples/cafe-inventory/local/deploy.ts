import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCOUNT, type Cloud, environmentFor, REGION, withLocalAddresses } from './cloud';
import type { Run } from './run';

/** The outputs of the café stack. */
export interface Outputs {
  /** Ends with a slash. */
  readonly ApiUrl: string;
  readonly UserPoolId: string;
  readonly UserPoolClientId: string;
  readonly EmailReportTopicArn: string;
  readonly ReportBucketName: string;
  readonly OwnerTopicArn: string;
  readonly StateMachineArn: string;
  readonly WebsiteBucketName: string;
  readonly MenuTableName: string;
}

export interface Variation {
  readonly databaseUrl: string;
  readonly websiteOrigin: string;
  /** Default: the stack's own. */
  readonly linkSeconds?: number;
}

const ROOT = join(__dirname, '..', '..', '..');

/** Deploys the café as it is locally. */
export async function deployCafe(run: Run, cloud: Cloud, { databaseUrl, websiteOrigin, linkSeconds }: Variation): Promise<Outputs> {
  const outputs = await deployApp(run, cloud, join(__dirname, 'app.ts'), 'Cafe', {
    CAFE_DATABASE_URL: databaseUrl,
    CAFE_WEBSITE_ORIGIN: websiteOrigin,
    ...linkSeconds && { CAFE_LINK_SECONDS: `${linkSeconds}` },
  });
  return { ...outputs as unknown as Outputs, ApiUrl: withLocalAddresses(cloud, outputs.ApiUrl) };
}

/** Deploys a stack of an app by the CDK toolkit, as one would to AWS, and returns its outputs. What tells the toolkit to go elsewhere is its environment. */
export async function deployApp(
  run: Run, cloud: Cloud, app: string, stack: string, variables: NodeJS.ProcessEnv = {},
): Promise<Record<string, string>> {
  const assembly = join(run.directory, 'cdk.out');
  const outputs = join(run.directory, 'outputs.json');
  const environment = environmentFor(cloud, run.directory);

  // The first has no need of the second, and each keeps a core busy.
  await Promise.all([
    run.command(process.execPath, [...CDK, 'bootstrap', `aws://${ACCOUNT}/${REGION}`], { ...environment, ...QUIET }),
    run.command(process.execPath, [require.resolve('tsx/cli'), '--tsconfig', join(ROOT, 'tsconfig.dev.json'), app], {
      ...environment, ...variables, CDK_OUTDIR: assembly,
    }),
  ]);
  await run.command(process.execPath, [
    ...CDK, 'deploy', stack, '--app', assembly, '--require-approval', 'never', '--outputs-file', outputs,
  ], { ...environment, ...QUIET });
  return JSON.parse(await readFile(outputs, 'utf8'))[stack];
}

const CDK = [require.resolve('aws-cdk/bin/cdk'), '--no-notices', '--no-color'];

/** The toolkit has no business outside of this machine here. */
const QUIET = { CDK_DISABLE_VERSION_CHECK: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' };
