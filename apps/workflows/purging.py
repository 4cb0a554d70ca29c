"""What may forbid that a workflow is deleted for good; whoever knows a reason registers."""

from collections.abc import Callable
from typing import TypeAlias

from apps.workflows.models import Workflow

Check: TypeAlias = Callable[[Workflow], None]

_checks: list[Check] = []


def register_check(check: Check) -> None:
    """Have the check called, in the transaction that deletes; it raises a domain error to refuse."""
    _checks.append(check)


def check_may_go(workflow: Workflow) -> None:
    """Raise what the first check raises that refuses."""
    for check in _checks:
        check(workflow)
