"""How senders show who they are, and what does not pass for it."""

import base64
import hashlib
import hmac
import json
import time
import warnings
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from apps.triggers.calls import Call
from apps.triggers.configs import AuthConfig
from apps.triggers.signatures import check_secret, is_authentic

SECRET = "a secret between two parties only"
BODY = b'{"order":7}'


def call(body: bytes = BODY, **headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call("POST", "x", "", named, body)


def auth(**config: Any) -> AuthConfig:
    return AuthConfig.model_validate(config)


def test_none_asks_for_nothing() -> None:
    assert is_authentic(auth(), "", call())


@pytest.mark.parametrize("kind", ["header", "hmac", "jwt"])
def test_without_a_secret_nobody_gets_in(kind: str) -> None:
    config = auth(kind=kind, header="x-key")
    empty = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    for sent in ("", "x", empty):
        assert not is_authentic(config, "", call(x_key=sent))


def test_a_header() -> None:
    config = auth(kind="header", header="X-Api-Key", prefix="Token ")
    assert is_authentic(config, SECRET, call(x_api_key=f"Token {SECRET}"))
    for wrong in (
        SECRET,
        f"Token {SECRET}x",
        f"token {SECRET}",
        f"Token {SECRET[:-1]}",
        "Token ",
        "é",
    ):
        assert not is_authentic(config, SECRET, call(x_api_key=wrong))
    assert not is_authentic(config, SECRET, call())


class TestHmac:
    @pytest.mark.parametrize("algorithm", ["sha256", "sha1", "sha512"])
    @pytest.mark.parametrize("encoding", ["hex", "base64"])
    def test_over_the_raw_body(self, algorithm: str, encoding: str) -> None:
        config = auth(
            kind="hmac", algorithm=algorithm, encoding=encoding, header="x-sig", prefix="v="
        )
        digest = hmac.new(SECRET.encode(), BODY, algorithm).digest()
        text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
        assert is_authentic(config, SECRET, call(x_sig="v=" + text))
        assert not is_authentic(config, SECRET, call(x_sig=text))
        assert not is_authentic(config, SECRET, call(BODY + b" ", x_sig="v=" + text))
        assert not is_authentic(config, SECRET + "x", call(x_sig="v=" + text))
        assert not is_authentic(config, SECRET, call(x_sig="v="))

    def test_hex_may_be_in_capitals(self) -> None:
        config = auth(kind="hmac", header="x-sig", prefix="sha256=")
        text = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest().upper()
        assert is_authentic(config, SECRET, call(x_sig=f"sha256={text}"))
        assert not is_authentic(config, SECRET, call(x_sig=f"SHA256={text}"))

    def signed(self, stamp: str, payload: str = "v0:{}:") -> Call:
        text = payload.format(stamp).encode() + BODY
        signature = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
        return call(x_time=stamp, x_sig="v0=" + signature)

    def test_a_signed_timestamp_has_a_window(self) -> None:
        config = auth(
            kind="hmac", header="x-sig", prefix="v0=", timestamp_header="x-time",
            payload="v0:{timestamp}:{body}",
        )  # fmt: skip
        now = int(time.time())
        for age in (0, 250, -250):
            assert is_authentic(config, SECRET, self.signed(str(now - age)))
        for age in (400, -400):
            assert not is_authentic(config, SECRET, self.signed(str(now - age)))
        for bad in ("", "soon", "-5", "1e9", "9" * 20):
            assert not is_authentic(config, SECRET, self.signed(bad))
        other = Call(
            "POST", "x", "", {**self.signed(str(now - 10)).headers, "x-time": str(now)}, BODY
        )
        assert not is_authentic(config, SECRET, other)

    @pytest.mark.parametrize(
        "config",
        [
            {"payload": "nothing"},
            {"payload": "{body}{body}"},
            {"payload": "{body}{other}"},
            {"payload": "{timestamp}.{body}"},  # where would the timestamp come from
            {"payload": "{body}", "timestamp_header": "x-time"},  # it would protect nothing
            {"algorithm": "HS256"},
            {"header": "bad header"},
            {"header": "x-`id`"},
            {"prefix": "$(id)"},
            {"prefix": 'a"b'},
            {"payload": "$(id){body}"},
        ],
    )
    def test_configs_that_protect_nothing(self, config: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            auth(kind="hmac", **config)


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, kind).decode()


def jwks(**keys: rsa.RSAPrivateKey) -> str:
    found = []
    for kid, key in keys.items():
        told = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        found.append({**told, "kid": kid, "alg": "RS256", "use": "sig"})
    return json.dumps({"keys": found})


def claims(**rest: Any) -> dict[str, Any]:
    return {"exp": int(time.time()) + 60, "aud": "auterity", "iss": "shop", **rest}


def token(key: Any, algorithm: str, headers: dict[str, Any] | None = None, **rest: Any) -> str:
    kept = {name: value for name, value in claims(**rest).items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of these keys are bad on purpose
        return jwt.encode(kept, key, algorithm=algorithm, headers=headers)


class TestJwt:
    CHECKED = {"kind": "jwt", "audience": "auterity", "issuer": "shop"}

    def test_hs256(self) -> None:
        config = auth(**self.CHECKED)
        good = token(SECRET, "HS256")
        assert is_authentic(config, SECRET, call(authorization=f"Bearer {good}"))
        assert is_authentic(config, SECRET, call(authorization=good))
        bad = {
            "another key": token(SECRET + "x", "HS256"),
            "expired": token(SECRET, "HS256", exp=int(time.time()) - 60),
            "no expiry": token(SECRET, "HS256", exp=None),
            "not yet": token(SECRET, "HS256", nbf=int(time.time()) + 600),
            "audience": token(SECRET, "HS256", aud="other"),
            "no audience": token(SECRET, "HS256", aud=None),
            "issuer": token(SECRET, "HS256", iss="other"),
            "algorithm": token(SECRET, "HS512"),
            "none": jwt.encode(claims(), "", algorithm="none"),
            "stripped": good.rsplit(".", 1)[0] + ".",
            "swapped": ".".join(
                [*token(SECRET, "HS256", sub="x").split(".")[:2], good.split(".")[2]]
            ),
            "noise": "a.b.c",
            "empty": "Bearer ",
        }
        let_in = {
            why
            for why, text in bad.items()
            if is_authentic(config, SECRET, call(authorization=text))
        }
        assert not let_in

    @pytest.mark.parametrize(
        ("wanted", "said", "fits"),
        [
            ("", "JWT", True), ("", "jwt", True), ("", None, True), ("", "application/jwt", True),
            ("", "at+jwt", False), ("", "logout+jwt", False), ("", "secevent+jwt", False),
            ("at+jwt", "at+jwt", True), ("at+jwt", "application/AT+JWT", True),
            ("at+jwt", "JWT", False), ("at+jwt", None, False), ("JWT", None, False),
        ],
    )  # fmt: skip
    def test_a_token_is_of_the_kind_that_is_meant(
        self, wanted: str, said: str | None, fits: bool
    ) -> None:
        config = auth(**self.CHECKED, token_type=wanted)
        sent = token(SECRET, "HS256", {"typ": said})
        assert is_authentic(config, SECRET, call(authorization=sent)) is fits

    def test_without_an_audience_a_token_for_somebody_opens_nothing(self) -> None:
        """Of webhooks that were made before an audience had to be set."""
        config = auth(kind="jwt", issuer="shop")
        for audience in ("other", "auterity", ["other"], ["a", "b"]):
            sent = token(SECRET, "HS256", aud=audience)
            assert not is_authentic(config, SECRET, call(authorization=sent))
        assert is_authentic(config, SECRET, call(authorization=token(SECRET, "HS256", aud=None)))

    def test_rs256(self, rsa_key: rsa.RSAPrivateKey) -> None:
        config = auth(**self.CHECKED, algorithm="RS256")
        good = token(rsa_key, "RS256")
        assert is_authentic(config, pem(rsa_key), call(authorization=f"Bearer {good}"))
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        assert not is_authentic(config, pem(rsa_key), call(authorization=token(stranger, "RS256")))

    def test_a_public_key_is_no_shared_secret(self, rsa_key: rsa.RSAPrivateKey) -> None:
        """The confusion of algorithms: a token signed with the public key as if it were HS256's."""
        public = pem(rsa_key)
        head, payload = (
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in ({"alg": "HS256", "typ": "JWT"}, claims())
        )
        mac = hmac.new(public.encode(), head + b"." + payload, hashlib.sha256).digest()
        forged = b".".join([head, payload, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()
        for algorithm in ("RS256", "HS256"):
            config = auth(**self.CHECKED, algorithm=algorithm)
            assert not is_authentic(config, public, call(authorization=forged))

    def test_a_set_of_keys(self, rsa_key: rsa.RSAPrivateKey) -> None:
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        config, keys = auth(**self.CHECKED, algorithm="RS256"), jwks(a=rsa_key, b=other)
        good = token(other, "RS256", {"kid": "b"})
        assert is_authentic(config, keys, call(authorization=good))
        for headers in ({"kid": "a"}, {"kid": "c"}, {"kid": "../b"}, {}):
            bad = token(other, "RS256", headers)
            assert not is_authentic(config, keys, call(authorization=bad))
        alone = token(rsa_key, "RS256")
        assert is_authentic(config, jwks(a=rsa_key), call(authorization=alone))

    def test_a_token_cannot_name_its_key(self, rsa_key: rsa.RSAPrivateKey) -> None:
        attacker = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        own = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(attacker.public_key()))
        config = auth(**self.CHECKED, algorithm="RS256")
        for headers in (
            {"jwk": own},
            {"jku": "https://evil.example/keys"},
            {"x5u": "https://evil.example"},
        ):
            forged = token(attacker, "RS256", headers)
            assert not is_authentic(config, pem(rsa_key), call(authorization=forged))


def test_secrets_that_cannot_protect(rsa_key: rsa.RSAPrivateKey) -> None:
    private = rsa_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    for config, secret in (
        (auth(kind="header"), "short"),
        (auth(kind="hmac"), "x" * 15),
        (auth(kind="jwt"), "x" * 31),
        (auth(kind="header"), "with\na line break in it"),
        (auth(kind="jwt", algorithm="RS256"), "no key"),
        (auth(kind="jwt", algorithm="RS256"), '{"keys": []}'),
        (auth(kind="jwt", algorithm="RS256"), "{"),
        (auth(kind="jwt", algorithm="RS256"), private),
    ):
        with pytest.raises(ValueError, match=r"[Uu]se|Give"):
            check_secret(config, secret)
    check_secret(auth(kind="jwt", algorithm="RS256"), pem(rsa_key))
    check_secret(auth(kind="jwt", algorithm="RS256"), jwks(a=rsa_key))
    check_secret(auth(kind="header"), "x" * 16)


def signed_with_id(event_id: str, body: bytes = BODY, payload: str = "{id}.{body}") -> Call:
    text = payload.replace("{id}", event_id).encode().replace(b"{body}", body)
    digest = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    return call(body, x_signature=digest, x_id=event_id)


@pytest.mark.parametrize("payload", ["{id}.{body}", "{body}.{id}", "v1:{id}:{body}"])
def test_a_signature_may_cover_the_event_id(payload: str) -> None:
    config = auth(kind="hmac", payload=payload)
    good = signed_with_id("evt_1", payload=payload)
    assert is_authentic(config, SECRET, good, "x-id")
    for other in ("evt_2", "", "evt_1 "):
        moved = Call("POST", "x", "", {**good.headers, "x-id": other}, BODY)
        assert not is_authentic(config, SECRET, moved, "x-id")
    without = {name: value for name, value in good.headers.items() if name != "x-id"}
    assert not is_authentic(config, SECRET, Call("POST", "x", "", without, BODY), "x-id")


def test_the_end_of_a_signed_id_cannot_be_moved() -> None:
    config = auth(kind="hmac", payload="{id}.{body}")
    good = signed_with_id("evt_1", b"a.b")
    moved = Call("POST", "x", "", {**good.headers, "x-id": "evt_1.a"}, b"b")
    assert is_authentic(config, SECRET, good, "x-id")
    assert not is_authentic(config, SECRET, moved, "x-id")


@pytest.mark.parametrize("payload", ["{id}{body}", "{body}x{id}", "{id}-{body}", "{body}{id}"])
def test_an_id_stands_apart_from_the_rest(payload: str) -> None:
    with pytest.raises(ValidationError, match="Separate"):
        auth(kind="hmac", payload=payload)
