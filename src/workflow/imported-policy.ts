import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { flat } from './acknowledge';

/** The error for an imported resource whose policy can not be changed from here: it prints what to add. */
export function refusedPolicy(resource: string, statements: iam.PolicyStatement[], scope: Construct): Error {
  return new Error(`${resource} is imported, and its policy can not be changed from here; add ${statements.length === 1 ? 'this statement' : 'these statements'} `
    + `to it and set policiesInPlace to true: ${statements.map(statement => printed(statement, scope)).join(', ')}`);
}

export function printed(statement: iam.PolicyStatement, scope: Construct): string {
  return JSON.stringify(Stack.of(scope).resolve(statement.toStatementJson()), (_, value) => isIntrinsic(value) ? flat(value) : value);
}

function isIntrinsic(value: unknown): boolean {
  const [name] = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return name === 'Ref' || name?.startsWith('Fn::');
}

/**
 * Whether the role of a function can be granted what it needs. A function of another account, or one imported without its role, is
 * refused, unless its policies are said to be in place.
 */
export function isGrantable(scope: Construct, fn: lambda.IFunction, policiesInPlace: boolean, needs: iam.PolicyStatement[]): boolean {
  const { account } = Stack.of(scope);
  const elsewhere = Token.compareStrings(fn.env.account, account) === TokenComparison.DIFFERENT;
  if (!elsewhere && fn.role) {
    return true;
  }
  if (policiesInPlace) {
    return false;
  }
  throw elsewhere
    ? refusedPolicy(`the function ${fn.functionArn}`, [
      new iam.PolicyStatement({ principals: [new iam.AccountPrincipal(account)], actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] }),
    ], scope)
    : refusedPolicy(`the role of the function ${fn.functionArn}`, needs, scope);
}
