package cafe;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Token;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ec2.SubnetConfiguration;
import software.amazon.awscdk.services.ec2.SubnetSelection;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.nodejs.ICommandHooks;
import software.amazon.awscdk.services.lambda.nodejs.NodejsFunctionProps;
import software.amazon.awscdk.services.rds.AuroraMysqlClusterEngineProps;
import software.amazon.awscdk.services.rds.AuroraMysqlEngineVersion;
import software.amazon.awscdk.services.rds.ClusterInstance;
import software.amazon.awscdk.services.rds.DatabaseCluster;
import software.amazon.awscdk.services.rds.DatabaseClusterEngine;
import software.amazon.awscdk.triggers.Trigger;
import software.constructs.Construct;

/**
 * Where the café's suppliers and their coffee are kept: Aurora Serverless v2 with the example's data in it. It pauses, and costs
 * only its storage, while nobody asks.
 */
class CafeDatabase extends Construct {
  private static final String NAME = "supplierdb";
  private static final String USER = "lookup";

  private final Vpc vpc;
  private final SubnetSelection vpcSubnets = SubnetSelection.builder().subnetType(SubnetType.PRIVATE_ISOLATED).build();
  private final DatabaseCluster cluster;

  CafeDatabase(Construct scope, String id) {
    super(scope, id);

    // No way in or out: the lookup signs in to the database without calling AWS, and the seeding goes through the Data API.
    vpc = Vpc.Builder.create(this, "Vpc")
        .maxAzs(2) // the least that a database subnet group accepts
        .natGateways(0)
        .subnetConfiguration(List.of(
            SubnetConfiguration.builder().name("Database").subnetType(SubnetType.PRIVATE_ISOLATED).build()))
        .build();

    cluster = DatabaseCluster.Builder.create(this, "Cluster")
        .engine(DatabaseClusterEngine.auroraMysql(
            AuroraMysqlClusterEngineProps.builder().version(AuroraMysqlEngineVersion.VER_3_10_4).build()))
        .writer(ClusterInstance.serverlessV2("Writer"))
        // Zero is what makes it pause: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
        .serverlessV2MinCapacity(0)
        .serverlessV2MaxCapacity(1)
        .vpc(vpc)
        .vpcSubnets(vpcSubnets)
        .securityGroups(List.of(securityGroup("ClusterSecurityGroup", "The supplier database")))
        .defaultDatabaseName(NAME)
        .parameters(Map.of(
            "character_set_server", "utf8mb4", // of the database, and of clients that do not say
            "require_secure_transport", "ON")) // nobody connects without TLS
        .iamAuthentication(true)
        .enableDataApi(true)
        .storageEncrypted(true)
        .removalPolicy(RemovalPolicy.DESTROY) // example data: supplierdb.sql has all of it
        .build();

    Function seed = new CafeFunction(this, "Seed", CafeFunction.props("seed-database.ts")
        .timeout(Duration.minutes(5))
        .environment(Map.of(
            "CLUSTER_ARN", cluster.getClusterArn(),
            "SECRET_ARN", cluster.getSecret().getSecretArn(),
            "DATABASE_NAME", NAME,
            "DATABASE_USER", USER))
        .bundling(CafeFunction.bundling().commandHooks(new WithSupplierData()).build()));
    // Statement by statement, where grantDataApiAccess would permit transactions, too.
    seed.addToRolePolicy(PolicyStatement.Builder.create()
        .actions(List.of("rds-data:ExecuteStatement"))
        .resources(List.of(cluster.getClusterArn()))
        .build());
    seed.addToRolePolicy(PolicyStatement.Builder.create()
        .actions(List.of("secretsmanager:GetSecretValue"))
        .resources(List.of(cluster.getSecret().getSecretArn()))
        .build());
    Trigger.Builder.create(this, "SeedTrigger")
        .handler(seed)
        .timeout(Duration.minutes(5))
        .executeAfter(List.of(cluster))
        .build();
  }

  /** Adds what a function has to be given, when it is made, in order to read the database. */
  NodejsFunctionProps.Builder reachableBy(NodejsFunctionProps.Builder lookup) {
    return lookup
        .vpc(vpc)
        .vpcSubnets(vpcSubnets)
        .securityGroups(List.of(securityGroup("LookupSecurityGroup", "The lookup of the inventory report")))
        .environment(Map.of(
            "DATABASE_HOST", cluster.getClusterEndpoint().getHostname(),
            "DATABASE_PORT", Token.asString(cluster.getClusterEndpoint().getPort()),
            "DATABASE_NAME", NAME,
            "DATABASE_USER", USER));
  }

  /** Opens the database to the function: network and user. */
  void grantConnect(Function lookup) {
    cluster.getConnections().allowDefaultPortFrom(lookup);
    cluster.grantConnect(lookup, USER);
  }

  private SecurityGroup securityGroup(String id, String description) {
    return SecurityGroup.Builder.create(this, id).vpc(vpc).description(description).allowAllOutbound(false).build();
  }

  /** Puts supplierdb.sql beside the bundle of the function that seeds the database. */
  private static class WithSupplierData implements ICommandHooks {
    @Override
    public List<String> beforeBundling(String inputDir, String outputDir) {
      return List.of();
    }

    @Override
    public List<String> beforeInstall(String inputDir, String outputDir) {
      return List.of();
    }

    @Override
    public List<String> afterBundling(String inputDir, String outputDir) {
      return List.of("cp \"%s\" \"%s\"".formatted(Shared.path("supplierdb.sql"), outputDir));
    }
  }
}
