import { Observed, Row } from './fault';

/** The fault table as a page of the documentation: what was seen, failures included. */
export function faultTable(rows: readonly Row[]): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const places = (where: Row['where']) => rows.filter(row => row.where === where).length;
  return [
    '# The fault table',
    '',
    '`npm run faults` makes each of these faults happen, and writes this page from what it sees.',
    '',
    `${rows.length} faults: ${places('emulator')} in a pipeline that is deployed on a local emulator, with real functions and a proxy between them and`,
    `the services, and ${places('interpreter')} on the synthesized definition in a strict interpreter of the Amazon States Language with a virtual clock, because the`,
    'emulator has no timeouts, throttling of functions, limits or redrives.',
    'None of them was made to happen in an account of AWS.',
    '',
    ...summary(rows),
    '',
    '*Executions* are how they ended, in the order of their start. *ALARM* is an alarm of CloudWatch; it is named only where no notice came. What the',
    'words for runs and deliveries mean is in [reliability.md](reliability.md#the-ledger).',
    ...groups.flatMap(group => [
      '',
      `## ${group}`,
      '',
      '| fault | where | readers get | the owner gets | the run is | the delivery is | executions | as it must be |',
      '|---|---|---|---|---|---|---|---|',
      ...rows.filter(row => row.group === group).map(line),
    ]),
    '',
  ].join('\n');
}

function summary(rows: readonly Row[]): string[] {
  const seen = rows.flatMap(({ observed }) => observed ? [observed] : []);
  const wrong = rows.filter(({ complaints }) => complaints.length > 0).length;
  const count = (complaint: string) => rows.filter(({ complaints }) => complaints.some(each => each.startsWith(complaint))).length;
  return [
    `- as it must be: ${rows.length - wrong} of ${rows.length}`,
    `- messages sent twice: ${count('a duplicate')}, but for the ${seen.filter(({ messages }) => messages > 1).length} where the owner chose \`onUncertain: RESEND\``,
    `- messages lost with nobody told: ${count('a silent loss')}`,
    `- runs that are stuck: ${count('a stuck run')}`,
    `- messages sent: ${seen.reduce((sum, { messages }) => sum + messages, 0)}; notices to the owner: ${seen.reduce((sum, { notices }) => sum + notices.length, 0)}`,
  ];
}

function line({ name, where, observed, complaints }: Row): string {
  const cells = observed ? [
    name,
    where,
    observed.messages === 0 ? 'nothing' : times(observed.messages, 'message'),
    told(observed),
    observed.run,
    observed.delivery === 'none' ? '–' : observed.delivery,
    observed.executions.join(', '),
  ] : [name, where, '?', '?', '?', '?', '?'];
  return `| ${[...cells, complaints.length === 0 ? 'yes' : `**no**: ${complaints.join('; ')}`].map(cell).join(' | ')} |`;
}

/** How many notices, and the word with which their subjects begin. */
function told({ notices }: Observed): string {
  const headlines = [...new Set(notices.map(notice => notice.slice(0, notice.indexOf(':'))))];
  return notices.length === 0 ? 'nothing' : `${times(notices.length, 'notice')}: ${headlines.join(', ')}`;
}

function times(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
