package orders;

import io.github.scheduledreportpipeline.cdk.ReportLink;
import io.github.scheduledreportpipeline.cdk.ReportLinkConfig;
import io.github.scheduledreportpipeline.cdk.ReportLinkContext;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.services.lambda.Function;
import software.constructs.Construct;

/** A link that a portal signs when it is opened. */
class PortalLink extends ReportLink {
  private final Duration expiresIn;

  PortalLink(Duration expiresIn) {
    this.expiresIn = expiresIn;
  }

  @Override
  public ReportLinkConfig bind(Construct scope, ReportLinkContext context) {
    Function handler = Functions.inline(scope, "MakeLink");
    context.getLedger().grant(handler, "dynamodb:PutItem");
    return ReportLinkConfig.builder().handler(handler).expiresIn(expiresIn).build();
  }
}
