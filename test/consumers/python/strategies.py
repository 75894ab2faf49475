from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from cdk_scheduled_report_pipeline import (
    BucketPrefix,
    ReportDataSource,
    ReportDataSourceConfig,
    ReportFile,
    ReportLink,
    ReportLinkConfig,
    ReportRenderer,
    ReportRendererConfig,
)
from constructs import Construct


def inline_function(scope: Construct, construct_id: str) -> lambda_.Function:
    return lambda_.Function(
        scope,
        construct_id,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): pass"),
    )


class OrdersSource(ReportDataSource):
    """Orders from a function that is invoked with the run's event, and may write its rows to S3."""

    def bind(
        self, scope: Construct, *, data: BucketPrefix, event: sfn.TaskInput, **_: object
    ) -> ReportDataSourceConfig:
        fn = inline_function(scope, "FindOrders")
        data.grant_write(fn)
        return ReportDataSourceConfig(
            task=tasks.LambdaInvoke.jsonata(
                scope,
                "Find orders",
                lambda_function=fn,
                payload=event,
                outputs="{% $states.result.Payload %}",
            )
        )


class CsvRenderer(ReportRenderer):
    """Two files for each report."""

    def bind(self, scope: Construct, *, data: BucketPrefix, reports: BucketPrefix, **_: object) -> ReportRendererConfig:
        handler = inline_function(scope, "WriteCsv")
        data.grant_read(handler)
        reports.grant_write(handler)
        return ReportRendererConfig(
            handler=handler,
            files=[
                ReportFile(name="orders.csv", content_type="text/csv"),
                ReportFile(name="totals.csv", content_type="text/csv"),
            ],
        )


class PortalLink(ReportLink):
    """A link that a portal signs when it is opened."""

    def __init__(self, expires_in: Duration) -> None:
        super().__init__()
        self._expires_in = expires_in

    def bind(self, scope: Construct, *, ledger: dynamodb.ITable, **_: object) -> ReportLinkConfig:
        handler = inline_function(scope, "MakeLink")
        ledger.grant(handler, "dynamodb:PutItem")
        return ReportLinkConfig(handler=handler, expires_in=self._expires_in)
