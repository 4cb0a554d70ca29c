"""Signatures that show that something was written by this product, and has not been changed since.

A signature reads `v1.<data key id>.<Ed25519 signature>`. Its key follows from a data key, which the
database holds only wrapped, and from a context such as `audit chain`.
"""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apps.vault import cipher
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import VERSION, current_key_id, derive


class Signatures:
    """Signs and checks in one context of this schema; each key is unwrapped once."""

    def __init__(self, context: str) -> None:
        self._context = context
        self._keys: dict[str, Ed25519PrivateKey] = {}

    def sign(self, message: bytes) -> str:
        """Return the signature of a message by the current key."""
        key_id = str(current_key_id())
        signature = self._key(key_id).sign(message)
        return f"{VERSION}.{key_id}.{base64.urlsafe_b64encode(signature).decode()}"

    def fits(self, message: bytes, signature: str) -> bool:
        """Tell whether a signature of this context is that of a message."""
        version, _, rest = signature.partition(".")
        key_id, _, text = rest.partition(".")
        if version != VERSION:
            return False
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
            self._key(key_id).public_key().verify(raw, message)
        except (CannotUnseal, InvalidSignature, ValueError):
            return False
        return True

    def _key(self, key_id: str) -> Ed25519PrivateKey:
        if key_id not in self._keys:
            self._keys[key_id] = cipher.signing_key(derive(key_id, self._context))
        return self._keys[key_id]
