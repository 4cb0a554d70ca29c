"""AES-256-GCM over text and bytes, bound to a context. No tables, no settings."""

import base64
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.vault.exceptions import CannotUnseal

NONCE_BYTES = 12


def new_key() -> bytes:
    """Return 256 random bits."""
    return AESGCM.generate_key(bit_length=256)


def key_from(secret: str) -> bytes:
    """Return the key that a master secret of any length stands for."""
    return hashlib.sha256(b"auterity master key\x00" + secret.encode()).digest()


def key_id(key: bytes) -> str:
    """Return a short public name of a key, which tells nothing about it."""
    return hashlib.sha256(b"auterity key id\x00" + key).hexdigest()[:12]


def encrypt_bytes(plain: bytes, *, key: bytes, context: str) -> bytes:
    """Return nonce and ciphertext; the context must be given again to decrypt."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def decrypt_bytes(sealed: bytes, *, key: bytes, context: str) -> bytes:
    """Return what was encrypted. Raises CannotUnseal for another key, context or altered bytes."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotUnseal from error


def encrypt(plain: bytes, *, key: bytes, context: str) -> str:
    """Return nonce and ciphertext as URL-safe text; the context must be given again to decrypt."""
    return base64.urlsafe_b64encode(encrypt_bytes(plain, key=key, context=context)).decode()


def decrypt(sealed: str, *, key: bytes, context: str) -> bytes:
    """Return what was encrypted. Raises CannotUnseal for another key, context or altered text."""
    try:
        raw = base64.b64decode(sealed, altchars=b"-_", validate=True)
    except ValueError as error:
        raise CannotUnseal from error
    return decrypt_bytes(raw, key=key, context=context)


def derived(key: bytes, *, context: str) -> bytes:
    """Return the key that another one stands for in a context; neither tells of the other."""
    return HKDF(SHA256(), length=32, salt=None, info=context.encode()).derive(key)


def signing_key(seed: bytes) -> Ed25519PrivateKey:
    """Return the key pair that a seed stands for."""
    return Ed25519PrivateKey.from_private_bytes(seed)
