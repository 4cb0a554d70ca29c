"""Signed tokens of a provider: size, header, algorithm, and the one published key that may have signed.

What a token must claim is said by those who take it.
"""

from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apps.common.types import JSONDict
from apps.identity.exceptions import AnswerRefused
from apps.identity.oidc import provider as publishing
from apps.identity.oidc.provider import Provider

KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
SMALLEST_RSA = 2048
# Headers by which a token would say where its own key lies.
POINTING = frozenset({"jku", "jwk", "x5u", "x5c"})


class NotTrusted(AnswerRefused):
    """The signature of a token proves nothing."""

    def __init__(self, why: str, detail: str) -> None:
        """Say what is wrong in a word, and in words for people."""
        super().__init__(detail)
        self.why = why


@dataclass(frozen=True)
class Kind:
    """A sort of token: what people call it, what may sign it, how large it may be."""

    label: str
    algorithms: frozenset[str]
    largest: int
    may_point: bool = True  # whether it may say where a key lies; that is never looked at


def header_of(token: str, kind: Kind) -> JSONDict:
    """Return the header, which nothing vouches for yet. Raises NotTrusted."""
    if len(token) > kind.largest:
        raise NotTrusted("too_large", f"{kind.label} is larger than {kind.largest >> 10} KiB. Send fewer groups.")  # fmt: skip
    try:
        header: JSONDict = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, RecursionError) as error:
        raise NotTrusted("no_token", f"{kind.label} is not a signed JSON Web Token.") from error
    if "crit" in header or header.get("b64") is False:
        raise NotTrusted("unknown_header", f"{kind.label} asks for something that we do not know.")
    if not kind.may_point and POINTING & header.keys():
        raise NotTrusted("names_its_key", f"{kind.label} says itself where its key lies.")
    return header


def algorithm_of(header: JSONDict, kind: Kind) -> str:
    """Return the algorithm, if it is one that may sign. Raises NotTrusted."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in kind.algorithms:
        raise NotTrusted("algorithm", f"{kind.label} is signed by {str(algorithm)[:40]}. Choose RS256 in the provider.")  # fmt: skip
    return algorithm


def key_of(header: JSONDict, algorithm: str, provider: Provider, kind: Kind) -> Any:
    """Return the one key that the provider published for this; keys in the token itself are nothing.

    Raises NotTrusted.
    """
    wanted = header.get("kid", "")
    if not isinstance(wanted, str):
        raise NotTrusted("key_id", f"{kind.label} names its key by something that is no text.")
    fitting = [
        key
        for key in publishing.keys(provider, wanted)
        if _fits(key, algorithm) and (not wanted or key.get("kid") == wanted)
    ]
    if len(fitting) != 1:
        raise NotTrusted("unknown_key", f"{kind.label} is signed by a key that the provider does not publish.")  # fmt: skip
    try:
        key = jwt.PyJWK(fitting[0], algorithm=algorithm).key
    except jwt.PyJWTError as error:
        raise NotTrusted("unreadable_key", "The provider's key cannot be read.") from error
    if isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA:
        raise NotTrusted("short_key", "The provider's key is shorter than 2048 bits.")
    return key


def unverified(token: str) -> JSONDict:
    """Return what a token claims, to know whose it would be; empty for what claims nothing.

    Nothing of it may be believed before `key_of` and the signature.
    """
    try:
        claims: JSONDict = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}
    return claims


def _fits(key: JSONDict, algorithm: str) -> bool:
    return (
        key.get("kty") == KINDS[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )
