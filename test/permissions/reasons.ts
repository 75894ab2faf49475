import type { Permission } from './statements';

/** A reason for all permissions of some principals whose actions are like this. */
type Reason = readonly [principal: RegExp, actions: RegExp, reason: string];

/** A role of the library, and nobody else. */
const LIBRARY = /^(Report|Api)\/(.*\/)?(Role|SchedulerRole)$/;

/** Who publishes to topics. */
const PUBLISHERS = /^(Report\/(Deliver|CloseFailedRun|ScheduleWatch)\/Role|cloudwatch\.amazonaws\.com)$/;

/** What each function of a pipeline is for, as far as it explains what is permitted to it. The first that matches counts. */
const PERMITTED: readonly Reason[] = [
  // of every function
  [/Role$/, /^logs:CreateLogStream logs:PutLogEvents$/, 'its log'],
  [/^lambda\.amazonaws\.com$/, /^sts:AssumeRole$/, 'Lambda runs the function'],
  [LIBRARY, /^kms:Decrypt$/, 'its environment is encrypted with the key'],

  // the steps
  [/\/OpenRun\/Role$/, /^dynamodb:GetItem$/, 'reads the pause, the run, and what its schedule delivered last'],
  [/\/OpenRun\/Role$/, /^dynamodb:UpdateItem$/, 'claims the run, and lists it for its readers'],
  [/\/Render\/Role$/, /^s3:GetObject$/, 'reads the rows, or compares a file that is there already with what it made'],
  [/\/Render\/Role$/, /^s3:AbortMultipartUpload s3:PutObject$/, 'writes the report, or leaves nothing of it'],
  [/\/Link\/Role$/, /^dynamodb:PutItem$/, 'keeps the link until it is delivered'],
  [/\/Link\/Open\/Role$/, /^dynamodb:GetItem$/, 'looks the token of a link up'],
  [/\/Link\/Open\/Role$/, /^dynamodb:UpdateItem$/, 'counts an opening'],
  [/Signer$/, /^s3:GetObject$/, 'what a signed link opens; the policy of each session narrows it to the files of one report'],
  [/Signer$/, /^kms:Decrypt$/, 'what a signed link opens is encrypted with the key'],
  [/\/(Role|Open\/Role)$/, /^sts:AssumeRole$/, 'signs what opens a report, in a session for the files of that report'],
  [/\/Deliver\/Role$/, /^dynamodb:GetItem$/, 'sees how far the delivery is, and what its schedule delivered last, where the unchanged is skipped'],
  [/\/Deliver\/Role$/, /^dynamodb:UpdateItem$/, 'claims the delivery and records it'],
  [/\/Deliver\/Role$/, /^sns:GetTopicAttributes sns:Publish$/, 'sees that somebody will get the message, and publishes it'],
  [/\/Deliver\/Role$/, /^lambda:InvokeFunction$/, 'asks for a link that has aged to be made anew'],
  [/\/CloseFailedRun\/Role$/, /^dynamodb:(GetItem|UpdateItem)$/, 'closes the run'],
  [/\/CloseFailedRun\/Role$/, /^sns:Publish$/, 'tells the owner'],
  [/\/CloseFailedRun\/Role$/, /^states:DescribeExecution states:GetExecutionHistory$/, 'reads in which step the run failed, and why'],
  [/\/CloseFailedRun\/Role$/, /^sqs:SendMessage$/, 'Lambda puts events there that the function failed to handle'],
  [/^Lookup\/ServiceRole$/, /^s3:AbortMultipartUpload s3:PutObject$/, 'the data source writes rows that are too many to return'],
  [/^Renderer\/ServiceRole$/, /^(s3:GetObject|s3:AbortMultipartUpload s3:PutObject)$/, 'the renderer reads the rows and writes its files'],
  [/^(Lookup|Renderer|Doorkeeper)\/ServiceRole$/, /^managed policy/, 'the function is the user\'s: aws-cdk-lib gives it a log'],

  // the state machine
  [/^states\.amazonaws\.com$/, /^sts:AssumeRole$/, 'Step Functions runs the workflow'],
  [/\/StateMachine\/Role$/, /^lambda:InvokeFunction$/, 'a step of the workflow'],
  [/\/StateMachine\/Role$/, /^logs:CreateLogDelivery /, 'its log'],
  [/\/StateMachine\/Role$/, /^xray:/, 'its trace'],
  [/\/StateMachine\/Role$/, /^kms:/, 'its data and its log are encrypted with the key'],

  // what starts it, and what watches it
  [/^scheduler\.amazonaws\.com$/, /^sts:AssumeRole$/, 'Scheduler starts runs, and has it looked whether they were made'],
  [/\/ScheduleWatch\/SchedulerRole$/, /^lambda:InvokeFunction$/, 'has it looked whether the schedules keep their times'],
  [/\/ScheduleWatch\/SchedulerRole$/, /^sqs:SendMessage$/, 'keeps a look that could not be taken'],
  [/\/ScheduleWatch\/Role$/, /^scheduler:GetSchedule$/, 'sees that a schedule was switched off'],
  [/\/ScheduleWatch\/Role$/, /^dynamodb:GetItem$/, 'sees whether a run has ended, or the pipeline is paused'],
  [/\/ScheduleWatch\/Role$/, /^dynamodb:Query dynamodb:UpdateItem$/, 'sees when a rate has fired, and writes down how far it has looked'],
  [/\/ScheduleWatch\/Role$/, /^sns:Publish$/, 'tells the owner'],
  [/\/ScheduleWatch\/Role$/, /^sqs:SendMessage$/, 'Lambda puts a look there that failed'],
  [/\/SchedulerRole$/, /^states:StartExecution$/, 'starts a run at its time'],
  [/\/SchedulerRole$/, /^sqs:SendMessage$/, 'keeps a start that could not be made'],
  [/^scheduler\.amazonaws\.com$/, /^sqs:SendMessage$/, 'keeps a start that could not be made'],
  [/^events\.amazonaws\.com$/, /^lambda:InvokeFunction$/, 'EventBridge tells of runs that no Catch saw the end of'],
  [/^events\.amazonaws\.com$/, /^sqs:SendMessage$/, 'keeps an event that could not be handed over'],
  [/^cloudwatch\.amazonaws\.com$/, /^sns:Publish$/, 'alarms tell the owner'],

  // the REST API
  [/^apigateway\.amazonaws\.com$/, /^lambda:InvokeFunction$/, 'API Gateway hands requests to the function'],
  [/^Api\/Role$/, /^dynamodb:GetItem$/, 'reads a report'],
  [/^Api\/Role$/, /^dynamodb:BatchGetItem$/, 'reads the reports of a list'],
  [/^Api\/Role$/, /^dynamodb:Query$/, 'lists the reports of a caller, or finds the links to a report'],
  [/^Api\/Role$/, /^dynamodb:UpdateItem$/, 'records a request and lists it for its requester, or revokes the links to a report'],
  [/^Api\/Role$/, /^states:StartExecution$/, 'starts the run of a request'],
  [/^Api\/Role$/, /^states:GetExecutionHistory$/, 'tells how far a run is'],

  [/^Api\/Erase\/Role$/, /^dynamodb:(GetItem|UpdateItem)/, 'reads whose report it is, and closes it to everybody else'],
  [/^Api\/Erase\/Role$/, /^dynamodb:(Query|DeleteItem)$/, 'finds the links and the record of a report, and deletes them'],
  [/^Api\/Erase\/Role$/, /^s3:(DeleteObject|ListBucket)$/, 'finds the files and the rows of a report, and deletes them'],

  // what an app grants
  [/^Person$/, /^states:StartExecution$/, 'what was granted'],
  [/^Person$/, /^dynamodb:DeleteItem /, 'what was granted: sets and removes the pause'],
  [/^Person$/, /^(s3:DeleteObject|s3:ListBucket|dynamodb:DeleteItem)$/, 'what was granted: finds all that is kept of a report, and deletes it'],
  [/^Person$/, /^dynamodb:Query$/, 'what was granted: finds what is to be deleted or revoked'],
  [/^Person$/, /^dynamodb:UpdateItem$/, 'what was granted: revokes the links to a report'],
  [/^Person$/, /^s3:GetObject$/, 'what was granted'],
  [/^Person$/, /^kms:Decrypt$/, 'what was granted is encrypted with the key'],

  // the café
  [/^LookupRole$/, /^rds-db:connect$/, 'signs in to the database, as a user who may only read'],
  [/^LookupRole$/, /^s3:AbortMultipartUpload s3:PutObject$/, 'the data source writes rows that are too many to return'],
  [/^LookupRole$/, /AWSLambdaENIManagementAccess$/, 'Lambda makes the interfaces to the network of the database with the function\'s role'],
  [/^Database\/SeedRole$/, /^rds-data:/, 'fills the database, once'],
  [/^Database\/SeedRole$/, /^secretsmanager:/, 'reads the password with which the database was made'],
  [/^MenuRole$/, /^dynamodb:Query$/, 'reads the menu'],
  [/^Website\/PublishMenuRole$/, /^dynamodb:/, 'replaces the menu'],
  [/^cloudfront\.amazonaws\.com$/, /^s3:GetObject$/, 'CloudFront serves the website'],
  [/^AWSCDK\.TriggerCustomResourceProvider/, /./, 'invokes the functions that fill the database and the menu, when they are deployed'],
  [/^Custom::CDKBucketDeployment/, /^cloudfront:/, 'has CloudFront forget the website that was'],
  [/^Custom::CDKBucketDeployment/, /./, 'copies the website into its bucket, when it is deployed'],

  // the key
  [/^arn:.*:root$/, /^kms:\*$/, 'the account of the key administers it'],
  [/^logs\./, /^kms:/, 'logs are encrypted with the key'],
  [/^events\.amazonaws\.com$/, /^kms:/, 'EventBridge puts events into the encrypted dead-letter queue'],
  [/^delivery\.logs\.amazonaws\.com$/, /^kms:/, 'the log of the state machine is encrypted with the key'],
  [PUBLISHERS, /^kms:Decrypt kms:GenerateDataKey\*$/, 'what is published to the topic is encrypted with its key'],
  [/^Lookup\/ServiceRole$/, /^kms:Decrypt kms:GenerateDataKey$/, 'the rows that it writes are encrypted with the key'],
  [LIBRARY, /^kms:Decrypt kms:GenerateDataKey$/, 'reads and writes what is encrypted with the key'],
];

