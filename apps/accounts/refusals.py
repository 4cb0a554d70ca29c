"""What was refused, in the trail: who tried what, in a number that nobody can fill it with.

The first few of somebody in a minute are written one by one, then the tenth, the hundredth and so
on, each with how many there were. All senders together are written so many times, and the last of
those says that no more follow.
"""

import hashlib
import logging

from django.http import HttpRequest

from apps.accounts import keys
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.common import windows
from apps.common.outages import REDIS_AWAY
from apps.common.types import JSONDict

logger = logging.getLogger(__name__)
WINDOW_S = 60
EACH = 5  # of one sender, one by one
IN_ALL = 60  # of a workspace


def note_bearer(text: str, sender: str) -> None:
    """Write down that a key was shown that opens nothing; of its text only the id."""
    key_id, _ = keys.split(text)
    note("api_key.refused", who=sender, told={"key": key_id or "no key of ours"})


def note_request(request: HttpRequest, user: User, code: str) -> None:
    """Write down that somebody was refused for want of a right, a proof or a token of the page.

    The address is told by the name of its view, since some addresses are secrets.
    """
    match = request.resolver_match
    told: JSONDict = {
        "method": request.method or "",
        "where": match.view_name if match else "",
        "code": code,
    }
    about = {name: str(value) for name, value in (match.kwargs if match else {}).items()}
    if ids := {name: value[:36] for name, value in about.items() if name.endswith(("id", "pk"))}:
        told["about"] = ids
    note("access.refused", who=str(user.pk), told=told, actor=user)


def note_limit(request: HttpRequest, user: User) -> None:
    """Write down that somebody called more often than they may."""
    match = request.resolver_match
    where = match.view_name if match else ""
    note("limit.reached", who=str(user.pk), told={"where": where}, actor=user)


def note(action: str, *, who: str, told: JSONDict, actor: User | None = None) -> None:
    """Write a refusal down, counted by its kind and by whose it is."""
    try:
        times = windows.count(f"refused:{action}:{_hashed(who)}", WINDOW_S)
        if not _is_told(times):
            return
        written = windows.count("refusals", WINDOW_S)
    except REDIS_AWAY:
        logger.warning("A refusal is not counted, and not in the trail: %s", action)
        return
    if written > IN_ALL:
        return
    more = {"more": "no more are written in this minute"} if written == IN_ALL else {}
    told = {**told, "times": times, **more}
    record(action, actor=actor, after=told, result=AuditEntry.Result.DENIED)


def _is_told(times: int) -> bool:
    return times <= EACH or str(times).strip("0") == "1"


def _hashed(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()[:32]
