import { Stack, Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Says why a finding of cdk-nag (https://github.com/cdklabs/cdk-nag), where an app uses it, is meant to be as it is.
 *
 * Only the exact finding is acknowledged: the same rule still speaks of every other resource.
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  // Written where Validations.acknowledge writes, which itself refuses the `::` of pseudo parameters in an ARN.
  construct.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [`AwsSolutions-${rule}`]: reason });
}

/** The same for a wildcard at the end of a resource's ARN. */
export function acknowledgeWildcard(construct: IConstruct, resourceArn: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${flat(Stack.of(construct).resolve(resourceArn))}]`, reason);
}

/** How cdk-nag writes an ARN: references to resources as `<LogicalId.Attribute>`. */
export function flat(value: any): string {
  if (typeof value === 'string') {
    return value;
  }
  if ('Ref' in value) {
    return `<${value.Ref}>`;
  }
  if ('Fn::GetAtt' in value) {
    return `<${value['Fn::GetAtt'].join('.')}>`;
  }
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'];
    return parts.map(flat).join(separator);
  }
  return JSON.stringify(value);
}
