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

  test('gives Frank a link of 15 minutes, every morning at 7 in Madrid and whenever he asks', () => {
    cloud.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'cron(0 7 * * ? *)', ScheduleExpressionTimezone: 'Europe/Madrid' });
    cloud.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ LINK_LIFETIME_SECONDS: '900' }) } });
    cloud.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'POST', AuthorizationType: 'COGNITO_USER_POOLS' });
  });

  test('lets only the menu be read without a log-in', () => {
    const open = Object.values<any>(cloud.findResources('AWS::ApiGateway::Method', { Properties: { AuthorizationType: 'NONE' } }));
    expect(open.map(({ Properties }) => Properties.HttpMethod).filter(method => method !== 'OPTIONS')).toEqual(['GET']);
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
      'ApiFunction', 'ApiRestApiFailed', 'ApiRestApiRefused', 'ApiRestApiOPTIONS', 'ApiRestApicreatereportOPTIONS', 'ApiRestApimenuOPTIONS', 'ApiRestApireportsOPTIONS', 'ApiRestApireportsidOPTIONS', 'ApiRestApireportsidlinkOPTIONS',
      'Menu', // the site's origin
      'Lookup', 'LookupRole', 'LookupRoleDefaultPolicy', // the way to the database
      'WebsiteBucket', 'WebsiteBucketPolicy', // CloudFront reads it
    ].sort());
  });

  test('takes a shorter link, for who wants to watch it expire', () => {
    const short = synthesize({ database: CafeDatabase.url('mysql://a:b@127.0.0.1/c'), website: CafeWebsite.publishedBySdk('http://127.0.0.1'), linkExpiresIn: Duration.seconds(25) });
    short.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ LINK_LIFETIME_SECONDS: '25' }) } });
  });
});
