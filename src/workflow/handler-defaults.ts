import { Duration, Size } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface HandlerOptions {
  readonly logGroup: logs.ILogGroup;
  readonly timeout: Duration;
  readonly memorySize?: Size;
  readonly environment: { [name: string]: string };
  readonly encryptionKey?: kms.IKey;
}

/** What all functions of the library have in common: a role that may log and nothing else until it is granted more. */
export function handlerDefaults(scope: Construct, options: HandlerOptions): lambda.FunctionOptions {
  const { logGroup } = options;
  const role = new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(new iam.PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  }));
  options.encryptionKey?.grant(role, 'kms:Decrypt'); // of the environment
  return {
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    architecture: lambda.Architecture.ARM_64,
    memorySize: (options.memorySize ?? Size.mebibytes(256)).toMebibytes(),
    timeout: options.timeout,
    environment: options.environment,
    environmentEncryption: options.encryptionKey,
  };
}
