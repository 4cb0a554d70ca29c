"""How entries are written for other programs: a JSON object or a row of CSV, one in each line."""

import csv
import io
import json
from collections.abc import Callable, Sequence

from apps.audit.models import AuditEntry, Link
from apps.common.cells import cell
from apps.common.types import JSONDict

COLUMNS = (
    "id", "at", "actor_type", "actor_id", "actor", "via", "action", "object_type", "object_id", "object",
    "result", "ip", "request_id", "before", "after", "number", "hash",
)  # fmt: skip

Line = Callable[[JSONDict], str]


def told(entries: Sequence[AuditEntry]) -> list[JSONDict]:
    """Return the entries as plain values, each with its place in the chain where it has one."""
    links = {link.entry: link for link in Link.objects.filter(entry__in=[e.pk for e in entries])}
    return [_told(entry, links.get(entry.pk)) for entry in entries]


def _told(entry: AuditEntry, link: Link | None) -> JSONDict:
    return {
        "id": str(entry.pk),
        "at": entry.at.isoformat(),
        "actor_type": entry.actor_type,
        "actor_id": entry.actor_id,
        "actor": entry.actor_label,
        "via": entry.via,
        "action": entry.action,
        "object_type": entry.target_type,
        "object_id": entry.target_id,
        "object": entry.target_label,
        "result": entry.result,
        "ip": entry.ip,
        "request_id": entry.request_id,
        "before": entry.before,
        "after": entry.after,
        "number": link.number if link else None,
        "hash": link.hash if link else None,
    }


def as_json(entry: JSONDict) -> str:
    """Return a line of JSON."""
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"


def as_csv(entry: JSONDict) -> str:
    """Return a row; no cell of it is a formula to any spreadsheet."""
    return _row([cell(entry[name]) for name in COLUMNS])


def heading(format_: str) -> str:
    """Return the line above all others."""
    return _row(COLUMNS) if format_ == "csv" else ""


LINES: dict[str, Line] = {"jsonl": as_json, "csv": as_csv}


def _row(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
