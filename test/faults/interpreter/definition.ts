import jsonata from 'jsonata';

export interface Retrier {
  readonly ErrorEquals: string[];
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxAttempts?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: string;
}

/** Where a state, a rule of a Choice or a Catch leads, and what it passes on. */
export interface Transition {
  readonly Next?: string;
  readonly Output?: unknown;
  readonly Assign?: { readonly [variable: string]: unknown };
}

export interface State extends Transition {
  readonly Type: 'Task' | 'Parallel' | 'Choice' | 'Pass' | 'Wait' | 'Succeed' | 'Fail';
  readonly QueryLanguage?: string;
  readonly End?: boolean;
  readonly Resource?: string;
  readonly Arguments?: any;
  readonly TimeoutSeconds?: number;
  readonly Retry?: Retrier[];
  readonly Catch?: (Transition & { readonly ErrorEquals: string[] })[];
  readonly Branches?: Flow[];
  readonly Choices?: (Transition & { readonly Condition: string })[];
  readonly Default?: string;
  readonly Seconds?: unknown;
  readonly Error?: string;
  readonly Cause?: string;
}

export interface Flow {
  readonly StartAt: string;
  readonly States: { readonly [name: string]: State };
}

/** A definition of a state machine, as far as it is known here. */
export interface Definition extends Flow {
  readonly TimeoutSeconds?: number;
}

const INVOKE = 'arn:aws:states:::lambda:invoke';

const TRANSITION = ['Next', 'Output', 'Assign'];
const FIELDS: { [type: string]: string[] } = {
  Task: [...TRANSITION, 'End', 'Resource', 'Arguments', 'TimeoutSeconds', 'Retry', 'Catch'],
  Parallel: [...TRANSITION, 'End', 'Branches', 'Arguments', 'Retry', 'Catch'],
  Pass: [...TRANSITION, 'End'],
  Wait: [...TRANSITION, 'End', 'Seconds'],
  Choice: ['Choices', 'Default', 'Output', 'Assign'],
  Succeed: ['Output'],
  Fail: ['Error', 'Cause'],
};

const RETRIER_NUMBERS = ['IntervalSeconds', 'BackoffRate', 'MaxAttempts', 'MaxDelaySeconds'];
const RETRIER = ['ErrorEquals', ...RETRIER_NUMBERS, 'JitterStrategy'];
const ERRORS = ['States.ALL', 'States.TaskFailed', 'States.Timeout', 'States.QueryEvaluationError'];

/**
 * The functions of JSONata, but for `$eval`, which AWS does not have, and `$random` and `$shuffle`, which no test could repeat.
 * What AWS adds is not here: `$partition`, `$range`, `$hash`, `$uuid`, `$parse`.
 */
const FUNCTIONS = `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains
  replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power boolean not map zip filter single
  reduce sift keys lookup append exists spread merge reverse each error assert type sort distinct base64encode base64decode encodeUrlComponent
  encodeUrl decodeUrlComponent decodeUrl toMillis fromMillis now millis`.split(/\s+/);

export const isExpression = (part: unknown): part is string => typeof part === 'string' && /^{%.*%}$/s.test(part);
export const isText = (value: unknown) => typeof value === 'string';
export const isWaitingTime = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const isPositive = (value: unknown) => Number.isInteger(value) && (value as number) > 0;

/** Refuses a definition of which the interpreter would ignore something. */
export function refuseUnknownDefinition(definition: Definition, functions: string[]): void {
  refuseUnknown('The definition', definition, ['StartAt', 'States', 'TimeoutSeconds', 'Comment']);
  refuseUnknownStates(definition, functions, []);
}

function refuse(where: string, what: string): never {
  throw new Error(`${where}: ${what}.`);
}

function refuseUnknown(where: string, object: object, known: string[]): void {
  Object.keys(object).filter(field => !known.includes(field)).forEach(field => refuse(where, `the field '${field}' is not known`));
}

