"""Virtual keys: an API key that may ask models, together with the terms on which it may.

Names, ends, secrets and revocation are the API key's own and belong to accounts; what is set here
is which models may be asked and how often.
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts import policies
from apps.accounts import services as accounts
from apps.accounts.models import ApiKey, User
from apps.audit.services import record
from apps.common.errors import Forbidden, Invalid
from apps.common.types import JSONDict
from apps.gateway.models import ModelRoute, VirtualKey
from apps.gateway.workflow_models import find, is_workflow

ROLE = "caller"  # asks models and does nothing else
MOST_PATTERNS = 50
MOST_RPM, MOST_TPM = 1_000_000, 1_000_000_000
PATTERN = re.compile(r"[a-z*?][a-z0-9._*?-]{0,62}/[\x21-\x7e]{1,200}")
TERMS = ("routes", "direct", "rpm", "tpm")


@transaction.atomic
def create_key(
    *, actor: User, name: str, for_program: bool = False, expires_at: datetime | None = None,
    networks: Collection[str] = (), **terms: Any,
) -> tuple[ApiKey, str]:  # fmt: skip
    """Make a key that asks models, and return it with its text, which is shown once.

    It acts for the actor and ends with their membership; one for a program outlives it.
    Terms are `routes`, `direct`, `rpm` and `tpm`. Raises Forbidden, Invalid.
    """
    policies.require(actor, "api_key.use")
    accounts.check_end(expires_at)
    if for_program:
        policies.require(actor, "api_key.manage")
        key, text = accounts.create_service_key(
            name=name, role=ROLE, actor=actor, expires_at=expires_at, networks=networks
        )
    else:
        key, text = accounts.create_api_key(
            name=name, role=ROLE, user=actor, actor=actor, expires_at=expires_at, networks=networks
        )
    virtual = VirtualKey(key=key)
    _set(virtual, actor, terms)
    virtual.save(force_insert=True)
    record("virtual_key.created", actor=actor, target=virtual, after=_told(virtual))
    return key, text


@transaction.atomic
def change_key(key: ApiKey, *, actor: User, changes: JSONDict) -> ApiKey:
    """Change name, end, networks and terms, as far as they are given; they count within five seconds.

    Raises Forbidden, KeyOver, Invalid.
    """
    virtual = VirtualKey.objects.select_for_update().get(pk=key.pk)
    name, end = changes.get("name", key.name), changes.get("expires_at", key.expires_at)
    networks = changes.get("networks")
    accounts.change_api_key(key, actor=actor, name=name, expires_at=end, networks=networks)
    before = _told(virtual)
    _set(virtual, actor, {each: changes[each] for each in TERMS if each in changes})
    if _told(virtual) != before:
        virtual.save()
        after = _told(virtual)
        record("virtual_key.changed", actor=actor, target=virtual, before=before, after=after)
    key.virtual = virtual
    return key


def _set(virtual: VirtualKey, actor: User, terms: JSONDict) -> None:
    if "routes" in terms:
        virtual.routes = _routes(virtual, actor, terms["routes"])
    if "direct" in terms:
        virtual.direct = _direct(virtual, actor, terms["direct"])
    for name, most in (("rpm", MOST_RPM), ("tpm", MOST_TPM)):
        if name in terms:
            setattr(virtual, name, _limit(name, terms[name], most))
    if virtual.routes == [] and not virtual.direct:
        raise Invalid.at("routes", "The key could ask nothing: choose a route.")


def _routes(virtual: VirtualKey, actor: User, aliases: Iterable[str] | None) -> list[str] | None:
    """Return the routes that may be asked; one that the key had may be gone by now."""
    if aliases is None:
        return None
    wanted = set(aliases)
    unknown = wanted - set(virtual.routes or ())
    unknown -= _vouched(virtual, actor, set(filter(is_workflow, wanted)))
    unknown -= set(ModelRoute.objects.filter(alias__in=unknown).values_list("alias", flat=True))
    if unknown:
        named = ", ".join(sorted(each[:80] for each in unknown))
        raise Invalid.at("routes", f"There is no route or workflow named {named}.")
    return sorted(wanted)


def _vouched(virtual: VirtualKey, actor: User, wanted: set[str]) -> set[str]:
    """Let the actor answer for the workflows that a key may ask, and return those that there are.

    Where one is added the actor must be allowed to run all: they run in the actor's name from then on.
    """
    added = wanted - set(virtual.routes or ())
    if not added:
        return set()
    found = {model for model in wanted if find(model, actor) is not None}
    if added <= found and wanted != found:
        raise Forbidden(
            "You may not run all workflows of this key: leave those out that others added."
        )
    virtual.vouched_by = actor
    return found


def _direct(virtual: VirtualKey, actor: User, patterns: Iterable[str]) -> list[str]:
    """Return the models that may be named past all routes; who sets them manages providers."""
    wanted = sorted(set(patterns))
    if wanted == virtual.direct:
        return wanted
    if not policies.holds(actor, "provider.manage"):
        raise Forbidden("Only who manages providers lets a key name models past all routes.")
    if len(wanted) > MOST_PATTERNS:
        raise Invalid.at("direct", f"Name at most {MOST_PATTERNS} models.")
    for each in wanted:
        if not PATTERN.fullmatch(each):
            message = f"“{each[:80]}” is not of the form provider/model, such as openai/gpt-*."
            raise Invalid.at("direct", message)
    return wanted


def _limit(name: str, value: int | None, most: int) -> int | None:
    if value is not None and not 1 <= value <= most:
        raise Invalid.at(name, f"Use a number from 1 to {most:,}, or none.")
    return value


def _told(virtual: VirtualKey) -> JSONDict:
    return {name: getattr(virtual, name) for name in TERMS}
