"""Credentials for tests, made as people make them."""

from typing import Any

from apps.accounts.models import User
from apps.credentials.models import StoredCredential
from apps.credentials.services import create_credential

SECRET = "tok-1234567890-abcd"
VALUES: dict[str, dict[str, Any]] = {
    "bearer": {"token": SECRET},
    "basic": {"username": "robot", "password": SECRET},
    "header": {"header": "X-Stock-Key", "value": SECRET},
    "query": {"parameter": "key", "value": SECRET},
    "headers": {"headers": {"X-Client-Id": "17", "X-Client-Secret": SECRET}},
}


def keep(actor: User, kind: str = "bearer", **told: Any) -> StoredCredential:
    """Keep a credential of a kind."""
    given = {"name": f"Stock {kind}", "values": VALUES[kind], "hosts": ["api.example.com"], **told}
    return create_credential(actor=actor, kind=kind, **given)
