"""The keys of a provider as a pool: added, put in order, rotated, stopped and removed, each written down."""

from typing import Any

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.egress import client as egress
from apps.gateway.exceptions import BadProvider, BuiltInStays, KeyMoved, LentStays
from apps.gateway.models import Credential, Provider
from apps.gateway.upstreams import keys

MOST = 1_000  # of order and weight


@transaction.atomic
def add_key(provider: Provider, *, actor: User, credential: str, **place: Any) -> Credential:
    """Give a provider one more key. Raises BadProvider, BadAddress, BuiltInStays, Forbidden."""
    _check(provider, actor, place)
    provider = Provider.objects.select_for_update().get(pk=provider.pk)
    return keys.store(provider, credential, actor=actor, **place)


@transaction.atomic
def rotate_key(key: Credential, *, actor: User, credential: str) -> Credential:
    """Let another secret take a key's place at once; calls under way end with the one before.

    Raises BadProvider, Forbidden.
    """
    _check(key.provider, actor, {})
    return keys.rotate(_locked(key), credential, actor=actor)


@transaction.atomic
def change_key(key: Credential, *, actor: User, changes: JSONDict) -> Credential:
    """Change label, order, weight or status. Raises BadProvider, KeyMoved, Forbidden."""
    place = {name: value for name, value in changes.items() if name in Credential.PLACE}
    _check(key.provider, actor, place)
    key = _locked(key)
    before = _shown(key)
    for name, value in place.items():
        setattr(key, name, value)
    if "status" in changes:
        _set_status(key, str(changes["status"]))
    if _shown(key) != before:
        key.save()
        record(
            "provider.key_changed", actor=actor, target=key.provider, before=before, after=_shown(key)
        )  # fmt: skip
    return key


@transaction.atomic
def remove_key(key: Credential, *, actor: User) -> None:
    """Forget a key; its calls stay in the ledger. Raises Forbidden."""
    _check(key.provider, actor, {})
    record("provider.key_removed", actor=actor, target=key.provider, before=_shown(key))
    key.delete()


def _check(provider: Provider, actor: User, place: JSONDict) -> None:
    policies.check(actor, "manage", provider)
    if provider.is_builtin:
        raise BuiltInStays
    if provider.grant_id:
        raise LentStays
    least = {"order": 0, "weight": 1}
    for name in least.keys() & place.keys():
        if not least[name] <= place[name] <= MOST:
            raise BadProvider.at(name, f"Use a number from {least[name]} to {MOST}.")


def _set_status(key: Credential, status: str) -> None:
    if status == Credential.Status.ACTIVE:
        if key.origin != egress.origin_of(key.provider.base_url):
            raise KeyMoved
        key.status, key.disabled_reason = Credential.Status.ACTIVE, ""
    elif key.is_active:
        key.status, key.disabled_reason = Credential.Status.DISABLED, Credential.STOPPED


def _locked(key: Credential) -> Credential:
    return (
        Credential.objects.select_for_update(of=("self",)).select_related("provider").get(pk=key.pk)
    )


def _shown(key: Credential) -> JSONDict:
    shown = ("last4", *Credential.PLACE, "status", "disabled_reason")
    return {name: getattr(key, name) for name in shown}
