package cafe;

import java.util.List;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.services.iam.ManagedPolicy;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.lambda.Architecture;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.lambda.nodejs.BundlingOptions;
import software.amazon.awscdk.services.lambda.nodejs.NodejsFunction;
import software.amazon.awscdk.services.lambda.nodejs.NodejsFunctionProps;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.constructs.Construct;

/**
 * A Lambda function as the café wants all of its functions: current runtime, bundled with its own SDK, logs that end, and a role
 * that may write to its own log and nothing else. What else a function may do, it is granted one by one.
 */
class CafeFunction extends NodejsFunction {
  /** @param props {@link #props}, and what this function has beyond them */
  CafeFunction(Construct scope, String id, NodejsFunctionProps.Builder props) {
    super(scope, id, withRoleAndLog(scope, id, props));
  }

  /** @param source the file in lambdas/ that has the handler */
  static NodejsFunctionProps.Builder props(String source) {
    return NodejsFunctionProps.builder()
        .entry(Shared.path("lambdas/" + source))
        .runtime(Runtime.NODEJS_24_X)
        .architecture(Architecture.ARM_64)
        .memorySize(256)
        .timeout(Duration.seconds(10))
        .bundling(bundling().build());
  }

  static BundlingOptions.Builder bundling() {
    return BundlingOptions.builder()
        .target("node20") // syntax that a local emulator's Node.js 20 can run too
        .minify(true)
        .externalModules(List.of()) // ship the SDK that was tested, not the one that the runtime happens to have
        .mainFields(List.of("module", "main"));
  }

  private static NodejsFunctionProps withRoleAndLog(Construct scope, String id, NodejsFunctionProps.Builder props) {
    LogGroup logGroup = LogGroup.Builder.create(scope, id + "Logs")
        .retention(RetentionDays.ONE_MONTH)
        .removalPolicy(RemovalPolicy.DESTROY)
        .build();
    Role role = Role.Builder.create(scope, id + "Role").assumedBy(new ServicePrincipal("lambda.amazonaws.com")).build();
    logGroup.grantWrite(role);
    if (props.build().getVpc() != null) {
      // Lambda makes the function's network interfaces with the function's role. Their ids are not known beforehand, hence AWS's
      // own policy:
      // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
      role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName("service-role/AWSLambdaENIManagementAccess"));
    }
    return props.role(role).logGroup(logGroup).build();
  }
}
