"""Filters of the list of credentials, for the API and the page alike."""

from typing import Any
from uuid import UUID

from apps.accounts.models import Folder, User
from apps.accounts.policies import visible
from apps.common.errors import Invalid
from apps.credentials.kinds import KINDS
from apps.credentials.models import StoredCredential, StoredCredentialQuerySet

STATES = {"active": "active", "disabled": "disabled", "unused": "never used"}


def filtered(found: StoredCredentialQuerySet, params: Any) -> StoredCredentialQuerySet:
    """Keep what the parameters ask for: `q`, `kind`, `source`, `state`, `folder`. Raises Invalid."""
    found = found.matching(params.get("q", ""))
    if kind := _one_of(params, "kind", KINDS):
        found = found.filter(kind=kind)
    if source := _one_of(params, "source", StoredCredential.Source.values):
        found = found.filter(source=source)
    if folder := params.get("folder", ""):
        found = found.filter(folder=_uuid(folder))
    return found.in_state(_one_of(params, "state", STATES))


def folder_choices(actor: User) -> list[tuple[str, str]]:
    """Return the folders that credentials lie in, as far as the actor sees them."""
    seen = visible(actor, Folder.objects.exclude(credentials=None).distinct().order_by("name"))
    return [(str(each.pk), each.name) for each in seen]


def _one_of(params: Any, name: str, known: Any) -> str:
    value = str(params.get(name, ""))
    if value and value not in known:
        raise Invalid.at(name, f"Choose one of: {', '.join(known)}.")
    return value


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid.at("folder", "This is no id of a folder.") from None
