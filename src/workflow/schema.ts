import { CONTRACT_VERSION, MESSAGE_VERSION } from './contract';

/**
 * The data contract as JSON Schema: what the handlers validate against, published as `docs/data-contract.schema.json`.
 *
 * Results are closed (a misspelt property is an error), events are open (they may grow).
 */
const version = { const: CONTRACT_VERSION } as const;
const instant = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})$' } as const;
const cell = { type: ['string', 'number', 'boolean', 'null'] } as const;
const row = { type: 'object', additionalProperties: cell } as const;
const count = { type: 'integer', minimum: 0 } as const;
const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;

const column = {
  type: 'object',
  required: ['name', 'type'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 128 },
    label: { type: 'string', maxLength: 256 },
    type: { enum: ['text', 'integer', 'decimal', 'currency', 'date', 'datetime', 'boolean', 'link'] },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    decimals: { type: 'integer', minimum: 0, maximum: 20 },
  },
} as const;

export const dataSourceResult = {
  type: 'object',
  required: ['version', 'columns'],
  additionalProperties: false,
  properties: {
    version,
    asOf: instant,
    columns: { type: 'array', minItems: 1, maxItems: 200, items: column },
    rows: { type: 'array', items: { type: 'object' } },
    data: {
      type: 'object',
      required: ['key', 'format'],
      additionalProperties: false,
      properties: { key: { type: 'string', minLength: 1, maxLength: 1024 }, format: { enum: ['NDJSON', 'JSON', 'CSV'] } },
    },
    totals: row,
  },
  oneOf: [{ required: ['rows'] }, { required: ['data'] }],
} as const;

export const dataNotReady = {
  type: 'object',
  required: ['version', 'notReady'],
  additionalProperties: false,
  properties: {
    version,
    notReady: {
      type: 'object',
      required: ['reason'],
      additionalProperties: false,
      properties: { reason: { type: 'string', minLength: 1, maxLength: 500 } },
    },
  },
} as const;

export const renderResult = {
  type: 'object',
  required: ['version', 'rows', 'asOf', 'files'],
  additionalProperties: false,
  properties: {
    version,
    rows: count,
    truncated: { type: 'boolean' },
    totalRows: count,
    dataSha256: sha256,
    asOf: instant,
    files: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['name', 'bytes', 'sha256'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', minLength: 1 },
          bytes: { type: 'integer', minimum: 1 },
          sha256,
          etag: { type: 'string', minLength: 1, maxLength: 256 },
        },
      },
    },
  },
} as const;

/** A link to each file, of which more than the expiry is told to some. */
const links = <const T extends object>(more: T) => ({
  type: 'object',
  required: ['version', 'links'],
  additionalProperties: false,
  properties: {
    version,
    links: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['file', 'expiresAt'],
        additionalProperties: false,
        properties: { file: { type: 'string', minLength: 1 }, expiresAt: instant, ...more },
      },
    },
  },
}) as const;

/** What the function of a link tells the workflow. */
export const linkResult = links({});

/** What it tells who sends the links. */
export const linksToSend = links({ url: { type: 'string', minLength: 1 }, verifyUrl: { type: 'string', minLength: 1 } });

const address = { bucket: { type: 'string' }, key: { type: 'string' } } as const;
const objectAddress = { type: 'object', required: ['bucket', 'key'], properties: address } as const;
const period = {
  type: 'object',
  required: ['from', 'to', 'timeZone'],
  properties: { from: instant, to: instant, timeZone: { type: 'string' } },
} as const;
const trigger = { enum: ['SCHEDULE', 'REQUEST', 'MANUAL'] } as const;
const run = {
  version,
  reportId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  attempt: { type: 'integer', minimum: 1 },
  report: { type: 'string' },
  trigger,
  period,
  scheduledTime: instant,
  openedAt: instant,
  locale: { type: 'string' },
  timeZone: { type: 'string' },
  parameters: { type: 'object' },
  readerGroups: { type: 'array', minItems: 1, items: { type: 'string' } },
} as const;
const runRequired = ['version', 'reportId', 'attempt', 'report', 'trigger', 'period', 'openedAt', 'locale', 'timeZone', 'parameters'] as const;
const outputFiles = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['name', 'bucket', 'key', 'contentType'],
    properties: { name: { type: 'string' }, ...address, contentType: { type: 'string' } },
  },
} as const;

export const dataSourceEvent = {
  type: 'object',
  required: [...runRequired, 'output'],
  properties: { ...run, output: objectAddress },
} as const;

export const renderEvent = {
  type: 'object',
  required: [...runRequired, 'data', 'files'],
  properties: { ...run, data: { oneOf: [dataSourceResult, { type: 'null' }] }, kept: objectAddress, files: outputFiles },
} as const;

export const keptData = {
  type: 'object',
  required: [...runRequired, 'data'],
  properties: { ...run, data: dataSourceResult },
} as const;

