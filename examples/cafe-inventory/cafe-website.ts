import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, Duration, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  Distribution, HeadersFrameOption, HeadersReferrerPolicy, HttpVersion, PriceClass, ResponseHeadersPolicy, type ResponseHeadersPolicyProps,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import { CafeFunction } from './cafe-function';

/** The website as the stack sees it. */
export interface HostedWebsite {
  readonly bucket: Bucket;
  readonly menuTable: Table;

  /** Where browsers load the site from, scheme and host: the API answers to pages of this origin. */
  readonly origin: string;

  /** Fills the bucket and the menu. The site has to know the API, and the API the site's origin: hence two steps. */
  publish(backend: Backend): void;
}

/** What the website talks to. */
export interface Backend {
  readonly api: RestApi;
  readonly users: UserPool;
  readonly client: UserPoolClient;
}

/** Who publishes the café's website and its menu, and from where. The private bucket and the table are the same for all. */
export abstract class CafeWebsite {
  /** The deployment publishes them, and CloudFront serves the site. */
  public static cloudFront(): CafeWebsite {
    return new CloudFrontWebsite();
  }

  /** Somebody else uploads the files, `config.json` and the menu after the deployment, and serves the site at `origin`. */
  public static publishedBySdk(origin: string): CafeWebsite {
    return new WebsitePublishedBySdk(origin);
  }

  public abstract host(parent: Construct): HostedWebsite;
}

class WebsitePublishedBySdk extends CafeWebsite {
  constructor(private readonly origin: string) {
    super();
  }

  public host(parent: Construct): HostedWebsite {
    return { ...storage(new Construct(parent, 'Website')), origin: this.origin, publish: () => {} };
  }
}

class CloudFrontWebsite extends CafeWebsite {
  public host(parent: Construct): HostedWebsite {
    const scope = new Construct(parent, 'Website');
    const { bucket, menuTable } = storage(scope);

    let apiOrigin: string;
    const cognitoOrigin = `https://cognito-idp.${Aws.REGION}.${Aws.URL_SUFFIX}`;
    const distribution = new Distribution(scope, 'Distribution', {
      comment: 'The café website',
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        responseHeadersPolicy: new ResponseHeadersPolicy(scope, 'SecurityHeaders', securityHeaders(Lazy.string({ produce: () => apiOrigin }), cognitoOrigin)),
      },
    });

    return {
      bucket,
      menuTable,
      origin: `https://${distribution.distributionDomainName}`,
      publish: ({ api, users, client }) => {
        // Not `api.url`: its stage depends on the API's methods, and these, for their CORS headers, on the distribution.
        apiOrigin = `https://${api.restApiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`;

        new BucketDeployment(scope, 'Files', {
          destinationBucket: bucket,
          sources: [
            Source.asset(builtWebsite()),
            Source.jsonData('config.json', { apiUrl: api.url, userPoolId: users.userPoolId, userPoolClientId: client.userPoolClientId }),
          ],
          cacheControl: [CacheControl.maxAge(Duration.minutes(5))], // the files' names do not change with their content
          distribution, // whose cache is invalidated
          retainOnDelete: false, // an empty bucket can be deleted with the stack
          logGroup: new LogGroup(scope, 'FilesLogs', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY }),
        });

        const publishMenu = new CafeFunction(scope, 'PublishMenu', {
          entry: join(__dirname, 'lambdas', 'publish-menu.ts'),
          timeout: Duration.seconds(30),
          environment: { MENU_TABLE: menuTable.tableName },
        });
        menuTable.grant(publishMenu, 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
        new Trigger(scope, 'PublishMenuTrigger', { handler: publishMenu });
      },
    };
  }
}

function storage(scope: Construct): Pick<HostedWebsite, 'bucket' | 'menuTable'> {
  return {
    bucket: new Bucket(scope, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY, // its files are in website/
    }),
    menuTable: new Table(scope, 'MenuTable', {
      partitionKey: { name: 'menu', type: AttributeType.STRING },
      sortKey: { name: 'position', type: AttributeType.NUMBER },
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY, // its items are in menu.json
    }),
  };
}

/** What browsers load: website/, bundled. */
function builtWebsite(): string {
  const path = join(__dirname, 'website', 'dist');
  if (!existsSync(path)) {
    throw new Error(`The café's website is not built: there is no ${path}; run \`npx projen bundle:website\` at the top of the repository`);
  }
  return path;
}

/** The site loads only its own files, talks only to its own API and its own users' pool, and is framed by nobody. */
export function securityHeaders(...talksTo: string[]) {
  return {
    securityHeadersBehavior: {
      contentSecurityPolicy: {
        override: true,
        contentSecurityPolicy: [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "img-src 'self'",
          `connect-src 'self' ${talksTo.join(' ')}`,
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ].join('; '),
      },
      contentTypeOptions: { override: true },
      frameOptions: { override: true, frameOption: HeadersFrameOption.DENY },
      referrerPolicy: { override: true, referrerPolicy: HeadersReferrerPolicy.NO_REFERRER },
      strictTransportSecurity: { override: true, accessControlMaxAge: Duration.days(365) },
    },
    customHeadersBehavior: {
      customHeaders: [{ header: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=()', override: true }],
    },
  } satisfies ResponseHeadersPolicyProps;
}
