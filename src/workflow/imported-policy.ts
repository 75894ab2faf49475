import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** The error for an imported resource whose policy can not be changed from here: it prints the statement to add. */
export function refusedPolicy(resource: string, statement: iam.PolicyStatement, scope: Construct): Error {
  return new Error(`${resource} is imported, and its policy can not be changed from here; add this statement to it and set policiesInPlace to true: `
    + JSON.stringify(Stack.of(scope).resolve(statement.toStatementJson())));
}
