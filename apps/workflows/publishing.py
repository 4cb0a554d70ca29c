"""What publishing and moving a workflow depend on besides rights; whoever knows a condition registers it."""

from typing import Protocol

from apps.accounts.models import Folder, User
from apps.workflows.models import Workflow


class Gate(Protocol):
    """Asked in the transaction that publishes or moves; it raises a domain error to refuse."""

    def check_publish(self, workflow: Workflow) -> None:
        """Refuse, or let the draft as it is now be published."""

    def check_move(self, workflow: Workflow, folder: Folder | None, actor: User) -> None:
        """Refuse, or let the workflow go into another folder."""


_gates: list[Gate] = []


def register_gate(gate: Gate) -> None:
    """Have a gate asked. For `AppConfig.ready()`."""
    _gates.append(gate)


def check_publish(workflow: Workflow) -> None:
    """Raise what the first gate raises that refuses."""
    for gate in _gates:
        gate.check_publish(workflow)


def check_move(workflow: Workflow, folder: Folder | None, actor: User) -> None:
    """Raise what the first gate raises that refuses."""
    for gate in _gates:
        gate.check_move(workflow, folder, actor)
