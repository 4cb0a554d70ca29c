"""`python -m tests.faults.soak_audit`: the auditor's word on all that a soak started.

Reads from standard input, for each workspace, the workflows with the number of accepted starts,
which of them schedules start and which call the target, and the keys that the target saw. Prints
the figures as JSON.
"""

import json
import os
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import django

CALLS = {"put": 1, "flaky": 2}


class Finder:
    """Goes through the workspaces one after the other."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.wrong: list[str] = []
        self.statuses: Counter[str] = Counter()
        self.asks: Counter[str] = Counter()  # why runs were set aside for a person
        self.kept: Counter[str] = Counter()  # of accepted starts and fire times
        self.missing = 0
        self.keys: set[str] = set()  # that the target must have seen, and no others

    def found(self) -> dict[str, Any]:
        """Return what is lost, what happened twice, and everything that the auditor says."""
        for slug, workflows in self.given["accepted"].items():
            self._in_workspace(slug, workflows)
        seen = set(self.given["sink"]["put"])
        self.wrong += [f"I5 key {key} is not known to history" for key in seen - self.keys]
        self.wrong += [f"I5 key {key} never arrived" for key in self.keys - seen]
        return {
            "runs": dict(self.kept), "statuses": dict(self.statuses), "set_aside": dict(self.asks),
            "lost": self.missing + self._told("I1") + self._told("I2"),
            "double_transitions": self._told("I4"), "wrong": self.wrong[:20],
            # Below `/flaky` the second call of each key is the retry that was asked for.
            "repeats": {
                path: len(keys) - CALLS[path] * len(set(keys))
                for path, keys in self.given["sink"].items()
            },
        }  # fmt: skip

    def _told(self, rule: str) -> int:
        return sum(each.startswith(rule) for each in self.wrong)

    def _in_workspace(self, slug: str, workflows: dict[str, int]) -> None:
        from apps.tenants.context import public_scope, tenant_context
        from apps.tenants.models import Tenant

        with public_scope():
            tenant = Tenant.objects.get(slug=slug)
        with tenant_context(tenant):
            for workflow, accepted in workflows.items():
                self._runs_of(workflow, accepted)
            self._schedules(self.given["schedules"][slug])
            self._calls(self.given["calls"][slug])

    def _runs_of(self, workflow: str, accepted: int) -> None:
        from apps.runs.interpreter.attention import choices_of
        from apps.runs.models import Run
        from tests.faults.auditor import audit

        runs = list(Run.objects.filter(workflow=UUID(workflow)))
        starts = [run for run in runs if run.parent_id is None]
        # A start whose answer was lost may have been accepted: more is no loss.
        self.missing += max(0, accepted - len(starts))
        self.statuses.update(run.status for run in runs)
        self.asks.update(str((run.error or {}).get("code")) for run in runs if choices_of(run))
        self.kept.update({"started": len(starts), "inner": len(runs) - len(starts)})
        self.wrong += audit(runs, expected=len(runs))

    def _schedules(self, workflow: str) -> None:
        """I1 of schedules: from the first time to the last, each has exactly one run."""
        from apps.triggers.models import Trigger

        for trigger in Trigger.objects.filter(workflow=UUID(workflow)):
            rows = trigger.deliveries.exclude(fire_at=None)
            fired = sorted(row.fire_at for row in rows if row.fire_at)
            runs = {row.run_id for row in rows if row.run_id}
            pace = timedelta(seconds=trigger.schedule.every_s or 0)
            starts = [trigger.created_at, *fired]
            gaps = [(later - earlier) / pace for earlier, later in pairwise(starts)]
            self.kept["scheduled"] += len(runs)
            if gaps[0] > 1.1 or any(gap != 1 for gap in gaps[1:]) or len(runs) != len(fired):
                self.wrong.append(f"I1 {trigger}: {len(runs)} runs, fired with gaps of {gaps}")

    def _calls(self, workflow: str) -> None:
        from apps.runs.interpreter.effects import key_of
        from apps.runs.models import Run

        self.keys.update(key_of(run, "put") for run in Run.objects.filter(workflow=UUID(workflow)))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")
    django.setup()
    sys.stdout.write(json.dumps(Finder(json.load(sys.stdin)).found()))
