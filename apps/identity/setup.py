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
from apps.identity.saml import certificates
from apps.identity.saml.forms import CertificateForm, SamlForm
from apps.identity.vendor_pages import page_of
from apps.identity.vendors import VENDORS
from apps.identity.waiting import SETTINGS

Context = dict[str, Any]
SHOWN = SETTINGS - {"secret", "certificates"}


@dataclass(frozen=True)
class Page:
    """A page with a form: what it shows, and whether it was saved."""

    context: Context
    status: int = HTTPStatus.OK
    saved: bool = False


def details(request: HttpRequest, connection: Connection, *, actor: User | SetupLink) -> Page:
    """Show what is exchanged with the provider, or save it."""
    form = _form(connection, request)
    if request.method == "POST" and form.is_valid():
        services.change_settings(connection, form.changes, actor=actor)
        return Page({}, saved=True)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return Page(details_context(request, connection, form), status)


def details_context(
    request: HttpRequest, connection: Connection, form: OidcForm | SamlForm | None = None
) -> Context:
    """Return what the page of the details shows; without a form what is known."""
    vendor, protocol = VENDORS[connection.vendor], connection.protocol
    values = addresses.values(request, connection)
    return {
        "form": form or _form(connection),
        "entered": connection.proposed,
        "guide": [each.with_values(values) for each in vendor.steps[protocol]],
        "has_secret": bool(connection.sealed_secret),
        "vendor_page": page_of(connection.vendor, protocol),
        "vendor_note": vendor.notes.get(protocol, ""),
        "certificates": certificates.known(connection.certificates),
        "certificate_form": CertificateForm(),
    }


def _form(connection: Connection, request: HttpRequest | None = None) -> OidcForm | SamlForm:
    kind = SamlForm if connection.is_saml else OidcForm
    shown = [name for name in kind.base_fields if name in SHOWN]
    first = {name: getattr(connection.proposed, name) for name in shown}
    given = (request.POST or None, request.FILES or None) if request else (None, None)
    if connection.is_saml:
        return SamlForm(*given, initial=first, known=bool(connection.issuer))
    return OidcForm(*given, initial=first)


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
        "is_entered": bool(connection.proposed.issuer),
        "is_tested": testing.is_tested(connection),
        "has_domain": connection.domains.proved().exists(),
        "rule_count": connection.rules.count(),
    }
