package orders;

import io.github.scheduledreportpipeline.cdk.ReportFile;
import io.github.scheduledreportpipeline.cdk.ReportRenderer;
import io.github.scheduledreportpipeline.cdk.ReportRendererConfig;
import io.github.scheduledreportpipeline.cdk.ReportRendererContext;
import java.util.List;
import software.amazon.awscdk.services.lambda.Function;
import software.constructs.Construct;

/** Two files for each report. */
class CsvRenderer extends ReportRenderer {
  @Override
  public ReportRendererConfig bind(Construct scope, ReportRendererContext context) {
    Function handler = Functions.inline(scope, "WriteCsv");
    context.getData().grantRead(handler);
    context.getReports().grantWrite(handler);
    return ReportRendererConfig.builder()
        .handler(handler)
        .files(List.of(
            ReportFile.builder().name("orders.csv").contentType("text/csv").build(),
            ReportFile.builder().name("totals.csv").contentType("text/csv").build()))
        .build();
  }
}
