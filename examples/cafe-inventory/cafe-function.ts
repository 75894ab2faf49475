import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, type NodejsFunctionProps } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A Lambda function as the café wants all of its functions: current runtime, bundled with its own SDK, logs that end, and a role
 * that may write to its own log and nothing else. What else a function may do, it is granted one by one.
 */
export class CafeFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: NodejsFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Logs`, { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    if (props.vpc) {
      // Lambda makes the function's network interfaces with the function's role. Their ids are not known beforehand, hence AWS's own policy:
      // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
      role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaENIManagementAccess'));
    }
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(10),
      ...props,
      bundling: {
        target: 'node20', // syntax that a local emulator's Node.js 20 can run too
        minify: true,
        externalModules: [], // ship the SDK that was tested, not the one that the runtime happens to have
        mainFields: ['module', 'main'],
        ...props.bundling,
      },
      role,
      logGroup,
    });
  }
}
