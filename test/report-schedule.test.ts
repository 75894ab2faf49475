import { Annotations as CoreAnnotations, Duration, Lazy, Tags, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { OnOverlap, PeriodUnit, ReportPeriod, ReportScheduleProps } from '../src';
import { TestStack } from './support/synth';
import { FIRE_TIMES_METADATA } from '../src/workflow/schedule-timing';

const MADRID = TimeZone.EUROPE_MADRID;
const cron = (expression: string, timeZone: TimeZone = MADRID) => ScheduleExpression.expression(`cron(${expression})`, timeZone);
const morning = cron('0 7 * * ? *');

/** A stack with a pipeline that has one schedule, `Daily`. */
function withSchedule(props: Partial<ReportScheduleProps> = {}, pipelineProps: Parameters<TestStack['pipeline']>[0] = {}) {
  const stack = new TestStack();
  const pipeline = stack.pipeline(pipelineProps);
  const schedule = pipeline.addSchedule('Daily', { schedule: morning, ...props });
  const properties = () => stack.propertiesBelow('ReportDaily', 'AWS::Scheduler::Schedule')[0];
  const input = () => JSON.parse(properties().Target.Input);
  const warnings = () => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
  return { stack, pipeline, schedule, properties, input, warnings };
}

/** Schedules are told their next times from this day on. */
beforeEach(() => { jest.useFakeTimers({ now: new Date('2026-11-21T12:00:00Z') }); });
afterEach(() => { jest.useRealTimers(); });

describe('a schedule', () => {
  test('says of its runs what is not as it is by default', () => {
    expect(withSchedule().input().schedule).toEqual({ arn: '<aws.scheduler.schedule-arn>', time: '<aws.scheduler.scheduled-time>', timeZone: 'Europe/Madrid' });
    expect(withSchedule({
      period: ReportPeriod.previousMonth(),
      startingDeadline: Duration.minutes(30),
      onOverlap: OnOverlap.SKIP,
      holidays: ['2027-01-06', '2026-12-25', '2027-01-06'],
    }).input().schedule).toMatchObject({
      period: { unit: 'month', from: -1, to: 0 },
      startingDeadlineSeconds: 1800,
      onOverlap: 'SKIP',
      holidays: ['2026-12-25', '2027-01-06'],
    });
  });

  test('hands to Scheduler what is its business', () => {
    const { properties } = withSchedule({
      enabled: false,
      timeWindow: TimeWindow.flexible(Duration.minutes(10)),
      start: new Date('2026-12-01T00:00:00Z'),
      end: new Date('2027-12-01T00:00:00Z'),
      description: 'For the bookkeeper',
    });

    expect(properties()).toMatchObject({
      State: 'DISABLED',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 10 },
      StartDate: '2026-12-01T00:00:00.000Z',
      EndDate: '2027-12-01T00:00:00.000Z',
      Description: 'For the bookkeeper',
    });
  });

  test('has the tags of its pipeline on its group', () => {
    const { stack, pipeline } = withSchedule();
    Tags.of(pipeline).add('team', 'bookkeeping');

    stack.template.hasResourceProperties('AWS::Scheduler::ScheduleGroup', { Tags: [{ Key: 'team', Value: 'bookkeeping' }] });
  });

  test.each<[string, ReportPeriod, unknown]>([
    ['the day before', ReportPeriod.previousDay(), { unit: 'day', from: -1, to: 0 }],
    ['the week before', ReportPeriod.previousWeek(), { unit: 'week', from: -1, to: 0 }],
    ['what came since the last report', ReportPeriod.sinceLastRun(), 'SINCE_LAST_RUN'],
    ['the month so far', ReportPeriod.custom({ unit: PeriodUnit.MONTH, from: 0, to: 1 }), { unit: 'month', from: 0, to: 1 }],
  ])('may be about %s', (_what, period, rule) => {
    expect(withSchedule({ period }).input().schedule.period).toEqual(rule);
  });
});

