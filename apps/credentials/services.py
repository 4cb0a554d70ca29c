"""Keeping credentials: each change is one transaction with its audit entry, which holds no secret."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.audit.services import record
from apps.common.ids import uuid7
from apps.common.types import JSONDict
from apps.credentials.exceptions import BadCredential, CredentialNameTaken, CredentialUsed
from apps.credentials.kinds import Kind, kind_called
from apps.credentials.models import StoredCredential
from apps.credentials.sources import environment
from apps.credentials.sources.references import EnvReference, reference_of
from apps.credentials.uses import HIDDEN, uses_of
from apps.dispatch import passes
from apps.egress.bound import Place, parse_places
from apps.egress.exceptions import EgressInvalid
from apps.vault.services import seal, unseal

MOST, MOST_HOSTS = 2_000, 50
TEXTS = ("name", "description")


@transaction.atomic
def create_credential(
    *,
    actor: User,
    name: str,
    kind: str,
    values: JSONDict,
    hosts: Sequence[str],
    description: str = "",
    folder: Folder | None = None,
    max_calls: int | None = None,
    reference: JSONDict | None = None,
) -> StoredCredential:
    """Seal a credential for its hosts. With a reference its secret is kept elsewhere.

    Raises BadCredential, CredentialNameTaken, Forbidden.
    """
    made = StoredCredential(pk=uuid7(), kind=kind, folder=folder, created_by=actor)
    policies.check(actor, "manage", made if folder else StoredCredential)
    made.name, made.description = _named(name), description.strip()
    made.hosts, made.max_calls = checked_hosts(hosts), max_calls
    if StoredCredential.objects.count() >= MOST:
        raise BadCredential(f"A workspace has at most {MOST:,} credentials.")
    _fill(made, kind_called(kind), values, reference)
    _save(made)
    record("credential.created", actor=actor, target=made, after=_told(made))
    return made


@transaction.atomic
def change_credential(
    credential: StoredCredential, *, actor: User, changes: JSONDict
) -> StoredCredential:
    """Change `name`, `description`, `folder`, `max_calls`, or take `hosts` away.

    Another number of calls counts at once, for steps that wait too. A host is added by rotating
    alone: who does not know the secret could else have it sent to themselves. Raises
    BadCredential, CredentialNameTaken, Forbidden.
    """
    credential = _locked(credential, actor)
    before = _told(credential)
    if "hosts" in changes:
        credential.hosts = _narrowed(credential, checked_hosts(changes["hosts"]))
    if "folder" in changes:
        credential.folder = changes["folder"]
        policies.check(actor, "manage", credential if credential.folder else StoredCredential)
    if "max_calls" in changes:
        credential.max_calls = changes["max_calls"]
        set_cap = partial(passes.set_cap, credential.pk, credential.max_calls)
        transaction.on_commit(set_cap, robust=True)
    for field in set(TEXTS) & set(changes):
        setattr(credential, field, str(changes[field]).strip())
    credential.name = _named(credential.name)
    _save(credential)
    after = _told(credential)
    if after != before:
        record("credential.changed", actor=actor, target=credential, before=before, after=after)
    return credential


@transaction.atomic
def rotate_credential(
    credential: StoredCredential,
    *,
    actor: User,
    values: JSONDict,
    hosts: Sequence[str] | None = None,
    reference: JSONDict | None = None,
) -> StoredCredential:
    """Put another secret in its place: steps need no change, and the one before is gone.

    With a reference it is kept elsewhere from now on, without one it is kept here. What is shown of
    it stays where `values` does not say otherwise. Raises BadCredential, Forbidden.
    """
    credential = _locked(credential, actor)
    before = _told(credential)
    if hosts is not None:
        credential.hosts = checked_hosts(hosts)
    _fill(credential, credential.shape, {**credential.settings, **values}, reference)
    credential.rotated_at = timezone.now()
    credential.save()
    after = _told(credential)
    record("credential.rotated", actor=actor, target=credential, before=before, after=after)
    return credential


@transaction.atomic
def set_enabled(credential: StoredCredential, *, actor: User, enabled: bool) -> StoredCredential:
    """Let steps have it again, or no more from their next request on. Repeating changes nothing."""
    credential = _locked(credential, actor)
    if credential.is_active != enabled:
        credential.disabled_at = None if enabled else timezone.now()
        credential.save(update_fields=["disabled_at", "updated_at"])
        action = "credential.enabled" if enabled else "credential.disabled"
        record(action, actor=actor, target=credential)
    return credential


@transaction.atomic
def delete_credential(
    credential: StoredCredential, *, actor: User, confirmed: bool = False
) -> None:
    """Forget a credential. Raises CredentialUsed, naming who uses it, unless that is confirmed."""
    credential = _locked(credential, actor)
    uses = uses_of(credential.pk, actor)
    if uses and not confirmed:
        names = [use.name for use in uses if use.name != HIDDEN]
        extra = {"workflows": names, "hidden": len(uses) - len(names)}
        raise CredentialUsed(extra=extra)
    before = {**_told(credential), "used_by": len(uses)}
    record("credential.deleted", actor=actor, target=credential, before=before)
    credential.delete()


def hidden_of(credential: StoredCredential) -> JSONDict:
    """Return what is sealed, for whoever sends or asks with it. Raises CannotUnseal."""
    hidden: JSONDict = json.loads(unseal(credential.sealed, context=credential.context))
    return hidden


def values_of(credential: StoredCredential) -> Kind:
    """Return the values of one that is kept here. Raises CannotUnseal."""
    return credential.shape.of({**credential.settings, **hidden_of(credential)})


def checked_hosts(texts: Sequence[str]) -> list[str]:
    """Return hosts as they are kept. Raises BadCredential where there are none."""
    try:
        found = [str(place) for place in parse_places(texts)]
    except EgressInvalid as error:
        raise BadCredential.at("hosts", str(error)) from error
    if not found:
        raise BadCredential.at("hosts", "Name at least one host that it may be sent to.")
    if len(found) > MOST_HOSTS:
        raise BadCredential.at("hosts", f"A credential has at most {MOST_HOSTS} hosts.")
    return found


def _narrowed(credential: StoredCredential, hosts: list[str]) -> list[str]:
    known = [Place.parse(each) for each in credential.hosts]
    for each in hosts:
        if not any(Place.parse(each).is_within(wider) for wider in known):
            message = (
                f"{each} is new. Rotate the credential to add a host: that asks for the secret."
            )
            raise BadCredential.at("hosts", message)
    return hosts


def _fill(
    credential: StoredCredential, kind: type[Kind], values: JSONDict, reference: JSONDict | None
) -> None:
    """Take in values, or what of them is no secret and where the secret is."""
    if reference is None:
        told = kind.of(values)
        credential.source, credential.reference = StoredCredential.Source.KEPT, {}
        credential.settings, credential.last4, hidden = told.shown(), told.last4, told.sealed()
    else:
        named = reference_of(reference)
        credential.source, credential.reference = named.source, named.shown()
        if isinstance(named, EnvReference):
            environment.check(named.name, credential.hosts)
        credential.settings, credential.last4 = _public(kind, values), ""
        hidden = named.sealed()
    credential.sealed = seal(json.dumps(hidden), context=credential.context)


def _public(kind: type[Kind], values: JSONDict) -> JSONDict:
    """Return what of the values is no secret, where that one is kept elsewhere."""
    if not kind.refers():
        raise BadCredential.at("reference", f"{kind.label} are kept here: they are several texts.")
    if kind.main in values:
        raise BadCredential.at(f"values.{kind.main}", "It is kept elsewhere: leave it out.")
    return kind.of({**values, kind.main: "kept-elsewhere"}).shown()


def _locked(credential: StoredCredential, actor: User) -> StoredCredential:
    policies.check(actor, "manage", credential)
    found = StoredCredential.objects.select_for_update(of=("self",)).select_related("folder")
    return found.get(pk=credential.pk)


def _save(credential: StoredCredential) -> None:
    try:
        with transaction.atomic():
            credential.save()
    except IntegrityError as error:
        raise CredentialNameTaken from error


def _named(name: str) -> str:
    if not name.strip():
        raise BadCredential.at("name", "Give it a name.")
    return name.strip()


def _told(credential: StoredCredential) -> JSONDict:
    folder = None if credential.folder is None else credential.folder.name
    texts = (*TEXTS, "kind", "source", "reference", "last4", "max_calls")
    told: dict[str, Any] = {name: getattr(credential, name) for name in texts}
    return {**told, "hosts": list(credential.hosts), "folder": folder, **credential.settings}
