"""Telling people of services that are left alone since they keep failing, and of those that are back."""

from uuid import NAMESPACE_OID, UUID, uuid5

from django.urls import reverse

from apps.accounts.models import User
from apps.egress.breakers import OPENED, RECOVERED, Change
from apps.egress.circuits import Circuit
from apps.notifications import services
from apps.notifications.kinds import Kind
from apps.notifications.services import Notice

KINDS = (
    Kind(OPENED, "A service keeps failing", "When it is left alone", "plug", is_mailed=False),
    Kind(RECOVERED, "A service answers again", "After it failed", "plug", is_mailed=False),
)
MOST_TOLD = 50


def hear(change: Change) -> None:
    """Tell those who may have the service tried; once it is back, its failure needs nobody any more."""
    circuit, about = change.circuit, _id_of(change.circuit)
    if change.event == RECOVERED:
        services.settle(about)
        title, text = f"{circuit.target} answers again", "Calls go through as before."
    else:
        title, text = f"{circuit.target} keeps failing", circuit.last_error
    path = reverse("breakers:list")
    services.tell(
        [Notice(user, title, text, path) for user in _people()],
        kind=change.event,
        key=f"{change.event}:{circuit.id}:{circuit.since:.3f}",
        about=about if change.event == OPENED else None,
    )


def _people() -> list[User]:
    """Return who may manage services: of the whole workspace, for they lie in no folder."""
    members = User.objects.members().filter(is_active=True).with_roles().order_by("pk")
    able = [user for user in members if "service.manage" in user.permissions_in()]
    return able[:MOST_TOLD]


def _id_of(circuit: Circuit) -> UUID:
    return uuid5(NAMESPACE_OID, circuit.id)
