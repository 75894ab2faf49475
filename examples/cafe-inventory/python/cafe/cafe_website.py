import jsii
from aws_cdk import Aws, Duration, IStableStringProducer, Lazy, RemovalPolicy, triggers
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as s3_deployment
from constructs import Construct

from . import SHARED
from .cafe_function import CafeFunction


class CafeWebsite(Construct):
    """The café's website and its menu: a private bucket behind CloudFront, and a table. The deployment fills both."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)

        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,  # its files are in website/
        )
        self.menu_table = dynamodb.Table(
            self,
            "MenuTable",
            partition_key=dynamodb.Attribute(name="menu", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="position", type=dynamodb.AttributeType.NUMBER),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,  # its items are in menu.json
        )

        self._api_origin = ApiOrigin()
        self._distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="The café website",
            default_root_object="index.html",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                response_headers_policy=security_headers(
                    self,
                    api_origin=Lazy.string(self._api_origin),
                    cognito_origin=f"https://cognito-idp.{Aws.REGION}.{Aws.URL_SUFFIX}",
                ),
            ),
        )
        self.origin = f"https://{self._distribution.distribution_domain_name}"
        """Where browsers load the site from, scheme and host: the API answers to pages of this origin."""

    def publish(self, *, api: apigateway.RestApi, users: cognito.UserPool, client: cognito.UserPoolClient) -> None:
        """Fills the bucket and the menu.

        The site has to know the API, and the API the site's origin: hence two steps.
        """
        # Not `api.url`: its stage depends on the API's methods, and these, for their CORS headers, on the distribution.
        self._api_origin.value = f"https://{api.rest_api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"

        s3_deployment.BucketDeployment(
            self,
            "Files",
            destination_bucket=self.bucket,
            sources=[
                s3_deployment.Source.asset(built_website()),
                s3_deployment.Source.json_data(
                    "config.json",
                    {
                        "apiUrl": api.url,
                        "userPoolId": users.user_pool_id,
                        "userPoolClientId": client.user_pool_client_id,
                    },
                ),
            ],
            # The files' names do not change with their content.
            cache_control=[s3_deployment.CacheControl.max_age(Duration.minutes(5))],
            distribution=self._distribution,  # whose cache is invalidated
            retain_on_delete=False,  # an empty bucket can be deleted with the stack
            log_group=logs.LogGroup(
                self,
                "FilesLogs",
                retention=logs.RetentionDays.ONE_MONTH,
                removal_policy=RemovalPolicy.DESTROY,
            ),
        )

        publish_menu = CafeFunction(
            self,
            "PublishMenu",
            source="publish-menu.ts",
            timeout=Duration.seconds(30),
            environment={"MENU_TABLE": self.menu_table.table_name},
        )
        self.menu_table.grant(publish_menu, "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem")
        triggers.Trigger(self, "PublishMenuTrigger", handler=publish_menu)


@jsii.implements(IStableStringProducer)
class ApiOrigin:
    """Where the API will be, for a header that is made before the API."""

    value: str

    def produce(self) -> str:
        return self.value


def built_website() -> str:
    """What browsers load: website/, bundled."""
    path = SHARED / "website" / "dist"
    if not path.exists():
        raise FileNotFoundError(
            f"The café's website is not built: there is no {path}; "
            "run `npx projen bundle:website` at the top of the repository"
        )
    return str(path)


def security_headers(scope: Construct, *, api_origin: str, cognito_origin: str) -> cloudfront.ResponseHeadersPolicy:
    """The site loads only its own files, talks only to its own API and its own users' pool, and is framed by nobody."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "SecurityHeaders",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                override=True,
                content_security_policy="; ".join(
                    [
                        "default-src 'none'",
                        "script-src 'self'",
                        "style-src 'self'",
                        "img-src 'self'",
                        f"connect-src 'self' {api_origin} {cognito_origin}",
                        "base-uri 'none'",
                        "form-action 'none'",
                        "frame-ancestors 'none'",
                    ]
                ),
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                override=True, frame_option=cloudfront.HeadersFrameOption.DENY
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                override=True, referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                override=True, access_control_max_age=Duration.days(365)
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                cloudfront.ResponseCustomHeader(
                    header="Permissions-Policy", value="camera=(), geolocation=(), microphone=()", override=True
                )
            ]
        ),
    )
