import fs from 'node:fs';
import { join } from 'node:path';
import { App, Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CafeDatabase } from '../../examples/cafe-inventory/cafe-database';
import { CafeStack, CafeStackProps } from '../../examples/cafe-inventory/cafe-stack';
import { CafeWebsite } from '../../examples/cafe-inventory/cafe-website';
import { scrubbed } from '../support/scrub';

const synthesize = (props: Pick<CafeStackProps, 'database' | 'website' | 'linkExpiresIn'>) => Template.fromStack(new CafeStack(new App(), 'Cafe', props));

const cloud = synthesize({ database: CafeDatabase.aurora(), website: CafeWebsite.cloudFront() });
const local = synthesize({ database: CafeDatabase.url('mysql://cafe:local@127.0.0.1:3306/supplierdb'), website: CafeWebsite.publishedBySdk('http://127.0.0.1:4566') });

/** The resources of one that another does not have, by type. */
function onlyIn(one: Template, other: Template): string[] {
  const [here, there] = [scrubbed(one.toJSON()).Resources, scrubbed(other.toJSON()).Resources];
  return Object.entries(here).filter(([id]) => !(id in there)).map(([, { Type }]) => Type).sort();
}

/** The resources of both that are not alike. */
function different(one: Template, other: Template): string[] {
  const [here, there] = [scrubbed(one.toJSON()).Resources, scrubbed(other.toJSON()).Resources];
  return Object.keys(here).filter(id => id in there && JSON.stringify(here[id]) !== JSON.stringify(there[id])).map(id => id.replace(/[0-9A-F]{8}$/, '')).sort();
}

