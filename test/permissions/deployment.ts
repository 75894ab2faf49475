import { CfnResource, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

export const ACCOUNT = '111111111111';
export const REGION = 'eu-west-1';

/** One action on one resource, for one principal: nothing smaller can be taken away but a value of its condition. */
export interface Permission {
  /** The ARN of who has the policy: a role or a user, or the resource whose own policy it is. */
  readonly of: string;
  readonly kind: 'identity' | 'resource';
  readonly statement: {
    readonly Effect: 'Allow' | 'Deny';
    readonly Principal?: unknown;
    readonly Action: string;
    readonly Resource?: string;
    readonly Condition?: { readonly [operator: string]: { readonly [key: string]: unknown } };
  };
}

export interface DeployedFunction {
  readonly arn: string;
  readonly role: string;
  readonly environment: { readonly [name: string]: string };
  /** The module of its handler, if it is one of the library. */
  readonly handler?: string;
}

interface Resource { readonly id: string; readonly type: string; readonly arn: string; readonly properties: any }

/** A stack as it is deployed: every reference is a name or an ARN. */
export class Deployment {
  public readonly resources: Resource[];
  public readonly permissions: Permission[];
  public readonly functions: DeployedFunction[];
  private readonly template: { [id: string]: { readonly Type: string; readonly Properties?: any } };

  public constructor(stack: Stack) {
    this.template = Template.fromStack(stack).toJSON().Resources;
    this.resources = Object.entries(this.template).map(([id, { Type: type, Properties = {} }]) =>
      ({ id, type, arn: this.named(id).arn, properties: this.resolved(Properties) }));
    this.permissions = distinct(this.resources.flatMap(resource => this.permissionsOf(resource)));
    const functions = stack.node.findAll().filter((node: IConstruct) => node instanceof lambda.Function);
    this.functions = functions.map(fn => {
      const id = stack.getLogicalId(fn.node.defaultChild as CfnResource);
      const { arn, properties } = this.resources.find(resource => resource.id === id)!;
      return {
        arn,
        role: properties.Role,
        environment: properties.Environment?.Variables ?? {},
        ...(fn.constructor !== lambda.Function && { handler: fn.constructor.name.replace(/Function$/, '').replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase() }),
      };
    });
  }

  public ofType(type: string): Resource[] {
    return this.resources.filter(resource => resource.type === type);
  }

  /** The ARN of what the template names like this. */
  public arnOf(name: string): string {
    return this.resources.find(({ id }) => this.named(id).ref === name)!.arn;
  }

  private named(id: string): { ref: string; arn: string } {
    const { Type, Properties = {} } = this.template[id];
    const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
    switch (Type) {
      case 'AWS::S3::Bucket': return { ref: id.toLowerCase(), arn: `arn:aws:s3:::${id.toLowerCase()}` };
      case 'AWS::DynamoDB::Table': return { ref: id, arn: arn('dynamodb', `table/${id}`) };
      case 'AWS::IAM::Role': return { ref: id, arn: `arn:aws:iam::${ACCOUNT}:role/${id}` };
      case 'AWS::IAM::User': return { ref: id, arn: `arn:aws:iam::${ACCOUNT}:user/${id}` };
      case 'AWS::Lambda::Function': return { ref: id, arn: arn('lambda', `function:${id}`) };
      case 'AWS::SNS::Topic': return { ref: arn('sns', id), arn: arn('sns', id) };
      case 'AWS::SQS::Queue': return { ref: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${id}`, arn: arn('sqs', id) };
      case 'AWS::KMS::Key': return { ref: id, arn: arn('kms', `key/${id}`) };
      case 'AWS::Events::Rule': return { ref: id, arn: arn('events', `rule/${id}`) };
      case 'AWS::Logs::LogGroup': {
        const name = this.resolved(Properties.LogGroupName ?? id);
        return { ref: name, arn: `${arn('logs', `log-group:${name}`)}:*` };
      }
      case 'AWS::StepFunctions::StateMachine': {
        const machine = arn('states', `stateMachine:${Properties.StateMachineName}`);
        return { ref: machine, arn: machine };
      }
      case 'AWS::Scheduler::Schedule': return { ref: id, arn: arn('scheduler', `schedule/${this.resolved(Properties.GroupName ?? 'default')}/${id}`) };
      case 'AWS::SecretsManager::Secret':
      case 'AWS::SecretsManager::SecretTargetAttachment': return { ref: arn('secretsmanager', `secret:${id}`), arn: id };
      case 'AWS::ApiGateway::Stage': return { ref: Properties.StageName, arn: id };
      default: return { ref: id, arn: id };
    }
  }

  private resolved(value: any): any {
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    if (Array.isArray(value)) {
      return value.map(each => this.resolved(each));
    }
    if ('Ref' in value) {
      return this.template[value.Ref] ? this.named(value.Ref).ref : PSEUDO_PARAMETERS[value.Ref];
    }
    if ('Fn::GetAtt' in value) {
      const [id, attribute] = value['Fn::GetAtt'];
      return /^(Arn|TopicArn)$/.test(attribute) ? this.named(id).arn : `${id}.${attribute}`;
    }
    if ('Fn::Join' in value) {
      const [separator, parts] = value['Fn::Join'];
      return parts.map((part: any) => this.resolved(part)).join(separator);
    }
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.resolved(each)]));
  }

  private permissionsOf({ type, arn, properties }: Resource): Permission[] {
    switch (type) {
      case 'AWS::IAM::Policy':
        return [...properties.Roles ?? [], ...properties.Users ?? []]
          .flatMap((name: string) => permissionsIn(properties.PolicyDocument, this.arnOf(name), 'identity'));
      case 'AWS::IAM::Role': return permissionsIn(properties.AssumeRolePolicyDocument, arn, 'resource');
      case 'AWS::KMS::Key': return permissionsIn(properties.KeyPolicy, arn, 'resource');
      case 'AWS::S3::BucketPolicy': return permissionsIn(properties.PolicyDocument, this.arnOf(properties.Bucket), 'resource');
      case 'AWS::SNS::TopicPolicy': return properties.Topics.flatMap((topic: string) => permissionsIn(properties.PolicyDocument, topic, 'resource'));
      case 'AWS::SQS::QueuePolicy': return properties.Queues.flatMap((queue: string) => permissionsIn(properties.PolicyDocument, this.arnOf(queue), 'resource'));
      case 'AWS::Lambda::Permission': {
        const { Action, FunctionName, Principal, SourceArn, SourceAccount } = properties;
        return [{
          of: FunctionName,
          kind: 'resource',
          statement: {
            Effect: 'Allow',
            Principal: { Service: Principal },
            Action,
            Resource: FunctionName,
            Condition: {
              ...(SourceArn && { ArnLike: { 'aws:SourceArn': SourceArn } }),
              ...(SourceAccount && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
            },
          },
        }];
      }
      default: return [];
    }
  }
}

const PSEUDO_PARAMETERS: { readonly [name: string]: string } = {
  'AWS::Partition': 'aws', 'AWS::Region': REGION, 'AWS::AccountId': ACCOUNT, 'AWS::URLSuffix': 'amazonaws.com',
};

const listed = (value: any): any[] => Array.isArray(value) ? value : [value];

export function permissionsIn({ Statement }: any, of: string, kind: Permission['kind']): Permission[] {
  return listed(Statement).flatMap(({ Effect, Principal, Action, Resource, Condition }) =>
    principalsIn(Principal).flatMap(principal => listed(Action).flatMap(action => listed(Resource).map((resource): Permission => ({
      of,
      kind,
      statement: {
        Effect,
        ...(principal !== undefined && { Principal: principal }),
        Action: action,
        ...(resource !== undefined && { Resource: resource }),
        ...(Condition && { Condition }),
      },
    })))));
}

function principalsIn(principal: any): unknown[] {
  return typeof principal === 'object'
    ? Object.entries(principal).flatMap(([type, names]) => listed(names).map(name => ({ [type]: name })))
    : [principal];
}

/** What is permitted twice is one permission. */
function distinct(permissions: Permission[]): Permission[] {
  return [...new Map(permissions.map(permission => [JSON.stringify(permission), permission])).values()];
}
