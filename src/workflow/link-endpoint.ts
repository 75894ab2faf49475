import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge';

export interface LinkEndpointProps {
  readonly handler: lambda.IFunction;
  readonly logGroup: logs.ILogGroup;
  readonly accessLog: boolean;
}

/**
 * The address of short links, with a slash at its end; behind it comes the token. Whoever has the token may open the report, so that
 * it is in no log, trace or metric: what API Gateway writes of a request names the resource, and not the path.
 */
export function linkEndpoint(scope: Construct, { handler, logGroup, accessLog }: LinkEndpointProps): string {
  const api = new apigateway.RestApi(scope, 'RestApi', {
    description: 'Opens reports by their short links',
    endpointTypes: [apigateway.EndpointType.REGIONAL],
    cloudWatchRole: false, // a setting of the whole account is not this construct's to make
    deployOptions: {
      stageName: 'open', // a part of each link
      throttlingRateLimit: 50,
      throttlingBurstLimit: 100,
      tracingEnabled: false,
      loggingLevel: apigateway.MethodLoggingLevel.OFF,
      dataTraceEnabled: false,
      ...(accessLog && {
        accessLogDestination: new apigateway.LogGroupLogDestination(logGroup),
        accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify({
          requestId: apigateway.AccessLogField.contextRequestId(),
          time: apigateway.AccessLogField.contextRequestTime(),
          httpMethod: apigateway.AccessLogField.contextHttpMethod(),
          resourcePath: apigateway.AccessLogField.contextResourcePath(),
          status: apigateway.AccessLogField.contextStatus(),
          responseLatency: apigateway.AccessLogField.contextResponseLatency(),
        })),
      }),
    },
  });
  const integration = new apigateway.LambdaIntegration(handler, { allowTestInvoke: false });
  const resource = api.root.addResource('{token}');
  for (const httpMethod of ['GET', 'HEAD']) {
    const method = resource.addMethod(httpMethod, integration, { authorizationType: apigateway.AuthorizationType.NONE });
    for (const rule of ['APIG4', 'COG4']) {
      acknowledge(method, rule, 'The token is the authorization: a reader follows a link in a message, and signs in nowhere.');
    }
  }

  acknowledge(api, 'APIG2', 'The only parameter is the token, which the function looks up whatever it is, so that an answer tells nothing of it.');
  const stage = api.deploymentStage;
  if (!accessLog) {
    acknowledge(stage, 'APIG1', 'The ledger records each opening; an access log needs a role that is a setting of the whole account.');
  }
  acknowledge(stage, 'APIG3', 'The stage is throttled and a token can not be guessed; a web firewall is the app\'s to add.');
  acknowledge(stage, 'APIG6', 'An execution log would hold the path, and the token with it.');
  return api.url;
}
