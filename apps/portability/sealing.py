"""Secrets in an archive: sealed with a key that follows from a passphrase, each for its own place.

Argon2id with fixed terms makes the key; AES-256-GCM seals each secret with the archive, the kind and
the row that it belongs to, so that none opens anywhere else.
"""

import os
from base64 import b64decode, b64encode
from uuid import UUID

from argon2.low_level import Type, hash_secret_raw

from apps.common.types import JSONDict
from apps.vault import cipher
from apps.vault.exceptions import CannotUnseal

SHORTEST = 12  # characters of a passphrase
SALT_BYTES, KEY_BYTES = 16, 32
ROUNDS, MEMORY_KIB, LANES = 3, 64 << 10, 4
KNOWN = b"auterity-workspace"


def new_salt() -> bytes:
    """Return a salt."""
    return os.urandom(SALT_BYTES)


def key_of(passphrase: str, salt: bytes) -> bytes:
    """Return the key of a passphrase; takes about a tenth of a second, and 64 MiB."""
    return hash_secret_raw(passphrase.encode(), salt, ROUNDS, MEMORY_KIB, LANES, KEY_BYTES, Type.ID)


def terms(archive: UUID, key: bytes, salt: bytes) -> JSONDict:
    """Return what a manifest says of its secrets: how the key is made, and what tells the right one."""
    return {
        "kdf": "argon2id",
        "rounds": ROUNDS,
        "memory_kib": MEMORY_KIB,
        "lanes": LANES,
        "cipher": "aes-256-gcm",
        "salt": b64encode(salt).decode(),
        "check": cipher.encrypt(KNOWN, key=key, context=f"{archive}:check"),
    }


def is_key(archive: UUID, key: bytes, check: str) -> bool:
    """Tell whether a key is the one that sealed. Raises CannotUnseal where it is not."""
    return cipher.decrypt(check, key=key, context=f"{archive}:check") == KNOWN


def seal(plain: str, *, key: bytes, place: str) -> str:
    """Return a secret sealed for a place."""
    return cipher.encrypt(plain.encode(), key=key, context=place)


def unseal(sealed: str, *, key: bytes, place: str) -> str:
    """Return a secret. Raises CannotUnseal unless key and place are those that sealed it."""
    return cipher.decrypt(sealed, key=key, context=place).decode()


def place_of(archive: UUID | str, name: str, row: UUID | str) -> str:
    """Return what the secret of a row is sealed for."""
    return f"{archive}:{name}:{row}"


def as_text(key: bytes) -> str:
    """Return a key as the vault keeps it until the archive is written."""
    return b64encode(key).decode()


def from_text(text: str) -> bytes:
    """Return the key again."""
    return b64decode(text)


def opened_by(passphrase: str, archive: UUID, salt: str, check: str) -> bytes:
    """Return the key that opens the secrets of an archive. Raises CannotUnseal for another passphrase."""
    try:
        raw = b64decode(salt, validate=True)
    except ValueError as error:
        raise CannotUnseal from error
    if len(raw) != SALT_BYTES:
        raise CannotUnseal
    key = key_of(passphrase, raw)
    if not is_key(archive, key, check):
        raise CannotUnseal
    return key
