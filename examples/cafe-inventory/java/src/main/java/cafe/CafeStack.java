package cafe;

import io.github.scheduledreportpipeline.cdk.HtmlRendererOptions;
import io.github.scheduledreportpipeline.cdk.OnClickLinkOptions;
import io.github.scheduledreportpipeline.cdk.ReportApi;
import io.github.scheduledreportpipeline.cdk.ReportDataSource;
import io.github.scheduledreportpipeline.cdk.ReportEmphasis;
import io.github.scheduledreportpipeline.cdk.ReportLink;
import io.github.scheduledreportpipeline.cdk.ReportRenderer;
import io.github.scheduledreportpipeline.cdk.ReportTotals;
import io.github.scheduledreportpipeline.cdk.ScheduledReportPipeline;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.TimeZone;
import software.amazon.awscdk.services.apigateway.AuthorizationType;
import software.amazon.awscdk.services.apigateway.CognitoUserPoolsAuthorizer;
import software.amazon.awscdk.services.apigateway.LambdaIntegration;
import software.amazon.awscdk.services.apigateway.LambdaIntegrationOptions;
import software.amazon.awscdk.services.apigateway.MethodOptions;
import software.amazon.awscdk.services.cognito.AccountRecovery;
import software.amazon.awscdk.services.cognito.AuthFlow;
import software.amazon.awscdk.services.cognito.PasswordPolicy;
import software.amazon.awscdk.services.cognito.SignInAliases;
import software.amazon.awscdk.services.cognito.UserPool;
import software.amazon.awscdk.services.cognito.UserPoolClient;
import software.amazon.awscdk.services.cognito.UserPoolClientOptions;
import software.amazon.awscdk.services.cognito.UserPoolGroupOptions;
import software.amazon.awscdk.services.iam.AnyPrincipal;
import software.amazon.awscdk.services.iam.Effect;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.scheduler.CronOptionsWithTimezone;
import software.amazon.awscdk.services.scheduler.ScheduleExpression;
import software.amazon.awscdk.services.sns.Topic;
import software.amazon.awscdk.services.sns.subscriptions.EmailSubscription;
import software.constructs.Construct;

/** A café whose bookkeeper gets the supplier inventory each morning, and whenever he asks for it. */
public class CafeStack extends Stack {
  /** What may be asked for, if not the whole inventory: {@code lambdas/lookup.ts} applies it. */
  private static final Map<String, Object> INVENTORY_PARAMETERS = Map.of(
      "type", "object",
      "additionalProperties", false,
      "properties", Map.of(
          "supplier", Map.of("type", "string", "minLength", 1, "maxLength", 80), // as long as a name is in the database
          "onlyBelowReorderLevel", Map.of("type", "boolean")));

  /**
   * Who gets mails, once they have confirmed their subscription.
   *
   * @param bookkeeper who gets the link to each report, or null
   * @param owner who is told when a report fails, or null
   */
  public record Emails(String bookkeeper, String owner) {}

