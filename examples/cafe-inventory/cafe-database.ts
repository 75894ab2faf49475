import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function, FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import { AuroraMysqlEngineVersion, ClusterInstance, DatabaseCluster, DatabaseClusterEngine } from 'aws-cdk-lib/aws-rds';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import { CafeFunction } from './cafe-function';

/** What a function needs in order to read the supplier database. */
export interface DatabaseConnection {
  /** To be given to the function when it is made. */
  readonly functionProps: FunctionOptions;

  /** Opens the database to the function: network and user. */
  grantConnect(lookup: Function): void;
}

/** Where the café's suppliers and their coffee are kept. */
export abstract class CafeDatabase {
  /** Aurora Serverless v2 with the example's data in it. It pauses, and costs only its storage, while nobody asks. */
  public static aurora(): CafeDatabase {
    return new AuroraDatabase();
  }

  /**
   * A MySQL-compatible database that exists and is seeded, `mysql://user:password@host:port/supplierdb`.
   *
   * The password is readable in the function's configuration, so this is for a throw-away database on one's own machine.
   */
  public static url(databaseUrl: string): CafeDatabase {
    return new DatabaseAtUrl(databaseUrl);
  }

  /** Makes the database, if it has to be made. */
  public abstract connect(scope: Construct): DatabaseConnection;
}

class DatabaseAtUrl extends CafeDatabase {
  constructor(private readonly databaseUrl: string) {
    super();
  }

  public connect(): DatabaseConnection {
    return {
      functionProps: { environment: { DATABASE_URL: this.databaseUrl } },
      grantConnect: () => {},
    };
  }
}

class AuroraDatabase extends CafeDatabase {
  public connect(parent: Construct): DatabaseConnection {
    const scope = new Construct(parent, 'Database');
    const databaseName = 'supplierdb';
    const databaseUser = 'lookup';

    // No way in or out: the lookup signs in to the database without calling AWS, and the seeding goes through the Data API.
    const vpc = new Vpc(scope, 'Vpc', {
      maxAzs: 2, // the least that a database subnet group accepts
      natGateways: 0,
      subnetConfiguration: [{ name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED }],
    });
    const vpcSubnets = { subnetType: SubnetType.PRIVATE_ISOLATED };

    const cluster = new DatabaseCluster(scope, 'Cluster', {
      engine: DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.VER_3_10_4 }),
      writer: ClusterInstance.serverlessV2('Writer'),
      // Zero is what makes it pause: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
      serverlessV2MinCapacity: 0,
      serverlessV2MaxCapacity: 1,
      vpc,
      vpcSubnets,
      securityGroups: [new SecurityGroup(scope, 'ClusterSecurityGroup', { vpc, description: 'The supplier database', allowAllOutbound: false })],
      defaultDatabaseName: databaseName,
      parameters: {
        character_set_server: 'utf8mb4', // of the database, and of clients that do not say
        require_secure_transport: 'ON', // nobody connects without TLS
      },
      iamAuthentication: true,
      enableDataApi: true,
      storageEncrypted: true,
      removalPolicy: RemovalPolicy.DESTROY, // example data: supplierdb.sql has all of it
    });

    const seed = new CafeFunction(scope, 'Seed', {
      entry: join(__dirname, 'lambdas', 'seed-database.ts'),
      timeout: Duration.minutes(5),
      environment: {
        CLUSTER_ARN: cluster.clusterArn,
        SECRET_ARN: cluster.secret!.secretArn,
        DATABASE_NAME: databaseName,
        DATABASE_USER: databaseUser,
      },
      bundling: {
        commandHooks: {
          beforeBundling: () => [],
          beforeInstall: () => [],
          afterBundling: (_, outputDir) => [`cp "${join(__dirname, 'supplierdb.sql')}" "${outputDir}"`],
        },
      },
    });
    // Statement by statement, where grantDataApiAccess would permit transactions, too.
    seed.addToRolePolicy(new PolicyStatement({ actions: ['rds-data:ExecuteStatement'], resources: [cluster.clusterArn] }));
    seed.addToRolePolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [cluster.secret!.secretArn] }));
    new Trigger(scope, 'SeedTrigger', { handler: seed, timeout: Duration.minutes(5), executeAfter: [cluster] });

    const securityGroup = new SecurityGroup(scope, 'LookupSecurityGroup', {
      vpc,
      description: 'The lookup of the inventory report',
      allowAllOutbound: false,
    });
    return {
      functionProps: {
        vpc,
        vpcSubnets,
        securityGroups: [securityGroup],
        environment: {
          DATABASE_HOST: cluster.clusterEndpoint.hostname,
          DATABASE_PORT: cluster.clusterEndpoint.port.toString(),
          DATABASE_NAME: databaseName,
          DATABASE_USER: databaseUser,
        },
      },
      grantConnect: lookup => {
        cluster.connections.allowDefaultPortFrom(lookup);
        cluster.grantConnect(lookup, databaseUser);
      },
    };
  }
}
