"""The app that is written in each language: what it synthesizes and what it prints have to be the same."""

from collections.abc import Callable

from aws_cdk import App, Duration, Stack, TimeZone
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from cdk_scheduled_report_pipeline import (
    OnEmpty,
    OnLimit,
    OnUncertain,
    OnUnchanged,
    ReportApi,
    ReportDataSource,
    ReportLink,
    ReportMessage,
    ReportRenderer,
    ScheduledReportPipeline,
)
from constructs import Construct

from strategies import CsvRenderer, OrdersSource, PortalLink, inline_function

EVERY_MORNING = scheduler.ScheduleExpression.cron(minute="0", hour="7", time_zone=TimeZone.EUROPE_MADRID)


class MinimalStack(Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        ScheduledReportPipeline(
            self,
            "Orders",
            data_source=ReportDataSource.from_function(inline_function(self, "Lookup")),
            renderer=ReportRenderer.html(),
            topic=sns.Topic(self, "Readers"),
            schedule=EVERY_MORNING,
        )


class OwnStrategiesStack(Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        pipeline = ScheduledReportPipeline(
            self,
            "Orders",
            data_source=OrdersSource(),
            renderer=CsvRenderer(),
            link=PortalLink(Duration.days(7)),
            topic=sns.Topic(self, "Readers"),
            owner_topic=sns.Topic(self, "Owner"),
            on_empty=OnEmpty.SKIP,
            on_unchanged=OnUnchanged.SKIP,
            on_uncertain=OnUncertain.RESEND,
            not_ready_timeout=Duration.hours(3),
            parameters_schema={
                "type": "object",
                "properties": {
                    "region": {"enum": ["EU", "US"]},
                    "top": {"type": "integer", "maximum": 100},
                    "warehouses": {"type": "array", "items": {"type": "string"}},
                    "token": {"type": "string", "writeOnly": True},
                },
            },
            message=ReportMessage(subject="{{report}}", body="Read {{link}} until {{expiry}}"),
        )
        pipeline.add_schedule(
            "Weekly",
            schedule=EVERY_MORNING,
            parameters={
                "region": "EU",
                "top": 10,
                "detailed": True,
                "warehouses": ["Madrid", "Málaga"],
                "since": {"week": 1},
            },
            description="The orders of the week",
        )
        pipeline.grants.pause(iam.Role(self, "Operator", assumed_by=iam.AccountRootPrincipal()))
        ReportApi(self, "Api", pipeline=pipeline, authorization_type=apigateway.AuthorizationType.IAM)


def refused(what: str, make: Callable[[Stack], object]) -> None:
    """Prints with which sentence something is refused."""
    sentence = "not refused"
    try:
        make(Stack())
    except RuntimeError as error:
        sentence = str(error)
    print(f"{what}: {sentence.splitlines()[0]}")


def pipeline_with(scope: Stack, **props) -> ScheduledReportPipeline:
    return ScheduledReportPipeline(
        scope,
        "Orders",
        **{
            "data_source": OrdersSource(),
            "renderer": CsvRenderer(),
            "topic": sns.Topic(scope, "Readers"),
            **props,
        },
    )


def main() -> None:
    app = App()
    MinimalStack(app, "Minimal")
    OwnStrategiesStack(app, "OwnStrategies")
    app.synth()

    refused("a retention of a day and a half", lambda scope: pipeline_with(scope, retention=Duration.hours(36)))
    refused("a presigned link of two hours", lambda _: ReportLink.presigned(expires_in=Duration.hours(2)))
    refused("a limit of no rows", lambda _: ReportRenderer.html(max_rows=0, on_limit=OnLimit.NOTICE))
    refused("a link that outlives its report", lambda scope: pipeline_with(scope, link=PortalLink(Duration.days(60))))
    refused("a locale that is none", lambda scope: pipeline_with(scope, locale="plain English"))
    refused(
        "a message without the link",
        lambda scope: pipeline_with(scope, message=ReportMessage(body="Your report is ready")),
    )
    refused(
        "a message with an unknown variable",
        lambda scope: pipeline_with(scope, message=ReportMessage(subject="{{supplier}}")),
    )
    refused("a FIFO topic", lambda scope: pipeline_with(scope, topic=sns.Topic(scope, "Fifo", fifo=True)))
    refused(
        "parameters that are too large",
        lambda scope: pipeline_with(scope).add_schedule(
            "Daily", schedule=EVERY_MORNING, parameters={"list": "x" * 20_000}
        ),
    )
    refused(
        "a schema that is none",
        lambda scope: pipeline_with(
            scope,
            parameters_schema={"type": "object", "properties": {"top": {"type": "integer", "maximum": "100"}}},
        ),
    )
    refused(
        "parameters that are not as the schema asks for",
        lambda scope: pipeline_with(
            scope, parameters_schema={"type": "object", "properties": {"top": {"maximum": 100}}}
        ).add_schedule("Daily", schedule=EVERY_MORNING, parameters={"top": 101}),
    )
    refused("an API that asks nobody", lambda scope: ReportApi(scope, "Api", pipeline=pipeline_with(scope)))


if __name__ == "__main__":
    main()
