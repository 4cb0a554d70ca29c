"""Set-up links: made and withdrawn by owners, opened once, and no more than who made them gave."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts import keys, policies
from apps.accounts.models import Role, User
from apps.accounts.roles import FOR_KEYS
from apps.accounts.services import role_named
from apps.accounts.services.giving import check_may_give
from apps.audit.services import record
from apps.common.errors import Conflict, Forbidden, Invalid
from apps.identity.exceptions import SetupClosed
from apps.identity.models import SETUP_LIFE, Connection, Domain, SetupLink

# What nobody holds who comes in by the word of a link: it would undo the limits of links.
OWNERS = "connection.manage"


class DomainElsewhere(Conflict):
    """This domain signs in through another connection. Choose this one for it first."""

    code = "domain_elsewhere"


@dataclass(frozen=True)
class Terms:
    """What a link may do beside entering and testing; each needs the one before it."""

    domain: str = ""  # that it may prove
    cap: str = ""  # the role up to which it maps groups
    may_switch_on: bool = False
    may_enforce: bool = False

    def check(self) -> None:
        """Raise Invalid where one is missing that another one needs."""
        if self.cap and not self.domain:
            raise Invalid.at(
                "domain", "Name the domain: its DNS shows that the link is in the right hands."
            )
        if self.may_switch_on and not self.cap:
            raise Invalid.at("cap", "Choose the most that people get who come in then.")
        if self.may_enforce and not self.may_switch_on:
            raise Invalid.at("may_enforce", "It can be required only by who may switch it on.")


@transaction.atomic
def create(
    connection: Connection, *, actor: User, terms: Terms | None = None
) -> tuple[SetupLink, str]:
    """Make a link for the company's administrator; earlier ones of the connection stop working.

    Raises Invalid, Forbidden for a role that is too much, DomainElsewhere, UnknownRole.
    """
    policies.check(actor, "manage", connection)
    terms = terms or Terms()
    terms.check()
    if terms.domain and connection.status != Connection.Status.DRAFT:
        raise Conflict(
            "Owners switched this on once: only they decide about it. Make a link that enters and tests."
        )
    cap = _cap(terms.cap, actor) if terms.cap else None
    domain = _domain(terms.domain, connection, actor) if terms.domain else None
    connection.setup_links.filter(revoked_at=None).update(revoked_at=timezone.now())
    token = keys.new_key()[1]
    link = SetupLink.objects.create(
        connection=connection,
        token_hash=keys.hash_secret(token, purpose="setup-link"),
        created_by=actor,
        expires_at=timezone.now() + SETUP_LIFE,
        domain=domain,
        cap=cap,
        may_switch_on=terms.may_switch_on,
        may_enforce=terms.may_enforce,
    )
    record("setup_link.created", actor=actor, target=connection, after=_told(terms))
    return link, token


@transaction.atomic
def revoke(connection: Connection, *, actor: User) -> None:
    """End the link; who works with it now can do nothing more."""
    policies.check(actor, "manage", connection)
    if connection.setup_links.filter(revoked_at=None).update(revoked_at=timezone.now()):
        record("setup_link.revoked", actor=actor, target=connection)


def find(token: str) -> SetupLink:
    """Return the link that nobody opened yet. Raises SetupClosed."""
    hashed = keys.hash_secret(token, purpose="setup-link")
    link = _links().filter(token_hash=hashed).first()
    if link is None or not link.is_valid or link.opened_at is not None:
        raise SetupClosed
    return link


def opened(pk: UUID | str, *, lock: bool = False) -> SetupLink:
    """Return a link as it stands now, for the browser that opened it. Raises SetupClosed.

    `lock`: nobody withdraws it before the commit.
    """
    links = _links().select_for_update(of=("self",)) if lock else _links()
    link = links.filter(pk=pk).first()
    if link is None or not link.is_valid:
        raise SetupClosed
    return link


@transaction.atomic
def open_once(token: str) -> SetupLink:
    """Use the link up; the browser that did it may go on until it ends. Raises SetupClosed."""
    link = find(token)
    now = timezone.now()
    if not SetupLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=now):
        raise SetupClosed
    record("setup_link.opened", actor=link, target=link.connection)
    return link


def check_may_set_up(connection: Connection, actor: User | SetupLink) -> None:
    """Refuse whoever may not change what the provider told us. Raises SetupClosed for a link."""
    if isinstance(actor, User):
        policies.check(actor, "manage", connection)
        return
    check_is_open(connection, actor)
    if connection.status == Connection.Status.ACTIVE:  # it would count at once
        raise SetupClosed("The connection is switched on: now an owner changes it.")


def check_is_open(connection: Connection, link: SetupLink) -> None:
    """Raise SetupClosed unless the link, as it stands now, is one of this connection that was opened."""
    found = opened(link.pk)
    if found.connection_id != connection.pk or found.opened_at is None:
        raise SetupClosed


def check_may_map(connection: Connection, actor: User | SetupLink, *roles: Role | None) -> None:
    """Refuse whoever may not give these roles to groups, or take them away from groups.

    Raises SetupClosed, and Forbidden for a link where one is more than it may give.
    """
    check_may_set_up(connection, actor)
    if isinstance(actor, User):
        return
    cap = cap_of(actor)
    if not all(role is None or is_within(role, cap) for role in roles):
        raise Forbidden(f"This link maps groups up to {cap}. An owner can change what brings more.")


def cap_of(link: SetupLink) -> Role:
    """Return the most that the link gives, read anew. Raises Forbidden where it gives nothing.

    Its maker may hold less by now than when they made it, and the role may allow more.
    """
    found = opened(link.pk)
    if found.cap is None or found.created_by is None:
        raise Forbidden("An owner maps groups to roles.")
    if OWNERS in found.cap.allowed:
        raise Forbidden(f"The role {found.cap} allows too much by now. An owner maps groups.")
    check_may_give(found.created_by, found.cap)
    return found.cap


def is_within(role: Role, limit: Role) -> bool:
    """Tell whether a role allows no more than another one, and not to change how people sign in."""
    return role.allowed <= limit.allowed and OWNERS not in role.allowed


def _links() -> QuerySet[SetupLink]:
    return SetupLink.objects.select_related("connection", "created_by", "domain", "cap")


def _cap(name: str, actor: User) -> Role:
    role = role_named(name)
    if OWNERS in role.allowed or role.name in FOR_KEYS:
        raise Forbidden("A link cannot make owners. Choose another role.")
    check_may_give(actor, role)
    return role


def _domain(name: str, connection: Connection, actor: User) -> Domain:
    domain, made = Domain.objects.get_or_create(name=name.lower())
    if domain.connection_id not in (None, connection.pk) or domain.enforced:
        raise DomainElsewhere
    if made:
        record("domain.added", actor=actor, target=domain)
    return domain


def _told(terms: Terms) -> dict[str, object]:
    """Return what was given, for the trail."""
    return {
        "domain": terms.domain, "up_to": terms.cap,
        "may_switch_on": terms.may_switch_on, "may_require": terms.may_enforce,
    }  # fmt: skip
