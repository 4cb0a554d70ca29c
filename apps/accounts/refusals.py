"""What was refused, in the trail: who tried what, in a number that nobody can fill it with.

The first few of somebody in a minute are written one by one, then the tenth, the hundredth and so
on, each with how many there were. All strangers together are written so many times, and so are all
who are known, so that neither can hide what the others do; the last entry says that no more follow.
"""

import hashlib
import logging
import re

from django.contrib.auth import get_user
from django.http import HttpRequest

from apps.accounts import keys
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.common import windows
from apps.common.outages import REDIS_AWAY
from apps.common.requests import request_info
from apps.common.types import JSONDict

logger = logging.getLogger(__name__)
WINDOW_S = 60
FORGED = "csrf_failed"
EACH = 5  # of one sender, one by one
IN_ALL = 60  # of a workspace's strangers, and of those it knows
PATH = re.compile(r"(https?://[^/\s]*)\S*")  # an address may be a secret, its host is none
LONGEST = 200  # characters of what a stranger said
# Why a socket is not opened, by the code that closes it.
OF_SOCKETS = {4401: "signed_out", 4403: "forbidden", 4429: "too_many_open"}


def note_bearer(text: str, sender: str) -> None:
    """Write down that a key was shown that opens nothing; of its text only the id."""
    key_id, _ = keys.split(text)
    note("api_key.refused", who=sender, told={"key": key_id or "no key of ours"})


def note_request(request: HttpRequest, user: User, code: str) -> None:
    """Write down that somebody was refused for want of a right or a proof.

    The address is told by the name of its view, since some addresses are secrets.
    """
    note("access.refused", who=_who(user), told={**_place(request), "code": code}, actor=user)


def note_session(user: User | None, code: str) -> None:
    """Write down that a session was shown that does not count where it came from."""
    note("session.refused", who=_who(user), told={"code": code}, actor=user)


def note_sign_in(email: str, code: str) -> None:
    """Write down that a password was not even looked at, whoever's it was to be."""
    note("session.refused", who=_who(None), told={"email": email[:LONGEST], "reason": code})


def note_forgery(request: HttpRequest, reason: str) -> None:
    """Write down that a page's request came without its token, or from another site.

    Whoever is signed in there did not wish it; where nobody is, its sender stands for them.
    """
    user = get_user(request)
    known = user if isinstance(user, User) else None
    told = {**_place(request), "code": FORGED, "why": PATH.sub(r"\1", reason)[:LONGEST]}
    note("access.refused", who=_who(known), told=told, actor=known)


def note_socket(where: str, code: int, actor: User | None = None) -> None:
    """Write down that a socket was not opened; `where` never holds a ticket."""
    told = {"where": where, "code": OF_SOCKETS.get(code, str(code))}
    note("socket.refused", who=_who(actor), told=told, actor=actor)


def note_origin(where: str, origin: str) -> None:
    """Write down that another site's page wanted a socket, or a program without a ticket."""
    told = {"where": where[:LONGEST], "code": "foreign_origin", "origin": origin[:LONGEST]}
    note("socket.refused", who=_who(None), told=told)


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
        written = windows.count(f"refusals:{'known' if actor else 'strange'}", WINDOW_S)
    except REDIS_AWAY:
        logger.warning("A refusal is not counted, and not in the trail: %s", action)
        return
    if written > IN_ALL:
        return
    more = {"more": "no more are written in this minute"} if written == IN_ALL else {}
    told = {**told, "times": times, **more}
    record(action, actor=actor, after=told, result=AuditEntry.Result.DENIED)


def _place(request: HttpRequest) -> JSONDict:
    match = request.resolver_match
    told: JSONDict = {
        "method": request.method or "",
        "where": match.view_name if match else "",
    }
    about = {name: str(value) for name, value in (match.kwargs if match else {}).items()}
    if ids := {name: value[:36] for name, value in about.items() if name.endswith(("id", "pk"))}:
        told["about"] = ids
    return told


def _who(user: User | None) -> str:
    return str(user.pk) if user else request_info.get().ip


def _is_told(times: int) -> bool:
    return times <= EACH or str(times).strip("0") == "1"


def _hashed(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()[:32]