describe('refused is', () => {
  const unknownZone = TimeZone.of('Europe/Atlantis');

  test.each<[string, Partial<ReportScheduleProps>, string]>([
    ['a zone that there is not', { schedule: cron('0 7 * * ? *', unknownZone) }, 'timeZone is "Europe/Atlantis", which is not in the IANA time zone database'],
    ['a cron that never fires', { schedule: cron('0 7 30 2 ? *') }, 'the schedule Daily is cron(0 7 30 2 ? *), which never fires in Europe/Madrid; choose a time that there is'],
    ['one that never fires between its start and its end', { schedule: cron('0 7 1 1 ? *'), start: new Date('2027-02-01'), end: new Date('2027-12-01') },
      'never fires in Europe/Madrid from 2027-02-01T00:00:00.000Z until 2027-12-01T00:00:00.000Z'],
    ['a cron that is none', { schedule: cron('0 7 * * * *') }, 'Daily: the schedule is cron(0 7 * * * *), with * as the day of the month and * as the day of the week'],
    ['an end before its start', { start: new Date('2027-01-02'), end: new Date('2027-01-01') },
      'the schedule Daily ends at 2027-01-01T00:00:00.000Z, and begins at 2027-01-02T00:00:00.000Z; choose an end after its start'],
    ['an end of what fires once', { schedule: ScheduleExpression.at(new Date('2027-01-01T07:00:00Z')), end: new Date('2027-02-01') }, 'has a start or an end, which Scheduler ignores'],
    ['a deadline that is longer than the interval', { deadline: Duration.hours(25) }, 'the deadline of the schedule Daily is 1 day 1 hour, and its runs are 23 hours apart at times'],
    ['a deadline that is longer than the interval of a rate', { schedule: ScheduleExpression.rate(Duration.minutes(5)), deadline: Duration.minutes(6) }, 'its runs are 5 minutes apart'],
    ['a deadline that nobody can keep', { deadline: Duration.seconds(59) }, 'the deadline of the schedule Daily is 59 seconds, and a run on time may start later than that'],
    ['a starting deadline within the time window', { startingDeadline: Duration.minutes(10), timeWindow: TimeWindow.flexible(Duration.minutes(10)) },
      'the startingDeadline of the schedule Daily is 10 minutes, and a run on time may start later'],
    ['a part of a second', { startingDeadline: Duration.millis(90_500) }, 'pass a Duration of whole seconds'],
    ['a holiday that there is not', { holidays: ['2026-12-25', '2027-02-29'] }, 'the schedule Daily has the holiday "2027-02-29"; give dates that there are'],
    ['a holiday in words', { holidays: ['Christmas'] }, 'the schedule Daily has the holiday "Christmas"'],
    ['holidays for ever', { holidays: Array.from({ length: 501 }, () => '2026-12-25') }, 'the schedule Daily has 501 holidays; give at most 500'],
    ['parameters that are too large to travel', { parameters: { text: 'x'.repeat(256 * 1024) } },
      'the parameters of the schedule Daily have 262155 bytes of JSON, and at most 16384 travel with a run'],
  ])('%s', (_what, props, message) => {
    expect(() => withSchedule(props)).toThrow(message);
  });

  test.each([[0, 0], [1, 0], [-1.5, 0], [-1001, 0], [NaN, 0]])('a period from %s to %s', (from, to) => {
    expect(() => ReportPeriod.custom({ unit: PeriodUnit.DAY, from, to })).toThrow(`the period is from ${from} to ${to}; choose whole numbers`);
  });

  test('nothing that is only known when it is deployed', () => {
    const stack = new TestStack();
    const expression = Lazy.string({ produce: () => 'cron(0 7 * * ? *)' });
    stack.pipeline().addSchedule('Daily', { schedule: ScheduleExpression.expression(expression, TimeZone.of(Lazy.string({ produce: () => 'Europe/Madrid' }))), deadline: Duration.hours(48) });

    stack.template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'cron(0 7 * * ? *)' });
  });

  test('nothing that is over, which would stop each later deployment', () => {
    const { warnings } = withSchedule({ end: new Date('2020-01-01') });
    expect(warnings()).toEqual([expect.stringContaining('fires at no time in Europe/Madrid after 2026-11-21T12:00:00.000Z, until 2020-01-01')]);
  });
});

