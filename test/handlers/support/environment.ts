/**
 * The environment of the handlers, as the construct sets it. Import this before any handler: the name of the table is read when
 * a handler is loaded, the rest when it is called.
 */
export const TABLE = 'ledger';
export const TOPIC = 'arn:aws:sns:eu-west-1:111111111111:readers';
export const OWNER_TOPIC = 'arn:aws:sns:eu-west-1:111111111111:owners';
export const STATE_MACHINE = 'arn:aws:states:eu-west-1:111111111111:stateMachine:Stock';

const ENVIRONMENT = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDTEST',
  AWS_SECRET_ACCESS_KEY: 'secret',
  TABLE_NAME: TABLE,
  LEDGER_RETENTION_SECONDS: `${120 * 24 * 3600}`,
  REPORT_NAME: 'Stock',
  LOCALE: 'en-GB',
  TIME_ZONE: 'Europe/Madrid',
  BUCKET_NAME: 'reports',
  BUCKET_ARN: 'arn:aws:s3:::reports',
  DATA_PREFIX: 'data/',
  REPORTS_PREFIX: 'reports/',
  FILES: JSON.stringify([{ name: 'report.html', contentType: 'text/html; charset=utf-8' }]),
  TOPIC_ARN: TOPIC,
  OWNER_TOPIC_ARN: OWNER_TOPIC,
  ON_EMPTY: 'SEND',
  ON_UNCHANGED: 'SEND',
  ON_UNCERTAIN: 'HOLD',
  RUN_LEASE_SECONDS: '8100',
  LINK_FUNCTION_ARN: 'arn:aws:lambda:eu-west-1:111111111111:function:link',
  LINK_LIFETIME_SECONDS: '3600',
  MESSAGE_SUBJECT: '{{report}}: {{period}}',
  MESSAGE_BODY: '{{report}} for {{period}} is ready: {{link}} until {{expiry}}. Rows: {{rows}}, as of {{asOf}}. Run: {{runId}}',
  SIGNER_ROLE_ARN: 'arn:aws:iam::111111111111:role/signer',
  EXPIRES_IN_SECONDS: '3600',
  BASE_URL: 'https://abcdefghij.execute-api.eu-west-1.amazonaws.com/open/',
  STATE_MACHINE_ARN: STATE_MACHINE,
  DEAD_LETTER_QUEUE_NAME: 'dead-letters',
  ALLOWED_ORIGINS: 'https://cafe.example.com',
  LINK_SECONDS: '60',
  REVOCABLE_LINKS: 'true',
};

const before = { ...process.env };
process.env = { ...before, ...ENVIRONMENT };

beforeEach(() => {
  process.env = { ...before, ...ENVIRONMENT };
});
