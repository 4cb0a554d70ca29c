"""ID tokens: who signed them, for whom, when, and for which sign-in."""

import base64
import hashlib
from dataclasses import dataclass

import jwt
from django.utils.crypto import constant_time_compare

from apps.common.types import JSONDict
from apps.identity.exceptions import AnswerRefused
from apps.identity.oidc import signatures
from apps.identity.oidc.provider import Provider

# Public keys only: a shared secret, or none, never signs.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
ID_TOKEN = signatures.Kind("The ID token", ALGORITHMS, 64 << 10)
MAX_SUBJECT = 255
LEEWAY_S = 60
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
# What PyJWT says, as the people say it who set a provider up.
WORDS: dict[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "The ID token is too old. Check the clock of the provider.",
    jwt.ImmatureSignatureError: "The ID token is from the future. Check the clock of the provider.",
    jwt.InvalidAudienceError: "The ID token is for another application: its audience is not our client ID.",
    jwt.InvalidIssuerError: "The ID token names another issuer than the one set up here.",
    jwt.InvalidSignatureError: "The signature of the ID token is not the provider's.",
}


@dataclass(frozen=True)
class Expected:
    """What the ID token of one sign-in must say."""

    client_id: str
    nonce: str
    access_token: str = ""


def verify(token: str, provider: Provider, expected: Expected) -> JSONDict:
    """Return the claims of an ID token. Raises AnswerRefused, saying why, unless all of it holds."""
    header = signatures.header_of(token, ID_TOKEN)
    algorithm = signatures.algorithm_of(header, ID_TOKEN)
    _check_algorithm(algorithm, provider)
    key = signatures.key_of(header, algorithm, provider, ID_TOKEN)
    try:
        claims: JSONDict = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=expected.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY_S,
            options={"require": REQUIRED},
        )
    except jwt.PyJWTError as error:
        raise AnswerRefused(
            WORDS.get(type(error), f"The ID token is not valid: {error}.")
        ) from error
    _check_party(claims, expected.client_id)
    _check_nonce(claims, expected.nonce)
    _check_access_token(claims, algorithm, expected.access_token)
    _check_subject(claims)
    return claims


def _check_algorithm(algorithm: str, provider: Provider) -> None:
    if algorithm not in provider.algorithms:
        raise AnswerRefused(f"The ID token is signed by {algorithm}. Choose RS256 in the provider.")


def _check_party(claims: JSONDict, client_id: str) -> None:
    """A token for several audiences must say that it was issued to us."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    party = claims.get("azp", None if several else client_id)
    if party != client_id:
        raise AnswerRefused("The ID token was issued to another application.")


def _check_nonce(claims: JSONDict, expected: str) -> None:
    given = claims.get("nonce")
    if not isinstance(given, str) or not constant_time_compare(given, expected):
        raise AnswerRefused("The ID token belongs to another sign-in.")


def _check_access_token(claims: JSONDict, algorithm: str, access_token: str) -> None:
    """Where the provider binds the access token to the ID token, it must be that one."""
    bound = claims.get("at_hash")
    if bound is None or algorithm == "EdDSA":  # which names no hash
        return
    digest = hashlib.new(f"sha{algorithm[2:]}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not isinstance(bound, str) or not constant_time_compare(bound, half):
        raise AnswerRefused("The access token belongs to another ID token.")


def _check_subject(claims: JSONDict) -> None:
    if not claims["sub"].strip() or len(claims["sub"]) > MAX_SUBJECT:
        raise AnswerRefused("The ID token does not say who it is about.")
