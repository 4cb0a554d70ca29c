"""Changes of how people sign in: each one transaction with its audit entry, by an owner."""

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.accounts import policies
from apps.accounts.models import Folder, Role, User
from apps.accounts.roles import FOR_KEYS
from apps.accounts.services import role_named
from apps.audit.services import record
from apps.common.errors import Conflict, Forbidden
from apps.common.types import JSONDict
from apps.identity import ceilings, directories, dns_proof, entrusted, setup_links, telling, waiting
from apps.identity.exceptions import (
    DomainTaken,
    NeedsBreakGlass,
    NeedsConnection,
    NeedsDomain,
    NotConfirmed,
    NotProved,
    NotTested,
    StillEnforced,
)
from apps.identity.models import (
    BreakGlass,
    Connection,
    Domain,
    GroupRule,
    Link,
    SetupLink,
    TokenClient,
)
from apps.identity.saml import keys as keys_of_ours
from apps.identity.setup_links import check_may_map, check_may_set_up
from apps.identity.testing import is_tested
from apps.identity.vendors import VENDORS
from apps.identity.waiting import SETTINGS

Actor = User | SetupLink


class NameTaken(Conflict):
    """There is a connection of this name already."""

    code = "name_taken"


@transaction.atomic
def create_connection(
    *, vendor: str, name: str, actor: User, protocol: str = Connection.Protocol.OIDC
) -> Connection:
    """Begin a connection; nobody signs in through it before it is switched on. Raises NameTaken."""
    policies.require(actor, "connection.manage")
    email, person, groups = VENDORS[vendor].claims(protocol)
    connection = Connection(
        vendor=vendor,
        protocol=protocol,
        name=name,
        email_claim=email,
        name_claim=person,
        groups_claim=groups,
    )
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        raise NameTaken from error
    if connection.is_saml:
        keys_of_ours.ensure(actor=actor)
    record(
        "connection.created",
        actor=actor,
        target=connection,
        after={"vendor": vendor, "protocol": protocol},
    )
    return connection


@transaction.atomic
def change_settings(connection: Connection, changes: JSONDict, *, actor: Actor) -> None:
    """Change what the provider told us; what was tested before has to be tested again.

    While people sign in through it the changes wait, until they are tested and it is switched on
    with them. Whoever holds a set-up link of this connection may do it too. Raises SetupClosed.
    """
    _lock(connection)
    check_may_set_up(connection, actor)
    kept = {name: value for name, value in changes.items() if name in SETTINGS}
    if connection.is_active:
        waiting.put_by(connection, kept, actor=actor)
    else:
        waiting.write(connection, kept, actor=actor)


@transaction.atomic
def activate(connection: Connection, *, actor: Actor) -> None:
    """Let people of its domains sign in through it, with what waited for a test.

    Raises NotTested, NeedsDomain.

    A set-up link that may do it lets nobody in who holds more than was given with it, until an owner
    confirms; owners are told. Raises NotYours, SetupClosed, Forbidden for a link.
    """
    _lock(connection)
    if isinstance(actor, User):
        policies.check(actor, "manage", connection)
    if not is_tested(connection):
        raise NotTested
    if not connection.domains.proved().exists():
        raise NeedsDomain
    connection.ceiling = (
        None if isinstance(actor, User) else entrusted.check_may_switch_on(connection, actor)
    )
    connection.save(update_fields=["ceiling", "updated_at"])
    waiting.take_over(connection, actor=actor)
    _set_status(connection, Connection.Status.ACTIVE)
    if isinstance(actor, User):
        setup_links.revoke(connection, actor=actor)
    else:
        telling.tell_of_switching_on(connection, actor)
    after = {"up_to": connection.ceiling.name} if connection.ceiling else None
    record("connection.activated", actor=actor, target=connection, after=after)


@transaction.atomic
def confirm(connection: Connection, *, actor: User) -> None:
    """Let everybody of its domains in who may come, also those who hold more than the link gave.

    Where the provider is required, their sessions end with it, except the actor's.
    """
    _lock(connection)
    policies.check(actor, "manage", connection)
    if connection.ceiling is None:
        return
    before = {"up_to": connection.ceiling.name}
    for domain in connection.domains.filter(enforced=True):
        _end_sessions(domain, but=actor, above=connection)
    connection.ceiling = None
    connection.save(update_fields=["ceiling", "updated_at"])
    record("connection.confirmed", actor=actor, target=connection, before=before)
    setup_links.revoke(connection, actor=actor)


