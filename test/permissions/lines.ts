import { Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { reasonFor, reasonForWildcard } from './reasons';
import { Permission, permissionsOf } from './statements';

/** A line of the receipt. */
export interface Line extends Permission {
  readonly reason?: string;
  /** Why there is a wildcard in it, where there is one. */
  readonly wildcardReason?: string;
}

/** What the template of a stack permits and forbids. The same permission is one line, however often the template says it. */
export function linesOf(stack: Stack): Line[] {
  // What a library says of its wildcards, it says beside them, for cdk-nag.
  const acknowledged = stack.node.findAll().flatMap(({ node: { path, metadata } }) => metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries<string>(data).map(([rule, reason]) => ({ path: path.split('/').slice(1).join('/'), rule, reason }))));
  const lines = permissionsOf(Template.fromStack(stack)).map(permission => {
    const { effect, principal, wildcards } = permission;
    const reasons = effect === 'Deny' ? [] : wildcards.map(wildcard => reasonForWildcard(permission, wildcard)
      ?? acknowledged.find(({ path, rule }) => `${principal}/`.startsWith(`${path}/`) && rule === `AwsSolutions-IAM5[${wildcard}]`)?.reason);
    return {
      ...permission,
      reason: reasonFor(permission),
      ...(reasons.length > 0 && { wildcardReason: reasons.includes(undefined) ? undefined : [...new Set(reasons)].join(' ') }),
    };
  });
  return [...new Map(lines.map(line => [JSON.stringify(line), line])).values()];
}

/** The reasons that nobody has written down. */
export function lacks(line: Line): string[] {
  const what = `${line.principal} may ${line.actions.join(', ')} on ${line.resources.join(', ')}`;
  return [
    ...(line.reason === undefined ? [`${what}: nobody has written down why (test/permissions/reasons.ts)`] : []),
    ...('wildcardReason' in line && line.wildcardReason === undefined ? [`${what}: nobody has written down why there is a wildcard`] : []),
  ];
}