describe('the café stack', () => {
  test('is this template', () => {
    expect(scrubbed(cloud.toJSON())).toMatchSnapshot();
  });

  test('gives Frank a link of 12 hours, every morning at 7 in Madrid and whenever he asks', () => {
    cloud.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'cron(0 7 * * ? *)', ScheduleExpressionTimezone: 'Europe/Madrid' });
    cloud.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ EXPIRES_IN_SECONDS: '43200' }) } });
    cloud.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'POST', AuthorizationType: 'COGNITO_USER_POOLS' });
  });

  test('lets only the menu be read without a log-in, and reports be opened by who has the link', () => {
    const resources: Record<string, any> = cloud.findResources('AWS::ApiGateway::Resource');
    const open = Object.values<any>(cloud.findResources('AWS::ApiGateway::Method', { Properties: { AuthorizationType: 'NONE' } }))
      .filter(({ Properties }) => Properties.HttpMethod !== 'OPTIONS')
      .map(({ Properties: { HttpMethod, ResourceId } }) => `${HttpMethod} ${resources[ResourceId.Ref].Properties.PathPart}`);
    expect(open.sort()).toEqual(['GET menu', 'GET {token}', 'HEAD {token}']);
  });

  test('lets its people sign in with a password that does not leave the browser, for a day at most', () => {
    cloud.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      GenerateSecret: Match.absent(),
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: 'ENABLED',
      RefreshTokenValidity: 1440,
      IdTokenValidity: 15,
      AccessTokenValidity: 15,
      TokenValidityUnits: { RefreshToken: 'minutes', IdToken: 'minutes', AccessToken: 'minutes' },
    });
    cloud.hasResourceProperties('AWS::Cognito::UserPool', { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } });
  });

  test('shows each report to the bookkeepers, a group of its users', () => {
    cloud.hasResourceProperties('AWS::Cognito::UserPoolGroup', { GroupName: 'bookkeeping' });
    cloud.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ READER_GROUPS: '["bookkeeping"]' }) } });
  });

  test('lets nobody but the pipeline mail the readers, over TLS', () => {
    const [topic] = Object.keys(cloud.findResources('AWS::SNS::Topic', { Properties: { DisplayName: 'Café inventory report' } }));
    const policies = Object.values<any>(cloud.findResources('AWS::SNS::TopicPolicy', { Properties: { Topics: [{ Ref: topic }] } }));
    const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const [deliverRole] = Object.entries<any>(cloud.findResources('AWS::Lambda::Function'))
      .filter(([, { Properties }]) => /^Delivers a report/.test(Properties.Description))
      .map(([, { Properties }]) => Properties.Role);
    expect(statements.filter(({ Condition }) => Condition.ArnNotEquals)).toEqual([{
      Sid: 'PipelineOnly',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sns:Publish',
      Resource: { Ref: topic },
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': deliverRole } },
    }]);
    expect(statements).toContainEqual(expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }));
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([]);
  });

  test('lets its pages talk to their own origin, the API and Cognito, and run no code but their own', () => {
    const [policy] = Object.values<any>(cloud.findResources('AWS::CloudFront::ResponseHeadersPolicy'));
    const { ContentSecurityPolicy } = policy.Properties.ResponseHeadersPolicyConfig.SecurityHeadersConfig;
    const value = ContentSecurityPolicy.ContentSecurityPolicy['Fn::Join'][1]
      .map((part: string | { Ref: string }) => typeof part === 'string' ? part : part.Ref.replace(/^ApiRestApi.*/, '<api>').replace(/^AWS::/, ''))
      .join('');
    expect(value.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self' https://<api>.execute-api.Region.URLSuffix https://cognito-idp.Region.URLSuffix",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  test('tells its pages where the API and its users are', () => {
    const [deployment] = Object.values<any>(cloud.findResources('Custom::CDKBucketDeployment'));
    const known = [...JSON.stringify(deployment.Properties.SourceMarkers).matchAll(/{"Ref":"(\w+?)[0-9A-F]{8}"}/g)].map(([, id]) => id);
    expect(known).toEqual(expect.arrayContaining(['ApiRestApi', 'Users', 'UsersWebsite']));
  });

  test('says how to build its pages, where nobody has', () => {
    const { existsSync } = fs;
    const spy = jest.spyOn(fs, 'existsSync').mockImplementation(path => existsSync(path) && !`${path}`.endsWith(join('website', 'dist')));
    try {
      expect(() => synthesize({ database: CafeDatabase.url('mysql://a:b@127.0.0.1/c'), website: CafeWebsite.cloudFront() }))
        .toThrow(/^The café's website is not built: there is no .*dist; run `npx projen bundle:website` at the top of the repository$/);
    } finally {
      spy.mockRestore();
    }
  });

  test('reaches its database without a NAT, signed in by IAM', () => {
    cloud.resourceCountIs('AWS::EC2::NatGateway', 0);
    cloud.resourceCountIs('AWS::EC2::InternetGateway', 0);
    cloud.hasResourceProperties('AWS::RDS::DBCluster', { EnableIAMDatabaseAuthentication: true, StorageEncrypted: true, EnableHttpEndpoint: true });
  });

  test('differs locally by the database and by who publishes the website, and by nothing else', () => {
    expect(onlyIn(local, cloud)).toEqual([]);
    // The database: Aurora in a network of its own, its secret, and what fills it. The website: CloudFront, and what uploads the files and the menu.
    // A feature flag adds what empties the network's default security group.
    expect([...new Set(onlyIn(cloud, local))].filter(type => type !== 'Custom::VpcRestrictDefaultSG')).toEqual([
      'AWS::CloudFront::Distribution', 'AWS::CloudFront::OriginAccessControl', 'AWS::CloudFront::ResponseHeadersPolicy',
      'AWS::EC2::RouteTable', 'AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress', 'AWS::EC2::Subnet',
      'AWS::EC2::SubnetRouteTableAssociation', 'AWS::EC2::VPC',
      'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Lambda::LayerVersion', 'AWS::Lambda::Version', 'AWS::Logs::LogGroup',
      'AWS::RDS::DBCluster', 'AWS::RDS::DBClusterParameterGroup', 'AWS::RDS::DBInstance', 'AWS::RDS::DBSubnetGroup',
      'AWS::SecretsManager::Secret', 'AWS::SecretsManager::SecretTargetAttachment',
      'Custom::CDKBucketDeployment', 'Custom::Trigger',
    ]);
    expect(different(local, cloud)).toEqual([
      'ApiEraseFunction', 'ApiFunction', 'ApiRestApiFailed', 'ApiRestApiRefused', 'ApiRestApiOPTIONS', 'ApiRestApicreatereportOPTIONS', 'ApiRestApimenuOPTIONS', 'ApiRestApireportsOPTIONS', 'ApiRestApireportsidOPTIONS', 'ApiRestApireportsidlinkOPTIONS', 'ApiRestApireportsidrerenderOPTIONS',
      'Menu', // the site's origin
      'Lookup', 'LookupRole', 'LookupRoleDefaultPolicy', // the way to the database
      'WebsiteBucket', 'WebsiteBucketPolicy', // CloudFront reads it
    ].sort());
  });

  test('takes a shorter link, for who wants to watch it expire', () => {
    const short = synthesize({ database: CafeDatabase.url('mysql://a:b@127.0.0.1/c'), website: CafeWebsite.publishedBySdk('http://127.0.0.1'), linkExpiresIn: Duration.minutes(1) });
    short.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ EXPIRES_IN_SECONDS: '60' }) } });
  });
});
