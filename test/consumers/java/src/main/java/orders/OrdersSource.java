package orders;

import io.github.scheduledreportpipeline.cdk.ReportDataSource;
import io.github.scheduledreportpipeline.cdk.ReportDataSourceConfig;
import io.github.scheduledreportpipeline.cdk.ReportDataSourceContext;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.stepfunctions.tasks.LambdaInvoke;
import software.amazon.awscdk.services.stepfunctions.tasks.LambdaInvokeJsonataProps;
import software.constructs.Construct;

/** Orders from a function that is invoked with the run's event, and may write its rows to S3. */
class OrdersSource extends ReportDataSource {
  @Override
  public ReportDataSourceConfig bind(Construct scope, ReportDataSourceContext context) {
    Function fn = Functions.inline(scope, "FindOrders");
    context.getData().grantWrite(fn);
    return ReportDataSourceConfig.builder()
        .task(LambdaInvoke.jsonata(scope, "Find orders", LambdaInvokeJsonataProps.builder()
            .lambdaFunction(fn)
            .payload(context.getEvent())
            .outputs("{% $states.result.Payload %}")
            .build()))
        .build();
  }
}
