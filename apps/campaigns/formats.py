"""Campaigns as files: a line for each right, in pieces, whatever their number."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.campaigns.models import Campaign, Item
from apps.common.cells import cell
from apps.common.types import JSONDict

MEDIA = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
PIECE = 500  # items in memory
COLUMNS = (
    "id", "sort", "holder_kind", "holder", "holder_id", "right", "place", "terms", "signs", "reviewer",
    "decision", "reason", "decided_by", "decided_at", "with_others", "outcome", "outcome_note",
    "settled_at",
)  # fmt: skip


def told(item: Item) -> JSONDict:
    """Return an item as files tell it."""
    return {
        "id": str(item.pk), "sort": item.sort, "holder_kind": item.holder_kind,
        "holder": item.holder_label, "holder_id": str(item.holder), "right": item.label,
        "place": item.place, "terms": item.terms, "signs": item.signs,
        "reviewer": _named(item.reviewer), "decision": item.decision, "reason": item.reason,
        "decided_by": _named(item.decided_by), "decided_at": _time(item.decided_at),
        "with_others": item.with_others, "outcome": item.outcome, "outcome_note": item.outcome_note,
        "settled_at": _time(item.settled_at),
    }  # fmt: skip


def about(campaign: Campaign) -> JSONDict:
    """Return what is told of a campaign itself."""
    return {
        "id": str(campaign.pk), "name": campaign.name, "note": campaign.note,
        "status": campaign.status, "owner": _named(campaign.owner), "sorts": campaign.sorts,
        "roles": campaign.roles, "folder": str(campaign.folder or ""),
        "reviewers": campaign.reviewers, "taken_at": _time(campaign.taken_at),
        "due_at": _time(campaign.due_at), "total": campaign.total,
        "signed_by": _named(campaign.signed_by), "signed_at": _time(campaign.signed_at),
        "statement": campaign.statement, "closed_at": _time(campaign.closed_at),
        "digest": campaign.digest,
    }  # fmt: skip


def pieces(campaign: Campaign, after: UUID | None = None) -> Iterator[tuple[list[Item], UUID]]:
    """Yield the items in the order in which they were found, with the last one's id."""
    last = after or UUID(int=0)
    related = campaign.items.select_related("reviewer", "decided_by").order_by("pk")
    while items := list(related.filter(pk__gt=last)[:PIECE]):
        last = items[-1].pk
        yield items, last


def next_piece(campaign: Campaign, after: UUID | None) -> tuple[list[Item], UUID | None]:
    """Return the items behind one, and the last one's id; None at the end."""
    return next(pieces(campaign, after), ([], None))


class Csv:
    """Rows below a heading; no cell of them is a formula to any spreadsheet."""

    def begin(self, campaign: Campaign) -> str:
        return _row(COLUMNS)

    def lines(self, items: list[Item], *, first: bool) -> str:
        rows = (told(item) for item in items)
        return "".join(_row(tuple(cell(row[name]) for name in COLUMNS)) for row in rows)

    def end(self) -> str:
        return ""


class Json:
    """The campaign with all its items."""

    def begin(self, campaign: Campaign) -> str:
        return json.dumps({"campaign": about(campaign)}, ensure_ascii=False)[:-1] + ', "items": ['

    def lines(self, items: list[Item], *, first: bool) -> str:
        text = ",\n".join(json.dumps(told(item), ensure_ascii=False) for item in items)
        return text if first or not text else f",\n{text}"

    def end(self) -> str:
        return "]}\n"


WRITERS: dict[str, Callable[[], Any]] = {"csv": Csv, "json": Json}


def _row(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _named(who: object) -> str:
    return "" if who is None else str(who)


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
