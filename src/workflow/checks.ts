import { Duration, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { PARAMETERS_LIMIT_BYTES } from './contract';
import type { ReportFile } from '../renderer';

/** What is refused at synth, because it would fail, or fail silently, in each run. Values that are not known yet pass where they can. */

/** Names travel through environments, subjects and descriptions, of which the shortest has room for so many. */
const LONGEST_NAME = 100;

export function checkName(prop: string, name: string): void {
  if (!Token.isUnresolved(name) && (name.trim() === '' || name.length > LONGEST_NAME || /\p{Control}/u.test(name))) {
    throw new Error(`${prop} is ${JSON.stringify(name)}; give it 1 to ${LONGEST_NAME} characters, without line breaks`);
  }
}

/** A list with commas is how API Gateway passes on the groups of a caller; more groups would each cost a write of each run. */
export function checkedGroups(groups: string[]): string[] {
  const wrong = groups.find((group, index) => groups.indexOf(group) !== index || (!Token.isUnresolved(group) && !/^[^,\s\p{Control}]{1,128}$/u.test(group)));
  if (Token.isUnresolved(groups) || groups.length > 20) {
    throw new Error(`readerGroups ${Token.isUnresolved(groups) ? 'is a list that is not known at synth' : `has ${groups.length} groups`}; name up to 20`);
  }
  if (wrong !== undefined) {
    throw new Error(`readerGroups has ${JSON.stringify(wrong)}; name each group once, with 1 to 128 characters, without commas and blanks`);
  }
  return groups;
}

export function checkTopic(prop: string, topic: sns.ITopic): void {
  const isKnown = !Token.isUnresolved(topic.topicArn);
  if (topic.fifo || (isKnown && topic.topicArn.endsWith('.fifo'))) {
    throw new Error(`${prop} ${isKnown ? topic.topicArn : topic.node.path} is a FIFO topic, to which nobody can subscribe by email; pass a standard topic`);
  }
}

export function checkFiles(files: ReportFile[]): void {
  const names = files.map(({ name }) => name);
  const wrong = names.find((name, index) => !/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name) || names.indexOf(name) !== index);
  if (names.length === 0 || wrong !== undefined) {
    throw new Error(`the renderer's files are ${JSON.stringify(names)}; name at least one, each once, with letters, digits, dots, dashes and underscores`);
  }
  const untyped = files.find(({ contentType }) => !/^[\w.+-]+\/[\w.+-]+( *;[ -~]*)?$/.test(contentType));
  if (untyped) {
    throw new Error(`the contentType of ${untyped.name} is ${JSON.stringify(untyped.contentType)}; give it a media type such as 'text/csv; charset=utf-8'`);
  }
}

export function checkRenderTimeout(timeout: Duration): void {
  if (!timeout.isUnresolved() && timeout.toMinutes({ integral: false }) > 15) {
    throw new Error(`renderTimeout is ${timeout.toHumanString()}, and a Lambda function ends after 15 minutes; choose at most that`);
  }
}

export function checkNotReadyTimeout(notReadyTimeout: Duration | undefined): void {
  if (notReadyTimeout?.isUnresolved()) {
    throw new Error('notReadyTimeout is not known at synth, and the workflow is made of it; pass a Duration of a number');
  }
}

export function checkRunTimeout(runTimeout: Duration, notReadyTimeout: Duration | undefined): void {
  if (notReadyTimeout && !runTimeout.isUnresolved() && runTimeout.toMilliseconds() <= notReadyTimeout.toMilliseconds()) {
    throw new Error(`runTimeout is ${runTimeout.toHumanString()}, and the data source is asked again for ${notReadyTimeout.toHumanString()} (notReadyTimeout); `
      + 'choose a runTimeout that leaves time to render and deliver after that');
  }
}

export function checkRetention(retention: Duration): void {
  if (retention.isUnresolved() || !Number.isInteger(retention.toDays({ integral: false })) || retention.toDays() < 1) {
    const got = retention.isUnresolved() ? 'not known at synth' : retention.toHumanString();
    throw new Error(`retention is ${got}, and S3 expires objects after whole days; pass Duration.days(n) with n of 1 or more`);
  }
}

