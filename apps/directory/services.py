"""What owners, and who holds a set-up link, do about directories; each with its audit entry."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts import keys, policies
from apps.accounts.models import Role, User
from apps.accounts.roles import FOR_KEYS
from apps.accounts.services import check_is_no_more_than, role_named
from apps.audit.services import record
from apps.common.errors import Forbidden
from apps.directory import watching
from apps.directory.exceptions import NeedsProvedDomain, TooManyTokens
from apps.directory.models import Directory, Token
from apps.identity.exceptions import SetupClosed
from apps.identity.models import Connection, SetupLink

MOST_TOKENS = 5
FIRST_CAP = "viewer"
Actor = User | SetupLink


def directory_of(connection: Connection) -> Directory:
    """Return the connection's directory; until something is said of it, one that is not kept yet."""
    found = Directory.objects.select_related("connection", "cap", "heir").filter(
        connection=connection
    )
    return found.first() or Directory(connection=connection, cap=role_named(FIRST_CAP))


@transaction.atomic
def make_token(connection: Connection, *, life: timedelta, actor: Actor) -> tuple[Token, str]:
    """Make a token and return it with its text, which is shown once. Raises TooManyTokens.

    Several can be used at a time, so that one can take the place of another.
    """
    directory = _kept(connection)
    _check_may_set_up(directory, actor)
    if directory.tokens.usable().count() >= MOST_TOKENS:
        raise TooManyTokens
    key_id, secret = keys.new_key()
    token = Token.objects.create(
        directory=directory,
        key_id=key_id,
        secret_hash=keys.hash_secret(secret, purpose=Token.PURPOSE),
        made_by=str(actor)[:200],
        expires_at=timezone.now() + life,
    )
    after = {"token": str(token), "expires_at": token.expires_at}
    watching.look_in_time(token)
    record("directory.token_made", actor=actor, target=directory, after=after)
    return token, keys.text_of(key_id, secret, kind=Token.KIND)


@transaction.atomic
def revoke_token(token: Token, *, actor: Actor) -> None:
    """End a token; the next request with it is refused. Repeating changes nothing."""
    _check_may_set_up(token.directory, actor)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at", "updated_at"])
        after = {"token": str(token)}
        record("directory.token_revoked", actor=actor, target=token.directory, after=after)


@transaction.atomic
def switch(connection: Connection, *, on: bool, actor: User) -> None:
    """Let what the directory says count, or not any more. Raises NeedsProvedDomain."""
    policies.check(actor, "manage", connection)
    if on and not connection.domains.proved().exists():
        raise NeedsProvedDomain
    directory = _kept(connection)
    directory.is_on = on
    directory.save(update_fields=["is_on", "updated_at"])
    record("directory.switched_on" if on else "directory.switched_off", actor=actor, target=directory)  # fmt: skip


@transaction.atomic
def set_cap(connection: Connection, role: str, *, actor: User) -> None:
    """Choose the most that anybody gets through the directory. Raises UnknownRole, Forbidden."""
    policies.check(actor, "manage", connection)
    chosen = _grantable(role)
    directory = _kept(connection)
    before, directory.cap = directory.cap.name, chosen
    directory.save(update_fields=["cap", "updated_at"])
    record(
        "directory.cap_set", actor=actor, target=directory, before={"role": before}, after={"role": role}
    )  # fmt: skip


@transaction.atomic
def set_heir(connection: Connection, heir: User | None, *, actor: User) -> None:
    """Choose who takes over from people whom the directory suspends or removes; None: nobody.

    Raises Forbidden for an heir who may do more than the actor, Invalid for who is no member.
    """
    policies.check(actor, "manage", connection)
    if heir is not None:
        check_is_no_more_than(heir, actor)
    directory = _kept(connection)
    before, directory.heir = directory.heir, heir
    directory.save(update_fields=["heir", "updated_at"])
    record(
        "directory.heir_set", actor=actor, target=directory,
        before={"heir": str(before or "")}, after={"heir": str(heir or "")},
    )  # fmt: skip


def _kept(connection: Connection) -> Directory:
    """Return the directory for a change: made if need be, and locked till the commit."""
    cap = role_named(FIRST_CAP)
    made, _ = Directory.objects.get_or_create(connection=connection, defaults={"cap": cap})
    return (
        Directory.objects.select_related("connection", "cap")
        .select_for_update(of=("self",))
        .get(pk=made.pk)
    )


def _check_may_set_up(directory: Directory, actor: Actor) -> None:
    """Raise SetupClosed for a set-up link once a token would count at once."""
    connection = directory.connection
    if isinstance(actor, User):
        policies.check(actor, "manage", connection)
    elif not actor.is_valid or actor.connection_id != connection.pk or actor.opened_at is None:
        raise SetupClosed
    elif directory.is_on:
        raise SetupClosed(
            "The directory is switched on: now an owner makes and revokes its tokens."
        )


def _grantable(name: str) -> Role:
    role = role_named(name)
    if role.name == "owner" or role.name in FOR_KEYS:
        raise Forbidden("A directory cannot make owners. Choose another role.")
    return role