function refuseUnknownStates({ StartAt, States }: Flow, functions: string[], outer: string[]): void {
  const transitions = Object.values(States).flatMap(state => [state, ...state.Choices ?? [], ...state.Catch ?? []] as Transition[]);
  const assigned = transitions.flatMap(({ Assign = {} }) => Object.keys(Assign));
  // https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html#variable-scope
  assigned.filter(name => outer.includes(name) || name === 'states').forEach(name => refuse(`The flow from '${StartAt}'`, `it must not assign '${name}'`));
  const variables = [...outer, ...assigned];

  for (const [name, state] of Object.entries(States)) {
    const where = `State '${name}'`;
    const require = (field: string, valid: boolean) => valid || refuse(where, `the field '${field}' is not as it is known here`);
    refuseUnknown(where, state, [...FIELDS[state.Type] ?? refuse(where, `the type '${state.Type}' is not known`), 'Type', 'QueryLanguage', 'Comment']);
    require('QueryLanguage', state.QueryLanguage === 'JSONata');
    if (FIELDS[state.Type].includes('End')) {
      require('End', (state.End === true) !== (state.Next !== undefined));
    }
    [state.Next, state.Default, ...[...state.Choices ?? [], ...state.Catch ?? []].map(({ Next }) => Next ?? '')]
      .forEach(next => require('Next', next === undefined || next in States));

    switch (state.Type) {
      case 'Task':
        require('Resource', state.Resource === INVOKE);
        refuseUnknown(`${where}, Arguments`, state.Arguments ?? {}, ['FunctionName', 'Payload']);
        require('Arguments', state.Arguments?.Payload !== undefined);
        require('TimeoutSeconds', state.TimeoutSeconds === undefined || isPositive(state.TimeoutSeconds));
        if (!functions.includes(state.Arguments.FunctionName)) {
          refuse(where, `there is no function '${state.Arguments.FunctionName}'`);
        }
        break;
      case 'Parallel':
        require('Branches', (state.Branches ?? []).length > 0);
        for (const branch of state.Branches!) {
          refuseUnknown(`${where}, Branches`, branch, ['StartAt', 'States', 'Comment']);
          refuseUnknownStates(branch, functions, variables);
        }
        break;
      case 'Wait': require('Seconds', isExpression(state.Seconds) || isWaitingTime(state.Seconds)); break;
      case 'Fail': require('Error', isText(state.Error)); break;
      case 'Choice':
        require('Choices', (state.Choices ?? []).length > 0);
        for (const rule of state.Choices!) {
          refuseUnknown(`${where}, Choices`, rule, [...TRANSITION, 'Condition', 'Comment']);
          require('Condition', isExpression(rule.Condition));
        }
        break;
    }
    for (const [field, known] of [['Retry', [...RETRIER, 'Comment']], ['Catch', [...TRANSITION, 'ErrorEquals', 'Comment']]] as const) {
      (state[field] ?? []).forEach((handler, index, { length }) => {
        refuseUnknown(`${where}, ${field}`, handler, [...known]);
        const { ErrorEquals, JitterStrategy = 'NONE' } = handler as Retrier;
        const all = ErrorEquals.includes('States.ALL');
        require(`${field}.ErrorEquals`, ErrorEquals.length > 0 && !(all && (ErrorEquals.length > 1 || index < length - 1)));
        require(`${field}.ErrorEquals`, ErrorEquals.every(error => !error.startsWith('States.') || ERRORS.includes(error)));
        require(`${field}.JitterStrategy`, ['FULL', 'NONE'].includes(JitterStrategy));
        RETRIER_NUMBERS.forEach(key => require(`${field}.${key}`, !(key in handler) || (handler as any)[key] >= 0));
      });
    }
    const templates = { ...state, Branches: undefined, Comment: undefined };
    expressionsIn(templates).forEach(expression => refuseUnknownFunctions(where, expression, variables));
  }
  if (!(StartAt in States)) {
    refuse(`The flow from '${StartAt}'`, 'there is no such state');
  }
}

function expressionsIn(template: unknown): string[] {
  if (typeof template === 'object' && template !== null) {
    return Object.values(template).flatMap(expressionsIn);
  }
  return isExpression(template) ? [template] : [];
}

function refuseUnknownFunctions(where: string, expression: string, variables: string[]): void {
  const used: string[] = [];
  const bound = ['', '$', 'states', ...variables, ...FUNCTIONS];
  const visit = (node: any): void => {
    if (node.type === 'variable') used.push(node.value);
    if (node.type === 'bind') bound.push(node.lhs.value);
    if (node.type === 'lambda') bound.push(...node.arguments.map(({ value }: { value: string }) => value));
    Object.values(node).filter(child => typeof child === 'object' && child !== null).forEach(visit);
  };
  visit(jsonata(expression.slice(2, -2)).ast());
  used.filter(name => !bound.includes(name)).forEach(name => refuse(where, `'$${name}' in '${expression}' is not known`));
}
