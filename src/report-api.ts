import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { EraseReportFunction } from './handlers/erase-report-function';
import { ReportApiFunction } from './handlers/report-api-function';
import { ScheduledReportPipeline } from './scheduled-report-pipeline';
import { acknowledge, acknowledgeWildcard } from './workflow/acknowledge';
import { READER_PARTITION, RUN_PARTITION, SIGNED_WHEN_OPENED_SECONDS } from './workflow/contract';
import { handlerDefaults } from './workflow/handler-defaults';
import { grantPartitions } from './workflow/ledger-partitions';

/**
 * Props of a report API.
 */
export interface ReportApiProps {
  /**
   * The pipeline that makes the reports.
   */
  readonly pipeline: ScheduledReportPipeline;

  /**
   * Who may call: a Cognito or Lambda authorizer. The groups of a caller are those in the token of Cognito, or what the context of a
   * Lambda authorizer names as `groups`, with commas between them.
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
   * Says that everybody may request reports, and see how each of these is getting on. Nobody can list, open, render again or delete reports
   * by such an API, or revoke links, because it can not tell one caller from another.
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
 * A REST API to request reports and to open them. `docs/api.md` describes each answer.
 *
 * `POST /create_report` takes `{"parameters": {...}, "idempotencyKey": "..."}`, both optional, and answers 202 with the report's
 * id at once; the same key again answers with the same report. `GET /reports/{id}` tells its status and its steps,
 * `GET /reports/{id}/link` gives links to its files that live for a minute, and `GET /reports` lists reports.
 * `POST /reports/{id}/rerender` makes the files of a report again, `DELETE /reports/{id}/link` revokes the links that were sent, where
 * these can be revoked, as those of `ReportLink.onClick`, and `DELETE /reports/{id}` erases a report.
 *
 * A caller sees the reports that she requested, and those of a pipeline whose `readerGroups` name a group of hers. All other reports
 * do not exist for her.
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

    const defaults = handlerDefaults(this, {
      logGroup: pipeline.logGroup,
      timeout: Duration.seconds(20),
      encryptionKey: pipeline.encryptionKey,
      environment: {},
    });
    const signer = props.publicAccess ? undefined : this.signerFor(defaults.role!, pipeline);
    const bucketKey = pipeline.bucket.encryptionKey;
    const commonEnvironment = {
      TABLE_NAME: pipeline.ledger.tableName,
      LEDGER_RETENTION_SECONDS: pipeline.ledgerRetention.toSeconds().toString(),
      ...(pipeline._revocableLinks && { REVOCABLE_LINKS: 'true' }),
      ...(pipeline.readerGroups.length > 0 && { READER_GROUPS: JSON.stringify(pipeline.readerGroups) }),
      ...(props.allowedOrigins && { ALLOWED_ORIGINS: props.allowedOrigins.join(',') }),
    };
    const handler = new ReportApiFunction(this, 'Function', {
      description: 'Takes requests for reports, tells how they are getting on, and opens them',
      ...defaults,
      environment: {
        ...commonEnvironment,
        STATE_MACHINE_ARN: pipeline.stateMachine.stateMachineArn,
        ...(pipeline._parametersSchema && { PARAMETERS_SCHEMA: pipeline._parametersSchema.json }),
        ...(signer && {
          SIGNER_ROLE_ARN: signer.roleArn,
          BUCKET_ARN: pipeline.bucket.bucketArn,
          LINK_SECONDS: Math.min(pipeline.linkExpiresIn.toSeconds(), SIGNED_WHEN_OPENED_SECONDS).toString(),
          ...(bucketKey && { ENCRYPTION_KEY_ARN: bucketKey.keyArn }),
        }),
      },
    });
    grantPartitions(pipeline.ledger, handler, ['dynamodb:GetItem'], [`${RUN_PARTITION}*`]);
    grantPartitions(pipeline.ledger, handler, ['dynamodb:UpdateItem'], [`${RUN_PARTITION}*`, `${READER_PARTITION}*`]); // of both in a transaction
    pipeline.grants.startExecution(handler);
    iam.Grant.addToPrincipal({ grantee: handler, actions: ['states:GetExecutionHistory'], resourceArns: [pipeline._executionsArn] });
    acknowledgeWildcard(defaults.role!, pipeline._executionsArn, 'The names of the executions of this state machine are not known before they are started.');

    this.restApi = new apigateway.RestApi(this, 'RestApi', {
      description: 'Requests reports',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      cloudWatchRole: false, // a setting of the whole account is not this construct's to make
      deployOptions: { throttlingRateLimit: 10, throttlingBurstLimit: 20, ...props.deployOptions },
      defaultCorsPreflightOptions: props.allowedOrigins && {
        allowOrigins: props.allowedOrigins,
        allowMethods: ['GET', 'POST', ...props.publicAccess ? [] : ['DELETE']],
        allowHeaders: ['authorization', 'content-type'],
        maxAge: Duration.hours(1),
      },
    });
    // One permission for all methods, which LambdaIntegration has not: of those that it adds for each, one covers another, because `{id}` becomes `*`;
    // and the one for the whole API that it can add instead lets the console test methods, where no authorizer is asked.
    handler.addPermission('Requests', {
      principal: new iam.ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: this.restApi.arnForExecuteApi('*', '/*', this.restApi.deploymentStage.stageName),
    });
    const integration = new apigateway.AwsIntegration({ proxy: true, service: 'lambda', path: `2015-03-31/functions/${handler.functionArn}/invocations` });
    this.restApi.root.addResource('create_report').addMethod('POST', integration, authorization);
    const reports = this.restApi.root.addResource('reports');
    const report = reports.addResource('{id}');
    report.addMethod('GET', integration, authorization);
    if (!props.publicAccess) {
      grantPartitions(pipeline.ledger, handler, ['dynamodb:BatchGetItem'], [`${RUN_PARTITION}*`]);
      grantPartitions(pipeline.ledger, handler, ['dynamodb:Query'], [`${READER_PARTITION}*`]);
      reports.addMethod('GET', integration, authorization);
      const link = report.addResource('link');
      link.addMethod('GET', integration, authorization);
      link.addMethod('DELETE', integration, authorization);
      if (pipeline._revocableLinks) {
        pipeline.grants.revokeLinks(handler);
      }
      report.addResource('rerender').addMethod('POST', integration, authorization);
      report.addMethod('DELETE', new apigateway.LambdaIntegration(this.eraser(pipeline, commonEnvironment), { allowTestInvoke: false }), authorization);
    }
    for (const method of props.publicAccess ? [] : this.restApi.methods) {
      acknowledge(method, 'COG4', 'The app lets nobody call but whom its authorizer or IAM lets in; that need not be Cognito.');
    }
    acknowledge(this.restApi, 'APIG2', 'The function validates each request, and says what is wrong with it; API Gateway would only say that something is.');
    if (props.allowedOrigins) {
      this.letPagesReadRefusals(props.allowedOrigins);
    }
    this.url = this.restApi.url;
    this.handler = handler;
  }

  /**
   * Each session of this role opens the files of one report, and only the function may begin one: that its role is named here is all that
   * it takes (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
   */
  private signerFor(handlerRole: iam.IRole, pipeline: ScheduledReportPipeline): iam.Role {
    const signer = new iam.Role(this, 'Signer', {
      description: 'Signs what opens a report for who is signed in',
      assumedBy: handlerRole,
      maxSessionDuration: Duration.hours(1),
    });
    pipeline.grants.readReports(signer);
    return signer;
  }

