"""Writing the trail."""

import ipaddress
import json
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from apps.audit.models import AuditEntry
from apps.common.requests import request_info
from apps.common.types import JSONDict

SYSTEM = "system"
_listeners: list[Callable[[AuditEntry], None]] = []


def on_record(listener: Callable[[AuditEntry], None]) -> None:
    """Have somebody hear of each entry, in its transaction."""
    _listeners.append(listener)


@runtime_checkable
class Acting(Protocol):
    """Somebody who can act: a user, perhaps through an API key."""

    @property
    def pk(self) -> object:
        """Id of the one who acts."""

    @property
    def acting_key(self) -> object | None:
        """The key through which they act."""


def record(
    action: str,
    *,
    actor: Acting | None,
    target: models.Model | None = None,
    before: JSONDict | None = None,
    after: JSONDict | None = None,
    result: str = AuditEntry.Result.OK,
) -> AuditEntry:
    """Write an entry in the current transaction: no entry, no change.

    `action` reads `noun.verb_past`, such as `workflow.published`. Never hand in a secret: what is
    given as before and after is kept as it is. Without an actor, the system itself acted.
    """
    info = request_info.get()
    entry = AuditEntry.objects.create(
        actor_type="system" if actor is None else type(actor).__name__.lower(),
        actor_id="" if actor is None else str(actor.pk),
        actor_label=SYSTEM if actor is None else _label(actor),
        via=_via(actor),
        action=action,
        target_type="" if target is None else target._meta.model_name or "",
        target_id="" if target is None else str(target.pk),
        target_label="" if target is None else _label(target),
        before=_plain(before),
        after=_plain(after),
        result=result,
        ip=_address(info.ip),
        request_id=info.id,
    )
    for hear in _listeners:
        hear(entry)
    return entry


def _via(actor: Acting | None) -> str:
    """Return through what somebody acts: a key, or who let them in to act in their name."""
    if actor is None:
        return ""
    return _label(actor.acting_key or getattr(actor, "let_in_by", ""))


def _label(thing: object) -> str:
    return str(thing)[:200]


def _plain(values: JSONDict | None) -> JSONDict | None:
    if values is None:
        return None
    plain: JSONDict = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return plain


def _address(ip: str) -> str | None:
    try:
        return str(ipaddress.ip_address(ip))
    except ValueError:
        return None
