"""What the sign-in page asks us: does a company decide how this person signs in?"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.entrance import ProofPage
from apps.accounts.models import User
from apps.audit.services import record
from apps.identity import telling
from apps.identity.ceilings import is_above
from apps.identity.models import BreakGlass, Connection, Domain, Link
from apps.tenants.context import current_scope


class CompanyGate:
    """Answers only inside workspaces: the platform's own staff signs in by itself."""

    def first_page(self) -> str:
        """Return the page that asks for the e-mail first, where some domain has a provider."""
        if current_scope().tenant is None:
            return ""
        known = Domain.objects.proved().filter(connection__status=Connection.Status.ACTIVE)
        return reverse("identity:discover") if known.exists() else ""

    def is_closed(self, email: str) -> bool:
        """Tell whether this address must go through the provider: its domain says so."""
        if current_scope().tenant is None:
            return False
        user = User.objects.members().filter(email=email.strip().lower()).first()
        return enforcing(email, user) is not None and not _may_break_glass(user)

    def pass_through(
        self, request: HttpRequest, user: User, *, through: object
    ) -> HttpResponse | None:
        """Lead whoever must come through the provider there; tell of owners who need not."""
        if current_scope().tenant is None or through is not None:
            return None
        domain = enforcing(user.email, user)
        if domain is None:
            return None
        if _may_break_glass(user):
            record("member.broke_glass", actor=user, target=domain)
            telling.tell_of_broken_glass(user, domain)
            return None
        context = {"domain": domain, "connection": domain.connection}
        return render(
            request, "identity/must_go_through.html", context, status=HTTPStatus.FORBIDDEN
        )

    def proof_page(self, user: User) -> ProofPage | None:
        """Return where a provider that signs the user in asks them again."""
        if current_scope().tenant is None:
            return None
        links = Link.objects.filter(user=user, connection__status=Connection.Status.ACTIVE)
        link = links.select_related("connection").order_by("-seen_at").first()
        if link is None or is_above(user, link.connection):
            return None
        address = reverse("identity:prove", args=[link.connection_id])
        return ProofPage(f"Continue with {link.connection}", address)


def enforcing(email: str, user: User | None) -> Domain | None:
    """Return the domain that decides how somebody signs in, by their address or by their link.

    The link counts too: another address in the profile is no way around the company. Nobody is sent
    to a provider that does not let them in before an owner confirms it.
    """
    domain = _enforcing(email, user)
    return None if domain is None or is_above(user, domain.connection) else domain


def _enforcing(email: str, user: User | None) -> Domain | None:
    domain = Domain.objects.of_email(email)
    if domain is not None and _enforces(domain):
        return domain
    links = Link.objects.filter(user=user).values("connection")
    return (
        Domain.objects.proved()
        .select_related("connection")
        .filter(enforced=True, connection__in=links, connection__status=Connection.Status.ACTIVE)
        .first()
    )


def _enforces(domain: Domain) -> bool:
    active = Connection.Status.ACTIVE
    return domain.enforced and domain.connection is not None and domain.connection.status == active


def _may_break_glass(user: User | None) -> bool:
    """Owners only: who is an owner no more has lost it too."""
    if user is None or not BreakGlass.objects.filter(user=user).exists():
        return False
    return user.role is not None and user.role.name == "owner"
