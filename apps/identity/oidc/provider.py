"""What a provider publishes about itself: its description and its keys, read by the egress client."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache
from yarl import URL

from apps.common.types import JSONDict
from apps.dispatch import loop
from apps.egress import client as egress
from apps.egress.exceptions import EgressError
from apps.identity.exceptions import AnswerRefused, ProviderFailed

WELL_KNOWN = "/.well-known/openid-configuration"
DESCRIPTION_LIFE_S, KEYS_LIFE_S = 600, 3600
ASK_AGAIN_S = 20  # for keys nobody knows, however many tokens name one
PATIENCE_S, MAX_BYTES = 10.0, 1 << 20


@dataclass(frozen=True)
class Provider:
    """The addresses of a provider and the algorithms that it signs with."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    algorithms: tuple[str, ...]
    authenticates_by_post: bool
    names_itself: bool  # whether its answers carry `iss`, which then must be there


def find(issuer: str) -> Provider:
    """Return the provider of an issuer. Raises ProviderFailed, AnswerRefused."""
    key = _key("provider", issuer)
    found = cache.get(key)
    if found is None:
        found = ask("GET", issuer.rstrip("/") + WELL_KNOWN)
        _described(issuer, found)  # what is no description is not kept
        cache.set(key, found, DESCRIPTION_LIFE_S)
    return _described(issuer, found)


def keys(provider: Provider, wanted: str) -> list[JSONDict]:
    """Return the provider's keys; asked for anew where none of the known ones has the wanted id.

    A provider that rolls its keys over signs with one that nobody has seen before.
    """
    name = _key("keys", provider.jwks_uri)
    known = cache.get(name)
    if known is not None and (_has(known, wanted) or not _may_ask_again(name)):
        return list(known)
    answered = ask("GET", provider.jwks_uri).get("keys")
    if not isinstance(answered, list) or not all(isinstance(key, dict) for key in answered):
        raise AnswerRefused("The provider's keys are not a JSON Web Key Set.")
    cache.set(name, answered, KEYS_LIFE_S)
    return answered


def ask(
    method: str, url: str, *, headers: dict[str, str] | None = None, content: bytes | None = None
) -> JSONDict:
    """Return the JSON object that an address of the provider answers. Raises ProviderFailed."""
    headers = {"Accept": "application/json", **(headers or {})}
    asked = egress.request(
        method, url, headers=headers, content=content, timeout_s=PATIENCE_S, max_bytes=MAX_BYTES,
        follow_redirects=method == "GET",
    )  # fmt: skip
    host = urlsplit(url).netloc
    try:
        answer = loop.submit(asked).result()
        body = json.loads(answer.body)
    except EgressError as error:
        raise ProviderFailed(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise ProviderFailed(
            f"{host} answered with status {answer.status}, and not in JSON."
        ) from error
    if not isinstance(body, dict):
        raise ProviderFailed(f"{host} answered with something that is no JSON object.")
    if answer.status != 200:
        raise ProviderFailed(_refusal(host, answer.status, body))
    return body


def _described(issuer: str, body: JSONDict) -> Provider:
    """Read a description. Raises AnswerRefused for one that is another issuer's."""
    named = str(body.get("issuer", ""))
    if named != issuer:
        raise AnswerRefused(f"The provider calls itself {named or 'nothing'}, not {issuer}.")
    addresses = {
        name: _address(body, name)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    ways = body.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Provider(
        issuer=issuer,
        userinfo_endpoint=_address(body, "userinfo_endpoint", needed=False),
        algorithms=tuple(body.get("id_token_signing_alg_values_supported") or ["RS256"]),
        authenticates_by_post="client_secret_basic" not in ways,
        names_itself=body.get("authorization_response_iss_parameter_supported") is True,
        **addresses,
    )


def _address(body: JSONDict, name: str, *, needed: bool = True) -> str:
    """Return an address of the description: https, or one that the operator allows by name."""
    text = body.get(name)
    if text is None and not needed:
        return ""
    try:
        address = URL(str(text))
        egress.origin_of(str(text))
    except (ValueError, EgressError) as error:
        raise AnswerRefused(f"The provider's {name} is not an address.") from error
    if address.scheme != "https" and not egress.is_excepted(address):
        raise AnswerRefused(f"The provider's {name} must begin with https://.")
    return str(text)


def _refusal(host: str, status: int, body: JSONDict) -> str:
    """Say what the provider said, as far as it is words."""
    said = body.get("error_description") or body.get("error") or body.get("message") or ""
    words = f": {str(said)[:300]}" if said else ""
    return f"{host} answered with status {status}{words}."


def _has(known: Any, wanted: str) -> bool:
    return not wanted or any(key.get("kid") == wanted for key in known)


def _may_ask_again(name: str) -> bool:
    return bool(cache.add(f"{name}:asked", 1, timeout=ASK_AGAIN_S))


def _key(kind: str, address: str) -> str:
    return f"identity:{kind}:{hashlib.sha256(address.encode()).hexdigest()}"
