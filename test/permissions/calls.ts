import type { BatchGetCommandInput, DeleteCommandInput, GetCommandInput, PutCommandInput, QueryCommandInput, TransactWriteCommandInput, UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { ACCOUNT, Deployment, REGION } from './deployment';
import type { Call } from './simulator';
import { SIGNED_WHEN_OPENED_SECONDS } from '../../src/workflow/contract';
import { statesOf } from '../support/synth';

type Asked = Omit<Call, 'by'>;
type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

const table = (name: string) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
const object = ({ Bucket, Key }: any) => `arn:aws:s3:::${Bucket}/${Key}`;
const s3 = (action: string) => (input: any): Asked[] => [{ action, resource: object(input), context: { 's3:signatureAge': '0' } }];
const states = (action: string) => ({ stateMachineArn, executionArn }: any): Asked[] => [{ action, resource: stateMachineArn ?? executionArn }];

/** What IAM is asked for a command of the SDK. */
const ASKED: { readonly [command: string]: (input: any) => Asked[] } = {
  Get: ({ TableName, Key }: GetCommandInput) => [onItems('dynamodb:GetItem', TableName!, [Key!])],
  Put: ({ TableName, Item }: PutCommandInput) => [onItems('dynamodb:PutItem', TableName!, [Item!])],
  Delete: ({ TableName, Key }: DeleteCommandInput) => [onItems('dynamodb:DeleteItem', TableName!, [Key!])],
  Update: (input: UpdateCommandInput) => [onItems('dynamodb:UpdateItem', input.TableName!, [input.Key!], attributesOf(input))],
  Query: ({ TableName, ExpressionAttributeValues }: QueryCommandInput) =>
    [onItems('dynamodb:Query', TableName!, [{ pk: Object.values(ExpressionAttributeValues!)[0] }])],
  BatchGet: ({ RequestItems }: BatchGetCommandInput) => Object.entries(RequestItems!).map(([name, { Keys }]) => onItems('dynamodb:BatchGetItem', name, Keys!)),
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html: the permissions of its parts. It does not say
  // whether a part is asked for with its own key or with all of them: both have to be permitted.
  TransactWrite: ({ TransactItems }: TransactWriteCommandInput) => {
    const keyOfPart = ({ Put, Update, Delete }: TransactItem) => Put?.Item ?? (Update ?? Delete)!.Key!;
    const all = TransactItems!.map(keyOfPart);
    return TransactItems!.flatMap(part => [[keyOfPart(part)], all].map(keys => {
      const { Put, Update, Delete } = part;
      return Update
        ? onItems('dynamodb:UpdateItem', Update.TableName!, keys, attributesOf(Update))
        : onItems(Put ? 'dynamodb:PutItem' : 'dynamodb:DeleteItem', (Put ?? Delete)!.TableName!, keys);
    }));
  },

  GetObject: s3('s3:GetObject'),
  PutObject: s3('s3:PutObject'),
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
  CreateMultipartUpload: s3('s3:PutObject'),
  UploadPart: s3('s3:PutObject'),
  CompleteMultipartUpload: s3('s3:PutObject'),
  AbortMultipartUpload: s3('s3:AbortMultipartUpload'),
  ListObjectsV2: ({ Bucket, Prefix }) => [{ action: 's3:ListBucket', resource: `arn:aws:s3:::${Bucket}`, context: { 's3:prefix': Prefix } }],
  DeleteObjects: ({ Bucket, Delete: { Objects } }) => Objects.flatMap(({ Key }: any) => s3('s3:DeleteObject')({ Bucket, Key })),

  Publish: ({ TopicArn }) => [{ action: 'sns:Publish', resource: TopicArn }],
  GetTopicAttributes: ({ TopicArn }) => [{ action: 'sns:GetTopicAttributes', resource: TopicArn }],
  Invoke: ({ FunctionName }) => [{ action: 'lambda:InvokeFunction', resource: FunctionName }],
  AssumeRole: ({ RoleArn }) => [{ action: 'sts:AssumeRole', resource: RoleArn }],
  StartExecution: states('states:StartExecution'),
  GetSchedule: ({ GroupName, Name }) => [{ action: 'scheduler:GetSchedule', resource: `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/${GroupName}/${Name}` }],
  DescribeExecution: states('states:DescribeExecution'),
  GetExecutionHistory: states('states:GetExecutionHistory'),
  // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html
  ExecuteStatement: ({ resourceArn, secretArn }) => [
    { action: 'rds-data:ExecuteStatement', resource: resourceArn }, { action: 'secretsmanager:GetSecretValue', resource: secretArn },
  ],
};

/** What IAM is asked when somebody sends a command, for what is encrypted with a key as well. */
export function callsOf(by: string, command: string, input: object, deployment: Deployment): Call[] {
  const asked = ASKED[command];
  if (!asked) {
    throw new Error(`what IAM is asked for ${command} is not written down in test/permissions/calls.ts`);
  }
  return asked(input).flatMap(call => withKey({ by, ...call }, command, deployment));
}

function onItems(action: string, name: string, keys: { readonly [name: string]: any }[], attributes?: string[]): Asked {
  return {
    action,
    resource: table(name),
    context: { 'dynamodb:LeadingKeys': keys.map(({ pk, menu }) => pk ?? menu), ...(attributes && { 'dynamodb:Attributes': attributes }) },
  };
}

const EXPRESSION_WORDS = ['SET', 'REMOVE', 'ADD', 'AND', 'OR', 'NOT', 'IN', 'attribute_exists', 'attribute_not_exists', 'if_not_exists'];

/** The attributes that a write names, its keys included. */
function attributesOf(
  { Key, UpdateExpression = '', ConditionExpression = '', ExpressionAttributeNames = {} }: Pick<UpdateCommandInput, 'Key' | 'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames'>,
): string[] {
  const words = `${UpdateExpression} ${ConditionExpression}`.match(/[#:]?\w+/g) ?? [];
  const names = words.filter(word => !word.startsWith(':') && !EXPRESSION_WORDS.includes(word)).map(word => ExpressionAttributeNames[word] ?? word);
  return [...new Set([...Object.keys(Key!), ...names])];
}

/** What AWS asks of a key in the name of who made the call. */
const KEY_USE: readonly (readonly [actions: RegExp, asked: string[]])[] = [
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html; the parts of an upload are decrypted when it is completed
  [/^s3:GetObject /, ['kms:Decrypt']],
  [/^s3:PutObject (CompleteMultipartUpload|UploadPart)$/, ['kms:Decrypt', 'kms:GenerateDataKey']],
  [/^s3:PutObject /, ['kms:GenerateDataKey']],
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html, which does not tell which calls need which
  [/^dynamodb:/, ['kms:Decrypt', 'kms:GenerateDataKey']],
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
  [/^sqs:SendMessage /, ['kms:Decrypt', 'kms:GenerateDataKey']],
  // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  [/^sns:Publish /, ['kms:Decrypt', 'kms:GenerateDataKey']],
  // https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
  [/^states:StartExecution /, ['kms:Decrypt', 'kms:GenerateDataKey']],
  [/^states:(DescribeExecution|GetExecutionHistory) /, ['kms:Decrypt']],
];

/** The call, and those of the key with which its resource is encrypted. */
export function withKey(call: Call, command: string, deployment: Deployment): Call[] {
  const key = keyOf(call.resource, deployment);
  const use = KEY_USE.find(([actions]) => actions.test(`${call.action} ${command}`));
  return [call, ...key && use ? use[1].map(action => ({ ...call, action, resource: key, context: {} })) : []];
}

function keyOf(resource: string, deployment: Deployment): string | undefined {
  const isOf = ({ type, arn }: Deployment['resources'][number]) => {
    switch (type) {
      case 'AWS::S3::Bucket': return resource.startsWith(`${arn}/`);
      case 'AWS::StepFunctions::StateMachine': return resource.replace(/:execution:(.*):[^:]*$/, ':stateMachine:$1') === arn;
      default: return resource === arn;
    }
  };
  const properties = deployment.resources.find(isOf)?.properties;
  const key = properties?.BucketEncryption?.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID
    ?? properties?.SSESpecification?.KMSMasterKeyId ?? properties?.KmsMasterKeyId ?? properties?.EncryptionConfiguration?.KmsKeyId;
  return key;
}

/** The types of states that ask nothing of AWS. What a Map asks, nobody has written down. */
const SILENT_STATES = ['Parallel', 'Choice', 'Pass', 'Wait', 'Succeed', 'Fail'];

/** What IAM is asked for a state of a workflow. */
function callsOfState(by: string, name: string, { Type, Resource, Arguments }: any): Call[] {
  if (SILENT_STATES.includes(Type)) {
    return [];
  }
  if (Type === 'Task' && Resource === 'arn:aws:states:::lambda:invoke' && /^arn:aws:lambda:/.test(Arguments?.FunctionName)) {
    return [{ by, action: 'lambda:InvokeFunction', resource: Arguments.FunctionName }];
  }
  throw new Error(`what IAM is asked for the state '${name}', a ${Type} of ${Resource}, is not written down in test/permissions/calls.ts`);
}

/** What AWS does by itself, as the template has it configured. */
export function callsOfAws(deployment: Deployment): Call[] {
  const of = (type: string) => deployment.ofType(type);
  const send = (by: string, queue: string, context = {}): Call[] => withKey({ by, action: 'sqs:SendMessage', resource: queue, context }, 'SendMessage', deployment);
  const assume = (by: string, role: string): Call => ({ by, action: 'sts:AssumeRole', resource: role });

  const functions = of('AWS::Lambda::Function')
    .flatMap(({ properties: { Role: by, LoggingConfig, DeadLetterConfig, KmsKeyArn } }): Call[] => [
      assume('lambda.amazonaws.com', by),
      // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
      ...LoggingConfig ? ['logs:CreateLogStream', 'logs:PutLogEvents']
        .map(action => ({ by, action, resource: `${deployment.arnOf(LoggingConfig.LogGroup).slice(0, -1)}log-stream:2026/11/21/[1]abc` })) : [],
      // https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
      ...DeadLetterConfig ? send(by, DeadLetterConfig.TargetArn) : [],
      // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
      ...KmsKeyArn ? [{ by, action: 'kms:Decrypt', resource: KmsKeyArn }] : [],
    ]);

  const machines = of('AWS::StepFunctions::StateMachine').flatMap(({ arn, properties: { RoleArn: by, DefinitionString, EncryptionConfiguration } }): Call[] => [
    assume('states.amazonaws.com', by),
    ...Object.entries(statesOf(JSON.parse(DefinitionString))).flatMap(([name, state]) => callsOfState(by, name, state)),
    // https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    ...['CreateLogDelivery', 'GetLogDelivery', 'UpdateLogDelivery', 'DeleteLogDelivery', 'ListLogDeliveries', 'PutResourcePolicy', 'DescribeResourcePolicies', 'DescribeLogGroups']
      .map(action => ({ by, action: `logs:${action}`, resource: '*' })),
    // https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
    ...['PutTraceSegments', 'PutTelemetryRecords', 'GetSamplingRules', 'GetSamplingTargets'].map(action => ({ by, action: `xray:${action}`, resource: '*' })),
    // https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
    ...EncryptionConfiguration ? [
      ...['kms:Decrypt', 'kms:GenerateDataKey']
        .map(action => ({ by, action, resource: EncryptionConfiguration.KmsKeyId, context: { 'kms:EncryptionContext:aws:states:stateMachineArn': arn } })),
      { by, action: 'kms:GenerateDataKey', resource: EncryptionConfiguration.KmsKeyId, context: { 'kms:EncryptionContext:SourceArn': `arn:aws:logs:${REGION}:${ACCOUNT}:*` } },
      { by: 'delivery.logs.amazonaws.com', action: 'kms:Decrypt', resource: EncryptionConfiguration.KmsKeyId },
    ] : [],
  ]);

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  const logGroups = of('AWS::Logs::LogGroup').filter(({ properties }) => properties.KmsKeyId).flatMap(({ arn, properties: { KmsKeyId: resource } }) =>
    ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'DescribeKey'].map((action): Call => ({
      by: `logs.${REGION}.amazonaws.com`, action: `kms:${action}`, resource, context: { 'kms:EncryptionContext:aws:logs:arn': arn.slice(0, -2) },
    })));

  const schedules = of('AWS::Scheduler::Schedule').flatMap(({ properties: { Target: { Arn, RoleArn, DeadLetterConfig } } }): Call[] => [
    assume('scheduler.amazonaws.com', RoleArn),
    ...Arn.includes(':states:')
      ? withKey({ by: RoleArn, action: 'states:StartExecution', resource: Arn }, 'StartExecution', deployment)
      : [{ by: RoleArn, action: 'lambda:InvokeFunction', resource: Arn }],
    ...DeadLetterConfig ? send(RoleArn, DeadLetterConfig.Arn) : [],
  ]);

  const rules = of('AWS::Events::Rule').flatMap(({ arn, properties: { Targets } }) => Targets.flatMap(({ Arn, DeadLetterConfig }: any): Call[] => [
    { by: 'events.amazonaws.com', action: 'lambda:InvokeFunction', resource: Arn, context: { 'aws:SourceArn': arn } },
    ...DeadLetterConfig ? send('events.amazonaws.com', DeadLetterConfig.Arn, { 'aws:SourceArn': arn }) : [],
  ]));

  const alarms = of('AWS::CloudWatch::Alarm').flatMap(({ properties: { AlarmActions = [] } }) =>
    AlarmActions.flatMap((resource: string) => withKey({ by: 'cloudwatch.amazonaws.com', action: 'sns:Publish', resource }, 'Publish', deployment)));

  const pathOf = (id: string): string => {
    const properties = of('AWS::ApiGateway::Resource').find(resource => resource.id === id)?.properties;
    return properties ? `${pathOf(properties.ParentId)}/${properties.PathPart.replace(/^\{.*\}$/, '3f2a9c04')}` : '';
  };
  const methods = of('AWS::ApiGateway::Method').filter(({ properties }) => properties.Integration.Type === 'AWS_PROXY')
    .map(({ properties: { RestApiId, ResourceId, HttpMethod, Integration } }): Call => {
      const stage = of('AWS::ApiGateway::Stage').find(({ properties }) => properties.RestApiId === RestApiId)!.properties.StageName;
      return {
        by: 'apigateway.amazonaws.com',
        action: 'lambda:InvokeFunction',
        resource: /functions\/(.*)\/invocations/.exec(Integration.Uri)![1],
        context: { 'aws:SourceArn': `arn:aws:execute-api:${REGION}:${ACCOUNT}:${RestApiId}/${stage}/${HttpMethod}${pathOf(ResourceId)}` },
      };
    });
  return [...functions, ...machines, ...logGroups, ...schedules, ...rules, ...alarms, ...methods];
}

/** What not even an administrator may do: ask without TLS, or open a report by a signature that is older than links are. */
export function forbiddenToAll(deployment: Deployment): Asked[] {
  const plain = { 'aws:SecureTransport': 'false' };
  const { REPORTS_PREFIX, DATA_PREFIX } = deployment.functions.find(({ handler }) => handler === 'open-run')!.environment;
  const { EXPIRES_IN_SECONDS } = deployment.functions.find(({ handler }) => handler === 'presign')?.environment ?? {};
  const oldest = EXPIRES_IN_SECONDS ? Number(EXPIRES_IN_SECONDS) : SIGNED_WHEN_OPENED_SECONDS;
  return [
    ...deployment.ofType('AWS::S3::Bucket').flatMap(({ arn }) => [
      { action: 's3:ListBucket', resource: arn, context: plain },
      ...[DATA_PREFIX, REPORTS_PREFIX].map(prefix => ({ action: 's3:GetObject', resource: `${arn}/${prefix}x`, context: { ...plain, 's3:signatureAge': '0' } })),
      { action: 's3:GetObject', resource: `${arn}/${REPORTS_PREFIX}x`, context: { 's3:signatureAge': `${oldest * 1000 + 1}` } },
    ]),
    ...deployment.ofType('AWS::SNS::Topic').map(({ arn }) => ({ action: 'sns:Publish', resource: arn, context: plain })),
    ...deployment.ofType('AWS::SQS::Queue').map(({ arn }) => ({ action: 'sqs:SendMessage', resource: arn, context: plain })),
  ];
}
