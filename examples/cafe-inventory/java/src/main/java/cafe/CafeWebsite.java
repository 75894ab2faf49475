package cafe;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Aws;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Lazy;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.services.apigateway.RestApi;
import software.amazon.awscdk.services.cloudfront.BehaviorOptions;
import software.amazon.awscdk.services.cloudfront.Distribution;
import software.amazon.awscdk.services.cloudfront.HeadersFrameOption;
import software.amazon.awscdk.services.cloudfront.HeadersReferrerPolicy;
import software.amazon.awscdk.services.cloudfront.HttpVersion;
import software.amazon.awscdk.services.cloudfront.PriceClass;
import software.amazon.awscdk.services.cloudfront.ResponseCustomHeader;
import software.amazon.awscdk.services.cloudfront.ResponseCustomHeadersBehavior;
import software.amazon.awscdk.services.cloudfront.ResponseHeadersContentSecurityPolicy;
import software.amazon.awscdk.services.cloudfront.ResponseHeadersContentTypeOptions;
import software.amazon.awscdk.services.cloudfront.ResponseHeadersFrameOptions;
import software.amazon.awscdk.services.cloudfront.ResponseHeadersPolicy;
import software.amazon.awscdk.services.cloudfront.ResponseHeadersReferrerPolicy;
import software.amazon.awscdk.services.cloudfront.ResponseHeadersStrictTransportSecurity;
import software.amazon.awscdk.services.cloudfront.ResponseSecurityHeadersBehavior;
import software.amazon.awscdk.services.cloudfront.ViewerProtocolPolicy;
import software.amazon.awscdk.services.cloudfront.origins.S3BucketOrigin;
import software.amazon.awscdk.services.cognito.UserPool;
import software.amazon.awscdk.services.cognito.UserPoolClient;
import software.amazon.awscdk.services.dynamodb.Attribute;
import software.amazon.awscdk.services.dynamodb.AttributeType;
import software.amazon.awscdk.services.dynamodb.BillingMode;
import software.amazon.awscdk.services.dynamodb.Table;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.logs.RetentionDays;
import software.amazon.awscdk.services.s3.BlockPublicAccess;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.BucketEncryption;
import software.amazon.awscdk.services.s3.deployment.BucketDeployment;
import software.amazon.awscdk.services.s3.deployment.CacheControl;
import software.amazon.awscdk.services.s3.deployment.Source;
import software.amazon.awscdk.triggers.Trigger;
import software.constructs.Construct;

/** The café's website and its menu: a private bucket behind CloudFront, and a table, both filled by the deployment. */
class CafeWebsite extends Construct {
  private final Bucket bucket;
  private final Table menuTable;
  private final Distribution distribution;
  private String apiOrigin;

  CafeWebsite(Construct scope, String id) {
    super(scope, id);

    bucket = Bucket.Builder.create(this, "Bucket")
        .blockPublicAccess(BlockPublicAccess.BLOCK_ALL)
        .encryption(BucketEncryption.S3_MANAGED)
        .enforceSsl(true)
        .removalPolicy(RemovalPolicy.DESTROY) // its files are in website/
        .build();
    menuTable = Table.Builder.create(this, "MenuTable")
        .partitionKey(Attribute.builder().name("menu").type(AttributeType.STRING).build())
        .sortKey(Attribute.builder().name("position").type(AttributeType.NUMBER).build())
        .billingMode(BillingMode.PAY_PER_REQUEST)
        .removalPolicy(RemovalPolicy.DESTROY) // its items are in menu.json
        .build();
    distribution = Distribution.Builder.create(this, "Distribution")
        .comment("The café website")
        .defaultRootObject("index.html")
        .httpVersion(HttpVersion.HTTP2_AND_3)
        .priceClass(PriceClass.PRICE_CLASS_100)
        .defaultBehavior(BehaviorOptions.builder()
            .origin(S3BucketOrigin.withOriginAccessControl(bucket))
            .viewerProtocolPolicy(ViewerProtocolPolicy.REDIRECT_TO_HTTPS)
            // Not `Lazy.string`: the CDK calls its producer with an argument that there is none for in Java.
            .responseHeadersPolicy(securityHeaders(
                Lazy.uncachedString(context -> apiOrigin),
                "https://cognito-idp.%s.%s".formatted(Aws.REGION, Aws.URL_SUFFIX)))
            .build())
        .build();
  }