@transaction.atomic
def disable(connection: Connection, *, actor: User) -> None:
    """Let nobody sign in through it, and nobody go on by a link. Raises StillEnforced."""
    policies.check(actor, "manage", connection)
    _lock(connection)
    _check_free(connection)
    waiting.take_over(connection, actor=actor)  # it has to be tested before people come in again
    connection.ceiling = None  # from now on owners alone switch it on
    connection.save(update_fields=["ceiling", "updated_at"])
    _set_status(connection, Connection.Status.DISABLED)
    setup_links.revoke(connection, actor=actor)
    record("connection.disabled", actor=actor, target=connection)


@transaction.atomic
def drop_changes(connection: Connection, *, actor: User) -> None:
    """Forget the settings that wait for a test."""
    policies.check(actor, "manage", connection)
    if connection.is_waiting:
        connection.waiting, connection.sealed_waiting_secret = {}, ""
        connection.save(update_fields=["waiting", "sealed_waiting_secret", "updated_at"])
        record("connection.change_dropped", actor=actor, target=connection)


@transaction.atomic
def delete_connection(connection: Connection, *, actor: User) -> None:
    """Remove it with its links; its people stay members. Raises StillEnforced."""
    policies.check(actor, "manage", connection)
    _check_free(connection)
    record("connection.deleted", actor=actor, target=connection)
    directories.let_go(connection)
    TokenClient.objects.filter(access__connection=connection).retire()
    connection.delete()


@transaction.atomic
def set_default_role(
    connection: Connection, role: str, *, actor: Actor, members_only: bool = False
) -> None:
    """Choose what people get who are in no mapped group; an empty name lets nobody in that way.

    With `members_only` nobody becomes a member by signing in; that owners decide alone. Whoever holds a
    set-up link chooses the role, up to its own. Raises SetupClosed, Forbidden.
    """
    chosen = _grantable(role) if role else None
    check_may_map(connection, actor, chosen, connection.default_role)
    connection.default_role = chosen
    if isinstance(actor, User):
        connection.members_only = members_only
    connection.save(update_fields=["default_role", "members_only", "updated_at"])
    after = {"role": role, "members_only": connection.members_only}
    record("connection.default_role_set", actor=actor, target=connection, after=after)


@transaction.atomic
def add_rule(
    connection: Connection, *, group: str, role: str, folder: Folder | None, actor: Actor
) -> GroupRule:
    """Give the members of a group a role, on the workspace or in a folder.

    Whoever holds a set-up link may do it up to its role. Raises SetupClosed, Forbidden.
    """
    chosen = _grantable(role)
    there = connection.rules.filter(group=group.strip(), folder=folder).first()
    check_may_map(connection, actor, chosen, there.role if there else None)
    rule, _ = GroupRule.objects.update_or_create(
        connection=connection, group=group.strip(), folder=folder, defaults={"role": chosen}
    )
    record(
        "connection.group_mapped",
        actor=actor,
        target=connection,
        after={"group": rule.group, "role": role},
    )
    return rule


@transaction.atomic
def remove_rule(rule: GroupRule, *, actor: Actor) -> None:
    """Give the members of a group nothing more; it counts from their next sign-in."""
    check_may_map(rule.connection, actor, rule.role)
    record(
        "connection.group_unmapped",
        actor=actor,
        target=rule.connection,
        before={"group": rule.group},
    )
    rule.delete()


@transaction.atomic
def add_domain(name: str, *, actor: User) -> Domain:
    """Claim a domain, to be proved. Raises DomainTaken."""
    policies.require(actor, "connection.manage")
    try:
        with transaction.atomic():
            domain = Domain.objects.create(name=name.lower())
    except IntegrityError as error:
        raise DomainTaken from error
    record("domain.added", actor=actor, target=domain)
    return domain


def verify_domain(domain: Domain, *, actor: User) -> None:
    """Look the TXT record up. Raises NotProved, saying what was found instead."""
    policies.check(actor, "manage", domain)
    trouble = dns_proof.trouble_of(domain, domain.record)
    with transaction.atomic():
        dns_proof.note(domain, trouble, actor=actor)
    if trouble:
        raise NotProved(trouble)


