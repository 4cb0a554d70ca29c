"""Signatures that show that something was written by this product, and has not been changed since.

A signature reads `v1.<data key id>.<Ed25519 signature>`. Its key follows from a data key, which the
database holds only wrapped, and from a context such as `audit chain`.
"""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from apps.vault import cipher
from apps.vault.exceptions import CannotUnseal
from apps.vault.models import DataKey, VerifyingKey
from apps.vault.services import VERSION, current_key_id, derive, is_uuid, seal, unseal

_contexts: list[str] = []


def register_context(context: str) -> None:
    """Keep what checks signatures of a context when their data key goes. For `AppConfig.ready()`."""
    _contexts.append(context)


def keep_verifying(data_key: DataKey) -> None:
    """Keep what checks the signatures that a data key made, before it goes."""
    for context in _contexts:
        public = cipher.signing_key(derive(str(data_key.pk), context)).public_key()
        kept = VerifyingKey(data_key_id=data_key.pk, context=context)
        text = base64.urlsafe_b64encode(public.public_bytes_raw()).decode()
        kept.sealed = seal(text, context=kept.seal_context)
        kept.save()


def fits_public(public: str, message: bytes, signature: str) -> bool:
    """Tell whether a signature is that of a message, by a public key that somebody was given."""
    version, _, rest = signature.partition(".")
    text = rest.partition(".")[2]
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public))
        key.verify(base64.b64decode(text, altchars=b"-_", validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return version == VERSION


class Signatures:
    """Signs and checks in one context of this schema; each key is unwrapped once."""

    def __init__(self, context: str) -> None:
        self._context = context
        self._keys: dict[str, Ed25519PrivateKey] = {}
        self._public: dict[str, Ed25519PublicKey] = {}

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
            self._verifier(key_id).verify(raw, message)
        except (CannotUnseal, InvalidSignature, ValueError):
            return False
        return True

    def public(self, signature: str) -> str:
        """Return the public key that checks a signature of ours, for who checks it elsewhere.

        Raises CannotUnseal for one whose key is not known.
        """
        key_id = signature.partition(".")[2].partition(".")[0]
        raw = self._verifier(key_id).public_bytes_raw()
        return base64.urlsafe_b64encode(raw).decode()

    def _verifier(self, key_id: str) -> Ed25519PublicKey:
        if key_id not in self._public:
            self._public[key_id] = self._kept(key_id) or self._key(key_id).public_key()
        return self._public[key_id]

    def _kept(self, key_id: str) -> Ed25519PublicKey | None:
        """Return what was kept of a data key that is gone."""
        if not is_uuid(key_id):
            return None
        named = VerifyingKey.objects.filter(data_key_id=key_id, context=self._context)
        kept = named.first()
        if kept is None:
            return None
        raw = base64.urlsafe_b64decode(unseal(kept.sealed, context=kept.seal_context))
        return Ed25519PublicKey.from_public_bytes(raw)

    def _key(self, key_id: str) -> Ed25519PrivateKey:
        if key_id not in self._keys:
            self._keys[key_id] = cipher.signing_key(derive(key_id, self._context))
        return self._keys[key_id]
