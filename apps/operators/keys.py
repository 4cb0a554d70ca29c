"""Making, reading and revoking platform keys."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts import keys
from apps.accounts.models import User
from apps.common.errors import Invalid
from apps.operators.models import KIND, PlatformKey
from apps.operators.scopes import SCOPES
from apps.operators.trail import note_here

PURPOSE = "platform-key"
NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_key(
    *, name: str, scopes: list[str], expires_at: datetime, actor: User
) -> tuple[PlatformKey, str]:
    """Make a key and return it with its text, which is shown once. Raises Invalid."""
    if not scopes or set(scopes) - SCOPES.keys():
        raise Invalid.at("scopes", f"Choose from {', '.join(SCOPES)}.")
    if expires_at <= timezone.now():
        raise Invalid.at("expires_at", "The key would be expired already.")
    key_id, secret = keys.new_key()
    key = PlatformKey.objects.create(
        key_id=key_id,
        name=name,
        secret_hash=keys.hash_secret(secret, purpose=PURPOSE),
        user=actor,
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    told = {"scopes": key.scopes, "expires_at": expires_at}
    note_here("platform_key.created", key, actor=actor, after=told)
    return key, keys.text_of(key_id, secret, kind=KIND)


@transaction.atomic
def revoke_key(key: PlatformKey, *, actor: User) -> None:
    """End a key; the next request with it is refused. Repeating changes nothing."""
    now = timezone.now()
    if PlatformKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        note_here("platform_key.revoked", key, actor=actor)


def user_of(text: str) -> User | None:
    """Return the member of staff a key acts for; None for any bad key.

    Whatever the text, one query and one hash are made: an attempt tells nothing by its time.
    """
    key_id, secret = keys.split(text, kind=KIND)
    key = PlatformKey.objects.usable().select_related("user").filter(key_id=key_id).first()
    hashed = keys.hash_secret(secret, purpose=PURPOSE)
    if not keys.same(hashed, key.secret_hash if key else None) or key is None:
        return None
    stale = timezone.now() - NOTED_EVERY
    if key.last_used_at is None or key.last_used_at < stale:
        PlatformKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    user = key.user
    user.acting_key = key  # type: ignore[assignment]  # a key that holds no role of a workspace
    return user