describe('at synth, a schedule tells', () => {
  test('its next ten times, as the clocks show them and in UTC, as metadata', () => {
    jest.setSystemTime(new Date('2026-10-20T12:00:00Z'));
    const { schedule } = withSchedule();
    const [{ data }] = schedule.node.metadata.filter(({ type }) => type === FIRE_TIMES_METADATA);

    expect(data).toMatchObject({ expression: 'cron(0 7 * * ? *)', timeZone: 'Europe/Madrid' });
    expect(data.next).toHaveLength(10);
    expect(data.next.slice(3, 5)).toEqual([
      { local: '2026-10-24T07:00:00+02:00', utc: '2026-10-24T05:00:00.000Z' },
      { local: '2026-10-25T07:00:00+01:00', utc: '2026-10-25T06:00:00.000Z' },
    ]);
  });

  test('them in the outputs of the stack, if that is asked for', () => {
    expect(withSchedule().stack.template.findOutputs('*')).toEqual({});
    const { stack } = withSchedule({ outputFireTimes: true, schedule: cron('0 7 * * ? *', TimeZone.AMERICA_ST_JOHNS) });
    const [{ Value }] = Object.values(stack.template.findOutputs('*'));

    expect(Value.split(', ')).toHaveLength(10);
    expect(Value).toMatch(/^2026-11-22T07:00:00-03:30 \(2026-11-22T10:30:00\.000Z\), /);
  });

  test('nothing in the template that depends on the day', () => {
    const before = withSchedule().stack.template.toJSON();
    jest.setSystemTime(new Date('2027-05-05T05:05:05Z'));
    expect(withSchedule().stack.template.toJSON()).toEqual(before);
  });

  test.each<[string, Partial<ReportScheduleProps>, RegExp[]]>([
    ['nothing of a report each morning', {}, []],
    ['of an hour that the clocks leave out', { schedule: cron('30 2 * * ? *') }, [/leave out 2027-03-28 02:30.*skipped-time/]],
    ['of a day that months lack', { schedule: cron('0 7 31 * ? *'), period: ReportPeriod.previousMonth() },
      [/a day of cron\(0 7 31 \* \? \*\) does not exist in.*missing-day/, /what is between them is in no report.*periods-leave-gaps/]],
    ['of a rate that drifts against the day', { schedule: ScheduleExpression.rate(Duration.hours(7)), start: new Date('2026-12-01'), period: ReportPeriod.sinceLastRun() }, [/drifting-rate/]],
    ['of weekdays, whose Mondays forget Friday', { schedule: cron('0 7 ? * MON-FRI *') },
      [/the report of 2026-11-27T07:00 ends before 2026-11-27, and that of 2026-11-30T07:00 begins with 2026-11-29: .* in no report.*periods-leave-gaps/]],
    ['of weekdays no more when their reports go on where the last one ended', { schedule: cron('0 7 ? * MON-FRI *'), period: ReportPeriod.sinceLastRun() }, []],
    ['of several times a day', { schedule: cron('0 7,19 * * ? *') }, [/that of 2026-11-22T19:00 begins with 2026-11-21.*is in both.*periods-overlap/]],
    ['of a week each day', { period: ReportPeriod.custom({ unit: PeriodUnit.DAY, from: -7 }) }, [/periods-overlap/]],
    ['nothing of a week each Monday', { schedule: cron('0 7 ? * MON *'), period: ReportPeriod.previousWeek() }, []],
    ['nothing of a month on its first weekday', { schedule: cron('0 7 ? * MON#1 *'), period: ReportPeriod.previousMonth() }, []],
    ['nothing of a quarter', { schedule: cron('0 7 1 1/3 ? *'), period: ReportPeriod.custom({ unit: PeriodUnit.QUARTER, from: -1 }) }, []],
    ['nothing of a year', { schedule: cron('0 7 1 1 ? *'), period: ReportPeriod.custom({ unit: PeriodUnit.YEAR, from: -1 }) }, []],
    ['of a month every second month', { schedule: cron('0 7 1 1/2 ? *'), period: ReportPeriod.previousMonth() }, [/ends before 2027-01-01, and that of 2027-03-01T07:00 begins with 2027-02-01/]],
  ])('%s', (_what, props, expected) => {
    expect(withSchedule(props).warnings()).toEqual(expected.map(pattern => expect.stringMatching(pattern)));
  });

  test('what can be acknowledged', () => {
    const { schedule, warnings } = withSchedule({ schedule: cron('0 7,19 * * ? *') });
    CoreAnnotations.of(schedule).acknowledgeWarning('cdk-scheduled-report-pipeline:periods-overlap', 'the evening report is the morning report, corrected');

    expect(warnings()).toEqual([]);
  });
});

