"""Tickets to a room, for who has no cookie to show there: one use, within a minute.

They lie in the workspace's own part of the cache, under their hash. The slug in front only says
where to look: in another workspace there is no such ticket.
"""

import hashlib
import secrets
from typing import Any
from uuid import UUID

from django.core.cache import cache

from apps.accounts.acting import ActingToken
from apps.accounts.exceptions import TokenTooLittle
from apps.accounts.models import User
from apps.collaboration.admission import Pass
from apps.common.requests import request_info
from apps.tenants.context import current_tenant
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import seal, unseal
from apps.workflows.models import Workflow

LIFE_S = 60
CONTEXT = "ticket"


def issue_ticket(workflow: Workflow, *, actor: User, session_key: str | None) -> str:
    """Return a ticket to the workflow's room that stands for the caller's key or session.

    Raises TokenTooLittle: a provider's token ends before a room does.
    """
    if isinstance(actor.acting_key, ActingToken):
        raise TokenTooLittle
    ticket = f"{current_tenant().slug}.{secrets.token_urlsafe(32)}"
    stored = {
        "workflow": str(workflow.pk),
        "key": str(actor.acting_key.pk) if actor.acting_key else None,
        "session": None if actor.acting_key else seal(session_key or "", context=CONTEXT),
    }
    cache.set(_name(ticket), stored, LIFE_S)
    return ticket


def redeem_ticket(ticket: str, workflow_id: UUID) -> Pass | None:
    """Return what the ticket stands for, the first time; None for any that is not for this room."""
    name = _name(ticket)
    stored: Any = cache.get(name)
    # Of two who show the same ticket at once, one deletes it.
    if stored is None or not cache.delete(name) or stored["workflow"] != str(workflow_id):
        return None
    if stored["key"]:
        return Pass(key_id=UUID(stored["key"]), address=request_info.get().ip)
    try:
        return Pass(session=unseal(stored["session"], context=CONTEXT))
    except CannotUnseal:  # its key was destroyed meanwhile
        return None


def _name(ticket: str) -> str:
    return f"ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
