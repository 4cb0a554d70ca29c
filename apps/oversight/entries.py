"""Reading the trail: pages of it, one entry with its place in the chain, and what there is to choose from.

Entries are ordered by id, which grows with time and is the order of the chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone

from apps.audit.models import AuditEntry, Check, Link
from apps.common.types import JSON, JSONDict
from apps.oversight.models import Verification
from apps.oversight.searching import Entries

PAGE = 50
MOST_COUNTED = 10_000
DENIED = Q(result=AuditEntry.Result.DENIED)
# The actions that occur, each found by the index instead of by reading all entries.
ACTIONS = """
WITH RECURSIVE known AS (
    SELECT min(action) AS action FROM audit_entry
    UNION ALL
    SELECT (SELECT min(entry.action) FROM audit_entry AS entry WHERE entry.action > known.action)
    FROM known WHERE known.action IS NOT NULL
)
SELECT action FROM known WHERE action IS NOT NULL
"""


@dataclass(frozen=True)
class Slice:
    """Some entries, newest first; from them on older or newer ones are found by their ids."""

    entries: list[AuditEntry]
    older: UUID | None
    newer: UUID | None


@dataclass(frozen=True)
class Place:
    """Where an entry is in the chain."""

    number: int
    hash: str
    before: str  # the hash that its own follows; of the first one empty
    signed: bool


@dataclass(frozen=True)
class Change:
    """One field before and after; the mark says whether it came, went or changed."""

    mark: str
    field: str
    before: JSON
    after: JSON


@dataclass(frozen=True)
class Chain:
    """How the chain stands: its end, the last check, and the walk that goes on."""

    last: Link | None
    check: Check | None
    running: Verification | None


def page_of(entries: Entries, params: Mapping[str, str]) -> Slice:
    """Return the entries `before` or `after` an id, or the newest."""
    before, after = _id(params.get("before", "")), _id(params.get("after", ""))
    if after is not None:
        found = list(entries.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        more, found = len(found) > PAGE, found[:PAGE][::-1]
        return Slice(found, found[-1].pk if found else None, found[0].pk if more else None)
    chosen = entries.filter(pk__lt=before) if before else entries
    found = list(chosen.order_by("-pk")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    newer = found[0].pk if found and before else None
    return Slice(found, found[-1].pk if more else None, newer)


def counts(entries: Entries) -> tuple[int, int]:
    """Return how many there are and how many of them were denied, of the newest ten thousand."""
    some = entries.order_by("-pk")[: MOST_COUNTED + 1]
    found = some.aggregate(all=Count("pk"), denied=Count("pk", filter=DENIED))
    return found["all"], found["denied"]


def actions() -> list[str]:
    """Return the actions that occur in the trail, in order."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIONS)
        return [str(action) for (action,) in cursor.fetchall()]


def place_of(entry: AuditEntry) -> Place | None:
    """Return where it is in the chain; None until it is linked."""
    link = Link.objects.filter(entry=entry.pk).first()
    if link is None:
        return None
    before = Link.objects.filter(number=link.number - 1).first()
    return Place(link.number, link.hash, before.hash if before else "", bool(link.signature))


def changes_of(entry: AuditEntry) -> list[Change]:
    """Return what was different after it, field by field; what stayed as it was at the end."""
    before: JSONDict = entry.before or {}
    after: JSONDict = entry.after or {}
    changes = [
        Change(_mark(name, before, after), name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
    ]
    return sorted(changes, key=lambda change: change.mark == "")


def chain() -> Chain:
    """Return how the chain stands."""
    return Chain(
        Link.objects.exclude(signature="").order_by("number").last(),
        Check.objects.first(),
        Verification.objects.unfinished().first(),
    )


@dataclass(frozen=True)
class Bars:
    """How many entries there were in each stretch of a time: all of them, and the denied."""

    days: list[datetime]
    counts: list[tuple[int, int]]
    stretch: str


def bars(entries: Entries, days: int) -> Bars:
    """Count the entries of the last days: by two hours up to a week, by the day above."""
    hours = 1 if days == 1 else 2 if days <= 7 else 24
    now = timezone.localtime()
    end = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if hours == 24:
        end = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    number = days * 24 // hours
    first = end - timedelta(hours=number * hours)
    trunc = TruncDay("at") if hours == 24 else TruncHour("at")
    rows = entries.filter(at__gte=first).order_by().annotate(slot=trunc).values("slot")
    found = [(0, 0)] * number
    for row in rows.annotate(all=Count("pk"), denied=Count("pk", filter=DENIED)):
        place = min(number - 1, int((row["slot"] - first).total_seconds() // (hours * 3600)))
        found[place] = (found[place][0] + row["all"], found[place][1] + row["denied"])
    marks = min(days, 7)
    shown = [first + timedelta(days=days) / marks * each for each in range(marks)]
    return Bars(shown, found, {1: "hour", 2: "two hours"}.get(hours, "day"))


def _mark(name: str, before: JSONDict, after: JSONDict) -> str:
    if name not in before:
        return "+"
    if name not in after:
        return "\N{MINUS SIGN}"
    return "~" if before[name] != after[name] else ""


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