export const linkEvent = {
  type: 'object',
  required: [...runRequired, 'files', 'ledger'],
  properties: {
    ...run,
    files: outputFiles,
    ledger: {
      type: 'object',
      required: ['table', 'pk', 'sk'],
      properties: { table: { type: 'string' }, pk: { type: 'string' }, sk: { type: 'string' } },
    },
    deliver: { const: true },
  },
} as const;

/** The input of an execution. */
export const startInput = {
  type: 'object',
  additionalProperties: false,
  properties: {
    schedule: {
      type: 'object',
      required: ['arn', 'time', 'timeZone'],
      additionalProperties: false,
      properties: {
        arn: { type: 'string', minLength: 1 },
        time: instant,
        timeZone: { type: 'string', minLength: 1 },
        period: {
          oneOf: [
            { const: 'SINCE_LAST_RUN' },
            {
              type: 'object',
              required: ['unit', 'from', 'to'],
              additionalProperties: false,
              properties: { unit: { enum: ['day', 'week', 'month', 'quarter', 'year'] }, from: { type: 'integer' }, to: { type: 'integer' } },
            },
          ],
        },
        startingDeadlineSeconds: { type: 'integer', minimum: 1 },
        onOverlap: { enum: ['ALLOW', 'SKIP'] },
        holidays: { type: 'array', items: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' } },
      },
    },
    request: {
      type: 'object',
      required: ['reportId'],
      additionalProperties: false,
      properties: { reportId: { type: 'string', pattern: '^[0-9a-f]{32}$' } },
    },
    period: {
      type: 'object',
      required: ['from', 'to'],
      additionalProperties: false,
      properties: { from: instant, to: instant, timeZone: { type: 'string', minLength: 1 } },
    },
    rerun: { type: 'string', pattern: '^[!-~]{1,64}$' },
    rerender: run.reportId,
    parameters: { type: 'object' },
    // Step Functions adds it to the input of a nested execution.
    AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: { type: 'string' },
  },
} as const;

/** The body of `POST /create_report`. */
export const createReportBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    parameters: { type: 'object' },
    idempotencyKey: { type: 'string', pattern: '^[!-~]{1,128}$' },
  },
} as const;

/** The body of `POST /reports/{id}/rerender`. */
export const rerenderBody = {
  type: 'object',
  additionalProperties: false,
  properties: { idempotencyKey: createReportBody.properties.idempotencyKey },
} as const;

const anyMessage = { version: { const: MESSAGE_VERSION }, report: run.report, subject: run.report, text: run.report } as const;
const anyMessageRequired = ['version', 'kind', 'status', 'report', 'subject', 'text'] as const;
const message = { ...anyMessage, reportId: run.reportId } as const;
const messageRequired = [...anyMessageRequired, 'reportId'] as const;

export const reportReadyMessage = {
  type: 'object',
  required: [...messageRequired, 'attempt', 'trigger', 'period', 'asOf', 'rows', 'totalRows', 'links'],
  properties: {
    ...message,
    kind: { const: 'REPORT' },
    status: { enum: ['COMPLETE', 'TRUNCATED'] },
    attempt: run.attempt,
    trigger,
    period,
    scheduledTime: instant,
    readerGroups: run.readerGroups,
    asOf: instant,
    rows: count,
    totalRows: count,
    links: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['file', 'url', 'expiresAt'],
        properties: { file: { type: 'string' }, url: { type: 'string' }, expiresAt: instant },
      },
    },
  },
} as const;

export const failureMessage = {
  type: 'object',
  required: [...messageRequired, 'error', 'executionArn', 'console'],
  properties: {
    ...message,
    kind: { const: 'FAILURE' },
    status: { enum: ['FAILED', 'TIMED_OUT', 'ABORTED', 'NO_RECIPIENT'] },
    delivery: { enum: ['PENDING', 'SENDING', 'SENT', 'REFUSED', 'UNKNOWN'] },
    period,
    step: { type: 'string' },
    error: { type: 'string' },
    executionArn: { type: 'string' },
    console: { type: 'string' },
  },
} as const;

export const scheduleMessage = {
  type: 'object',
  required: [...anyMessageRequired, 'schedule', 'runs'],
  properties: {
    ...anyMessage,
    kind: { const: 'SCHEDULE' },
    status: { enum: ['MISSED', 'DISABLED', 'DELETED'] },
    schedule: {
      type: 'object',
      required: ['arn', 'name', 'expression', 'timeZone'],
      properties: { arn: { type: 'string' }, name: { type: 'string' }, expression: { type: 'string' }, timeZone: { type: 'string' } },
    },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['scheduledTime', 'reportId', 'status'],
        properties: {
          scheduledTime: instant,
          reportId: run.reportId,
          status: { enum: ['NONE', 'RUNNING', 'TIMED_OUT'] },
          executionArn: { type: 'string' },
        },
      },
    },
  },
} as const;

/** The published document. */
export const dataContract = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'ScheduledReportPipeline data contract, version 1',
  $defs: {
    dataSourceEvent,
    dataSourceResult,
    dataNotReady,
    renderEvent,
    keptData,
    renderResult,
    linkEvent,
    linkResult,
    linksToSend,
    reportReadyMessage,
    failureMessage,
    scheduleMessage,
  },
} as const;
