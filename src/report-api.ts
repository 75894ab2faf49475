import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ReportApiFunction } from './handlers/report-api-function';
import { ScheduledReportPipeline } from './scheduled-report-pipeline';
import { grantKey } from './workflow/encryption';
import { handlerDefaults } from './workflow/handler-defaults';

/**
 * Props of a report API.
 */
export interface ReportApiProps {
  /**
   * The pipeline that makes the reports.
   */
  readonly pipeline: ScheduledReportPipeline;

  /**
   * Who may call: a Cognito or Lambda authorizer.
   *
   * @default - one of `authorizer`, `authorizationType` IAM and `publicAccess` is required
   */
  readonly authorizer?: apigateway.IAuthorizer;

  /**
   * `AuthorizationType.IAM`, where callers sign their requests with AWS credentials.
   *
   * @default - what the authorizer asks for
   */
  readonly authorizationType?: apigateway.AuthorizationType;

  /**
   * Says that everybody may request reports, and see how each of these is getting on.
   *
   * @default false
   */
  readonly publicAccess?: boolean;

  /**
   * The origins whose pages may call the API from a browser, for instance `https://cafe.example.com`.
   *
   * @default - none
   */
  readonly allowedOrigins?: string[];

  /**
   * Options of the API's stage: logs, cache, web firewall.
   *
   * @default - at most 10 requests a second, 20 at once
   */
  readonly deployOptions?: apigateway.StageOptions;
}

/**
 * A REST API to request reports: `POST /create_report`, `GET /reports/{id}` and `DELETE /reports/{id}/link`.
 *
 * `POST /create_report` takes `{"parameters": {...}, "idempotencyKey": "..."}`, both optional, and answers 202 with the report's
 * id at once; the same key again answers with the same report. `GET /reports/{id}` tells who requested the report its status.
 * `DELETE /reports/{id}/link` revokes the links to it, where these are those of `ReportLink.onClick`.
 *
 * @example
 * declare const users: cognito.UserPool;
 * new ReportApi(this, 'Api', {
 *   pipeline,
 *   authorizer: new apigateway.CognitoUserPoolsAuthorizer(this, 'SignedIn', { cognitoUserPools: [users] }),
 *   allowedOrigins: ['https://cafe.example.com'],
 * });
 */
export class ReportApi extends Construct {
  /** The API, to which an app may add resources of its own. */
  public readonly restApi: apigateway.RestApi;
  /** The API's address, with a slash at its end. */
  public readonly url: string;
  /** The function behind the API. */
  public readonly handler: lambda.IFunction;

  public constructor(scope: Construct, id: string, props: ReportApiProps) {
    super(scope, id);
    const authorization = authorizationOf(props);
    const { pipeline } = props;

    const handler = new ReportApiFunction(this, 'Function', {
      description: 'Takes requests for reports, and tells how they are getting on',
      ...handlerDefaults(this, {
        logGroup: pipeline.logGroup,
        timeout: Duration.seconds(20),
        encryptionKey: pipeline.encryptionKey,
        environment: {
          TABLE_NAME: pipeline.ledger.tableName,
          LEDGER_RETENTION_SECONDS: pipeline.ledgerRetention.toSeconds().toString(),
          STATE_MACHINE_ARN: pipeline.stateMachine.stateMachineArn,
          ...(props.allowedOrigins && { ALLOWED_ORIGINS: props.allowedOrigins.join(',') }),
        },
      }),
    });
    pipeline.ledger.grant(handler, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    grantKey(pipeline.encryptionKey, handler);
    pipeline.grants.startExecution(handler);
    pipeline.grants.revokeLinks(handler);

    this.restApi = new apigateway.RestApi(this, 'RestApi', {
      description: 'Requests reports',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      cloudWatchRole: false, // a setting of the whole account is not this construct's to make
      deployOptions: { throttlingRateLimit: 10, throttlingBurstLimit: 20, ...props.deployOptions },
      defaultCorsPreflightOptions: props.allowedOrigins && {
        allowOrigins: props.allowedOrigins,
        allowMethods: ['GET', 'POST', 'DELETE'],
        allowHeaders: ['authorization', 'content-type'],
        maxAge: Duration.hours(1),
      },
    });
    const integration = new apigateway.LambdaIntegration(handler, { allowTestInvoke: false });
    this.restApi.root.addResource('create_report').addMethod('POST', integration, authorization);
    const report = this.restApi.root.addResource('reports').addResource('{id}');
    report.addMethod('GET', integration, authorization);
    report.addResource('link').addMethod('DELETE', integration, authorization);
    this.url = this.restApi.url;
    this.handler = handler;
  }
}

function authorizationOf({ authorizer, authorizationType, publicAccess }: ReportApiProps): apigateway.MethodOptions {
  const isIam = authorizationType === apigateway.AuthorizationType.IAM;
  if (publicAccess) {
    if (authorizer || isIam) {
      throw new Error('publicAccess is true although there is an authorization; remove one of the two');
    }
    return { authorizationType: apigateway.AuthorizationType.NONE };
  }
  if (!authorizer && !isIam) {
    throw new Error('nobody is asked who they are: pass an authorizer or authorizationType IAM, '
      + 'or publicAccess: true if everybody may request reports');
  }
  return { authorizer, authorizationType };
}
