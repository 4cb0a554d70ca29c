"""Forged access tokens: none opens the API, and the trail says of each why."""

import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.core.cache import cache

from apps.audit.models import AuditEntry
from apps.common.types import JSONDict
from apps.identity.models import Connection
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
from tests.factories.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, new_key, public_jwk
from tests.identity.test_access_tokens import (
    AUDIENCE,
    BOB,
    ROBOT,
    _nothing_remembered,  # noqa: F401 - a fixture
    ask,
    open_api,  # noqa: F401 - a fixture
    token,
)

pytestmark = pytest.mark.django_db
Forge = Callable[[Issuer], str]


def says(**changes: Any) -> Forge:
    """Sign other claims with the right key; None leaves one out."""
    return lambda issuer: token(issuer, **changes)


def headed(**header: Any) -> Forge:
    """Sign honest claims under another header with the right key."""
    return lambda issuer: token(issuer, header=header)


def times(**seconds: int) -> Forge:
    """Move times of the token."""

    def forge(issuer: Issuer) -> str:
        moved: JSONDict = {name: int(time.time()) + away for name, away in seconds.items()}
        return token(issuer, **moved)

    return forge


def claims_of(issuer: Issuer) -> JSONDict:
    claims: JSONDict = jwt.decode(token(issuer), options={"verify_signature": False})
    return claims


def headed_by_hand(sign: Sign | None = None, **header: Any) -> Forge:
    """Write a header that no library would; without a function the right key signs it."""
    whole = {"alg": "RS256", "typ": "at+jwt", "kid": "first"} | header
    return lambda issuer: by_hand(whole, claims_of(issuer), issuer, sign)


def says_by_hand(**changes: Any) -> Forge:
    """Sign claims that no library would write."""
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "first"}
    return lambda issuer: by_hand(header, claims_of(issuer) | changes, issuer)


def cut(change: Callable[[str, str, str], str]) -> Forge:
    """Take an honest token apart and put it together otherwise."""
    return lambda issuer: change(*token(issuer).split("."))


