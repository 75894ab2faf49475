import { App, CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { lacks, linesOf } from './lines';
import type { ScheduledReportPipeline } from '../../src';
import { TestStack } from '../support/synth';

const TLS_ONLY = { Bool: { 'aws:SecureTransport': 'false' } };

/** What the receipt complains of in the minimal pipeline, when something is added to it. */
function complaints(add: (stack: TestStack, pipeline: ScheduledReportPipeline) => unknown): string[] {
  const stack = new TestStack(new App({ context: { 'aws:cdk:enable-path-metadata': true } }));
  add(stack, stack.pipeline());
  return linesOf(stack).flatMap(lacks);
}

const statement = (props: iam.PolicyStatementProps) => new iam.PolicyStatement({ resources: ['arn:aws:s3:::a'], ...props });
const toRole = (props: iam.PolicyStatementProps) => (_: TestStack, { renderFunction }: ScheduledReportPipeline) =>
  renderFunction.addToRolePolicy(statement(props));
const toBucket = (props: iam.PolicyStatementProps) => (_: TestStack, { bucket }: ScheduledReportPipeline) =>
  bucket.addToResourcePolicy(statement({ principals: [new iam.AnyPrincipal()], ...props }));
const resource = (type: string, properties: object) => (stack: TestStack) => new CfnResource(stack, 'Added', { type, properties });

const WHY = 'nobody has written down why';
const POLICY = { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] };

test('the minimal pipeline lacks no reason', () => {
  expect(complaints(() => {})).toEqual([]);
});

// Each of these actions has a reason where somebody else has it, or where it is forbidden.
test.each([
  ['s3:GetObject', undefined], ['s3:*', TLS_ONLY], ['sqs:*', TLS_ONLY], ['sns:Publish', TLS_ONLY],
  ['kms:Decrypt', undefined], ['logs:CreateLogStream', undefined], ['lambda:InvokeFunction', undefined], ['sts:AssumeRole', undefined],
])('nothing is permitted to everyone: %s', (action, conditions) => {
  expect(complaints(toBucket({ actions: [action], conditions }))).toContainEqual(expect.stringContaining(`everyone may ${action} on arn:aws:s3:::a: ${WHY}`));
});

test('a function that everyone may invoke', () => {
  const add = (_: TestStack, { renderFunction }: ScheduledReportPipeline) => renderFunction.addPermission('Everyone', { principal: new iam.AnyPrincipal() });
  expect(complaints(add)).toEqual([expect.stringMatching(`^everyone may lambda:InvokeFunction on .*: ${WHY}`)]);
});

test('what is forbidden has a reason for what it is, and under which condition', () => {
  const forbid = (action: string, conditions?: { [operator: string]: object }) =>
    complaints(toBucket({ effect: iam.Effect.DENY, actions: [action], conditions }));
  expect(forbid('s3:*', TLS_ONLY)).toEqual([]);
  expect(forbid('s3:*')).toEqual([expect.stringContaining(WHY)]);
  expect(forbid('s3:*', { Bool: { 'aws:SecureTransport': 'true' } })).toEqual([expect.stringContaining(WHY)]);
});

test.each(['*', 's3:*', 'dynamodb:*', 'kms:*', 'logs:*', 'states:*'])('nobody of the library may do all: %s', action => {
  const found = complaints(toRole({ actions: [action] }));
  expect(found).toEqual([expect.stringContaining(`Report/Render/Role may ${action} on arn:aws:s3:::a: ${WHY} (`), expect.stringContaining(`${WHY} there is a wildcard`)]);
});

test.each(['*', 'arn:aws:s3:::*', 'arn:aws:s3:::a/?'])('a permission that has a reason does not have one for its wildcard: %s', wildcard => {
  expect(complaints(toRole({ actions: ['s3:GetObject'], resources: [wildcard] }))).toEqual([expect.stringContaining(`${WHY} there is a wildcard`)]);
});

test('a managed policy of which nobody knows what it permits', () => {
  const add = (stack: TestStack, { renderFunction }: ScheduledReportPipeline) =>
    [renderFunction, stack.lookup].forEach(({ role }) => role!.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')));
  expect(complaints(add)).toEqual([
    expect.stringMatching(/^Lookup\/ServiceRole may managed policy .*AdministratorAccess on \*: .* there is a wildcard$/),
    expect.stringMatching(/^Report\/Render\/Role may managed policy .*AdministratorAccess on \*: .* written down why \(/),
    expect.stringMatching(/^Report\/Render\/Role may managed policy .*AdministratorAccess on \*: .* there is a wildcard$/),
  ]);
});

test.each([
  ['AWS::IAM::ManagedPolicy', { PolicyDocument: POLICY }],
  ['AWS::IAM::RolePolicy', { PolicyDocument: POLICY }],
  ['AWS::IAM::Group', {}],
  ['AWS::IAM::User', { Policies: [{ PolicyName: 'p', PolicyDocument: POLICY }] }],
  ['AWS::IAM::User', { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }],
  ['AWS::SecretsManager::ResourcePolicy', { ResourcePolicy: POLICY }],
  ['AWS::Logs::ResourcePolicy', { PolicyDocument: JSON.stringify(POLICY) }],
  ['AWS::ApiGateway::RestApi', { Policy: POLICY }],
  ['AWS::DynamoDB::Table', { ResourcePolicy: { PolicyDocument: POLICY } }],
  ['AWS::DynamoDB::GlobalTable', { Replicas: [{ ResourcePolicy: { PolicyDocument: POLICY } }] }],
  ['AWS::Events::EventBusPolicy', { Statement: POLICY.Statement[0] }],
  ['AWS::Lambda::LayerVersionPermission', { Principal: '*' }],
  ['AWS::Lambda::Permission', { Action: 'lambda:InvokeFunctionUrl', FunctionName: 'f', Principal: 'events.amazonaws.com', FunctionUrlAuthType: 'NONE' }],
  ['AWS::S3::Bucket', { AccessControl: 'PublicRead' }],
])('what it does not understand is not passed over: %s %j', (type, properties) => {
  expect(() => complaints(resource(type, properties))).toThrow(/^the receipt does not understand /);
});

test.each([
  { notActions: ['s3:GetObject'] },
  { actions: ['s3:GetObject'], resources: undefined, notResources: ['arn:aws:s3:::a'] },
])('nor is a statement that says what it is not about: %j', props => {
  expect(() => complaints(toRole(props))).toThrow(/^the receipt does not understand Not/);
});
