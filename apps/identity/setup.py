"""The pages of one connection, as owners and whoever holds its set-up link see them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest

from apps.accounts.models import User
from apps.identity import addresses, attempts, guide, services, testing
from apps.identity.exceptions import SignInRefused
from apps.identity.forms import OidcForm
from apps.identity.models import Attempt, Connection, SetupLink
from apps.identity.saml import certificates
from apps.identity.saml.forms import CertificateForm, SamlForm
from apps.identity.vendor_pages import page_of
from apps.identity.vendors import OTHER, VENDORS
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
    return guide_context(request, connection) | {
        "form": form or _form(connection),
        "entered": connection.proposed,
        "has_secret": bool(connection.sealed_secret),
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


def guide_context(request: HttpRequest, connection: Connection) -> Context:
    """Return the provider's own steps, each with whether it is done."""
    told = _last(connection)
    values = addresses.values(request, connection)
    return {
        "guide": guide.steps(connection, values, told.report if told else None),
        "vendor_note": VENDORS[connection.vendor].notes.get(connection.protocol, ""),
        "vendor_page": page_of(connection.vendor, connection.protocol),
    }


def test_context(request: HttpRequest, connection: Connection, link: SetupLink | None) -> Context:
    """Return what the test page shows: what was received, and what would come of it now."""
    context = guide_context(request, connection)
    attempt = _last(connection)
    if attempt is None or attempt.report is None:
        return context | {"attempt": None}
    outcome = testing.outcome(connection, attempt.report, link)
    return context | {
        "attempt": attempt,
        "attempt_count": Attempt.objects.tests().filter(connection=connection).count(),
        "received": guide.checked(connection, attempt.report, outcome),
        "outcome": outcome,
    }


def _last(connection: Connection) -> Attempt | None:
    return Attempt.objects.tests().filter(connection=connection).first()


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
    vendor = VENDORS[connection.vendor]
    return {
        "connection": connection,
        "step": step,
        "vendor": vendor,
        "provider": connection.name if vendor is OTHER else vendor.label,
        "is_entered": bool(connection.proposed.issuer),
        "is_tested": testing.is_tested(connection),
        "has_domain": connection.domains.proved().exists(),
        "rule_count": connection.rules.count(),
    }