  /** What can delete is a function of its own, which takes nothing but the id of a report. */
  private eraser(pipeline: ScheduledReportPipeline, environment: { [name: string]: string }): lambda.IFunction {
    const scope = new Construct(this, 'Erase');
    const eraser = new EraseReportFunction(scope, 'Function', {
      description: 'Erases a report for who requested it',
      ...handlerDefaults(scope, {
        logGroup: pipeline.logGroup,
        timeout: Duration.seconds(29), // API Gateway waits no longer
        encryptionKey: pipeline.encryptionKey,
        environment: {
          ...environment,
          BUCKET_NAME: pipeline.bucket.bucketName,
          DATA_PREFIX: pipeline._dataPrefix,
          REPORTS_PREFIX: pipeline._reportsPrefix,
        },
      }),
    });
    grantPartitions(pipeline.ledger, eraser, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], [`${RUN_PARTITION}*`]);
    pipeline.grants.eraseReports(eraser);
    return eraser;
  }

  /** Without this header, a page is not even told that its session has ended, or that it asks too often: API Gateway answers that by itself. */
  private letPagesReadRefusals(origins: string[]): void {
    const responseHeaders = { 'Access-Control-Allow-Origin': origins.length === 1 ? `'${origins[0]}'` : "'*'" };
    for (const [id, type] of Object.entries({ Refused: apigateway.ResponseType.DEFAULT_4XX, Failed: apigateway.ResponseType.DEFAULT_5XX })) {
      this.restApi.addGatewayResponse(id, { type, responseHeaders });
    }
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
