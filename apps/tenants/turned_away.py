"""A line in the log for each request that was refused, whichever control refused it.

It holds no value that was sent, and no path: some are secrets. The trail tells more of some refusals
and is the workspace's; this is the operator's, who sees what is tried over all of them.
"""

import json
import logging
import threading
import time
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from apps.common.problems import PROBLEM_JSON
from apps.common.requests import request_info

logger = logging.getLogger(__name__)
A_MINUTE = 600  # lines of one process, so that nobody fills the log
LONGEST_METHOD = 16
REFUSALS = range(HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR)


class Minute:
    """How many lines were written in the minute that goes on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = self._taken = 0

    def take(self) -> int:
        """Count one more, and return how many there are."""
        now = int(time.monotonic() // 60)
        with self._lock:
            if now != self._began:
                self._began, self._taken = now, 0
            self._taken += 1
            return self._taken


minute = Minute()


def note(
    *, method: str, where: str, status: int, workspace: str, code: str = "", who: Any = ""
) -> None:
    """Write a refusal down; past so many a minute only that there are more."""
    taken = minute.take()
    if taken > A_MINUTE:
        return
    logger.info(
        "refused method=%s where=%s status=%d code=%s who=%s from=%s workspace=%s%s",
        method[:LONGEST_METHOD], where or "-", status, code or "-", who or "-",
        request_info.get().ip or "-", workspace or "-",
        " more=not_written_in_this_minute" if taken == A_MINUTE else "",
    )  # fmt: skip


def note_answer(request: HttpRequest, answer: HttpResponseBase, workspace: str) -> None:
    """Write down what a view of ours refused; an address that is none at all asks for nothing."""
    match = request.resolver_match
    if answer.status_code not in REFUSALS:
        return
    if match is None and answer.status_code == HTTPStatus.NOT_FOUND:
        return
    note(
        method=request.method or "", where=match.view_name if match else "",
        status=answer.status_code, workspace=workspace, code=_code(answer), who=_who(request),
    )  # fmt: skip


def note_start(scope: dict[str, Any], message: dict[str, Any], workspace: str) -> None:
    """Write down what an app beside Django refused, by the folder that it is mounted at."""
    if message["type"] != "http.response.start" or message["status"] not in REFUSALS:
        return
    mount = scope["path"].split("/")[1]
    note(method=scope["method"], where=f"/{mount}/", status=message["status"], workspace=workspace)


def _code(answer: Any) -> str:
    """Return the code of a problem; a page has none."""
    told = getattr(answer, "data", None)
    if told is None and answer.headers.get("Content-Type", "") == PROBLEM_JSON:
        told = json.loads(answer.content)
    return str(told.get("code", "")) if isinstance(told, dict) else ""


def _who(request: HttpRequest) -> Any:
    """Return who was known to ask; nobody is looked up for it."""
    user = request.__dict__.get("user")
    if user is None or isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None) or getattr(request, "_acached_user", None)
    return getattr(user, "pk", None) or ""
