"""Sealing secrets and stored bytes.

A sealed text reads `v1.<data key id>.<ciphertext>`. Its associated data are the schema and a
context such as `credential:<id>`, so a ciphertext moved to another row or tenant does not open.
"""

from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.common.ids import uuid7
from apps.tenants.context import current_schema
from apps.vault import cipher
from apps.vault.exceptions import CannotUnseal
from apps.vault.models import DataKey
from apps.vault.sealers import Sealer

VERSION = "v1"
PARTS = 3  # of a sealed text: version, key, ciphertext


def seal(plaintext: str, *, context: str) -> str:
    """Encrypt a text for this schema and context."""
    data_key = _current_key()
    sealed = cipher.encrypt(plaintext.encode(), key=_unwrap(data_key), context=_bound(context))
    return f"{VERSION}.{data_key.pk}.{sealed}"


def unseal(token: str, *, context: str) -> str:
    """Return a sealed text. Raises CannotUnseal unless schema, context and keys all fit."""
    version, _, rest = token.partition(".")
    key_id, _, sealed = rest.partition(".")
    if version != VERSION:
        raise CannotUnseal
    return cipher.decrypt(sealed, key=_key(key_id), context=_bound(context)).decode()


def seal_all(texts: Mapping[str, str]) -> dict[str, str]:
    """Encrypt texts by their contexts, with one look at the key."""
    if not texts:
        return {}
    data_key = _current_key()
    key, head = _unwrap(data_key), f"{VERSION}.{data_key.pk}."
    return {
        context: head + cipher.encrypt(plain.encode(), key=key, context=_bound(context))
        for context, plain in texts.items()
    }


def unseal_all(tokens: Mapping[str, str]) -> dict[str, str]:
    """Return sealed texts by their contexts, with one look at the keys. Raises CannotUnseal."""
    parts = {context: token.split(".", 2) for context, token in tokens.items()}
    if any(len(each) < PARTS or each[0] != VERSION for each in parts.values()):
        raise CannotUnseal
    ids = {each[1] for each in parts.values() if is_uuid(each[1])}
    keys = {str(each.pk): _unwrap(each) for each in DataKey.objects.filter(pk__in=ids)}
    if parts and not {each[1] for each in parts.values()} <= keys.keys():
        raise CannotUnseal
    return {
        context: cipher.decrypt(sealed, key=keys[key_id], context=_bound(context)).decode()
        for context, (_, key_id, sealed) in parts.items()
    }


def derive(key_id: str, context: str) -> bytes:
    """Return the key of a context that follows from a data key. Raises CannotUnseal without one."""
    return cipher.derived(_key(key_id), context=_bound(context))


def sealer(context: str) -> Sealer:
    """Return what seals for this schema and context without a query, until the data key changes."""
    return Sealer(cipher.derived(_unwrap(_current_key()), context=_bound(context)))


def current_key_id() -> UUID:
    """Return the id of the key that seals now, for whoever notes it beside what they seal."""
    return _current_key().pk


def seal_bytes(plain: bytes, *, key_id: UUID, context: str) -> bytes:
    """Encrypt bytes for this schema and context with one of its keys."""
    key = _unwrap(DataKey.objects.get(pk=key_id))
    return cipher.encrypt_bytes(plain, key=key, context=_bound(context))


def unseal_bytes(sealed: bytes, *, key_id: UUID, context: str) -> bytes:
    """Return sealed bytes. Raises CannotUnseal unless schema, context and key all fit."""
    data_key = DataKey.objects.filter(pk=key_id).first()
    if data_key is None:
        raise CannotUnseal
    return cipher.decrypt_bytes(sealed, key=_unwrap(data_key), context=_bound(context))


@transaction.atomic
def rotate_data_key() -> DataKey:
    """Seal from now on with a new key; what older keys sealed can still be read."""
    DataKey.objects.filter(retired_at=None).update(retired_at=timezone.now())
    return _make_key()


def shred() -> list[str]:
    """Destroy all data keys of this schema for good; what they sealed can never be read again.

    Returns their ids.
    """
    ids = [str(each) for each in DataKey.objects.order_by("pk").values_list("pk", flat=True)]
    DataKey.objects.update(wrapped="")  # also the row that the database keeps for a while
    DataKey.objects.all().delete()
    return ids


def _current_key() -> DataKey:
    found = DataKey.objects.filter(retired_at=None).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return _make_key()
    except IntegrityError:  # somebody else was first
        return DataKey.objects.get(retired_at=None)


def rewrap() -> int:
    """Wrap this schema's data keys with the first master key; return how many were not.

    What they seal stays as it is. Raises CannotUnseal where the one before is not given any more.
    """
    master, count = _master(), 0
    for data_key in DataKey.objects.exclude(master_id=cipher.key_id(master)):
        same = DataKey.objects.filter(pk=data_key.pk, wrapped=data_key.wrapped)
        count += same.update(**_wrapped(data_key.pk, _unwrap(data_key), master))
    return count


def _make_key() -> DataKey:
    key_id = uuid7()
    return DataKey.objects.create(pk=key_id, **_wrapped(key_id, cipher.new_key(), _master()))


def _wrapped(key_id: UUID, key: bytes, master: bytes) -> dict[str, str]:
    wrapped = cipher.encrypt(key, key=master, context=_bound(f"data-key:{key_id}"))
    return {"wrapped": wrapped, "master_id": cipher.key_id(master)}


def _master() -> bytes:
    """Return the first master key of the list, which wraps; the others only unwrap."""
    return cipher.key_from(_masters()[0])


def _key(key_id: str) -> bytes:
    """Return the data key that a token names."""
    data_key = DataKey.objects.filter(pk=key_id).first() if is_uuid(key_id) else None
    if data_key is None:
        raise CannotUnseal
    return _unwrap(data_key)


def _unwrap(data_key: DataKey) -> bytes:
    for secret in _masters():
        master = cipher.key_from(secret)
        if cipher.key_id(master) == data_key.master_id:
            context = _bound(f"data-key:{data_key.pk}")
            return cipher.decrypt(data_key.wrapped, key=master, context=context)
    raise CannotUnseal


def _masters() -> list[str]:
    return [part for part in settings.MASTER_KEY.split(",") if part]


def _bound(context: str) -> str:
    return f"{current_schema()}:{context}"


def is_uuid(text: str) -> bool:
    """Tell whether a text is the form of an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
