/**
 * Guards the public API: what jsii hands to other languages, and what breaks users of the last release.
 *
 * `--released` makes the API as it is now the one that is guarded: run it when a release is made.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { compareAssemblies } from 'jsii-diff';
import { Assembly, ClassType, InterfaceType, JSII_REFLECT_SUPPORTED_ASSEMBLY_FEATURES, Method, Parameter, Property, TypeReference, TypeSystem } from 'jsii-reflect';

const RELEASED = 'api/released.json';
const BREAKING_CHANGES = 'api/breaking-changes.txt';

/** Where the type may be `any`, with the reason: no language checks it. */
const ANY_IS_MEANT = new Map([
  ['ReportScheduleProps.parameters', 'whatever JSON the data source understands'],
  ['ScheduledReportPipelineProps.parametersSchema', 'a JSON Schema, which is checked at synth'],
]);

const LOADING = { validate: false, supportedFeatures: JSII_REFLECT_SUPPORTED_ASSEMBLY_FEATURES };

async function load(file: string): Promise<Assembly> {
  const system = new TypeSystem();
  for (const dependency of ['aws-cdk-lib', 'constructs']) {
    await system.load(dirname(require.resolve(`${dependency}/package.json`)), LOADING);
  }
  return system.loadFile(file, { ...LOADING, isRoot: true });
}

/** The traps of jsii: what is well typed in TypeScript, and in Java or Python is not, or is not explained. */
function* traps(assembly: Assembly): Generator<string> {
  for (const type of assembly.allTypes) {
    if (!type.docs.summary) yield `${type.name} is not documented`;
    if (type.isEnumType()) {
      for (const member of type.members.filter(({ docs }) => !docs.summary)) yield `${type.name}.${member.name} is not documented`;
    }
    if (type.isClassType() || type.isInterfaceType()) yield* trapsOfMembers(type);
  }
}

function* trapsOfMembers(type: ClassType | InterfaceType): Generator<string> {
  const callables = type.isClassType() && type.initializer ? [...type.ownMethods, type.initializer] : type.ownMethods;
  for (const property of type.ownProperties) {
    const name = `${type.name}.${property.name}`;
    if (!property.docs.summary) yield `${name} is not documented`;
    if (type.isInterfaceType() && property.optional && !property.docs.docs.default) yield `${name} is optional and has no @default`;
    yield* trapsOfType(name, property);
  }
  for (const callable of callables) {
    const name = `${type.name}.${callable.name}`;
    if (callable instanceof Method) {
      if (!callable.docs.summary) yield `${name} is not documented`;
      yield* trapsOfType(name, callable.returns);
    }
    for (const parameter of callable.parameters) {
      yield* trapsOfType(`${name}(${parameter.name})`, parameter);
    }
  }
}

function* trapsOfType(name: string, { type }: Property | Parameter | Method['returns']): Generator<string> {
  const parts = [...partsOf(type)];
  if (parts.some(part => part.unionOfTypes)) yield `${name} is a union, which Java knows only as Object`;
  if (parts.some(part => part.intersectionOfTypes)) yield `${name} is an intersection, which not every language has`;
  if (parts.some(part => part.isAny) && !ANY_IS_MEANT.has(name)) yield `${name} is any, and no reason for it is given in ${__filename}`;
}

function* partsOf(type: TypeReference): Generator<TypeReference> {
  yield type;
  const element = type.arrayOfType ?? type.mapOfType;
  if (element) yield* partsOf(element);
}

/** The keys of the breaking changes that are announced, each with what users do about it. */
function announced(): string[] {
  const lines = readFileSync(BREAKING_CHANGES, 'utf8').split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return lines.map(line => {
    const [key, ...advice] = line.split(/\s+/);
    if (advice.length === 0) throw new Error(`${BREAKING_CHANGES} does not say what users do about ${key}`);
    return key;
  });
}

async function check(): Promise<void> {
  const current = await load('.jsii');
  const { mismatches } = compareAssemblies(await load(RELEASED), current);
  const keys = announced();
  report('the public API is documented, has its defaults said, and no types that other languages lose', [...traps(current)]);
  report('it breaks users of the last release only where that is announced', [
    ...mismatches.filter(({ violationKey }) => !keys.includes(violationKey))
      .map(({ violationKey, message }) => `${message}; to break it all the same, announce in ${BREAKING_CHANGES}: ${violationKey}`),
    ...keys.filter(key => !mismatches.some(({ violationKey }) => violationKey === key)).map(key => `${BREAKING_CHANGES} announces ${key}, which breaks nothing`),
  ]);
}

function report(what: string, problems: string[]): void {
  console.log(`${problems.length === 0 ? '✓' : '✗'} ${what}`);
  for (const problem of problems) console.log(`    ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

/** Keeps of the assembly what can break: no texts, no places in the source, nothing about dependencies. */
function release(): void {
  const { readme, dependencyClosure, ...assembly } = JSON.parse(readFileSync('.jsii', 'utf8'));
  const kept = (key: string, value: any) => {
    switch (key) {
      case 'locationInModule':
      case 'symbolId': return undefined;
      case 'docs': return { stability: value.stability, deprecated: value.deprecated };
      default: return value;
    }
  };
  writeFileSync(RELEASED, `${JSON.stringify(assembly, kept, 1)}\n`);
  const comments = readFileSync(BREAKING_CHANGES, 'utf8').split('\n').filter(line => line.startsWith('#'));
  writeFileSync(BREAKING_CHANGES, `${comments.join('\n')}\n`);
}

async function main(): Promise<void> {
  if (process.argv.includes('--released')) {
    release();
  } else {
    await check();
  }
}

void main();
