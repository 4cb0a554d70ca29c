"""`python -m tests.faults.soak_audit`: the auditor's word on all that a soak started.

Reads from standard input, for each workspace, the workflows with the number of accepted runs, and
the keys that the target saw. Prints the figures as JSON.
"""

import json
import os
import sys
from collections import Counter
from typing import Any

import django


def found(given: dict[str, Any]) -> dict[str, Any]:
    """Return what is lost, what happened twice, and everything that the auditor says."""
    from apps.runs.models import Run
    from apps.tenants.context import public_scope, tenant_context
    from apps.tenants.models import Tenant
    from tests.faults.auditor import audit

    wrong: list[str] = []
    lost, statuses = 0, Counter[str]()
    for slug, workflows in given["tenants"].items():
        with public_scope():
            tenant = Tenant.objects.get(slug=slug)
        with tenant_context(tenant):
            for workflow, accepted in workflows.items():
                runs = list(Run.objects.filter(workflow=workflow))
                # A start whose answer was lost may have been accepted: more is no loss.
                lost += max(0, accepted - len(runs))
                statuses.update(run.status for run in runs)
                wrong += audit(runs, expected=max(accepted, len(runs)))
    return {
        "lost": lost + sum(each.startswith(("I1", "I2")) for each in wrong),
        "double_transitions": sum(each.startswith("I4") for each in wrong),
        "repeats": {path: len(keys) - len(set(keys)) for path, keys in given["sink"].items()},
        "statuses": dict(statuses),
        "wrong": wrong[:20],
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")
    django.setup()
    sys.stdout.write(json.dumps(found(json.load(sys.stdin))))
