"""Who guards the sign-in beside us: whether a way in is open to somebody, and what else leads in.

A higher app registers the one gate; without it every way is open.
"""

from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest, HttpResponse

from apps.accounts.models import User


@dataclass(frozen=True)
class ProofPage:
    """Where somebody shows to their company that it is them."""

    label: str
    url: str


class Gate(Protocol):
    """What a company decides about the sign-in of its people."""

    def first_page(self) -> str:
        """Return the address where people say who they are first; empty where there is none."""

    def is_closed(self, email: str) -> bool:
        """Tell whether an address gets neither codes nor links for another password."""

    def pass_through(
        self, request: HttpRequest, user: User, *, through: object
    ) -> HttpResponse | None:
        """Return the answer to who may not sign in this way; `through` is what they came by."""

    def proof_page(self, user: User) -> ProofPage | None:
        """Return where the user shows again that it is them; None where no company knows them."""


_gates: list[Gate] = []


def register(gate: Gate) -> None:
    """Set the gate; there is one. To be called in `AppConfig.ready()`."""
    _gates[:] = [gate]


def first_page() -> str:
    """Return where people say who they are before they choose how; empty: on the sign-in page."""
    return _gates[0].first_page() if _gates else ""


def is_closed(email: str) -> bool:
    """Tell whether an address gets neither codes nor links for another password."""
    return bool(_gates) and _gates[0].is_closed(email)


def pass_through(request: HttpRequest, user: User, *, through: object) -> HttpResponse | None:
    """Return the answer to who may not sign in this way; None for everybody else."""
    return _gates[0].pass_through(request, user, through=through) if _gates else None


def proof_page(user: User) -> ProofPage | None:
    """Return where a company asks the user again who they are; None where none does."""
    return _gates[0].proof_page(user) if _gates else None