  Bucket bucket() {
    return bucket;
  }

  Table menuTable() {
    return menuTable;
  }

  /** Where browsers load the site from, scheme and host: the API answers to pages of this origin. */
  String origin() {
    return "https://" + distribution.getDistributionDomainName();
  }

  /** Fills the bucket and the menu. The site has to know the API, and the API the site's origin: hence two steps. */
  void publish(RestApi api, UserPool users, UserPoolClient client) {
    // Not `api.getUrl()`: its stage depends on the API's methods, and these, for their CORS headers, on the distribution.
    apiOrigin = "https://%s.execute-api.%s.%s".formatted(api.getRestApiId(), Aws.REGION, Aws.URL_SUFFIX);

    // Not `Map.of`: its order is another one in each run, and so would be the file's hash.
    Map<String, String> config = new LinkedHashMap<>();
    config.put("apiUrl", api.getUrl());
    config.put("userPoolId", users.getUserPoolId());
    config.put("userPoolClientId", client.getUserPoolClientId());

    BucketDeployment.Builder.create(this, "Files")
        .destinationBucket(bucket)
        .sources(List.of(
            Source.asset(builtWebsite()),
            Source.jsonData("config.json", config)))
        .cacheControl(List.of(CacheControl.maxAge(Duration.minutes(5)))) // the files' names do not change with their content
        .distribution(distribution) // whose cache is invalidated
        .retainOnDelete(false) // an empty bucket can be deleted with the stack
        .logGroup(LogGroup.Builder.create(this, "FilesLogs")
            .retention(RetentionDays.ONE_MONTH)
            .removalPolicy(RemovalPolicy.DESTROY)
            .build())
        .build();

    Function publishMenu = new CafeFunction(this, "PublishMenu", CafeFunction.props("publish-menu.ts")
        .timeout(Duration.seconds(30))
        .environment(Map.of("MENU_TABLE", menuTable.getTableName())));
    menuTable.grant(publishMenu, "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem");
    Trigger.Builder.create(this, "PublishMenuTrigger").handler(publishMenu).build();
  }

  /** What browsers load: website/, bundled. */
  private static String builtWebsite() {
    String path = Shared.path("website/dist");
    if (!Files.exists(Path.of(path))) {
      throw new IllegalStateException("The café's website is not built: there is no " + path
          + "; run `npx projen bundle:website` at the top of the repository");
    }
    return path;
  }

  /** The site loads only its own files, talks only to its own API and its own users' pool, and is framed by nobody. */
  private ResponseHeadersPolicy securityHeaders(String apiOrigin, String cognitoOrigin) {
    return ResponseHeadersPolicy.Builder.create(this, "SecurityHeaders")
        .securityHeadersBehavior(ResponseSecurityHeadersBehavior.builder()
            .contentSecurityPolicy(ResponseHeadersContentSecurityPolicy.builder()
                .override(true)
                .contentSecurityPolicy(String.join("; ",
                    "default-src 'none'",
                    "script-src 'self'",
                    "style-src 'self'",
                    "img-src 'self'",
                    "connect-src 'self' %s %s".formatted(apiOrigin, cognitoOrigin),
                    "base-uri 'none'",
                    "form-action 'none'",
                    "frame-ancestors 'none'"))
                .build())
            .contentTypeOptions(ResponseHeadersContentTypeOptions.builder().override(true).build())
            .frameOptions(ResponseHeadersFrameOptions.builder().override(true).frameOption(HeadersFrameOption.DENY).build())
            .referrerPolicy(ResponseHeadersReferrerPolicy.builder()
                .override(true)
                .referrerPolicy(HeadersReferrerPolicy.NO_REFERRER)
                .build())
            .strictTransportSecurity(ResponseHeadersStrictTransportSecurity.builder()
                .override(true)
                .accessControlMaxAge(Duration.days(365))
                .build())
            .build())
        .customHeadersBehavior(ResponseCustomHeadersBehavior.builder()
            .customHeaders(List.of(ResponseCustomHeader.builder()
                .header("Permissions-Policy")
                .value("camera=(), geolocation=(), microphone=()")
                .override(true)
                .build()))
            .build())
        .build();
  }
}
