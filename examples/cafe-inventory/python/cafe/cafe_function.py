from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_nodejs as nodejs
from aws_cdk import aws_logs as logs
from constructs import Construct

from . import SHARED


class CafeFunction(nodejs.NodejsFunction):
    """A Lambda function as the café wants all of its functions.

    Current runtime, bundled with its own SDK, logs that end, and a role that may write to its own log and nothing else.
    What else a function may do, it is granted one by one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        source: str,
        command_hooks: nodejs.ICommandHooks | None = None,
        timeout: Duration = Duration.seconds(10),
        **function_props,
    ) -> None:
        """
        :param source: The file in ``lambdas/`` that has the handler.
        :param command_hooks: What to do before and after the bundling.
        """
        log_group = logs.LogGroup(
            scope,
            f"{construct_id}Logs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(scope, f"{construct_id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        if "vpc" in function_props:
            # Lambda makes the function's network interfaces with the function's role. Their ids are not known
            # beforehand, hence AWS's own policy:
            # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
            role.add_managed_policy(
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSLambdaENIManagementAccess")
            )
        super().__init__(
            scope,
            construct_id,
            entry=str(SHARED / "lambdas" / source),
            runtime=lambda_.Runtime.NODEJS_24_X,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=256,
            timeout=timeout,
            bundling=nodejs.BundlingOptions(
                target="node20",  # syntax that a local emulator's Node.js 20 can run too
                minify=True,
                external_modules=[],  # ship the SDK that was tested, not the one that the runtime happens to have
                main_fields=["module", "main"],
                command_hooks=command_hooks,
            ),
            role=role,
            log_group=log_group,
            **function_props,
        )
