"""Whether a call comes from who may make it. Secrets are compared whole and in constant time."""

import base64
import hashlib
import hmac
import json
import re
import time
from typing import Any

import jwt

from apps.triggers.calls import Call
from apps.triggers.configs import Auth, AuthConfig

WINDOW_S = 300  # how old a signed timestamp may be
LEEWAY_S = 30
# Without what separates it from the rest: nobody can move the end of an id that is signed.
EVENT_ID = re.compile(r"[A-Za-z0-9_=-]{1,200}")
BEARER = "bearer "
UNTYPED = ("", "jwt")  # what a token says that is meant for nothing in particular


def is_authentic(auth: AuthConfig, secret: str, call: Call, id_header: str = "") -> bool:
    """Tell whether the call shows what the trigger asks for; without a secret nothing does.

    `id_header` is where the id of the event is sent, which a signature may cover.
    """
    if auth.kind is Auth.NONE:
        return True
    sent = call.headers.get(auth.header, "")
    if not secret or not sent:
        return False
    if auth.kind is Auth.HEADER:
        return _same(sent, auth.prefix + secret)
    if auth.kind is Auth.HMAC:
        return _is_signed(auth, secret, call, sent, call.headers.get(id_header, ""))
    return _is_token(auth, secret, sent)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _is_signed(auth: AuthConfig, secret: str, call: Call, sent: str, event_id: str) -> bool:
    stamp = call.headers.get(auth.timestamp_header, "") if auth.timestamp_header else ""
    if auth.timestamp_header and not _is_fresh(stamp):
        return False
    if "{id}" in auth.payload and not EVENT_ID.fullmatch(event_id):
        return False
    payload = auth.payload.replace("{timestamp}", stamp).replace("{id}", event_id)
    before, after = payload.split("{body}")
    signed = before.encode() + call.body + after.encode()
    digest = hmac.new(secret.encode(), signed, getattr(hashlib, str(auth.algorithm))).digest()
    text = digest.hex() if auth.encoding == "hex" else base64.b64encode(digest).decode()
    if auth.encoding == "hex":
        sent = sent[: len(auth.prefix)] + sent[len(auth.prefix) :].lower()
    return _same(sent, auth.prefix + text)


def _is_fresh(stamp: str) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    return abs(time.time() - int(stamp)) <= WINDOW_S


def _is_token(auth: AuthConfig, secret: str, sent: str) -> bool:
    text = sent[len(BEARER) :].strip() if sent.lower().startswith(BEARER) else sent
    try:
        if not _is_of_type(auth.token_type, text):
            return False
        jwt.decode(
            text,
            _key(auth, secret, text),
            algorithms=[str(auth.algorithm)],
            audience=auth.audience or None,
            issuer=auth.issuer or None,
            leeway=LEEWAY_S,
            # Where no audience is set, as it had not to be once, none may be named either.
            options={"require": ["exp"], "verify_aud": True},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True


def _is_of_type(wanted: str, token: str) -> bool:
    """Tell whether a token is one of the kind that is meant: one issuer signs several."""
    said = str(jwt.get_unverified_header(token).get("typ") or "").lower()
    said = said.removeprefix("application/")
    return said == wanted.lower() if wanted else said in UNTYPED


def _key(auth: AuthConfig, secret: str, token: str) -> Any:
    """Return the key to check a token with: of a key set the one that the token names."""
    if auth.algorithm == "HS256" or not secret.lstrip().startswith("{"):
        return secret
    keys = public_keys(secret)
    named = jwt.get_unverified_header(token).get("kid")
    fitting = [each for each in keys if each.key_id == named or (named is None and len(keys) == 1)]
    if not fitting:
        raise ValueError("No key of the set is meant.")
    return fitting[0].key


def public_keys(text: str) -> list[jwt.PyJWK]:
    """Return the RSA keys of a key set. Raises ValueError for a text that is none."""
    try:
        keys = jwt.PyJWKSet.from_dict(json.loads(text)).keys
    except (jwt.PyJWTError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("This is no set of keys.") from error
    return [key for key in keys if key.key_type == "RSA"]


def check_secret(auth: AuthConfig, secret: str) -> None:
    """Raise ValueError with a reason for a secret that cannot protect this way."""
    if auth.kind is Auth.JWT and auth.algorithm == "RS256":
        _check_public(secret)
    elif len(secret) < (least := 32 if auth.kind is Auth.JWT else 16):
        raise ValueError(f"Use at least {least} characters.")
    elif not secret.isprintable():
        raise ValueError("Use printable characters only.")


def _check_public(text: str) -> None:
    if "PRIVATE KEY" in text:
        raise ValueError("Give the public key; the private one stays with the sender.")
    try:
        if text.lstrip().startswith("{"):
            if not public_keys(text):
                raise ValueError
            return
        jwt.get_algorithm_by_name("RS256").prepare_key(text)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise ValueError("Give a public RSA key in PEM form, or a JWKS.") from None
