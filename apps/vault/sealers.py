"""Sealing what may be lost, such as a cache, with a key that is kept in memory: no query a time."""

import hashlib
import hmac
from dataclasses import dataclass, field

from apps.vault import cipher


@dataclass(frozen=True)
class Sealer:
    """Names and seals bytes of one workspace and context; another one's can neither find nor open them.

    It ends with the data key: what an older key sealed does not open.
    """

    key: bytes = field(repr=False)

    def name(self, plain: bytes) -> str:
        """Return a name that tells nothing about the bytes, 64 characters long."""
        return hmac.new(self.key, plain, hashlib.sha256).hexdigest()

    def seal(self, plain: bytes, label: str) -> bytes:
        """Encrypt bytes that are kept under this label."""
        return cipher.encrypt_bytes(plain, key=self.key, context=label)

    def unseal(self, sealed: bytes, label: str) -> bytes:
        """Return sealed bytes. Raises CannotUnseal unless key and label fit."""
        return cipher.decrypt_bytes(sealed, key=self.key, context=label)
