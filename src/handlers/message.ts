/** Puts the values into a template of the message; the construct has checked the variables at synth. */
export function fill(template: string, values: Record<string, string>): string {
  return template.replace(/{{\s*(\w+)\s*}}/g, (variable, name) => values[name] ?? variable);
}

/**
 * A subject as SNS takes it for email: ASCII, no line breaks or control characters, less than 100 characters
 * (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
 */
export function asciiSubject(text: string): string {
  const ascii = text
    .normalize('NFKD').replace(/\p{Mark}/gu, '')
    .replace(/[\u2010-\u2015]/g, '-').replace(/[\u2018\u2019]/g, '\'').replace(/[\u201c\u201d]/g, '"').replace(/\u2026/g, '...')
    .replace(/\s+/g, ' ').replace(/[^ -~]/gu, '?').trim();
  return ascii.length < 100 ? ascii : `${ascii.slice(0, 96)}...`;
}

/** The region of a topic: it need not be that of its publisher, and only there it is known. */
export function regionOf(topicArn: string): string {
  return topicArn.split(':')[3];
}
