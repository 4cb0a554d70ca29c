"""Changes of how people sign in: each one transaction with its audit entry, by an owner."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts import keys, policies
from apps.accounts.models import Folder, Role, User
from apps.accounts.roles import FOR_KEYS
from apps.accounts.services import role_named
from apps.audit.services import record
from apps.common.errors import Conflict, Forbidden
from apps.common.types import JSONDict
from apps.egress import dns
from apps.identity import directories, waiting
from apps.identity.exceptions import (
    DomainTaken,
    NeedsBreakGlass,
    NeedsConnection,
    NeedsDomain,
    NotProved,
    NotTested,
    SetupClosed,
    StillEnforced,
)
from apps.identity.models import (
    SETUP_LIFE,
    BreakGlass,
    Connection,
    Domain,
    GroupRule,
    Link,
    SetupLink,
    TokenClient,
)
from apps.identity.saml import keys as keys_of_ours
from apps.identity.testing import is_tested
from apps.identity.vendors import VENDORS
from apps.identity.waiting import SETTINGS


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
def change_settings(connection: Connection, changes: JSONDict, *, actor: User | SetupLink) -> None:
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
def activate(connection: Connection, *, actor: User) -> None:
    """Let people of its domains sign in through it, with what waited for a test.

    Raises NotTested, NeedsDomain.
    """
    policies.check(actor, "manage", connection)
    _lock(connection)
    if not is_tested(connection):
        raise NotTested
    if not connection.domains.proved().exists():
        raise NeedsDomain
    waiting.take_over(connection, actor=actor)
    _set_status(connection, Connection.Status.ACTIVE)
    revoke_setup_links(connection, actor=actor)
    record("connection.activated", actor=actor, target=connection)


@transaction.atomic
def disable(connection: Connection, *, actor: User) -> None:
    """Let nobody sign in through it. Raises StillEnforced."""
    policies.check(actor, "manage", connection)
    _lock(connection)
    _check_free(connection)
    waiting.take_over(connection, actor=actor)  # it has to be tested before people come in again
    _set_status(connection, Connection.Status.DISABLED)
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
    connection: Connection, role: str, *, actor: User, members_only: bool = False
) -> None:
    """Choose what people get who are in no mapped group; an empty name lets nobody in that way.

    With `members_only` nobody becomes a member by signing in.
    """
    policies.check(actor, "manage", connection)
    connection.default_role = _grantable(role) if role else None
    connection.members_only = members_only
    connection.save(update_fields=["default_role", "members_only", "updated_at"])
    after = {"role": role, "members_only": members_only}
    record("connection.default_role_set", actor=actor, target=connection, after=after)


@transaction.atomic
def add_rule(
    connection: Connection, *, group: str, role: str, folder: Folder | None, actor: User
) -> GroupRule:
    """Give the members of a group a role, on the workspace or in a folder."""
    policies.check(actor, "manage", connection)
    chosen = _grantable(role)
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
def remove_rule(rule: GroupRule, *, actor: User) -> None:
    """Give the members of a group nothing more; it counts from their next sign-in."""
    policies.check(actor, "manage", rule.connection)
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
    trouble = _trouble_of(domain)
    with transaction.atomic():
        domain.checked_at, domain.trouble = timezone.now(), trouble
        if not trouble and domain.verified_at is None:
            domain.verified_at = domain.checked_at
            record("domain.verified", actor=actor, target=domain)
        domain.save()
    if trouble:
        raise NotProved(trouble)


@transaction.atomic
def assign_domain(domain: Domain, connection: Connection | None, *, actor: User) -> None:
    """Choose the connection that the domain's addresses come in through. Raises StillEnforced."""
    policies.check(actor, "manage", domain)
    if domain.enforced:
        raise StillEnforced
    domain.connection = connection
    domain.save(update_fields=["connection", "updated_at"])
    record(
        "domain.assigned", actor=actor, target=domain, after={"connection": str(connection or "")}
    )