export function checkLifetime(expiresIn: Duration, retention: Duration): void {
  if (expiresIn.isUnresolved() || expiresIn.toMilliseconds() > retention.toMilliseconds()) {
    const got = expiresIn.isUnresolved() ? 'for a time that is not known at synth' : expiresIn.toHumanString();
    throw new Error(`the link lives ${got}, and the report only ${retention.toHumanString()}; choose a retention that is at least as long`);
  }
}

export function checkLocale(locale: string): void {
  if (!Token.isUnresolved(locale) && !isAccepted(() => new Intl.Locale(locale))) {
    throw new Error(`locale is ${JSON.stringify(locale)}, which is not a BCP 47 language tag; pass one like 'en-GB' or 'es'`);
  }
}

export function checkTimeZone(timeZone: string): void {
  if (!Token.isUnresolved(timeZone) && !isAccepted(() => new Intl.DateTimeFormat('en', { timeZone }))) {
    throw new Error(`timeZone is ${JSON.stringify(timeZone)}, which is not in the IANA time zone database; pass one like TimeZone.EUROPE_MADRID`);
  }
}

export function checkParameters(schedule: string, parameters: object): void {
  const bytes = Buffer.byteLength(JSON.stringify(parameters));
  if (bytes > PARAMETERS_LIMIT_BYTES) {
    throw new Error(`the parameters of the schedule ${schedule} have ${bytes} bytes of JSON, and at most ${PARAMETERS_LIMIT_BYTES} travel with a run; `
      + 'put what is larger where the data source can read it, and pass its address');
  }
}

/** They travel with each run: years of them are enough. */
const MOST_HOLIDAYS = 500;

export function checkHolidays(schedule: string, holidays: string[]): void {
  const isDate = (text: string) => {
    const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
    return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text); // Date.parse makes 2 March of 30 February
  };
  const wrong = holidays.find(date => !isDate(date));
  if (wrong !== undefined) {
    throw new Error(`the schedule ${schedule} has the holiday ${JSON.stringify(wrong)}; give dates that there are, like '2026-12-25'`);
  }
  if (holidays.length > MOST_HOLIDAYS) {
    throw new Error(`the schedule ${schedule} has ${holidays.length} holidays; give at most ${MOST_HOLIDAYS}, those of the next years`);
  }
}

export function checkDeadlines(
  schedule: string, given: { timeWindow: Duration; startingDeadline?: Duration; deadline?: Duration; /** In milliseconds. */ interval?: number },
): void {
  const { timeWindow, startingDeadline, deadline, interval } = given;
  for (const [prop, duration] of Object.entries({ startingDeadline, deadline })) {
    if (duration?.isUnresolved() || !Number.isInteger(duration?.toSeconds({ integral: false }) ?? 0)) {
      throw new Error(`the ${prop} of the schedule ${schedule} is ${duration!.isUnresolved() ? 'not known at synth' : duration!.toHumanString()}; pass a Duration of whole seconds`);
    }
    // Scheduler starts within the minute: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    if (duration && duration.toSeconds() < timeWindow.toSeconds() + 60) {
      throw new Error(`the ${prop} of the schedule ${schedule} is ${duration.toHumanString()}, and a run on time may start later than that; `
        + 'choose at least a minute more than the time window');
    }
  }
  if (deadline && interval !== undefined && deadline.toMilliseconds() > interval) {
    throw new Error(`the deadline of the schedule ${schedule} is ${deadline.toHumanString()}, and its runs are ${Duration.millis(interval).toHumanString()} apart at times; `
      + 'choose a deadline that is at most as long');
  }
}

/** Whether `Intl` knows what it is made with; of what it does not know it throws a RangeError. */
function isAccepted(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if (error instanceof RangeError) {
      return false;
    }
    throw error;
  }
}
