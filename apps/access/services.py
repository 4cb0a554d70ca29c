"""Copies of the report, as files; each is written down in the trail."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.access.holders import describe, rows
from apps.accounts import policies
from apps.accounts.models import User, UserQuerySet
from apps.audit.services import record
from apps.common.cells import cell
from apps.common.words import one_of

FORMATS = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
PIECE = 500  # people that are read at once


@transaction.atomic
def export(found: UserQuerySet, *, asked: Mapping[str, str], format_: str, actor: User) -> bytes:
    """Return the report of some holders as a file; `asked` is what the trail keeps of how they were chosen.

    Raises Invalid, Forbidden.
    """
    policies.require(actor, "audit.view")
    one_of("format", format_, FORMATS)
    count = found.count()
    lines: list[dict[str, Any]] = []
    for begin in range(0, count, PIECE):
        for holder in describe(list(found[begin : begin + PIECE])):
            lines += rows(holder)
    told = {"format": format_, "holders": count, "filters": dict(asked)}
    record("access.exported", actor=actor, after=told)
    return (_csv(lines) if format_ == "csv" else _jsonl(lines)).encode()


def _jsonl(lines: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _csv(lines: list[dict[str, Any]]) -> str:
    """Return rows below a heading; no cell of them is a formula to any spreadsheet."""
    out = io.StringIO()
    if lines:
        writer = csv.DictWriter(out, list(lines[0]))
        writer.writeheader()
        writer.writerows({name: cell(value) for name, value in line.items()} for line in lines)
    return out.getvalue()
