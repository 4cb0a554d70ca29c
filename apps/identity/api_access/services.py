"""What owners decide about a provider's tokens on the API; each with its audit entry."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from apps.accounts import keys, policies
from apps.accounts.models import Role, RoleBinding, User
from apps.accounts.roles import FOR_KEYS
from apps.accounts.services import role_named
from apps.audit.services import record
from apps.common.errors import Conflict, Forbidden, Invalid
from apps.identity.api_access.checks import MAX_SUBJECT
from apps.identity.models import ApiAccess, Connection, Link, ScopeRule, TokenClient

FIRST_CAP = "viewer"
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=24)
MOST_AUDIENCES, MOST_RULES, MOST_CLIENTS = 10, 50, 100
SETTABLE = ("is_on", "audiences", "claim", "longest", "typed_only", "cap")


class OnlyOpenId(Conflict):
    """A provider that answers by SAML gives no access tokens. Add a connection by OpenID Connect."""

    code = "only_openid"


class SubjectTaken(Conflict):
    """Somebody or something goes by this subject already."""

    code = "subject_taken"


class TooManyRows(Conflict):
    """There are as many as there can be. Remove one that is no longer used."""

    code = "too_many"


def access_of(connection: Connection) -> ApiAccess:
    """Return the settings of a connection; until something is said, such as accept nothing."""
    found = ApiAccess.objects.select_related("connection", "cap").filter(connection=connection)
    return found.first() or ApiAccess(connection=connection, cap=role_named(FIRST_CAP))


@transaction.atomic
def change(connection: Connection, changes: dict[str, Any], *, actor: User) -> ApiAccess:
    """Change what tokens must be and bring; it counts from the next request.

    Raises OnlyOpenId, Invalid, Forbidden, UnknownRole.
    """
    access = _kept(connection, actor)
    before = _told(access)
    if "cap" in changes:
        changes = changes | {"cap": _grantable(changes["cap"])}
    for name in SETTABLE:
        setattr(access, name, changes.get(name, getattr(access, name)))
    _check(access)
    access.save()
    after = _told(access)
    if after != before:
        record("api_access.changed", actor=actor, target=connection, before=before, after=after)
    return access


@transaction.atomic
def set_rule(connection: Connection, *, value: str, role: str, actor: User) -> None:
    """Let tokens that carry a value bring a role, within the cap. Raises Forbidden, TooManyRows."""
    access, chosen = _kept(connection, actor), _grantable(role)
    if not chosen.allowed <= access.cap.allowed:
        raise Forbidden(f"Tokens bring at most {access.cap}. Raise that first.")
    if access.rules.exclude(value=value.strip()).count() >= MOST_RULES:
        raise TooManyRows
    ScopeRule.objects.update_or_create(
        access=access, value=value.strip(), defaults={"role": chosen}
    )
    told = {"value": value.strip(), "role": role}
    record("api_access.rule_set", actor=actor, target=connection, after=told)


@transaction.atomic
def remove_rule(rule: ScopeRule, *, actor: User) -> None:
    """Let a value bring nothing any more."""
    connection = rule.access.connection
    policies.check(actor, "manage", connection)
    record("api_access.rule_removed", actor=actor, target=connection, before={"value": rule.value})
    rule.delete()


@transaction.atomic
def add_client(
    connection: Connection, *, name: str, subject: str, client_id: str, role: str, actor: User
) -> TokenClient:
    """Let a program in by its tokens: it acts as a service account of its own.

    Raises SubjectTaken, TooManyRows, Forbidden, UnknownRole.
    """
    access, chosen = _kept(connection, actor), _grantable(role)
    subject, client_id = subject.strip()[:MAX_SUBJECT], client_id.strip()[:MAX_SUBJECT]
    if not chosen.allowed <= access.cap.allowed:
        raise Forbidden(f"Tokens bring at most {access.cap}. Raise that first.")
    if Link.objects.filter(connection=connection, subject=subject).exists():
        raise SubjectTaken("A member goes by this subject: their tokens act as them.")
    if access.clients.count() >= MOST_CLIENTS:
        raise TooManyRows
    address = f"{keys.new_key()[0]}@service.invalid"
    user = User.objects.create_user(address, name=name, kind=User.Kind.SERVICE)
    RoleBinding.objects.create(user=user, role=chosen)
    try:
        with transaction.atomic():
            client = TokenClient.objects.create(
                access=access, subject=subject, client_id=client_id, user=user
            )
    except IntegrityError as error:
        raise SubjectTaken from error
    told = {"subject": subject, "client": client_id, "role": role}
    record("api_access.client_added", actor=actor, target=client, after=told)
    return client


@transaction.atomic
def remove_client(client: TokenClient, *, actor: User) -> None:
    """Let a program in no more; its account stays in the history of what it did."""
    policies.check(actor, "manage", client.access.connection)
    told = {"subject": client.subject, "client": client.client_id}
    record("api_access.client_removed", actor=actor, target=client, before=told)
    TokenClient.objects.filter(pk=client.pk).retire()
    client.delete()


def _kept(connection: Connection, actor: User) -> ApiAccess:
    """Return the settings for a change: made if need be, and locked till the commit."""
    policies.check(actor, "manage", connection)
    if connection.is_saml:
        raise OnlyOpenId
    cap = role_named(FIRST_CAP)
    made, _ = ApiAccess.objects.get_or_create(connection=connection, defaults={"cap": cap})
    rows = ApiAccess.objects.select_related("connection", "cap").select_for_update(of=("self",))
    return rows.get(pk=made.pk)


def _check(access: ApiAccess) -> None:
    audiences = list(dict.fromkeys(each.strip() for each in access.audiences if each.strip()))
    access.audiences, access.claim = audiences, access.claim.strip()
    if len(audiences) > MOST_AUDIENCES or any(len(each) > 500 for each in audiences):
        raise Invalid.at("audiences", f"Name at most {MOST_AUDIENCES}, of 500 characters each.")
    if access.connection.client_id in audiences:
        raise Invalid.at("audiences", "This is our client ID: ID tokens are for it. Name an API of its own.")  # fmt: skip
    if access.is_on and not audiences:
        raise Invalid.at("audiences", "Name the audience that the tokens are for.")
    if not access.claim:
        raise Invalid.at("claim", "Name the claim that rules go by.")
    if not SHORTEST <= access.longest <= LONGEST:
        raise Invalid.at("longest", "Choose between a minute and 24 hours.")
    if any(not r.role.allowed <= access.cap.allowed for r in access.rules.select_related("role")):  # fmt: skip
        raise Invalid.at("cap", "A rule brings more than this. Change the rule first.")


def _grantable(name: str) -> Role:
    role = role_named(name)
    if role.name == "owner" or role.name in FOR_KEYS:
        raise Forbidden("A token cannot bring this role. Choose another one.")
    return role


def _told(access: ApiAccess) -> dict[str, Any]:
    told = {name: getattr(access, name) for name in SETTABLE}
    return told | {"cap": access.cap.name, "longest": str(access.longest)}
