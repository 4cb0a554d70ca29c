"""What an access token must be and say: signed by the pinned provider, for this API, short-lived."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt

from apps.common.types import JSONDict
from apps.identity.api_access.refusals import TokenRefused
from apps.identity.models import ApiAccess
from apps.identity.oidc import provider as publishing
from apps.identity.oidc import signatures
from apps.identity.oidc.provider import Provider

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
)
ACCESS_TOKEN = signatures.Kind("The token", ALGORITHMS, 16 << 10, may_point=False)
LEEWAY_S = 30
MAX_SUBJECT, MOST_AUDIENCES, MOST_VALUES = 255, 8, 200
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
TYPED = frozenset({"at+jwt", "application/at+jwt"})
UNTYPED = frozenset({"", "jwt"})
# What sign-ins, log-outs and refreshes put into their tokens, and access tokens do not.
OF_SIGN_INS = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events", "sid_hash"})
CLIENT_CLAIMS = ("azp", "client_id", "cid", "appid")
WORDS: dict[type[Exception], tuple[str, str]] = {
    jwt.ExpiredSignatureError: ("expired", "The token is too old."),
    jwt.ImmatureSignatureError: ("too_early", "The token is from the future. Check the clock of the provider."),
    jwt.InvalidAudienceError: ("audience", "The token is for another API: its audience is none of those accepted here."),
    jwt.InvalidIssuerError: ("issuer", "The token names another issuer than the connection."),
    jwt.InvalidSignatureError: ("signature", "The signature of the token is not the provider's."),
}  # fmt: skip


@dataclass(frozen=True)
class Vouched:
    """What the provider vouches for."""

    subject: str
    client_id: str
    values: frozenset[str]
    claims: JSONDict


def verified(token: str, access: ApiAccess) -> Vouched:
    """Return what a token says. Raises TokenRefused unless all of it holds; ProviderFailed."""
    provider = publishing.find(access.connection.issuer)
    try:
        header = signatures.header_of(token, ACCESS_TOKEN)
        algorithm = signatures.algorithm_of(header, ACCESS_TOKEN)
        _check_type(header, access)
        key = signatures.key_of(header, algorithm, provider, ACCESS_TOKEN)
    except signatures.NotTrusted as error:
        raise TokenRefused(error.why, error.detail) from error
    claims = _decoded(token, key, algorithm, access)
    _check_audiences(claims, access, provider)
    _check_times(claims, access.longest)
    _check_use(claims, header)
    return Vouched(_subject(claims), _client(claims), values_of(claims, access.claim), claims)


def values_of(claims: JSONDict, name: str) -> frozenset[str]:
    """Return the values of the claim that rules go by; `scope` is also read where it is `scp`."""
    found = claims.get(name)
    if found is None and name == "scope":
        found = claims.get("scp")
    if found is None and "." in name:  # such as realm_access.roles
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    given = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    return frozenset(each for each in given[:MOST_VALUES] if isinstance(each, str) and each)


def _check_type(header: JSONDict, access: ApiAccess) -> None:
    said = header.get("typ", "")
    typ = said.lower() if isinstance(said, str) else "?"
    if typ in TYPED or (typ in UNTYPED and not access.typed_only):
        return
    if typ in UNTYPED:
        raise TokenRefused("untyped", "The token does not say that it is an access token: typ is not at+jwt.")  # fmt: skip
    raise TokenRefused("type", f"This is no access token: its typ is {str(said)[:40]}.")


def _decoded(token: str, key: Any, algorithm: str, access: ApiAccess) -> JSONDict:
    try:
        claims: JSONDict = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=access.audiences,
            issuer=access.connection.issuer,
            leeway=LEEWAY_S,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError) as error:
        why, words = WORDS.get(type(error), ("claims", f"The token is not valid: {error}."))
        raise TokenRefused(why, words) from error
    return claims


def _check_audiences(claims: JSONDict, access: ApiAccess, provider: Provider) -> None:
    """A token that opens other doors too may have been taken there: only the provider's own may be."""
    named = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    others = [each for each in named if each not in access.audiences]
    if len(named) > MOST_AUDIENCES or any(each != provider.userinfo_endpoint for each in others):
        raise TokenRefused("audiences", f"The token opens something else too: {str(others[:1])[:80]}.")  # fmt: skip


def _check_times(claims: JSONDict, longest: timedelta) -> None:
    times = [claims["exp"], claims["iat"]]
    if not all(_is_number(each) for each in times):
        raise TokenRefused("times", "The token's times are no numbers.")
    if times[0] - times[1] > longest.total_seconds():
        raise TokenRefused("too_long", f"The token is valid for longer than {longest}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_use(claims: JSONDict, header: JSONDict) -> None:
    """Refuse what is signed by the same key for another use, and what we could not honour."""
    is_typed = str(header.get("typ", "")).lower() in TYPED
    if not is_typed and OF_SIGN_INS & claims.keys():
        raise TokenRefused("id_token", "This is an ID token. Send the access token.")
    if str(claims.get("typ", "Bearer")).lower() not in {"bearer", "at+jwt"}:
        raise TokenRefused("use", f"This is no access token: it says {str(claims['typ'])[:40]}.")
    if claims.get("token_use", "access") != "access":
        raise TokenRefused("use", f"This is no access token: it is for {str(claims['token_use'])[:40]}.")  # fmt: skip
    if "cnf" in claims:
        raise TokenRefused("bound", "The token is bound to a key or certificate of its sender, which is not checked here.")  # fmt: skip
    if "act" in claims:
        raise TokenRefused("delegated", "Somebody else acts by this token. Ask for one of their own.")  # fmt: skip


def _subject(claims: JSONDict) -> str:
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject.strip() or len(subject) > MAX_SUBJECT:
        raise TokenRefused("subject", "The token does not say who it is about.")
    return subject


def _client(claims: JSONDict) -> str:
    """Return the client; empty where none is named, refused where several are."""
    named = {claims[name] for name in CLIENT_CLAIMS if isinstance(claims.get(name), str)}
    if len(named) > 1:
        raise TokenRefused("clients", "The token names several clients.")
    return str(named.pop())[:MAX_SUBJECT] if named else ""
