"""Keys to the API: made, changed, rotated and revoked, each with its audit entry."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from apps.accounts import keys, policies
from apps.accounts.exceptions import KeyOver
from apps.accounts.keepers import Keeper
from apps.accounts.models import ApiKey, RoleBinding, User
from apps.accounts.services import through
from apps.accounts.services.giving import check_may_give, role_named
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.common.errors import Forbidden, Invalid
from apps.tenants.context import current_tenant, public_scope
from apps.tenants.models import KeyIndex

NOTED_FOR_S = 600


@transaction.atomic
def create_api_key(
    *,
    name: str,
    role: str,
    user: User,
    actor: User | None,
    expires_at: datetime | None = None,
    networks: Collection[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key that acts as the user, never with more than the role; return it and its text.

    The text is shown once: only a hash is stored. Raises Forbidden when the actor would hand out
    more than they hold, or for longer than the key that they act through, Invalid for networks that are none.
    """
    chosen = role_named(role)
    if actor is not None:
        check_may_give(actor, chosen)
    accepted_from, expires_at = through.networks(networks, actor), through.end(expires_at, actor)
    key_id, secret = keys.new_key()
    key = ApiKey.objects.create(
        key_id=key_id,
        name=name,
        secret_hash=keys.hash_secret(secret),
        user=user,
        role=chosen,
        created_by=actor,
        expires_at=expires_at,
        networks=accepted_from,
    )
    told = {"role": role, "user": str(user)} | ({"networks": key.networks} if key.networks else {})
    record("api_key.created", actor=actor, target=key, after=told)
    tenant = current_tenant()
    with public_scope():  # the tenant's role may not touch the index
        KeyIndex.objects.create(key_id=key_id, tenant=tenant)
    return key, keys.text_of(key_id, secret)


@transaction.atomic
def create_service_key(
    *,
    name: str,
    role: str,
    actor: User | None,
    expires_at: datetime | None = None,
    networks: Collection[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key for a program: it acts as a service account of its own, whoever leaves.

    Raises Forbidden for who does not manage keys.
    """
    if actor is not None:
        policies.require(actor, "api_key.manage")
    key_id = keys.new_key()[0]
    service = User.objects.create_user(
        f"{key_id}@service.invalid", name=name, kind=User.Kind.SERVICE
    )
    RoleBinding.objects.create(user=service, role=role_named(role))
    return create_api_key(
        name=name, role=role, user=service, actor=actor, expires_at=expires_at, networks=networks
    )


@transaction.atomic
def revoke_api_key(key: ApiKey, *, actor: User | Keeper) -> None:
    """End a key; the next request with it is refused. Repeating changes nothing."""
    if not isinstance(actor, Keeper) and key.user_id != actor.pk:
        policies.require(actor, "api_key.manage")
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at", "updated_at"])
        record("api_key.revoked", actor=actor, target=key)


def check_end(expires_at: datetime | None) -> None:
    """Raise Invalid for an end of a key that is past."""
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid.at("expires_at", "The key would be expired already.")


@transaction.atomic
def change_api_key(
    key: ApiKey,
    *,
    actor: User,
    name: str,
    expires_at: datetime | None,
    networks: Collection[str] | None = None,
) -> None:
    """Give a key another name and end, and accept it from elsewhere; its secret stays.

    Raises Forbidden, KeyOver, Invalid.
    """
    if key.user_id != actor.pk:
        policies.require(actor, "api_key.manage")
    _check_usable(key)
    before = {"name": key.name, "expires_at": key.expires_at, "networks": key.networks}
    accepted_from = key.networks if networks is None else through.networks(networks, actor)
    after = {"name": name, "expires_at": expires_at, "networks": accepted_from}
    if after == before:
        return
    if expires_at != key.expires_at:
        check_end(expires_at)
        through.check_end(expires_at, actor)
    key.name, key.expires_at, key.networks = name, expires_at, accepted_from
    key.save(update_fields=["name", "expires_at", "networks", "updated_at"])
    record("api_key.changed", actor=actor, target=key, before=before, after=after)


@transaction.atomic
def rotate_api_key(key: ApiKey, *, actor: User, overlap: timedelta) -> str:
    """Give a key another secret and return its new text; the one before opens for so long still.

    A person's key is rotated by that person alone: whoever reads the text can act in their name.
    Raises Forbidden, KeyOver.
    """
    if key.user_id != actor.pk:
        policies.require(actor, "api_key.manage")
        if key.user.kind != User.Kind.SERVICE:
            raise Forbidden(f"Only {key.user} can rotate this key: it acts in their name.")
    if not key.allowed <= actor.permissions_in():
        raise Forbidden("This key holds more rights than you have.")
    key.refresh_from_db(from_queryset=ApiKey.objects.select_for_update())
    _check_usable(key)
    through.check_no_freer(key, actor)
    secret = keys.new_key()[1]
    key.former_hash, key.former_until = key.secret_hash, timezone.now() + overlap
    key.secret_hash = keys.hash_secret(secret)
    key.save(update_fields=["secret_hash", "former_hash", "former_until", "updated_at"])
    record(
        "api_key.rotated", actor=actor, target=key, after={"former_until": key.former_until}
    )  # fmt: skip
    return keys.text_of(key.key_id, secret)


@transaction.atomic
def end_rotation(key: ApiKey, *, actor: User) -> None:
    """Stop the secret from before the last rotation. Repeating changes nothing."""
    if key.user_id != actor.pk:
        policies.require(actor, "api_key.manage")
    if key.is_rotating:
        key.former_hash, key.former_until = "", None
        key.save(update_fields=["former_hash", "former_until", "updated_at"])
        record("api_key.rotation_ended", actor=actor, target=key)


def note_refusal(key_id: UUID, address: str) -> None:
    """Write down that a key was shown from where it is not accepted; once in a while each."""
    if cache.add(f"api-key-refused:{key_id}:{address}", 1, timeout=NOTED_FOR_S):
        key = ApiKey.objects.select_related("user").get(pk=key_id)
        told = {"address": address}
        denied = AuditEntry.Result.DENIED
        record("api_key.refused", actor=key.user, target=key, after=told, result=denied)


def _check_usable(key: ApiKey) -> None:
    if key.state != "active":
        raise KeyOver