def published(key: Any, alg: str, described: JSONDict) -> Forge:
    """Publish a key of another sort, and sign with it."""

    def forge(issuer: Issuer) -> str:
        issuer.published = [described]
        header = {"kid": described.get("kid", ""), "typ": "at+jwt"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of short keys, too
            return jwt.encode(claims_of(issuer), key, alg, headers=header)

    return forge


def two_keys(issuer: Issuer) -> str:
    issuer.published = [public_jwk(issuer.keys["first"], "first"), OTHER_JWK]
    return token(issuer)


def described_otherwise(**changes: str) -> Forge:
    """Let the provider describe itself as another one."""

    def forge(issuer: Issuer) -> str:
        issuer.description = changes
        return token(issuer)

    return forge


def id_token(issuer: Issuer) -> str:
    """What a sign-in of the same person gives."""
    claims = claims_of(issuer) | {"aud": CLIENT_ID, "nonce": "n", "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}  # fmt: skip
    return issuer.signed(claims, typ="JWT")


DEEP = json.loads("[" * 200 + "]" * 200)
FORGED: dict[str, tuple[Forge, str]] = {
    # who signed it
    "alg none": (headed_by_hand(lambda i, s: b"", alg="none"), "algorithm"),
    "alg None": (headed_by_hand(lambda i, s: b"", alg="None"), "algorithm"),
    "alg nOnE": (headed_by_hand(lambda i, s: b"", alg="nOnE"), "algorithm"),
    "alg none with a signature": (headed_by_hand(alg="none"), "algorithm"),
    "no alg": (headed_by_hand(alg=...), "algorithm"),
    "alg null": (headed_by_hand(alg=None), "algorithm"),
    "alg is a list": (headed_by_hand(alg=["RS256"]), "algorithm"),
    "alg empty": (headed_by_hand(alg=""), "algorithm"),
    "HS256 with the public key": (headed_by_hand(hs(), alg="HS256"), "algorithm"),
    "HS256 with the client secret": (headed_by_hand(hs(CLIENT_SECRET.encode()), alg="HS256"), "algorithm"),
    "HS256 with nothing": (headed_by_hand(hs(b""), alg="HS256"), "algorithm"),
    "HS512": (headed_by_hand(hs(b"x"), alg="HS512"), "algorithm"),
    "RS256 said, HS256 done": (headed_by_hand(hs()), "signature"),
    "EdDSA, which is not offered here": (published(EDWARDS, "EdDSA", public_jwk(EDWARDS, "e", "EdDSA")), "algorithm"),
    "ES256 said over an RSA key": (headed_by_hand(alg="ES256"), "unknown_key"),
    "RS512 said over a key for RS256": (headed_by_hand(alg="RS512"), "unknown_key"),
    "PS256 said, RS256 done": (headed_by_hand(alg="PS256"), "unknown_key"),
    "a stranger's key": (headed_by_hand(strangers), "signature"),
    "a stranger's key, unknown id": (headed_by_hand(strangers, kid="stranger"), "unknown_key"),
    "a stranger's key, no id": (headed_by_hand(strangers, kid=...), "signature"),
    "a stranger's key in the token": (headed_by_hand(strangers, jwk=OTHER_JWK), "names_its_key"),
    "a stranger's address of keys": (headed_by_hand(strangers, jku="https://evil.example/jwks"), "names_its_key"),
    "a stranger's certificate": (headed_by_hand(strangers, x5c=["MIIB"]), "names_its_key"),
    "a stranger's address of certificates": (headed_by_hand(strangers, x5u="https://evil.example"), "names_its_key"),
    "the right key, and an address of keys": (headed_by_hand(jku="https://evil.example/jwks"), "names_its_key"),
    "kid is a path": (headed_by_hand(strangers, kid="../../../../dev/null"), "unknown_key"),
    "kid is SQL": (headed_by_hand(strangers, kid="x' UNION SELECT 'key"), "unknown_key"),
    "kid is a number": (headed_by_hand(kid=1), "no_token"),
    "kid is a list": (headed_by_hand(kid=["first"]), "no_token"),
    "kid in other letters": (headed_by_hand(kid="FIRST"), "unknown_key"),
    "critical header": (headed_by_hand(crit=["exp"], exp=1), "no_token"),
    "critical header that is empty": (headed_by_hand(crit=[]), "no_token"),
    "payload not encoded": (headed_by_hand(b64=False, crit=["b64"]), "no_token"),
    "payload not encoded, not critical": (headed_by_hand(b64=False), "no_token"),
    "a short key": (published(SMALL, "RS256", public_jwk(SMALL, "small")), "short_key"),
    "a key for encryption": (published(STRANGER, "RS256", public_jwk(STRANGER, "e") | {"use": "enc"}), "unknown_key"),
    "a key for another algorithm": (published(STRANGER, "RS256", public_jwk(STRANGER, "a") | {"alg": "PS256"}), "unknown_key"),
    "two keys of one id": (two_keys, "unknown_key"),
    "a curve that is not the algorithm's": (published(CURVE, "ES256", public_jwk(CURVE, "c", "ES256") | {"crv": "P-384"}), "unreadable_key"),
    "a key without its numbers": (published(STRANGER, "RS256", {"kty": "RSA", "kid": "n"}), "unreadable_key"),
    # the signature and the form
    "signature stripped": (cut(lambda h, p, s: f"{h}.{p}."), "signature"),
    "signature and its dot stripped": (cut(lambda h, p, s: f"{h}.{p}"), "no_token"),
    "signature of another token": (cut(of_another(ROBOT)), "signature"),
    "signature doubled": (cut(lambda h, p, s: f"{h}.{p}.{s}.{s}"), "no_token"),
    "signature cut within a byte": (cut(lambda h, p, s: f"{h}.{p}.{s[:-9]}"), "no_token"),
    "signature cut after a byte": (cut(lambda h, p, s: f"{h}.{p}.{s[:-6]}"), "signature"),
    "header of another token": (cut(lambda h, p, s: f"{b64({'alg': 'RS256', 'typ': 'at+jwt', 'kid': 'first', 'x': 1})}.{p}.{s}"), "signature"),
    "nested in another token": (lambda issuer: issuer.signed({"iss": issuer.url, "jwt": token(issuer)}, typ="at+jwt", cty="JWT"), "claims"),
    "encrypted, five parts": (cut(lambda h, p, s: f"{h}.{p}.{s}.{p}.{s}"), "no_token"),
    "dots": (lambda issuer: "...", "no_token"),
    "not a token": (lambda issuer: "not.a.token", "no_token"),
    "larger than allowed": (says(padding="x" * (17 << 10)), "too_large"),
    "much larger than allowed": (lambda issuer: "a." + "b" * (2 << 20) + ".c", "too_large"),
    "payload is a list": (cut(lambda h, p, s: f"{h}.{b64([1])}.{s}"), "no_token"),
    "payload is deep": (cut(lambda h, p, s: f"{h}.{b64(b'[' * 8000)}.{s}"), "no_token"),
    # what sort of token
    "an ID token": (id_token, "untyped"),
    "an ID token for this API": (says(aud=AUDIENCE, typ="ID"), "use"),
    "a refresh token": (says(typ="Refresh"), "use"),
    "a token for something else": (says(token_use="id"), "use"),
    "a log-out token": (headed(typ="logout+jwt"), "type"),
    "a proof of possession": (headed(typ="dpop+jwt"), "type"),
    "an event": (headed(typ="secevent+jwt"), "type"),
    "typ is a list": (headed_by_hand(typ=["at+jwt"]), "type"),
    "no typ": (headed_by_hand(typ=...), "untyped"),
    "bound to the sender's certificate": (says(cnf={"x5t#S256": "abc"}), "bound"),
    "bound to the sender's key": (says(cnf={"jkt": "abc"}), "bound"),
    "somebody acts for another": (says(act={"sub": "someone"}), "delegated"),
    # for whom and from whom
    "another issuer": (says(iss="https://evil.example"), "unknown_issuer"),
    "the issuer with a slash": (lambda issuer: token(issuer, iss=f"{issuer.url}/"), "unknown_issuer"),
    "the issuer in a list": (lambda issuer: says_by_hand(iss=[issuer.url])(issuer), "no_token"),
    "no issuer": (says(iss=None), "no_token"),
    "another audience": (says(aud="https://other.example/api"), "audience"),
    "an audience that begins like ours": (says(aud=f"{AUDIENCE}/more"), "audience"),
    "an audience in other letters": (says(aud=AUDIENCE.upper()), "audience"),
    "our client as the audience": (says(aud=CLIENT_ID), "audience"),
    "no audience": (says(aud=None), "claims"),
    "an empty audience": (says(aud=[]), "claims"),
    "an audience that is an object": (says(aud={AUDIENCE: 1}), "audience"),
    "another audience beside": (says(aud=[AUDIENCE, "https://other.example/api"]), "audiences"),
    "too many audiences": (says(aud=[AUDIENCE] * 9), "audiences"),
    "a provider that calls itself another": (described_otherwise(issuer="https://evil.example"), "provider"),
    # when
    "expired": (times(iat=-900, exp=-300), "expired"),
    "expired just past the leeway": (times(iat=-300, exp=-45), "expired"),
    "from the future": (times(iat=900, exp=1500), "too_early"),
    "not yet valid": (times(nbf=900), "too_early"),
    "no end": (says(exp=None), "claims"),
    "an end that is no number": (says(exp="never"), "claims"),
    "an end in a text": (lambda issuer: token(issuer, exp=str(int(time.time()) + 300)), "times"),
    "no beginning": (says(iat=None), "claims"),
    "valid for a year": (times(exp=31_536_000), "too_long"),
    "valid from long ago": (times(iat=-86_400), "too_long"),
    # about whom, and what for
    "no subject": (says(sub=None), "claims"),
    "an empty subject": (says(sub=""), "subject"),
    "a blank subject": (says(sub="  "), "subject"),
    "a subject that is a number": (says(sub=1), "claims"),
    "a subject that is endless": (says(sub="x" * 256), "subject"),
    "a subject that nobody goes by": (says(sub="00u1nobody"), "unknown_subject"),
    "a subject in other letters": (says(sub=BOB.upper()), "unknown_subject"),
    "a member's e-mail as the subject": (says(sub="bob@builder.example"), "unknown_subject"),
    "a program's subject by another client": (says(sub=ROBOT, client_id="0oaweb"), "other_client"),
    "a program's subject by no client": (says(sub=ROBOT, client_id=None), "other_client"),
    "two clients": (says(azp="0oaother"), "clients"),
    "no scope": (says(scope=None), "no_rule"),
    "a scope that no rule knows": (says(scope="admin owner *"), "no_rule"),
    "a scope that is an object": (says(scope={"write": True}), "no_rule"),
    "a scope that is deep": (says(scope=DEEP), "no_rule"),
}  # fmt: skip


def test_no_forged_token_opens_anything_and_the_trail_says_why(
    issuer: Issuer,
    open_api: Connection,  # noqa: F811 - the fixture
) -> None:
    told: dict[str, str] = {}
    ask(token(issuer))  # what only the first one reads
    for name, (forge, _) in FORGED.items():
        cache.clear()
        issuer.published, issuer.description = [], {}
        text = forge(issuer)
        with cheap(name):
            answer = ask(text)
        assert answer.status_code in {401, 503}, (name, answer.status_code)
        assert "token" not in answer.json()["detail"] or text not in answer.content.decode()
        told[name] = _why() if answer.status_code == 401 else "provider"
    assert told == {name: why for name, (_, why) in FORGED.items()}


def _why() -> str:
    entry = AuditEntry.objects.filter(action="token.refused", result="denied").latest("id")
    return str((entry.after or {})["why"])


def test_there_are_enough_of_them() -> None:
    assert len(FORGED) >= 60


def test_the_honest_ones_beside_them_are_accepted(
    issuer: Issuer,
    open_api: Connection,  # noqa: F811 - the fixture
) -> None:
    """Without these, a check that refuses everything would look as good."""
    for alg, key in (("PS256", new_key()), ("ES256", CURVE)):
        cache.clear()
        issuer.published = [public_jwk(key, "k", alg)]
        header = {"kid": "k", "typ": "at+jwt"}
        assert ask(jwt.encode(claims_of(issuer), key, alg, headers=header)).status_code == 200
    cache.clear()
    issuer.published = []
    assert ask(times(iat=-330, exp=-15)(issuer)).status_code == 200  # a clock that is a little late
    assert ask(token(issuer)).status_code == 200


def test_a_token_that_is_huge_is_not_even_read(
    issuer: Issuer,
    open_api: Connection,  # noqa: F811 - the fixture
) -> None:
    ask("a." + "b" * (4 << 20) + ".c")
    assert _why() == "too_large"
    assert issuer.asked == []
