import { type Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import acknowledgements from './acknowledgements.json';

/**
 * Says why what cdk-nag (https://github.com/cdklabs/cdk-nag) finds in the café is meant to be so: each finding of each construct.
 *
 * Not by `Validations.acknowledge`, which refuses the `::` of pseudo parameters in an ARN; it writes to the same place.
 */
export function acknowledgeFindings(stack: Stack): void {
  for (const [path, reasons] of Object.entries(acknowledgements)) {
    const construct = path.split('/').reduce<IConstruct | undefined>((parent, id) => parent?.node.tryFindChild(id), stack);
    construct?.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, reasons); // some constructs are not there locally
  }
}
