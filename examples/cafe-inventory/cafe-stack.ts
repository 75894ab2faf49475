import { join } from 'node:path';
import { CfnOutput, Duration, RemovalPolicy, Stack, TimeZone, type StackProps } from 'aws-cdk-lib';
import { AuthorizationType, CognitoUserPoolsAuthorizer, LambdaIntegration } from 'aws-cdk-lib/aws-apigateway';
import { AccountRecovery, UserPool } from 'aws-cdk-lib/aws-cognito';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { acknowledgeFindings } from './cafe-acknowledgements';
import type { CafeDatabase } from './cafe-database';
import { CafeFunction } from './cafe-function';
import type { CafeWebsite } from './cafe-website';
import { ReportApi, ReportDataSource, ReportLink, ReportRenderer, ScheduledReportPipeline } from 'cdk-scheduled-report-pipeline';

export interface CafeStackProps extends StackProps {
  /** Where the suppliers and their coffee are kept. */
  readonly database: CafeDatabase;

  /** Who publishes the website and the menu. */
  readonly website: CafeWebsite;

  /**
   * How long the mailed link to a report works, unless somebody revokes it.
   *
   * @default Duration.hours(12)
   */
  readonly linkExpiresIn?: Duration;

  /**
   * Who gets the link to each report by email, once he has confirmed the subscription.
   *
   * @default - nobody yet: subscribe to the topic `EmailReport`
   */
  readonly bookkeeperEmail?: string;

  /**
   * Who is told by email when a report fails, once she has confirmed the subscription.
   *
   * @default - nobody yet: subscribe to the topic `OwnerNotices`
   */
  readonly ownerEmail?: string;
}

/** What may be asked for, if not the whole inventory: `lambdas/lookup.ts` applies it. */
export const INVENTORY_PARAMETERS = {
  type: 'object',
  additionalProperties: false,
  properties: {
    supplier: { type: 'string', minLength: 1, maxLength: 80 }, // as long as a name is in the database
    onlyBelowReorderLevel: { type: 'boolean' },
  },
};

/** A café whose bookkeeper gets the supplier inventory each morning, and whenever he asks for it. */
export class CafeStack extends Stack {
  constructor(scope: Construct, id: string, props: CafeStackProps) {
    super(scope, id, { description: 'A café with an inventory report, on a schedule and on request', ...props });

    const topic = new Topic(this, 'EmailReport', { displayName: 'Café inventory report', enforceSSL: true });
    const ownerTopic = new Topic(this, 'OwnerNotices', { displayName: 'Café report notices', enforceSSL: true });
    if (props.bookkeeperEmail) topic.addSubscription(new EmailSubscription(props.bookkeeperEmail));
    if (props.ownerEmail) ownerTopic.addSubscription(new EmailSubscription(props.ownerEmail));

    const connection = props.database.connect(this);
    const lookup = new CafeFunction(this, 'Lookup', {
      entry: join(__dirname, 'lambdas', 'lookup.ts'),
      timeout: Duration.seconds(90), // a paused database takes its time to resume
      ...connection.functionProps,
    });
    connection.grantConnect(lookup);

    const pipeline = new ScheduledReportPipeline(this, 'Inventory', {
      reportName: 'Coffee supplier inventory',
      dataSource: ReportDataSource.fromFunction(lookup),
      parametersSchema: INVENTORY_PARAMETERS,
      renderer: ReportRenderer.html({
        title: 'Coffee supplier inventory',
        totals: { sum: ['quantity', 'stock_value'], by: 'supplier' },
        emphasis: [{ column: 'quantity', belowColumn: 'reorder_level' }],
      }),
      topic,
      ownerTopic,
      link: ReportLink.onClick({ expiresIn: props.linkExpiresIn ?? Duration.hours(12) }),
      schedule: ScheduleExpression.cron({ minute: '0', hour: '7', timeZone: TimeZone.EUROPE_MADRID }),
      timeZone: TimeZone.EUROPE_MADRID,
      locale: 'en-GB',
      readerGroups: ['bookkeeping'],
    });
    // Who gets mail from the café has to be able to trust its links. A denial counts for all, the account's administrators too.
    topic.addToResourcePolicy(new PolicyStatement({
      sid: 'PipelineOnly',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { ArnNotEquals: { 'aws:PrincipalArn': pipeline.deliverFunction.role!.roleArn } },
    }));

    const users = new UserPool(this, 'Users', {
      selfSignUpEnabled: false, // only the owner's people may ask for a report
      signInAliases: { email: true },
      signInCaseSensitive: false,
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      removalPolicy: RemovalPolicy.DESTROY, // an example: its users go with it
    });
    const client = users.addClient('Website', {
      authFlows: {
        userSrp: true, // the password never leaves the browser
        adminUserPassword: true, // a script with AWS credentials of its own
      },
      disableOAuth: true, // no hosted sign-in page
      preventUserExistenceErrors: true,
      refreshTokenValidity: Duration.days(1), // who comes every morning signs in every morning
      enableTokenRevocation: true, // by signing out; the API takes the tokens that are out until they expire
      idTokenValidity: Duration.minutes(15),
      accessTokenValidity: Duration.minutes(15),
    });
    users.addGroup('Bookkeeping', { groupName: 'bookkeeping', description: 'May read every report, the scheduled ones too' });

    const website = props.website.host(this);
    const { restApi, url } = new ReportApi(this, 'Api', {
      pipeline,
      authorizer: new CognitoUserPoolsAuthorizer(this, 'SignedIn', { cognitoUserPools: [users] }),
      allowedOrigins: [website.origin],
    });

    const menu = new CafeFunction(this, 'Menu', {
      entry: join(__dirname, 'lambdas', 'menu.ts'),
      environment: { MENU_TABLE: website.menuTable.tableName, WEBSITE_ORIGIN: website.origin },
    });
    website.menuTable.grant(menu, 'dynamodb:Query');
    restApi.root.addResource('menu').addMethod('GET', new LambdaIntegration(menu, { allowTestInvoke: false }), {
      authorizationType: AuthorizationType.NONE, // the one thing that everybody may read
    });
    website.publish({ api: restApi, users, client });

    const outputs = {
      ApiUrl: url,
      UserPoolId: users.userPoolId,
      UserPoolClientId: client.userPoolClientId,
      EmailReportTopicArn: topic.topicArn,
      OwnerTopicArn: ownerTopic.topicArn,
      StateMachineArn: pipeline.stateMachine.stateMachineArn,
      WebsiteUrl: website.origin,
      WebsiteBucketName: website.bucket.bucketName,
      MenuTableName: website.menuTable.tableName,
      LedgerTableName: pipeline.ledger.tableName,
      ReportBucketName: pipeline.bucket.bucketName,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
    acknowledgeFindings(this);
  }
}
