import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { App } from 'aws-cdk-lib';
import { createConnection } from 'mysql2/promise';
import { callsOf, callsOfAws } from './calls';
import { ACCOUNT, DeployedFunction, Deployment, REGION } from './deployment';
import { Call, denied } from './simulator';
import { unused, weakened } from './weakened';
import { CafeDatabase } from '../../examples/cafe-inventory/cafe-database';
import { CafeStack } from '../../examples/cafe-inventory/cafe-stack';
import { CafeWebsite } from '../../examples/cafe-inventory/cafe-website';
import menu from '../../examples/cafe-inventory/menu.json';
import { Replacements } from '../faults/interpreter/replacements';

jest.mock('mysql2/promise');

const cafe = new CafeStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Cafe', { database: CafeDatabase.aurora(), website: CafeWebsite.cloudFront() });
const deployment = new Deployment(cafe);

/** The café's own functions, by the beginnings of their names, and what each of them runs. */
const OWN = { Lookup: 'lookup', DatabaseSeed: 'seed-database', Menu: 'menu', WebsitePublishMenu: 'publish-menu' };
const own = Object.entries(OWN).map(([name, handler]) => ({ ...functionOf(name), run: `../../examples/cafe-inventory/lambdas/${handler}` }));

function functionOf(name: string): DeployedFunction {
  return deployment.functions.find(({ arn }) => new RegExp(`:function:${name}[0-9A-F]{8}$`).test(arn))!;
}

/** Runs a function in its environment, and returns what it asks of AWS. */
async function callsBy({ role, environment, run }: typeof own[number]): Promise<Call[]> {
  const calls: Call[] = [];
  const replacements = new Replacements();
  const answer = async (command: any) => {
    calls.push(...callsOf(role, command.constructor.name.replace('Command', ''), command.input, deployment));
    return { Items: [{ position: menu.length }] }; // of a menu that was longer
  };
  replacements.replace(process, 'env', { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret', ...environment });
  [DynamoDBDocumentClient, RDSDataClient].forEach(({ prototype }) => replacements.replace(prototype, 'send', answer));
  jest.mocked(createConnection).mockImplementation(async options => {
    calls.push(signingIn(role, options as { host: string; password: string }));
    return { query: async () => [[]], destroy: () => {} } as any;
  });
  try {
    await (await import(run)).handler({ parameters: {} }); // a data source gets an event of the pipeline
    return calls;
  } finally {
    replacements.putBack();
  }
}

/** Who signs in to a cluster shows a token in place of a password: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html */
function signingIn(by: string, { host, password }: { host: string; password: string }): Call {
  const user = new URL(`https://${password}`).searchParams.get('DBUser');
  const cluster = host.replace(/\.Endpoint\.Address$/, '.DBClusterResourceId');
  return { by, action: 'rds-db:connect', resource: `arn:aws:rds-db:${REGION}:${ACCOUNT}:dbuser:${cluster}/${user}` };
}

/** What the pipeline grants every data source, and `used.test.ts` shows the use of. */
const [bucket] = deployment.ofType('AWS::S3::Bucket').filter(({ id }) => id.startsWith('Inventory'));
const permissions = deployment.permissions.filter(({ statement }) => !statement.Resource?.startsWith(bucket.arn));

let asked: Call[];

beforeAll(async () => {
  const names = new Set(own.flatMap(({ arn, role }) => [arn, role]));
  asked = callsOfAws(deployment).filter(({ by, resource }) => names.has(by) || names.has(resource));
  for (const each of own) {
    asked.push(...await callsBy(each));
  }
});

test('each function that the café wrote is used', () => {
  expect(own.map(({ arn }) => arn).sort()).toEqual(deployment.functions.filter(({ handler }) => handler === 'cafe').map(({ arn }) => arn).sort());
  own.forEach(({ role }) => expect(asked.filter(({ by, action }) => by === role && !action.startsWith('logs:'))).not.toEqual([]));
});

test('all that they ask of AWS is permitted', async () => {
  expect(await denied(asked, permissions)).toEqual([]);
});

test('nothing is permitted to them, or to invoke them, that makes no difference', async () => {
  const theirs = weakened(permissions).filter(({ from }) => own.some(({ arn, role }) => from.of === arn || from.of === role));
  expect(theirs.length).toBeGreaterThan(4 * own.length);
  expect(await unused(theirs, asked, [])).toEqual([]);
});