@transaction.atomic
def assign_domain(domain: Domain, connection: Connection | None, *, actor: User) -> None:
    """Choose the connection that the domain's addresses come in through.

    Raises StillEnforced, NotConfirmed: a link showed that it may speak for its own domain alone.
    """
    policies.check(actor, "manage", domain)
    if domain.enforced:
        raise StillEnforced
    if connection is not None and connection.ceiling is not None:
        raise NotConfirmed
    domain.connection = connection
    domain.save(update_fields=["connection", "updated_at"])
    record(
        "domain.assigned", actor=actor, target=domain, after={"connection": str(connection or "")}
    )


@transaction.atomic
def enforce(domain: Domain, *, enforced: bool, actor: Actor) -> None:
    """Let addresses of the domain in through the connection alone, or in every way again.

    The sessions of the domain's people, and of those linked to its connection, end with it, except
    the actor's, and of those whom the connection does not let in before an owner confirms it. A set-up
    link that may do it requires it; owners are told. Raises NeedsConnection, NeedsBreakGlass, and
    NotYours, SetupClosed for a link.
    """
    if isinstance(actor, User):
        policies.check(actor, "manage", domain)
    else:
        entrusted.check_may_enforce(domain, actor, enforced=enforced)
    connection = domain.connection
    if enforced and (connection is None or connection.status != Connection.Status.ACTIVE):
        raise NeedsConnection
    if enforced and not entrusted.owners_in_emergency():
        raise NeedsBreakGlass
    domain.enforced = enforced
    domain.save(update_fields=["enforced", "updated_at"])
    if enforced:
        _end_sessions(domain, but=actor)
    if isinstance(actor, SetupLink):
        telling.tell_of_requiring(domain, actor)
    record("domain.enforced" if enforced else "domain.released", actor=actor, target=domain)


@transaction.atomic
def remove_domain(domain: Domain, *, actor: User) -> None:
    """Claim it no more. Raises StillEnforced."""
    policies.check(actor, "manage", domain)
    if domain.enforced:
        raise StillEnforced
    record("domain.removed", actor=actor, target=domain)
    domain.delete()


@transaction.atomic
def set_break_glass(user: User, *, allowed: bool, actor: User) -> None:
    """Put an owner on the emergency list, or off it. Raises NeedsBreakGlass for the last one."""
    policies.require(actor, "connection.manage")
    if user.role is None or user.role.name != "owner":
        raise Forbidden("Only owners can be on the emergency list.")
    if allowed:
        BreakGlass.objects.get_or_create(user=user)
    else:
        BreakGlass.objects.filter(user=user).delete()
        if Domain.objects.filter(enforced=True).exists() and not entrusted.owners_in_emergency():
            raise NeedsBreakGlass
    record("break_glass.added" if allowed else "break_glass.removed", actor=actor, target=user)


def _lock(connection: Connection) -> None:
    """Read it anew and keep it as it is till the commit: its settings are what was tested."""
    connection.refresh_from_db(from_queryset=Connection.objects.select_for_update())


def _set_status(connection: Connection, status: Connection.Status) -> None:
    connection.status = status
    connection.save(update_fields=["status", "updated_at"])


def _check_free(connection: Connection) -> None:
    if connection.domains.filter(enforced=True).exists():
        raise StillEnforced


def _grantable(name: str) -> Role:
    """Return the role. Raises UnknownRole, and Forbidden for what a provider never gives."""
    role = role_named(name)
    if role.name == "owner" or role.name in FOR_KEYS:
        raise Forbidden("A provider cannot make owners. Choose another role.")
    return role


def _end_sessions(domain: Domain, *, but: Actor, above: Connection | None = None) -> None:
    """End the sessions of all who must come through the provider now, as `gate.enforcing` tells.

    `above`: of those alone who hold more than came in through the connection until now.
    """
    inside = Q(email__endswith=f"@{domain.name}")
    linked = Q(pk__in=Link.objects.filter(connection=domain.connection).values("user"))
    people = User.objects.members().filter(inside | linked).exclude(pk=but.pk)
    for person in people.exclude(break_glass__isnull=False):
        if ceilings.is_above(person, domain.connection) is (above is not None):
            person.session_epoch += 1
            person.save(update_fields=["session_epoch", "updated_at"])
