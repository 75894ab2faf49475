"""Checks of ours in Schemathesis: https://schemathesis.readthedocs.io/en/stable/guides/extending/"""

import os
import re

import schemathesis

INSIDE = re.compile(os.environ["INSIDE"], re.IGNORECASE)


@schemathesis.check
def tells_nothing_of_its_inside(ctx, response, case):
    found = response.status_code >= 400 and INSIDE.search(response.text)
    if found:
        raise AssertionError(f"the answer says {found.group()!r}")
