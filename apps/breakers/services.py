"""Reading the breakers of the workspace, and having a service tried at once."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.breakers.exceptions import NotOpen
from apps.common.errors import NotFound
from apps.egress import breakers, circuits
from apps.egress.circuits import Circuit

# What kinds of services are called; one that is not listed is shown by its own word.
KINDS = {
    "http": "Web",
    "model": "Model",
    "mail": "Mail",
    "storage": "Object storage",
    "identity": "Identity provider",
}


def list_services(*, actor: User) -> list[Circuit]:
    """Return the services that failed lately, the last failure first.

    They lie in no folder: who sees but a part of the workspace sees none.
    """
    return circuits.listed() if policies.holds(actor, "service.view") else []


def find_service(service_id: str, *, actor: User) -> Circuit:
    """Return one service. Raises NotFound."""
    found = (each for each in list_services(actor=actor) if each.id == service_id)
    circuit = next(found, None)
    if circuit is None:
        raise NotFound
    return circuit


@transaction.atomic
def try_service(service_id: str, *, actor: User) -> Circuit:
    """Let the next call to a service through, whenever its breaker meant to try.

    Raises Forbidden, NotFound, NotOpen.
    """
    circuit = find_service(service_id, actor=actor)
    policies.require(actor, "service.manage")
    if not circuit.open:
        raise NotOpen
    record(
        "service.tried",
        actor=actor,
        before={"state": circuit.state, "next_try_at": circuit.next_try_at},
        after={"service": circuit.service, "target": circuit.target},
    )
    transaction.on_commit(lambda: breakers.try_now(circuit))
    return circuit