  public CafeStack(Construct scope, String id, Emails emails) {
    super(scope, id, StackProps.builder().description("A café with an inventory report, on a schedule and on request").build());

    Topic topic = Topic.Builder.create(this, "EmailReport").displayName("Café inventory report").enforceSsl(true).build();
    Topic ownerTopic = Topic.Builder.create(this, "OwnerNotices").displayName("Café report notices").enforceSsl(true).build();
    if (emails.bookkeeper() != null) {
      topic.addSubscription(new EmailSubscription(emails.bookkeeper()));
    }
    if (emails.owner() != null) {
      ownerTopic.addSubscription(new EmailSubscription(emails.owner()));
    }

    CafeDatabase database = new CafeDatabase(this, "Database");
    Function lookup = new CafeFunction(this, "Lookup", database.reachableBy(CafeFunction.props("lookup.ts"))
        .timeout(Duration.seconds(90))); // a paused database takes its time to resume
    database.grantConnect(lookup);

    ScheduledReportPipeline pipeline = ScheduledReportPipeline.Builder.create(this, "Inventory")
        .reportName("Coffee supplier inventory")
        .dataSource(ReportDataSource.fromFunction(lookup))
        .parametersSchema(INVENTORY_PARAMETERS)
        .renderer(ReportRenderer.html(HtmlRendererOptions.builder()
            .title("Coffee supplier inventory")
            .totals(ReportTotals.builder().sum(List.of("quantity", "stock_value")).by("supplier").build())
            .emphasis(List.of(ReportEmphasis.builder().column("quantity").belowColumn("reorder_level").build()))
            .build()))
        .topic(topic)
        .ownerTopic(ownerTopic)
        .link(ReportLink.onClick(OnClickLinkOptions.builder().expiresIn(Duration.hours(12)).build()))
        .schedule(ScheduleExpression.cron(
            CronOptionsWithTimezone.builder().minute("0").hour("7").timeZone(TimeZone.EUROPE_MADRID).build()))
        .timeZone(TimeZone.EUROPE_MADRID)
        .locale("en-GB")
        .readerGroups(List.of("bookkeeping"))
        .build();
    // Who gets mail from the café has to be able to trust its links. A denial counts for all, the account's administrators too.
    topic.addToResourcePolicy(PolicyStatement.Builder.create()
        .sid("PipelineOnly")
        .effect(Effect.DENY)
        .principals(List.of(new AnyPrincipal()))
        .actions(List.of("sns:Publish"))
        .resources(List.of(topic.getTopicArn()))
        .conditions(Map.of("ArnNotEquals", Map.of("aws:PrincipalArn", pipeline.getDeliverFunction().getRole().getRoleArn())))
        .build());

    UserPool users = UserPool.Builder.create(this, "Users")
        .selfSignUpEnabled(false) // only the owner's people may ask for a report
        .signInAliases(SignInAliases.builder().email(true).build())
        .signInCaseSensitive(false)
        .passwordPolicy(PasswordPolicy.builder()
            .minLength(12)
            .requireLowercase(true)
            .requireUppercase(true)
            .requireDigits(true)
            .requireSymbols(true)
            .tempPasswordValidity(Duration.days(3))
            .build())
        .accountRecovery(AccountRecovery.EMAIL_ONLY)
        .removalPolicy(RemovalPolicy.DESTROY) // an example: its users go with it
        .build();
    UserPoolClient client = users.addClient("Website", UserPoolClientOptions.builder()
        .authFlows(AuthFlow.builder()
            .userSrp(true) // the password never leaves the browser
            .adminUserPassword(true) // a script with AWS credentials of its own
            .build())
        .disableOAuth(true) // no hosted sign-in page
        .preventUserExistenceErrors(true)
        .refreshTokenValidity(Duration.days(1)) // who comes every morning signs in every morning
        .enableTokenRevocation(true) // by signing out; the API takes the tokens that are out until they expire
        .idTokenValidity(Duration.minutes(15))
        .accessTokenValidity(Duration.minutes(15))
        .build());
    users.addGroup("Bookkeeping", UserPoolGroupOptions.builder()
        .groupName("bookkeeping")
        .description("May read every report, the scheduled ones too")
        .build());

    CafeWebsite website = new CafeWebsite(this, "Website");
    ReportApi api = ReportApi.Builder.create(this, "Api")
        .pipeline(pipeline)
        .authorizer(CognitoUserPoolsAuthorizer.Builder.create(this, "SignedIn").cognitoUserPools(List.of(users)).build())
        .allowedOrigins(List.of(website.origin()))
        .build();

    Function menu = new CafeFunction(this, "Menu", CafeFunction.props("menu.ts")
        .environment(Map.of("MENU_TABLE", website.menuTable().getTableName(), "WEBSITE_ORIGIN", website.origin())));
    website.menuTable().grant(menu, "dynamodb:Query");
    api.getRestApi().getRoot().addResource("menu").addMethod(
        "GET",
        new LambdaIntegration(menu, LambdaIntegrationOptions.builder().allowTestInvoke(false).build()),
        MethodOptions.builder().authorizationType(AuthorizationType.NONE).build()); // the one thing that everybody may read
    website.publish(api.getRestApi(), users, client);

    output("ApiUrl", api.getUrl());
    output("UserPoolId", users.getUserPoolId());
    output("UserPoolClientId", client.getUserPoolClientId());
    output("EmailReportTopicArn", topic.getTopicArn());
    output("OwnerTopicArn", ownerTopic.getTopicArn());
    output("StateMachineArn", pipeline.getStateMachine().getStateMachineArn());
    output("WebsiteUrl", website.origin());
    output("WebsiteBucketName", website.bucket().getBucketName());
    output("MenuTableName", website.menuTable().getTableName());
    output("LedgerTableName", pipeline.getLedger().getTableName());
    output("ReportBucketName", pipeline.getBucket().getBucketName());
    CafeAcknowledgements.acknowledgeFindings(this);
  }

  private void output(String name, String value) {
    CfnOutput.Builder.create(this, name).value(value).build();
  }
}