describe('the dead man\'s switch', () => {
  const watched = (props?: Partial<ReportScheduleProps>, pipelineProps: Parameters<TestStack['pipeline']>[0] = {}) => {
    const stack = new TestStack();
    const pipeline = stack.pipeline({ ownerTopic: stack.topic, ...pipelineProps });
    pipeline.addSchedule('Daily', { schedule: morning, ...props });
    return { stack, pipeline, watch: () => stack.propertiesBelow('ReportScheduleWatch', 'AWS::Scheduler::Schedule')[0], expected: () => expectedOf(stack) };
  };
  /** What it is told to expect, with references as `<LogicalId.Attribute>`. */
  const expectedOf = (stack: TestStack) => {
    const { Input } = stack.propertiesBelow('ReportScheduleWatch', 'AWS::Scheduler::Schedule')[0].Target;
    return JSON.parse(Input['Fn::Join'][1].map((part: any) => typeof part === 'string' ? part : `<${part['Fn::GetAtt'].join('.')}>`).join('')).schedules;
  };

  test('is there with a schedule and an owner, and adds 6 resources to the 4 of a schedule', () => {
    const count = (props?: Parameters<TestStack['pipeline']>[0]) => {
      const stack = new TestStack();
      stack.pipeline({ ownerTopic: stack.topic, ...props });
      return Object.keys(stack.resourcesBelow('Report')).length;
    };
    expect(count({ schedule: morning }) - count()).toBe(10);
    expect(count({ schedule: morning, ownerTopic: undefined }) - count({ ownerTopic: undefined })).toBe(4);
  });

  test('looks every quarter of an hour, and has its failures in the dead-letter queue', () => {
    expect(watched().watch()).toMatchObject({
      ScheduleExpression: 'rate(15 minutes)',
      Target: {
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^ReportScheduleWatchFunction/), 'Arn'] },
        RoleArn: { 'Fn::GetAtt': [expect.stringMatching(/^ReportScheduleWatchSchedulerRole/), 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^ReportDeadLetters/), 'Arn'] } },
        RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 4 },
      },
    });
    expect(watched().stack.propertiesBelow('ReportScheduleWatchFunction', 'AWS::Lambda::Function')[0])
      .toMatchObject({ DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': [expect.stringMatching(/^ReportDeadLetters/), 'Arn'] } } });
  });

  test('is in no group of the schedules that it watches, and shares no role with them', () => {
    const { stack, watch } = watched();
    expect(watch()).not.toHaveProperty('GroupName');
    const [schedule] = stack.propertiesBelow('ReportDaily', 'AWS::Scheduler::Schedule');
    expect(schedule.Target.RoleArn).not.toEqual(watch().Target.RoleArn);
  });

  test('expects each schedule that is enabled, as it was deployed', () => {
    const { pipeline, expected } = watched();
    pipeline.addSchedule('Hourly', {
      schedule: ScheduleExpression.rate(Duration.hours(1)), start: new Date('2026-12-01'), end: new Date('2027-12-01'), deadline: Duration.minutes(20), period: ReportPeriod.sinceLastRun(),
    });
    pipeline.addSchedule('Off', { schedule: morning, enabled: false });

    expect(expected()).toEqual([
      { arn: expect.stringMatching(/^<ReportDaily.*Arn>$/), name: 'Daily', expression: 'cron(0 7 * * ? *)', timeZone: 'Europe/Madrid', deadlineSeconds: 3 * 3600 + 15 * 60 },
      {
        arn: expect.stringMatching(/^<ReportHourly.*Arn>$/),
        name: 'Hourly',
        expression: 'rate(1 hour)',
        timeZone: 'Etc/UTC',
        start: '2026-12-01T00:00:00.000Z',
        end: '2027-12-01T00:00:00.000Z',
        deadlineSeconds: 1200,
      },
    ]);
  });

  test('waits for the time window and for as long as the run may take, unless there is a deadline', () => {
    const { expected } = watched({ timeWindow: TimeWindow.flexible(Duration.minutes(30)) }, { runTimeout: Duration.hours(5) });
    expect(expected()[0].deadlineSeconds).toBe((60 + 30 + 300 + 15) * 60);
  });

  test('may use the key of what it reads, writes and leaves in the dead-letter queue', () => {
    const stack = new TestStack();
    stack.pipeline({ ownerTopic: stack.topic, schedule: morning, encryptionKey: new kms.Key(stack, 'Key') });
    for (const role of ['ReportScheduleWatchRole', 'ReportScheduleWatchSchedulerRole']) {
      const statements = stack.propertiesBelow(role, 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
      expect(statements.flatMap(({ Action }) => Action)).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey']));
    }
  });

  test('may look, tell, and write down how far it has looked, and nothing else', () => {
    const { stack } = watched();
    const statements = stack.propertiesBelow('ReportScheduleWatchRole', 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const ofAction = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));

    expect(new Set(statements.flatMap(({ Action }) => Action))).toEqual(new Set([
      'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem', 'logs:CreateLogStream', 'logs:PutLogEvents', 'scheduler:GetSchedule', 'sns:Publish', 'sqs:SendMessage',
    ]));
    expect(ofAction('dynamodb:UpdateItem')).toEqual([expect.objectContaining({ Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['schedule#*'] } } })]);
    expect(JSON.stringify(ofAction('scheduler:GetSchedule')[0].Resource)).toMatch(/:schedule\/Test-Report-ScheduleGroup-\w+\/\*/);
    const invocations = stack.propertiesBelow('ReportScheduleWatchSchedulerRole', 'AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    expect(new Set(invocations.flatMap(({ Action }) => Action))).toEqual(new Set(['lambda:InvokeFunction', 'sqs:SendMessage']));
    expect(invocations.find(({ Action }) => Action === 'lambda:InvokeFunction').Resource).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^ReportScheduleWatchFunction/), 'Arn'] });
  });
});
