"""Filters of the list of threads."""

from collections.abc import Mapping

from apps.accounts.models import User
from apps.comments.models import ThreadQuerySet
from apps.common.errors import Invalid
from apps.common.words import one_of

STATES = ("open", "resolved", "all")
FLAGS = ("true", "false")


def filtered(threads: ThreadQuerySet, params: Mapping[str, str], user: User) -> ThreadQuerySet:
    """Keep what the parameters ask for: `state`, `mine`, `unread`, `node`, `q`. Raises Invalid."""
    threads = _of_state(threads, params.get("state") or "all")
    if _flag(params, "mine"):
        threads = threads.with_part_of(user)
    if node := params.get("node", ""):
        threads = threads.filter(node=node)
    if words := params.get("q", "").strip():
        threads = threads.matching(words)
    if _flag(params, "unread"):
        threads = threads.unread_by(user)
    return threads.shown_to(user)


def _of_state(threads: ThreadQuerySet, state: str) -> ThreadQuerySet:
    if one_of("state", state, STATES) == "all":
        return threads
    return threads.open() if state == "open" else threads.resolved()


def _flag(params: Mapping[str, str], name: str) -> bool:
    value = params.get(name) or "false"
    if value not in FLAGS:
        raise Invalid.at(name, "Use true or false.")
    return value == "true"
