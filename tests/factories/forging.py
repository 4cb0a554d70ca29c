"""What forged tokens are made of: keys of others, and parts that no library would write."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apps.common.types import JSONDict
from tests.factories.issuer import Issuer, new_key, public_jwk

Sign = Callable[[Issuer, bytes], bytes]
STRANGER = new_key()
OTHER_JWK = public_jwk(STRANGER, "first")
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)
CURVE = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


def b64(value: Any) -> str:
    """Return a part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: JSONDict, claims: JSONDict, issuer: Issuer, sign: Sign | None = None) -> str:
    """Put a token together, without what is `...` in its header; the right key signs if nobody else does."""
    whole = {name: value for name, value in header.items() if value is not ...}
    signed = f"{b64(whole)}.{b64(claims)}".encode()
    made = sign(issuer, signed) if sign else _rs256(issuer.keys["first"], signed)
    return f"{signed.decode()}.{b64(made)}"


def strangers(issuer: Issuer, signed: bytes) -> bytes:
    """Sign with a key that nobody published."""
    return _rs256(STRANGER, signed)


def hs(key: bytes | None = None) -> Sign:
    """Sign with a shared secret; without one, with the public key as if it were one."""

    def sign(issuer: Issuer, signed: bytes) -> bytes:
        public = issuer.keys["first"].public_key()
        secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return hmac.new(secret if key is None else key, signed, hashlib.sha256).digest()

    return sign


def of_another(subject: str) -> Callable[[str, str, str], str]:
    """Say that a token is about somebody else, and keep its signature."""

    def bent(header: str, payload: str, signature: str) -> str:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        return f"{header}.{b64(claims | {'sub': subject})}.{signature}"

    return bent


def _rs256(key: Any, signed: bytes) -> bytes:
    algorithm: Any = jwt.get_algorithm_by_name("RS256")
    made: bytes = algorithm.sign(signed, key)
    return made
