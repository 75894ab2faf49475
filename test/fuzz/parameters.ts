import { paginateListExecutions, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type Answer, ask } from './ask';
import type { Bookkeeper } from '../../examples/cafe-inventory/local/bookkeeper';
import type { Cloud } from '../../examples/cafe-inventory/local/cloud';
import type { Outputs } from '../../examples/cafe-inventory/local/deploy';
import { expectEqual } from '../../examples/cafe-inventory/local/expect';
import { until } from '../../examples/cafe-inventory/local/loopback';
import { INSIDE } from '../support/openapi';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const json = (name: string, value: unknown) => JSON.stringify({ [name]: value });

/** Parameters that the schema of the café does not take: names that are almost right or come with every object, and values of other kinds and sizes. */
const UNKNOWN = [
  ...[
    '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '$ref', '$schema', '', '*', '../supplier', 'supplier/', 'Supplier', 'supplier ', 'supplier\0',
    '\ufeffsupplier', '\u202esupplier', '\u0455upplier', '\uff53upplier', 'supplier; --',
  ].map(name => json(name, 'x')),
  ...['', 'a'.repeat(81), '\u{1F480}'.repeat(81), 'a'.repeat(16_000), 0, 1e308, null, true, ['x'], {}, { name: 'x' }, { $ne: null }].map(value => json('supplier', value)),
  ...['true', 'yes', '', 1, 0, null, [], { valueOf: 1 }].map(value => json('onlyBelowReorderLevel', value)),
  `{"supplier":${nested(90)}}`, '{"supplier":"x","__proto__":{"onlyBelowReorderLevel":true}}', '{"supplier":"x","supplier":["x"]}', '[]', '"x"', '1', 'null',
];

/** Parameters that no reader would get as they were sent. */
const UNREADABLE = [
  '{"supplier":1e400}', '{"onlyBelowReorderLevel":-1e400}', '{"supplier":"\\ud800"}', '{"supplier":"\\udc80\\ud83d"}', '{"\\udfffsupplier":"x"}', '{"supplier":"\0"}',
  '{"supplier":NaN}', "{'supplier':'x'}", '{"supplier":"x",}', '{"supplier":"x"}}', '', `{"supplier":${nested(101)}}`, `{"supplier":${nested(5000)}}`,
];

/** More of them than are taken. */
const TOO_LARGE = [json('supplier', 'a'.repeat(16 * 1024)), json('supplier', 'a'.repeat(1024 * 1024)), nested(50_000)];

/** Names that a supplier may have as far as the schema knows, and none has: code in several languages, paths, and a name that only looks like one. */
const NOBODY = [
  "' OR '1'='1", "\\' OR 1=1 -- ", '%', '../../data/', '__proto__', 'a\0b', '\u202e', '\r\nx', '${jndi:ldap://x}{{7*7}}$(id)', '<script>alert(1)</script>', '=1+1', '1e400',
  'Nusantar\u0430 Kopi', '\u{1F480}'.repeat(80),
];

interface Pipeline { readonly cloud: Cloud; readonly outputs: Outputs; readonly frank: Bookkeeper }

/** Parameters that are not as they should be are refused in plain words, which quote none of them, and nothing is started. Returns how many they were. */
export async function refuseOtherParameters({ cloud, outputs, frank }: Pipeline): Promise<number> {
  const before = await executionsOf(cloud, outputs);
  const refuse = async (parameters: string, status: number) => {
    const answer = await request(outputs, frank, parameters);
    const what = `${parameters.slice(0, 100)} is answered ${answer.status} ${answer.body.slice(0, 500)}`;
    expectEqual(what, answer.status, status);
    expectEqual(`${what}: it says why`, /^The (request|body|parameters) .{10,200}\.$/.test(JSON.parse(answer.body).message) && !INSIDE.test(answer.body), true);
  };
  for (const parameters of [...UNKNOWN, ...UNREADABLE]) {
    await refuse(parameters, 400);
  }
  for (const parameters of TOO_LARGE) {
    await refuse(parameters, 413);
  }
  expectEqual('what was started', await executionsOf(cloud, outputs), before);
  return UNKNOWN.length + UNREADABLE.length + TOO_LARGE.length;
}

/** Whatever name a supplier is said to have, a report is made, of nobody. Returns how many they were. */
export async function makeReportsOfNobody(pipeline: Pipeline): Promise<number> {
  const { outputs, frank } = pipeline;
  const answers: Answer[] = [];
  for (const supplier of NOBODY) {
    answers.push(await request(outputs, frank, json('supplier', supplier)));
  }
  await expectNoFailure(pipeline);
  for (const [index, { status, body }] of answers.entries()) {
    const name = JSON.stringify(NOBODY[index]);
    expectEqual(`answer to the request for ${name}`, status, 202);
    const report = await ask('GET', `${outputs.ApiUrl}reports/${JSON.parse(body).reportId}`, { authorization: frank.token });
    const { status: become, rows } = JSON.parse(report.body);
    expectEqual(`the report of ${name}`, [become, rows], ['DELIVERED', 0]);
  }
  return NOBODY.length;
}

async function request({ ApiUrl }: Outputs, { token }: Bookkeeper, parameters: string): Promise<Answer> {
  return ask('POST', `${ApiUrl}create_report`, { 'authorization': token, 'content-type': 'application/json' }, `{"parameters":${parameters}}`);
}

/** Who starts executions past the API gets no further: the run fails before anything is looked up. Returns how many they were, some of each kind. */
export async function refuseInExecutions({ cloud, outputs }: Pipeline): Promise<number> {
  const sfn = new SFNClient(cloud);
  const started = await Promise.all(UNKNOWN.filter((_, index) => index % 6 === 0).map(async parameters => {
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: outputs.StateMachineArn, input: `{"parameters":${parameters}}` }));
    return executionArn!;
  }));
  const expected = Object.fromEntries(started.map(arn => [arn, 'FAILED']));
  const ended = await until('the executions', 120, async () => {
    const now = Object.entries(await executionsOf(cloud, outputs)).filter(([arn]) => arn in expected);
    return now.some(([, status]) => status === 'RUNNING') ? undefined : Object.fromEntries(now);
  });
  expectEqual('what became of them', ended, expected);
  return started.length;
}

/** Nothing that was taken fails later, whatever it was. Returns how many reports there are. */
export async function expectNoFailure({ cloud, outputs }: Pipeline): Promise<number> {
  const statuses = await until('all reports', 300, async () => {
    const now = Object.values(await executionsOf(cloud, outputs));
    return now.includes('RUNNING') ? undefined : now;
  });
  expectEqual('what became of them', [...new Set(statuses)], ['SUCCEEDED']);
  return statuses.length;
}

/** The executions there are, and what became of each. */
async function executionsOf(cloud: Cloud, { StateMachineArn: stateMachineArn }: Outputs): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { executions } of paginateListExecutions({ client: new SFNClient(cloud) }, { stateMachineArn })) {
    for (const { executionArn, status } of executions!) {
      found[executionArn!] = status!;
    }
  }
  return found;
}
