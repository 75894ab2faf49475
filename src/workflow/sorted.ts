import { Token } from 'aws-cdk-lib';

/** The same value with its keys in order: a map of Java has another order in each process, and would change the template with each deployment. */
export function sorted(value: any): any {
  if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]));
}
