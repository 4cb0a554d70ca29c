"""HashiCorp Vault's KV engine, version 2, over its HTTP API: one field of one secret.

What was read is remembered for a minute by the process alone, under what was asked: another
reference, or another token, asks anew.
"""

import hashlib
import json
import time
from collections import OrderedDict

from yarl import URL

from apps.common.types import JSON, JSONDict
from apps.credentials.exceptions import NotFetched
from apps.credentials.sources.references import VaultReference
from apps.egress import client as egress
from apps.egress.bound import Bound, Place
from apps.egress.client import EgressResponse
from apps.egress.exceptions import EgressError
from apps.tenants.context import current_schema

PATIENCE_S, MOST_BYTES = 10.0, 1 << 20
FRESH_S, MOST_KNOWN = 60.0, 1_000
_known: OrderedDict[str, tuple[float, str]] = OrderedDict()


async def read(reference: VaultReference) -> str:
    """Return the text that a reference names. Raises NotFetched, which says what to do."""
    name = _name_of(reference)
    until, text = _known.get(name, (0.0, ""))
    if until > time.monotonic():
        return text
    text = _text(await _data(reference, await _token(reference)), reference)
    _known[name] = (time.monotonic() + FRESH_S, text)
    while len(_known) > MOST_KNOWN:
        _known.popitem(last=False)
    return text


def forget() -> None:
    """Ask anew from now on."""
    _known.clear()


async def _token(reference: VaultReference) -> str:
    """Return the token that reads: the one given, or that of the AppRole."""
    if not reference.role_id:
        return reference.secret
    body = {"role_id": reference.role_id, "secret_id": reference.secret}
    answer = await _ask(reference, "POST", "auth/approle/login", json_body=body)
    if answer.status != 200:
        raise NotFetched(
            f"{_host(reference)} refused the AppRole: HTTP {answer.status}{_said(answer)}"
        )
    told = _json(answer, reference)
    auth = told.get("auth")
    token = auth.get("client_token") if isinstance(auth, dict) else None
    if not isinstance(token, str) or not token:
        raise NotFetched(f"{_host(reference)} gave no token for the AppRole.")
    return token


async def _data(reference: VaultReference, token: str) -> JSONDict:
    path = f"{reference.mount}/data/{reference.path}"
    answer = await _ask(reference, "GET", path, token=token)
    where = f"{reference.mount}/{reference.path}"
    match answer.status:
        case 200:
            pass
        case 403:
            raise NotFetched(f"{_host(reference)} does not let this token read {where}.")
        case 404:
            raise NotFetched(
                f"{_host(reference)} has nothing at {where}, or its newest version is deleted."
            )
        case status:
            raise NotFetched(
                f"{_host(reference)} answered HTTP {status}{_said(answer)}", retryable=status >= 500
            )
    told = _json(answer, reference).get("data")
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict):
        raise NotFetched(f"{where} of {_host(reference)} is no secret of a KV engine of version 2.")
    return data


def _text(data: JSONDict, reference: VaultReference) -> str:
    value = data.get(reference.field)
    if isinstance(value, str) and value:
        return value
    known = ", ".join(sorted(data)[:10]) or "none"
    raise NotFetched(
        f"{reference.mount}/{reference.path} has no text in the field “{reference.field}”. Its fields: {known}."
    )


async def _ask(
    reference: VaultReference, method: str, path: str, *, token: str = "", json_body: JSON = None
) -> EgressResponse:
    """Ask Vault, and nobody it redirects to: a body with a secret id goes to its address alone."""
    url = URL(reference.address) / "v1" / path
    place = Place(url.raw_host or "", None if url.is_default_port() else url.port)
    sent = {"X-Vault-Token": token} if token else {}
    headers = {"X-Vault-Request": "true", "X-Vault-Namespace": reference.namespace}
    try:
        return await egress.request(
            method, str(url), json=json_body, timeout_s=PATIENCE_S, max_bytes=MOST_BYTES,
            headers={name: value for name, value in headers.items() if value},
            follow_redirects=False, bound=Bound("Vault", (place,), sent),
        )  # fmt: skip
    except EgressError as error:
        raise NotFetched(str(error), retryable=error.retryable) from error


def _json(answer: EgressResponse, reference: VaultReference) -> JSONDict:
    try:
        told = json.loads(answer.text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotFetched(f"{_host(reference)} did not answer as Vault does.")
    return told


def _said(answer: EgressResponse) -> str:
    """Return Vault's own words for a refusal."""
    try:
        said = json.loads(answer.text).get("errors")
    except (ValueError, AttributeError):
        said = None
    words = "; ".join(str(each) for each in said[:3]) if isinstance(said, list) else ""
    return f": {words[:200]}" if words else "."


def _host(reference: VaultReference) -> str:
    return URL(reference.address).host or "Vault"


def _name_of(reference: VaultReference) -> str:
    asked = json.dumps([current_schema(), reference.shown(), reference.secret], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()
