import { Token } from 'aws-cdk-lib';
import { checkName } from './workflow/checks';

/**
 * The message that brings the link to the readers.
 *
 * Both texts may use these variables: `{{report}}` (the report's name), `{{period}}`, `{{asOf}}` (when the data was true),
 * `{{rows}}`, `{{link}}`, `{{expiry}}` and `{{runId}}` (the report's id). Any other is an error at synth.
 *
 * @example
 * const message: ReportMessage = {
 *   subject: 'Inventory of {{period}}',
 *   body: 'Good morning, Frank. Your report: {{link}} (until {{expiry}})',
 * };
 */
export interface ReportMessage {
  /**
   * The subject, up to 100 characters. It arrives as ASCII and is cut to 99 characters, because SNS takes no other. It must not
   * hold the link.
   *
   * @default '{{report}}: {{period}}'
   */
  readonly subject?: string;

  /**
   * The text, at most 2,000 bytes in UTF-8. It must hold the link.
   *
   * @default - a few lines with the report, the period, the link, its expiry, the rows, and the run
   */
  readonly body?: string;
}

const VARIABLES = ['report', 'period', 'asOf', 'rows', 'link', 'expiry', 'runId'];
/** A function's environment has 4 KB in all (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const LONGEST_BODY_BYTES = 2000;

const DEFAULT_MESSAGE: Required<ReportMessage> = {
  subject: '{{report}}: {{period}}',
  body: [
    '{{report}} for {{period}} is ready.',
    '',
    'Open the report:',
    '{{link}}',
    '',
    'The link works until {{expiry}}. Whoever has it can open the report: pass it on with care.',
    '',
    'Rows: {{rows}}',
    'As of: {{asOf}}',
    'Run: {{runId}}',
  ].join('\n'),
};

/** The message's texts, checked. */
export function checkedMessage(message: ReportMessage = {}): Required<ReportMessage> {
  const checked = { subject: message.subject ?? DEFAULT_MESSAGE.subject, body: message.body ?? DEFAULT_MESSAGE.body };
  checkName('message.subject', checked.subject);
  checkVariables('subject', checked.subject);
  checkVariables('body', checked.body);
  if (variablesOf(checked.subject).includes('link')) {
    throw new Error('message.subject holds {{link}}, and a subject is too short for it and seen by too many; put {{link}} into message.body');
  }
  if (!Token.isUnresolved(checked.body) && !variablesOf(checked.body).includes('link')) {
    throw new Error('message.body does not hold {{link}}, and without it nobody can open the report; add {{link}}');
  }
  const bytes = Buffer.byteLength(checked.body);
  if (!Token.isUnresolved(checked.body) && bytes > LONGEST_BODY_BYTES) {
    throw new Error(`message.body has ${bytes} bytes in UTF-8, and at most ${LONGEST_BODY_BYTES} fit; shorten it`);
  }
  return checked;
}

function checkVariables(text: 'subject' | 'body', template: string) {
  for (const name of variablesOf(template)) {
    if (!VARIABLES.includes(name)) {
      throw new Error(`message.${text} uses the variable {{${name}}}, which there is not; use ${VARIABLES.map(known => `{{${known}}}`).join(', ')}`);
    }
  }
}

function variablesOf(template: string): string[] {
  return [...template.matchAll(/{{\s*([^{}]*?)\s*}}/g)].map(([, name]) => name);
}
