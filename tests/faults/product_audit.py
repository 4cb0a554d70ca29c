"""`python -m tests.faults.product_audit`: the auditor's word on the runs of a running product.

Reads from standard input what a test started: workflows with the number of their runs, and what the
target saw from the step `put`. Prints what is wrong, as a JSON list.
"""

import json
import os
import sys
from typing import Any

import django


def found(given: dict[str, Any]) -> list[str]:
    """Return what the auditor finds in the demo workspace."""
    from apps.runs.models import Run
    from apps.tenants.context import public_scope, tenant_context
    from apps.tenants.models import Tenant
    from tests.faults.auditor import audit, audit_sink

    with public_scope():
        tenant = Tenant.objects.get(slug="demo")
    with tenant_context(tenant):
        wrong = []
        for workflow, expected in given["workflows"].items():
            runs = list(Run.objects.filter(workflow=workflow))
            wrong += audit(runs, expected=expected)
            if workflow == given["calls"]:
                wrong += audit_sink(given["seen"], runs, "put", kills=given["kills"])
        return wrong


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")
    django.setup()
    sys.stdout.write(json.dumps(found(json.load(sys.stdin))))
