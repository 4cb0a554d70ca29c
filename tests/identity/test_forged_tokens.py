"""Forged ID tokens: none is accepted, whatever is wrong with it, and the honest one is."""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from apps.audit.models import AuditEntry
from apps.common.types import JSONDict
from apps.identity.models import Connection, Link
from tests.factories.costs import cheap
from tests.factories.forging import (
    CURVE,
    EDWARDS,
    OTHER_JWK,
    SMALL,
    STRANGER,
    Sign,
    b64,
    by_hand,
    hs,
    of_another,
    strangers,
)
from tests.factories.issuer import (
    CLIENT_ID,
    CLIENT_SECRET,
    Issuer,
    new_key,
    public_jwk,
    sign_in,
    stranger,
)

pytestmark = pytest.mark.django_db
Forge = Callable[[Issuer, JSONDict], Any]


def with_claims(**changes: Any) -> Forge:
    """Sign other claims with the right key; None leaves one out."""

    def forge(issuer: Issuer, claims: JSONDict) -> str:
        bent = claims | changes
        return issuer.signed({name: value for name, value in bent.items() if value is not None})

    return forge


def moved(**seconds: int) -> Forge:
    """Move times of the token."""
    return lambda issuer, claims: issuer.signed(
        claims | {name: int(time.time()) + away for name, away in seconds.items()}
    )


def with_header(sign: Sign | None = None, **header: Any) -> Forge:
    """Write a header by hand; without a function of its own the right key signs it."""
    whole = {"alg": "RS256", "typ": "JWT", "kid": "first"} | header
    return lambda issuer, claims: by_hand(whole, claims, issuer, sign)


def cut(change: Callable[[str, str, str], str]) -> Forge:
    """Take an honest token apart and put it together otherwise."""
    return lambda issuer, claims: change(*issuer.signed(claims).split("."))


def publishes(key: Any, alg: str, described: JSONDict, **header: Any) -> Forge:
    """Publish a key of another sort beside, and sign with it."""

    def forge(issuer: Issuer, claims: JSONDict) -> str:
        issuer.published = [described]
        return jwt.encode(claims, key, alg, headers={"kid": described.get("kid", ""), **header})

    return forge


def other_nonce(issuer: Issuer, claims: JSONDict) -> str:
    """Use the token of an earlier sign-in again."""
    return issuer.signed(claims | {"nonce": "f" * 64})


def two_of_one_id(issuer: Issuer, claims: JSONDict) -> str:
    issuer.published = [public_jwk(issuer.keys["first"], "first"), OTHER_JWK]
    return issuer.signed(claims)


def replaced(issuer: Issuer, claims: JSONDict) -> Any:
    return {"sub": claims["sub"]}


