from typing import Any

import jsii
from aws_cdk import Duration, RemovalPolicy, Token, triggers
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_nodejs as nodejs
from aws_cdk import aws_rds as rds
from constructs import Construct

from . import SHARED
from .cafe_function import CafeFunction

DATABASE_NAME = "supplierdb"
DATABASE_USER = "lookup"


class CafeDatabase(Construct):
    """Where the café's suppliers and their coffee are kept.

    Aurora Serverless v2 with the example's data in it. It pauses, and costs only its storage, while nobody asks.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)

        # No way in or out: the lookup signs in to the database without calling AWS, and the seeding goes through the
        # Data API.
        vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,  # the least that a database subnet group accepts
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Database", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        )
        vpc_subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)

        self._cluster = rds.DatabaseCluster(
            self,
            "Cluster",
            engine=rds.DatabaseClusterEngine.aurora_mysql(version=rds.AuroraMysqlEngineVersion.VER_3_10_4),
            writer=rds.ClusterInstance.serverless_v2("Writer"),
            # Zero is what makes it pause:
            # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
            serverless_v2_min_capacity=0,
            serverless_v2_max_capacity=1,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=[
                ec2.SecurityGroup(
                    self,
                    "ClusterSecurityGroup",
                    vpc=vpc,
                    description="The supplier database",
                    allow_all_outbound=False,
                )
            ],
            default_database_name=DATABASE_NAME,
            parameters={
                "character_set_server": "utf8mb4",  # of the database, and of clients that do not say
                "require_secure_transport": "ON",  # nobody connects without TLS
            },
            iam_authentication=True,
            enable_data_api=True,
            storage_encrypted=True,
            removal_policy=RemovalPolicy.DESTROY,  # example data: supplierdb.sql has all of it
        )

        seed = CafeFunction(
            self,
            "Seed",
            source="seed-database.ts",
            timeout=Duration.minutes(5),
            environment={
                "CLUSTER_ARN": self._cluster.cluster_arn,
                "SECRET_ARN": self._cluster.secret.secret_arn,
                "DATABASE_NAME": DATABASE_NAME,
                "DATABASE_USER": DATABASE_USER,
            },
            command_hooks=WithSupplierData(),
        )
        # Statement by statement, where grant_data_api_access would permit transactions, too.
        seed.add_to_role_policy(
            iam.PolicyStatement(actions=["rds-data:ExecuteStatement"], resources=[self._cluster.cluster_arn])
        )
        seed.add_to_role_policy(
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[self._cluster.secret.secret_arn])
        )
        triggers.Trigger(
            self, "SeedTrigger", handler=seed, timeout=Duration.minutes(5), execute_after=[self._cluster]
        )

        self.function_props: dict[str, Any] = {
            "vpc": vpc,
            "vpc_subnets": vpc_subnets,
            "security_groups": [
                ec2.SecurityGroup(
                    self,
                    "LookupSecurityGroup",
                    vpc=vpc,
                    description="The lookup of the inventory report",
                    allow_all_outbound=False,
                )
            ],
            "environment": {
                "DATABASE_HOST": self._cluster.cluster_endpoint.hostname,
                "DATABASE_PORT": Token.as_string(self._cluster.cluster_endpoint.port),
                "DATABASE_NAME": DATABASE_NAME,
                "DATABASE_USER": DATABASE_USER,
            },
        }
        """What a function has to be given, when it is made, in order to read the database."""

    def grant_connect(self, lookup: lambda_.Function) -> None:
        """Opens the database to the function: network and user."""
        self._cluster.connections.allow_default_port_from(lookup)
        self._cluster.grant_connect(lookup, DATABASE_USER)


@jsii.implements(nodejs.ICommandHooks)
class WithSupplierData:
    """Puts ``supplierdb.sql`` beside the bundle of the function that seeds the database."""

    def before_bundling(self, input_dir: str, output_dir: str) -> list[str]:
        return []

    def before_install(self, input_dir: str, output_dir: str) -> list[str]:
        return []

    def after_bundling(self, input_dir: str, output_dir: str) -> list[str]:
        return [f'cp "{SHARED / "supplierdb.sql"}" "{output_dir}"']