@transaction.atomic
def enforce(domain: Domain, *, enforced: bool, actor: User) -> None:
    """Let addresses of the domain in through the connection alone, or in every way again.

    The sessions of the domain's people, and of those linked to its connection, end with it, except
    the actor's. Raises NeedsConnection, NeedsBreakGlass.
    """
    policies.check(actor, "manage", domain)
    connection = domain.connection
    if enforced and (connection is None or connection.status != Connection.Status.ACTIVE):
        raise NeedsConnection
    if enforced and not _owners_in_emergency():
        raise NeedsBreakGlass
    domain.enforced = enforced
    domain.save(update_fields=["enforced", "updated_at"])
    if enforced:
        _end_sessions(domain, but=actor)
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
        if Domain.objects.filter(enforced=True).exists() and not _owners_in_emergency():
            raise NeedsBreakGlass
    record("break_glass.added" if allowed else "break_glass.removed", actor=actor, target=user)


@transaction.atomic
def create_setup_link(connection: Connection, *, actor: User) -> tuple[SetupLink, str]:
    """Make a link for the company's administrator; earlier ones of the connection stop working."""
    policies.check(actor, "manage", connection)
    connection.setup_links.filter(revoked_at=None).update(revoked_at=timezone.now())
    token = keys.new_key()[1]
    link = SetupLink.objects.create(
        connection=connection,
        token_hash=keys.hash_secret(token, purpose="setup-link"),
        created_by=actor,
        expires_at=timezone.now() + SETUP_LIFE,
    )
    record("setup_link.created", actor=actor, target=connection)
    return link, token


@transaction.atomic
def revoke_setup_links(connection: Connection, *, actor: User) -> None:
    """End the link; who works with it now can do nothing more."""
    policies.check(actor, "manage", connection)
    if connection.setup_links.filter(revoked_at=None).update(revoked_at=timezone.now()):
        record("setup_link.revoked", actor=actor, target=connection)


def find_setup_link(token: str) -> SetupLink:
    """Return the link that nobody opened yet. Raises SetupClosed."""
    hashed = keys.hash_secret(token, purpose="setup-link")
    link = SetupLink.objects.select_related("connection").filter(token_hash=hashed).first()
    if link is None or not link.is_valid or link.opened_at is not None:
        raise SetupClosed
    return link


@transaction.atomic
def open_setup_link(token: str) -> SetupLink:
    """Use the link up; the browser that did it may go on until it ends. Raises SetupClosed."""
    link = find_setup_link(token)
    now = timezone.now()
    if not SetupLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=now):
        raise SetupClosed
    record("setup_link.opened", actor=link, target=link.connection)
    return link


def check_may_set_up(connection: Connection, actor: User | SetupLink) -> None:
    """Refuse whoever may not change what the provider told us. Raises SetupClosed for a link."""
    if isinstance(actor, User):
        policies.check(actor, "manage", connection)
    elif not actor.is_valid or actor.connection_id != connection.pk or actor.opened_at is None:
        raise SetupClosed
    elif connection.status == Connection.Status.ACTIVE:  # it would count at once
        raise SetupClosed("The connection is switched on: now an owner changes it.")


def _lock(connection: Connection) -> None:
    """Read the connection anew and keep others off it till the commit: used is what was tested."""
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


def _trouble_of(domain: Domain) -> str:
    """Return why the domain is not proved, in words; empty when it is."""
    try:
        found = dns.txt_records(domain.name)
    except dns.NoAnswer as error:
        return str(error)
    if domain.record in found:
        return ""
    shown = (
        f"{len(found)} other TXT record{'s' if len(found) != 1 else ''}"
        if found
        else "no TXT record"
    )
    return f"{domain.name} has {shown}. New records may need some minutes until they are seen."


def _owners_in_emergency() -> bool:
    return BreakGlass.objects.filter(
        user__is_active=True, user__role_bindings__role__name="owner",
        user__role_bindings__folder=None,
    ).exists()  # fmt: skip


def _end_sessions(domain: Domain, *, but: User) -> None:
    """End the sessions of all who must come through the provider now, as `gate.enforcing` tells."""
    inside = Q(email__endswith=f"@{domain.name}")
    linked = Q(pk__in=Link.objects.filter(connection=domain.connection).values("user"))
    people = User.objects.members().filter(inside | linked).exclude(pk=but.pk)
    for person in people.exclude(break_glass__isnull=False):
        person.session_epoch += 1
        person.save(update_fields=["session_epoch", "updated_at"])