/** Why something is forbidden, by the condition under which it is. */
const FORBIDDEN: readonly (readonly [actions: RegExp, condition: RegExp, reason: string])[] = [
  [/^(s3:\*|sns:Publish|sqs:\*)$/, /^Bool aws:SecureTransport false$/, 'nothing travels in clear text'],
  [/^sns:Publish$/, /^ArnNotEquals aws:PrincipalArn /, 'nobody but the pipeline publishes to its topic'],
  [/^s3:GetObject$/, /^NumericGreaterThan s3:signatureAge /, 'no link opens longer than it says'],
];

export function reasonFor({ effect, principal, actions, condition }: Permission): string | undefined {
  const what = actions.join(' ');
  if (effect === 'Deny') {
    return FORBIDDEN.find(([forbidden, when]) => forbidden.test(what) && when.test(condition))?.[2];
  }
  // There is no reason for which everyone may do something.
  return principal === 'everyone' ? undefined : PERMITTED.find(([who, permitted]) => who.test(principal) && permitted.test(what))?.[2];
}

/** Why a wildcard is there that is not the library's to acknowledge. */
export function reasonForWildcard({ policyOf, principal, actions }: Permission, wildcard: string): string | undefined {
  if (wildcard === 'Resource::*' && policyOf !== undefined && actions.every(action => action.startsWith('kms:'))) {
    return 'In the policy of a key, `*` is the key itself.';
  }
  if (wildcard === 'Resource::*' && /^managed policy \S*\/AWSLambdaBasicExecutionRole$/.test(actions.join(' '))) {
    return 'It permits to write any log: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html';
  }
  if (wildcard === 'Resource::*' && /^managed policy \S*\/AWSLambdaENIManagementAccess$/.test(actions.join(' '))) {
    return 'Interfaces have no names before they are made: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions';
  }
  if (wildcard === 'Action::kms:*' && /:root$/.test(principal)) {
    return 'AWS asks for this statement, so that nobody locks himself out: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html';
  }
  return WILDCARDS.find(([who, what]) => who.test(principal) && what.test(wildcard))?.[2];
}

const BY_CDK = 'aws-cdk-lib makes this role for its own function; the example takes it as it is.';

const WILDCARDS: readonly Reason[] = [
  [/^logs\./, /^Action::kms:/, 'AWS documents them so: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html'],
  [/^delivery\.logs\./, /^Action::kms:/, 'aws-cdk-lib adds it as AWS documents it: https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html'],
  [PUBLISHERS, /^Action::kms:GenerateDataKey\*$/, 'AWS documents it so: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html'],
  [/^cloudfront\./, /^Resource::.*\/\*$/, 'The bucket holds nothing but the website.'],
  [/^AWSCDK\.TriggerCustomResourceProvider/, /^Resource::.*:\*$/, BY_CDK],
  [/^Custom::CDKBucketDeployment/, /./, BY_CDK],
];
