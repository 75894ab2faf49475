import json
from functools import reduce

from aws_cdk import Stack, Validations

from . import SHARED


def acknowledge_findings(stack: Stack) -> None:
    """Says why what cdk-nag (https://github.com/cdklabs/cdk-nag) finds in the café is meant to be so.

    Not by ``Validations.acknowledge``, which refuses the ``::`` of pseudo parameters in an ARN; it writes to the same
    place.
    """
    acknowledgements = json.loads((SHARED / "acknowledgements.json").read_text(encoding="utf-8"))
    for path, reasons in acknowledgements.items():
        construct = reduce(lambda parent, child: parent.node.find_child(child), path.split("/"), stack)
        construct.node.add_metadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, reasons)
