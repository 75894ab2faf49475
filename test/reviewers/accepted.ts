/** A finding of a reviewer that stays, and why: of a rule, at the resources with these paths. */
export interface Accepted {
  readonly rule: string;
  readonly resources: RegExp;
  readonly reason: string;
}

/** The pipeline of the tests, and that of the café. */
const PIPELINE = '^(Report|Inventory)';
const FUNCTIONS = `(${PIPELINE}/(OpenRun|Render|Link|Link/Open|Deliver|CloseFailedRun|ScheduleWatch)|^Api(/Erase)?)/Function$`;
const FIXTURE = 'It is made by the tests, and stands for what a user has.';
const EXAMPLE = 'The café is an example, taken down after it was looked at: ';
const BY_CDK = 'aws-cdk-lib makes this function for itself; the example takes it as it is.';

export const ACCEPTED: readonly Accepted[] = [
  // cfn-lint
  { rule: 'W3005', resources: new RegExp(`${FUNCTIONS}|${PIPELINE}/StateMachine$`), reason: 'aws-cdk-lib has what uses a role wait for its policies, and names the role, too.' },
  { rule: 'W3005', resources: /^(Lookup|Renderer|Doorkeeper)$/, reason: 'aws-cdk-lib has a function wait for the policies of its role, and names the role, too.' },
  {
    rule: 'W3005',
    resources: /^(Database\/Seed|Menu|Website\/PublishMenu|AWSCDK\.TriggerCustomResourceProviderCustomResourceProvider\/Handler|Custom::CDKBucketDeployment\w+)$/,
    reason: 'aws-cdk-lib has a function wait for the policies of its role, and names the role, too.',
  },

  // cfn-guard: the functions
  { rule: 'lambda_inside_vpc_check', resources: new RegExp(FUNCTIONS), reason: 'They talk to APIs of AWS only, over TLS and signed; a network would add what there is to go wrong.' },
  { rule: 'lambda_inside_vpc_check', resources: /^(Lookup|Renderer|Doorkeeper)$/, reason: FIXTURE },
  { rule: 'lambda_inside_vpc_check', resources: /^(Menu|Website\/PublishMenu|Database\/Seed)$/, reason: 'They talk to APIs of AWS only; what talks to the database is in its network.' },
  { rule: 'lambda_inside_vpc_check', resources: /^(AWSCDK\.TriggerCustomResourceProviderCustomResourceProvider\/Handler|Custom::CDKBucketDeployment\w+)$/, reason: BY_CDK },
  {
    rule: 'lambda_function_public_access_prohibited_check',
    resources: new RegExp(`(${PIPELINE}/Link/Open|^Api)/RestApi/Default/.*ApiPermission\\.|^Api/Function/Requests$`),
    reason: 'The permission is for API Gateway, and names the API and its stage by aws:SourceArn; the rule wants aws:SourceAccount, which is in that ARN.',
  },

  { rule: 'lambda_function_public_access_prohibited_check', resources: /^Doorkeeper\/\w+:Permissions$/, reason: 'aws-cdk-lib permits the authorizer to its API, which it names.' },

  // cfn-guard: what is not the library's
  { rule: 'iam_user_no_policies_check', resources: /^Person(\/DefaultPolicy)?$/, reason: `${FIXTURE} The rule wants users to have their permissions from a group.` },
  ...['iam_inline_policy_no_statements_with_admin_access_check', 'iam_inline_policy_no_statements_with_full_access_check'].map(rule => (
    { rule, resources: /^Person$/, reason: 'The rule fails for a user without properties. What this one may do is in a policy, which it finds nothing wrong with.' }
  )),
  ...['s3_bucket_level_public_access_prohibited_check', 's3_bucket_default_encryption_kms_check', 's3_bucket_versioning_enabled_check', 's3_bucket_logging_enabled_check',
    's3_event_notifications_enabled_check', 's3_bucket_object_lock_enabled_check'].map(rule => ({ rule, resources: /^Shared$/, reason: FIXTURE })),

  // cfn-guard: storage
  { rule: 's3_bucket_versioning_enabled_check', resources: new RegExp(`${PIPELINE}/Bucket$`), reason: 'Reports expire, are made again from their data, and are never replaced; a version would outlive an erasure.' },
  { rule: 's3_bucket_object_lock_enabled_check', resources: new RegExp(`${PIPELINE}/Bucket$`), reason: 'Reports must expire, and be erased on demand.' },
  { rule: 's3_bucket_logging_enabled_check', resources: new RegExp(`${PIPELINE}/Bucket$`), reason: 'CloudTrail data events tell who opened a report; server access logs would need a second bucket.' },
  { rule: 's3_event_notifications_enabled_check', resources: new RegExp(`${PIPELINE}/Bucket$`), reason: 'The workflow knows what it wrote; nobody waits for an event of the bucket.' },
  { rule: 's3_bucket_default_encryption_kms_check', resources: new RegExp(`${PIPELINE}/Bucket$`), reason: 'The key is the user\'s to give, as encryptionKey; without it, S3 encrypts with its own.' },
  { rule: 'dynamodb_table_encrypted_kms_check', resources: new RegExp(`${PIPELINE}/Ledger$`), reason: 'The key is the user\'s to give, as encryptionKey; without it, DynamoDB encrypts with its own.' },
  { rule: 'sqs_dlq_check', resources: new RegExp(`${PIPELINE}/DeadLetters$`), reason: 'It is the dead-letter queue.' },
  { rule: 'kms_create_grant_aws_service_check', resources: /^(Key|EncryptedKey|OwnerTopicKey)$/, reason: 'A key of the tests has the policy that AWS documents, by which the account administers it.' },

  // cfn-guard: logs and alarms
  { rule: 'cloudwatch_log_group_encrypted_check', resources: new RegExp(`${PIPELINE}/(Logs|StateMachineLogs)$`), reason: 'The key is the user\'s to give, as encryptionKey; no data is logged.' },
  { rule: 'cloudwatch_log_group_retention_period_check', resources: new RegExp(`${PIPELINE}/(Logs|StateMachineLogs)$`), reason: 'Three months, as long as Step Functions keeps an execution; the rule wants a year.' },
  { rule: 'cloudwatch_alarm_action_check', resources: /^Report\/Alarms\/\w+$/, reason: 'Without ownerTopic there is nobody to tell; synth says so.' },

  // cfn-guard: APIs
  { rule: 'api_gw_v1_execution_logging_enabled_check', resources: new RegExp(`${PIPELINE}/Link/Open/RestApi/DeploymentStage\\.open$`), reason: 'An execution log would hold the path, and the token with it.' },
  { rule: 'api_gw_v1_execution_logging_enabled_check', resources: /^Api\/RestApi\/DeploymentStage\.prod$/, reason: 'It needs a role that is a setting of the whole account: the app\'s to switch on, by deployOptions.' },
  { rule: 'api_gw_xray_enabled_check', resources: new RegExp(`${PIPELINE}/Link/Open/RestApi/DeploymentStage\\.open$`), reason: 'A trace would hold the path, and the token with it.' },
  { rule: 'api_gw_xray_enabled_check', resources: /^Api\/RestApi\/DeploymentStage\.prod$/, reason: 'The app\'s to switch on, by deployOptions.' },

  // cfn-guard: what is only in the café
  ...['cloudwatch_log_group_encrypted_check', 'cloudwatch_log_group_retention_period_check'].map(rule => (
    { rule, resources: /^(Database\/Seed|Lookup|Menu|Website\/Files|Website\/PublishMenu)Logs$/, reason: `${EXAMPLE}its logs hold no data, and go soon.` }
  )),
  { rule: 'dynamodb_table_encrypted_kms_check', resources: /^Website\/MenuTable$/, reason: 'The menu is public.' },
  { rule: 'dynamodb_table_pitr_enabled_check', resources: /^Website\/MenuTable$/, reason: 'The menu is published anew with each deployment.' },
  ...['s3_bucket_default_encryption_kms_check', 's3_bucket_versioning_enabled_check', 's3_bucket_object_lock_enabled_check', 's3_lifecycle_policy_check',
    's3_bucket_logging_enabled_check', 's3_event_notifications_enabled_check'].map(rule => (
    { rule, resources: /^Website\/Bucket$/, reason: 'It holds the website, which is public and deployed anew from the repository.' }
  )),
  ...['cloudfront_custom_ssl_certificate_check', 'cloudfront_sni_enabled_check', 'cloudfront_security_policy_check'].map(rule => (
    { rule, resources: /^Website\/Distribution$/, reason: `${EXAMPLE}it has no domain of its own, and so the certificate of cloudfront.net.` }
  )),
  { rule: 'cloudfront_origin_failover_enabled_check', resources: /^Website\/Distribution$/, reason: `${EXAMPLE}one bucket in one region is enough.` },
  { rule: 'cloudfront_access_logs_enabled_check', resources: /^Website\/Distribution$/, reason: `${EXAMPLE}nobody would read the logs.` },
  ...['rds_instance_enhanced_monitoring_enabled_check', 'rds_cluster_logging_enabled_check'].map(rule => (
    { rule, resources: /^Database\/Cluster(\/Writer)?$/, reason: `${EXAMPLE}nobody watches its database.` }
  )),
  { rule: 'rds_cluster_deletion_protection_enabled_check', resources: /^Database\/Cluster$/, reason: `${EXAMPLE}the database goes with it.` },
];
