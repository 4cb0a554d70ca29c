"""Who comes in: from what a provider says of a person to the member that they are here.

`plan` decides and changes nothing, so that a test of the set-up shows just what a sign-in does.
"""

from dataclasses import dataclass
from enum import Enum

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.accounts.services import add_member
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.identity import ceilings, directories, granting
from apps.identity.asserted import Asserted
from apps.identity.exceptions import (
    EmailNotVerified,
    NoRole,
    NotActive,
    NotInvited,
    OutsideDomains,
    SignInRefused,
    WasRemoved,
)
from apps.identity.granting import Roles
from apps.identity.models import Connection, Domain, Link


class Step(Enum):
    """What a sign-in does first."""

    KNOWN = "known"  # somebody who came this way before
    LINK = "link"  # a member who comes this way for the first time
    JOIN = "join"  # somebody new


@dataclass(frozen=True)
class Plan:
    """What a sign-in would do."""

    step: Step
    user: User | None
    roles: Roles | None  # None: administrators here decide about them


def plan(connection: Connection, person: Asserted, *, ceiling: Role | None = None) -> Plan:
    """Return what a sign-in of the person would do. Raises SignInRefused, saying why not.

    `ceiling`: the most that somebody may hold who comes in, where it is not the connection's own.
    """
    limit = ceiling or connection.ceiling
    decided = _decided(connection, person, limit)
    ceilings.check(limit, (decided.roles or {}).values())
    return decided


def _decided(connection: Connection, person: Asserted, limit: Role | None) -> Plan:
    known = connection.links.none() if connection.is_elsewhere else connection.links.all()
    link = known.select_related("user").filter(subject=person.subject).first()
    if link is not None and link.user.removed_at is None:
        return _of_member(Step.KNOWN, connection, link.user, person, limit)
    if not _vouched(connection, person):
        raise EmailNotVerified
    found = User.objects.members().filter(email=person.email).first()
    if found is not None:
        return _of_member(Step.LINK, connection, found, person, limit)
    if link is not None:
        raise WasRemoved
    if connection.members_only:
        raise NotInvited
    return Plan(Step.JOIN, None, _roles(connection, person))


@transaction.atomic
def admit(connection: Connection, person: Asserted) -> User:
    """Return the member that the person is, made or linked now if need be, with today's roles.

    Raises SignInRefused; somebody who is in no group any more has lost their roles then.
    """
    decided = plan(connection, person)
    user = decided.user
    if user is None:
        user = _join(connection, person, decided)
    if decided.step is not Step.KNOWN:
        _link(connection, person, user)
    if decided.roles is not None:
        granting.give(user, decided.roles)
    connection.links.filter(subject=person.subject).update(seen_at=timezone.now())
    record("member.signed_in", actor=user, target=connection, after={"step": decided.step.value})
    return user


@transaction.atomic
def refuse(connection: Connection, person: Asserted | None, error: SignInRefused) -> None:
    """Note that somebody was not let in; who is in no group any more loses roles and sessions."""
    known = None
    if person is not None:
        known = connection.links.select_related("user").filter(subject=person.subject).first()
    if known is not None and isinstance(error, NoRole):
        granting.give(known.user, {})
        known.user.session_epoch += 1
        known.user.save(update_fields=["session_epoch", "updated_at"])
    record(
        "member.sign_in_refused",
        actor=known.user if known else None,
        target=connection,
        after={"reason": error.reason, "email": person.email if person else ""},
        result=AuditEntry.Result.DENIED,
    )


def _vouched(connection: Connection, person: Asserted) -> bool:
    """Tell whether the address says who the person is. Raises OutsideDomains.

    It does only inside a domain that is proved and signed in through this very connection.
    """
    check_inside(connection, person)
    return person.email_verified


def check_inside(connection: Connection, person: Asserted) -> None:
    """Raise OutsideDomains for an address that does not lie in a domain of the connection."""
    domain = Domain.objects.of_email(person.email) if person.email else None
    if domain is None or domain.connection_id != connection.pk:
        shown = person.email or "missing"
        raise OutsideDomains(
            f"The e-mail address ({shown}) lies outside the domains of {connection.name}."
        )


def _of_member(
    step: Step, connection: Connection, user: User, person: Asserted, limit: Role | None
) -> Plan:
    if not user.is_active:
        raise NotActive
    ceilings.check_member(limit, user)  # before their groups: who is in none loses roles
    is_owner = user.role is not None and user.role.name == "owner"
    follows = granting.follows_groups(connection) and not is_owner
    return Plan(step, user, _roles(connection, person, user) if follows else None)


def _roles(connection: Connection, person: Asserted, user: User | None = None) -> Roles:
    kept = directories.groups_of(connection, user) if user else None
    roles = granting.wanted(connection, person.groups if kept is None else kept)
    if not roles:
        raise NoRole
    return roles


def _join(connection: Connection, person: Asserted, decided: Plan) -> User:
    """Make the member; a role on the whole workspace is taken back at once if it is not theirs."""
    roles = decided.roles or {}
    first = roles.get(None) or next(iter(roles.values()))
    return add_member(email=person.email, name=person.name, role=first.name)


def _link(connection: Connection, person: Asserted, user: User) -> None:
    """Bind the subject to the member; what it, or they, were bound to before is over."""
    Link.objects.filter(connection=connection, subject=person.subject).delete()
    Link.objects.filter(connection=connection, user=user).delete()
    link = Link.objects.create(connection=connection, subject=person.subject, user=user)
    record("member.linked", actor=user, target=link, after={"subject": person.subject})