FORGED: dict[str, Forge] = {
    # who signed it
    "alg none": with_header(lambda i, s: b"", alg="none"),
    "alg None": with_header(lambda i, s: b"", alg="None"),
    "alg nOnE": with_header(lambda i, s: b"", alg="nOnE"),
    "alg none with a signature": with_header(alg="none"),
    "no alg": with_header(alg=...),
    "alg null": with_header(alg=None),
    "alg is a list": with_header(alg=["RS256", "none"]),
    "alg empty": with_header(alg=""),
    "HS256 with the public key": with_header(hs(), alg="HS256"),
    "HS256 with the client secret": with_header(hs(CLIENT_SECRET.encode()), alg="HS256"),
    "HS256 with nothing": with_header(hs(b""), alg="HS256"),
    "HS384": with_header(hs(b"x"), alg="HS384"),
    "HS512": with_header(hs(b"x"), alg="HS512"),
    "RS256 said, HS256 done": with_header(hs()),
    "an algorithm that the provider does not use": with_header(alg="RS512"),
    "ES256 said over an RSA key": with_header(alg="ES256"),
    "PS256 said, RS256 done": with_header(alg="PS256"),
    "EdDSA said over an RSA key": with_header(alg="EdDSA"),
    "a stranger's key": with_header(strangers),
    "a stranger's key, unknown id": with_header(strangers, kid="stranger"),
    "a stranger's key, no id": with_header(strangers, kid=...),
    "a stranger's key in the token": with_header(strangers, jwk=OTHER_JWK),
    "a stranger's address of keys": with_header(strangers, jku="https://evil.example/jwks"),
    "a stranger's certificate": with_header(strangers, x5c=["MIIB"]),
    "a stranger's address of certificates": with_header(strangers, x5u="https://evil.example"),
    "kid is a path": with_header(strangers, kid="../../../../dev/null"),
    "kid is SQL": with_header(strangers, kid="x' UNION SELECT 'key"),
    "kid is a number": with_header(kid=1),
    "kid is a list": with_header(kid=["first"]),
    "kid is null": with_header(strangers, kid=None),
    "kid in other letters": with_header(kid="FIRST"),
    "critical header": with_header(crit=["exp"], exp=1),
    "critical header that is empty": with_header(crit=[]),
    "payload not encoded": with_header(b64=False, crit=["b64"]),
    "payload not encoded, not critical": with_header(b64=False),
    "a short key": publishes(SMALL, "RS256", public_jwk(SMALL, "small")),
    "a key for encryption": publishes(STRANGER, "RS256", public_jwk(STRANGER, "e") | {"use": "enc"}),
    "a key for another algorithm": publishes(STRANGER, "RS256", public_jwk(STRANGER, "a") | {"alg": "PS256"}),
    "a shared key that is published": publishes(
        b"k" * 32, "HS256", {"kty": "oct", "k": b64(b"k" * 32), "kid": "o"}
    ),
    "two keys of one id": two_of_one_id,
    "a curve that is not the algorithm's": publishes(CURVE, "ES256", public_jwk(CURVE, "c", "ES256") | {"crv": "P-384"}),
    "a key without its numbers": publishes(STRANGER, "RS256", {"kty": "RSA", "kid": "n"}),
    # the signature
    "signature stripped": cut(lambda h, p, s: f"{h}.{p}."),
    "signature and its dot stripped": cut(lambda h, p, s: f"{h}.{p}"),
    "signature of another token": cut(of_another("owner")),
    "signature doubled": cut(lambda h, p, s: f"{h}.{p}.{s}.{s}"),
    "signature cut within a byte": cut(lambda h, p, s: f"{h}.{p}.{s[:-9]}"),
    "signature cut after a byte": cut(lambda h, p, s: f"{h}.{p}.{s[:-6]}"),
    "header of another token": cut(lambda h, p, s: f"{b64({'alg': 'RS256', 'kid': 'first', 'x': 1})}.{p}.{s}"),
    "nested in another token": lambda issuer, claims: issuer.signed(
        {"iss": issuer.url, "jwt": issuer.signed(claims)}, cty="JWT"
    ),
    "encrypted, five parts": cut(lambda h, p, s: f"{h}.{p}.{s}.{p}.{s}"),
    "not a token": lambda issuer, claims: "token",
    "empty": lambda issuer, claims: "",
    "missing": lambda issuer, claims: None,
    "an object": replaced,
    "larger than allowed": with_claims(padding="x" * (70 << 10)),
    "payload is a list": cut(lambda h, p, s: f"{h}.{b64([1])}.{s}"),
    # for whom and from whom
    "another issuer": with_claims(iss="https://evil.example"),
    "the issuer with a slash": lambda issuer, claims: issuer.signed(claims | {"iss": f"{issuer.url}/"}),
    "the issuer in a list": lambda issuer, claims: issuer.signed(claims | {"iss": [issuer.url]}),
    "no issuer": with_claims(iss=None),
    "another audience": with_claims(aud="another-client"),
    "an audience that begins like ours": with_claims(aud=f"{CLIENT_ID}-2"),
    "no audience": with_claims(aud=None),
    "an empty audience": with_claims(aud=[]),
    "audiences without a party": with_claims(aud=[CLIENT_ID, "another-client"]),
    "audiences and another party": with_claims(aud=[CLIENT_ID, "another-client"], azp="another-client"),
    "another party": with_claims(azp="another-client"),
    "an access token of ours": with_claims(aud="api://default", nonce=None),
    # when
    "expired": moved(iat=-900, exp=-300),
    "expired just past the leeway": moved(iat=-300, exp=-75),
    "from the future": moved(iat=900, exp=1800),
    "not yet valid": moved(nbf=900),
    "no end": with_claims(exp=None),
    "an end that is no number": with_claims(exp="never"),
    "no beginning": with_claims(iat=None),
    "a beginning that is no number": with_claims(iat="now"),
    # for which sign-in
    "no nonce": with_claims(nonce=None),
    "an empty nonce": with_claims(nonce=""),
    "another nonce": other_nonce,
    "a nonce in a list": lambda issuer, claims: issuer.signed(claims | {"nonce": [claims["nonce"]]}),
    "another access token": with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "an access token's hash that is no text": with_claims(at_hash=1),
    # about whom
    "no subject": with_claims(sub=None),
    "an empty subject": with_claims(sub=""),
    "a blank subject": with_claims(sub="  "),
    "a subject that is a number": with_claims(sub=1),
    "a subject that is a list": with_claims(sub=["00u1alice"]),
    "a subject that is endless": with_claims(sub="x" * 256),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_lets_nobody_in(issuer: Issuer, okta: Connection, name: str) -> None:
    issuer.forge = FORGED[name]
    client = stranger()
    answer = sign_in(client, issuer, okta)
    assert answer.status_code in {403, 502}, answer.status_code
    assert "_auth_user_id" not in client.session
    assert not Link.objects.exists()
    assert AuditEntry.objects.filter(action="member.sign_in_refused", result="denied").exists()


def test_there_are_enough_of_them() -> None:
    assert len(FORGED) >= 60


def test_none_of_them_costs_more_than_its_budget(issuer: Issuer, okta: Connection) -> None:
    sign_in(stranger(), issuer, okta)  # what only the first one reads
    for name, forge in FORGED.items():
        issuer.forge = forge
        with cheap(name):
            sign_in(stranger(), issuer, okta)


def _honest(alg: str, key: Any) -> Forge:
    def forge(issuer: Issuer, claims: JSONDict) -> str:
        issuer.published = [public_jwk(key, "k", alg)]
        return jwt.encode(claims, key, alg, headers={"kid": "k"})

    return forge


HONEST: dict[str, Forge] = {
    "RS256": lambda issuer, claims: issuer.signed(claims),
    "PS256": _honest("PS256", new_key()),
    "ES256": _honest("ES256", CURVE),
    "EdDSA": _honest("EdDSA", EDWARDS),
    "two audiences and our party": with_claims(aud=[CLIENT_ID, "other"], azp=CLIENT_ID),
    "a clock that is a little late": moved(iat=-330, exp=-30),
    "a clock that is a little early": moved(iat=30, exp=330),
    "no key id and one key": lambda issuer, claims: jwt.encode(claims, issuer.keys["first"], "RS256"),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_token_signs_in(issuer: Issuer, okta: Connection, name: str) -> None:
    """Without these, a check that refuses everything would look as good."""
    issuer.forge = HONEST[name]
    client = stranger()
    assert sign_in(client, issuer, okta).status_code == 302
    assert "_auth_user_id" in client.session


def test_the_hash_of_the_access_token_is_compared(issuer: Issuer, okta: Connection) -> None:
    digest = hashlib.sha256(b"access").digest()
    issuer.forge = with_claims(at_hash=b64(digest[:16]))
    client = stranger()
    sign_in(client, issuer, okta)
    assert "_auth_user_id" in client.session
