"""The pages of one connection, as owners and whoever holds its set-up link see them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest

from apps.accounts.models import User
from apps.identity import addresses, attempts, services, testing
from apps.identity.exceptions import SignInRefused
from apps.identity.forms import OidcForm
from apps.identity.models import Attempt, Connection, SetupLink
from apps.identity.vendors import VENDORS

Context = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A page with a form: what it shows, and whether it was saved."""

    context: Context
    status: int = HTTPStatus.OK
    saved: bool = False


def details(request: HttpRequest, connection: Connection, *, actor: User | SetupLink) -> Page:
    """Show what is exchanged with the provider, or save it."""
    first = {name: getattr(connection, name) for name in OidcForm.base_fields if name != "secret"}
    form = OidcForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        services.change_settings(connection, form.changes, actor=actor)
        return Page({}, saved=True)
    vendor = VENDORS[connection.vendor]
    values = addresses.values(request, connection)
    steps = [
        (step, [(name, values[name]) for name in step.values if name in values])
        for step in vendor.steps[connection.protocol]
    ]
    context = {
        "form": form,
        "vendor": vendor,
        "guide": steps,
        "has_secret": bool(connection.sealed_secret),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return Page(context | {"vendor_note": vendor.notes.get(connection.protocol, "")}, status)


def test_context(connection: Connection) -> Context:
    """Return what the test page shows."""
    tests = Attempt.objects.tests().filter(connection=connection)
    return {"attempt": tests.first(), "attempt_count": tests.count()}


def begin_test(request: HttpRequest, connection: Connection, *, following: str) -> str:
    """Return where the browser goes: to the provider, or back at once with what is wrong."""
    attempt = attempts.begin(connection, request.session, following=following, is_test=True)
    try:
        return addresses.away(request, attempt)
    except SignInRefused as error:
        attempts.use(attempt)
        testing.finish(attempt, testing.failed(error))
        return following


def frame(connection: Connection, step: str) -> Context:
    """Return what the frame of the pages shows: how far the set-up is."""
    return {
        "connection": connection,
        "step": step,
        "vendor": VENDORS[connection.vendor],
        "is_entered": bool(connection.issuer),
        "is_tested": testing.is_tested(connection),
        "has_domain": connection.domains.proved().exists(),
        "rule_count": connection.rules.count(),
    }
