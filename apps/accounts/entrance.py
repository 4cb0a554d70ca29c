"""Who guards the sign-in beside us: whether a way in is open to somebody, and what else leads in.

A higher app registers the one gate; without it every way is open.
"""

from typing import Protocol

from django.http import HttpRequest, HttpResponse

from apps.accounts.models import User


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
