package orders;

import io.github.scheduledreportpipeline.cdk.HtmlRendererOptions;
import io.github.scheduledreportpipeline.cdk.OnEmpty;
import io.github.scheduledreportpipeline.cdk.OnLimit;
import io.github.scheduledreportpipeline.cdk.OnUncertain;
import io.github.scheduledreportpipeline.cdk.OnUnchanged;
import io.github.scheduledreportpipeline.cdk.PresignedLinkOptions;
import io.github.scheduledreportpipeline.cdk.ReportApi;
import io.github.scheduledreportpipeline.cdk.ReportDataSource;
import io.github.scheduledreportpipeline.cdk.ReportLink;
import io.github.scheduledreportpipeline.cdk.ReportMessage;
import io.github.scheduledreportpipeline.cdk.ReportRenderer;
import io.github.scheduledreportpipeline.cdk.ReportScheduleProps;
import io.github.scheduledreportpipeline.cdk.ScheduledReportPipeline;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.TimeZone;
import software.amazon.awscdk.services.apigateway.AuthorizationType;
import software.amazon.awscdk.services.iam.AccountRootPrincipal;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.scheduler.CronOptionsWithTimezone;
import software.amazon.awscdk.services.scheduler.ScheduleExpression;
import software.amazon.awscdk.services.sns.Topic;
import software.constructs.Construct;

/** The app that is written in each language: what it synthesizes and what it prints have to be the same. */
public final class OrdersApp {
  private static final ScheduleExpression EVERY_MORNING = ScheduleExpression.cron(
      CronOptionsWithTimezone.builder().minute("0").hour("7").timeZone(TimeZone.EUROPE_MADRID).build());

  private static class MinimalStack extends Stack {
    MinimalStack(Construct scope, String id) {
      super(scope, id);
      ScheduledReportPipeline.Builder.create(this, "Orders")
          .dataSource(ReportDataSource.fromFunction(Functions.inline(this, "Lookup")))
          .renderer(ReportRenderer.html())
          .topic(new Topic(this, "Readers"))
          .schedule(EVERY_MORNING)
          .build();
    }
  }

  private static class OwnStrategiesStack extends Stack {
    OwnStrategiesStack(Construct scope, String id) {
      super(scope, id);
      ScheduledReportPipeline pipeline = ScheduledReportPipeline.Builder.create(this, "Orders")
          .dataSource(new OrdersSource())
          .renderer(new CsvRenderer())
          .link(new PortalLink(Duration.days(7)))
          .topic(new Topic(this, "Readers"))
          .ownerTopic(new Topic(this, "Owner"))
          .onEmpty(OnEmpty.SKIP)
          .onUnchanged(OnUnchanged.SKIP)
          .onUncertain(OnUncertain.RESEND)
          .notReadyTimeout(Duration.hours(3))
          .parametersSchema(Map.of(
              "type", "object",
              "properties", Map.of(
                  "region", Map.of("enum", List.of("EU", "US")),
                  "top", Map.of("type", "integer", "maximum", 100),
                  "warehouses", Map.of("type", "array", "items", Map.of("type", "string")),
                  "token", Map.of("type", "string", "writeOnly", true))))
          .message(ReportMessage.builder().subject("{{report}}").body("Read {{link}} until {{expiry}}").build())
          .build();
      pipeline.addSchedule("Weekly", ReportScheduleProps.builder()
          .schedule(EVERY_MORNING)
          .parameters(Map.of(
              "region", "EU",
              "top", 10,
              "detailed", true,
              "warehouses", List.of("Madrid", "Málaga"),
              "since", Map.of("week", 1)))
          .description("The orders of the week")
          .build());
      pipeline.getGrants().pause(Role.Builder.create(this, "Operator").assumedBy(new AccountRootPrincipal()).build());
      ReportApi.Builder.create(this, "Api").pipeline(pipeline).authorizationType(AuthorizationType.IAM).build();
    }
  }

  public static void main(String[] args) {
    App app = new App();
    new MinimalStack(app, "Minimal");
    new OwnStrategiesStack(app, "OwnStrategies");
    app.synth();

    refused("a retention of a day and a half", scope -> pipeline(scope).retention(Duration.hours(36)).build());
    refused("a presigned link of two hours", scope ->
        ReportLink.presigned(PresignedLinkOptions.builder().expiresIn(Duration.hours(2)).build()));
    refused("a limit of no rows", scope ->
        ReportRenderer.html(HtmlRendererOptions.builder().maxRows(0).onLimit(OnLimit.NOTICE).build()));
    refused("a link that outlives its report", scope -> pipeline(scope).link(new PortalLink(Duration.days(60))).build());
    refused("a locale that is none", scope -> pipeline(scope).locale("plain English").build());
    refused("a message without the link", scope ->
        pipeline(scope).message(ReportMessage.builder().body("Your report is ready").build()).build());
    refused("a message with an unknown variable", scope ->
        pipeline(scope).message(ReportMessage.builder().subject("{{supplier}}").build()).build());
    refused("a FIFO topic", scope ->
        pipeline(scope).topic(Topic.Builder.create(scope, "Fifo").fifo(true).build()).build());
    refused("parameters that are too large", scope ->
        pipeline(scope).build().addSchedule("Daily", ReportScheduleProps.builder()
            .schedule(EVERY_MORNING)
            .parameters(Map.of("list", "x".repeat(20_000)))
            .build()));
    refused("a schema that is none", scope ->
        pipeline(scope).parametersSchema(Map.of(
            "type", "object",
            "properties", Map.of("top", Map.of("type", "integer", "maximum", "100")))).build());
    refused("parameters that are not as the schema asks for", scope ->
        pipeline(scope).parametersSchema(Map.of("type", "object", "properties", Map.of("top", Map.of("maximum", 100)))).build()
            .addSchedule("Daily", ReportScheduleProps.builder()
                .schedule(EVERY_MORNING)
                .parameters(Map.of("top", 101))
                .build()));
    refused("an API that asks nobody", scope ->
        ReportApi.Builder.create(scope, "Api").pipeline(pipeline(scope).build()).build());
  }

  private static ScheduledReportPipeline.Builder pipeline(Stack scope) {
    return ScheduledReportPipeline.Builder.create(scope, "Orders")
        .dataSource(new OrdersSource())
        .renderer(new CsvRenderer())
        .topic(new Topic(scope, "Readers"));
  }

  /** Prints with which sentence something is refused. */
  private static void refused(String what, Consumer<Stack> make) {
    String sentence = "not refused";
    try {
      make.accept(new Stack());
    } catch (RuntimeException error) {
      sentence = error.getMessage();
    }
    System.out.println(what + ": " + sentence.lines().findFirst().orElse(""));
  }

  private OrdersApp() {}
}
