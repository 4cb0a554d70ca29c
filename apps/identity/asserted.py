"""What a provider says of a person, read from the claims by the names that the connection gives."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.common.types import JSONDict
from apps.identity.exceptions import ChangingSubject, NoSubject
from apps.identity.models import NAME_ID_FORMAT, Connection

MAX_NAME, MAX_GROUPS = 120, 2000
# Providers that say nothing of verified addresses because each address is the company's own.
SILENT = {
    Connection.Protocol.OIDC: frozenset({"entra"}),
    Connection.Protocol.SAML: frozenset(
        {"okta", "entra", "google", "onelogin", "ping", "jumpcloud", "adfs"}
    ),
}


@dataclass(frozen=True)
class Asserted:
    """A person as the provider tells of them; the subject is the only thing that never changes."""

    subject: str
    email: str
    email_verified: bool
    name: str
    groups: tuple[str, ...]


def read(claims: JSONDict, connection: Connection) -> Asserted:
    """Return what the claims say. Raises NoSubject, ChangingSubject."""
    subject = claims.get(connection.subject_claim)
    if not isinstance(subject, str) or not subject.strip():
        raise NoSubject
    if connection.is_saml and claims.get(NAME_ID_FORMAT) == "transient":
        raise ChangingSubject
    email = _email(claims.get(connection.email_claim))
    name = _text(claims.get(connection.name_claim)) or email.partition("@")[0]
    groups = _texts(claims.get(connection.groups_claim)) if connection.groups_claim else ()
    return Asserted(subject, email, _is_verified(claims, connection), name[:MAX_NAME], groups)


def _is_verified(claims: JSONDict, connection: Connection) -> bool:
    """Silence counts as a yes only where the company alone hands addresses out; a no is a no."""
    said = claims.get("email_verified")
    if said is None:
        return connection.vendor in SILENT[Connection.Protocol(connection.protocol)]
    return said is True or _text(said).lower() == "true"


def _email(value: Any) -> str:
    text = _text(value).lower()
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text if text.isascii() and len(text) <= 254 else ""


def _text(value: Any) -> str:
    """Return a text, also where it is the only one of a list; anything else is none."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return " ".join(value.split()) if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    given = value if isinstance(value, list) else [value]
    return tuple(each for each in given if isinstance(each, str) and each)[:MAX_GROUPS]
