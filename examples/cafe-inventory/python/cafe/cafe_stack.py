from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack, TimeZone
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from cdk_scheduled_report_pipeline import (
    ReportApi,
    ReportDataSource,
    ReportEmphasis,
    ReportLink,
    ReportRenderer,
    ReportTotals,
    ScheduledReportPipeline,
)
from constructs import Construct

from .cafe_acknowledgements import acknowledge_findings
from .cafe_database import CafeDatabase
from .cafe_function import CafeFunction
from .cafe_website import CafeWebsite


# What may be asked for, if not the whole inventory: `lambdas/lookup.ts` applies it.
INVENTORY_PARAMETERS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "supplier": {"type": "string", "minLength": 1, "maxLength": 80},  # as long as a name is in the database
        "onlyBelowReorderLevel": {"type": "boolean"},
    },
}


class CafeStack(Stack):
    """A café whose bookkeeper gets the supplier inventory each morning, and whenever he asks for it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bookkeeper_email: str | None = None,
        owner_email: str | None = None,
        **stack_props,
    ) -> None:
        """
        :param bookkeeper_email: Who gets the link to each report, once he has confirmed the subscription.
        :param owner_email: Who is told when a report fails, once she has confirmed the subscription.
        """
        super().__init__(
            scope,
            construct_id,
            description="A café with an inventory report, on a schedule and on request",
            **stack_props,
        )

        topic = sns.Topic(self, "EmailReport", display_name="Café inventory report", enforce_ssl=True)
        owner_topic = sns.Topic(self, "OwnerNotices", display_name="Café report notices", enforce_ssl=True)
        if bookkeeper_email:
            topic.add_subscription(subscriptions.EmailSubscription(bookkeeper_email))
        if owner_email:
            owner_topic.add_subscription(subscriptions.EmailSubscription(owner_email))

        database = CafeDatabase(self, "Database")
        lookup = CafeFunction(
            self,
            "Lookup",
            source="lookup.ts",
            timeout=Duration.seconds(90),  # a paused database takes its time to resume
            **database.function_props,
        )
        database.grant_connect(lookup)

        pipeline = ScheduledReportPipeline(
            self,
            "Inventory",
            report_name="Coffee supplier inventory",
            data_source=ReportDataSource.from_function(lookup),
            parameters_schema=INVENTORY_PARAMETERS,
            renderer=ReportRenderer.html(
                title="Coffee supplier inventory",
                totals=ReportTotals(sum=["quantity", "stock_value"], by="supplier"),
                emphasis=[ReportEmphasis(column="quantity", below_column="reorder_level")],
            ),
            topic=topic,
            owner_topic=owner_topic,
            link=ReportLink.on_click(expires_in=Duration.hours(12)),
            schedule=scheduler.ScheduleExpression.cron(minute="0", hour="7", time_zone=TimeZone.EUROPE_MADRID),
            time_zone=TimeZone.EUROPE_MADRID,
            locale="en-GB",
            reader_groups=["bookkeeping"],
        )
        # Who gets mail from the café has to be able to trust its links. A denial counts for all, the account's
        # administrators too.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PipelineOnly",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"ArnNotEquals": {"aws:PrincipalArn": pipeline.deliver_function.role.role_arn}},
            )
        )

        users = cognito.UserPool(
            self,
            "Users",
            self_sign_up_enabled=False,  # only the owner's people may ask for a report
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            removal_policy=RemovalPolicy.DESTROY,  # an example: its users go with it
        )
        client = users.add_client(
            "Website",
            auth_flows=cognito.AuthFlow(
                user_srp=True,  # the password never leaves the browser
                admin_user_password=True,  # a script with AWS credentials of its own
            ),
            disable_o_auth=True,  # no hosted sign-in page
            prevent_user_existence_errors=True,
            refresh_token_validity=Duration.days(1),  # who comes every morning signs in every morning
            enable_token_revocation=True,  # by signing out; the API takes the tokens that are out until they expire
            id_token_validity=Duration.minutes(15),
            access_token_validity=Duration.minutes(15),
        )
        users.add_group(
            "Bookkeeping",
            group_name="bookkeeping",
            description="May read every report, the scheduled ones too",
        )

        website = CafeWebsite(self, "Website")
        api = ReportApi(
            self,
            "Api",
            pipeline=pipeline,
            authorizer=apigateway.CognitoUserPoolsAuthorizer(self, "SignedIn", cognito_user_pools=[users]),
            allowed_origins=[website.origin],
        )

        menu = CafeFunction(
            self,
            "Menu",
            source="menu.ts",
            environment={"MENU_TABLE": website.menu_table.table_name, "WEBSITE_ORIGIN": website.origin},
        )
        website.menu_table.grant(menu, "dynamodb:Query")
        api.rest_api.root.add_resource("menu").add_method(
            "GET",
            apigateway.LambdaIntegration(menu, allow_test_invoke=False),
            authorization_type=apigateway.AuthorizationType.NONE,  # the one thing that everybody may read
        )
        website.publish(api=api.rest_api, users=users, client=client)

        outputs = {
            "ApiUrl": api.url,
            "UserPoolId": users.user_pool_id,
            "UserPoolClientId": client.user_pool_client_id,
            "EmailReportTopicArn": topic.topic_arn,
            "OwnerTopicArn": owner_topic.topic_arn,
            "StateMachineArn": pipeline.state_machine.state_machine_arn,
            "WebsiteUrl": website.origin,
            "WebsiteBucketName": website.bucket.bucket_name,
            "MenuTableName": website.menu_table.table_name,
            "LedgerTableName": pipeline.ledger.table_name,
            "ReportBucketName": pipeline.bucket.bucket_name,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
        acknowledge_findings(self)
