"""Copies of usage as files; each is written down in the trail, for it tells who used what."""

from typing import Any

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.cells import table
from apps.gateway.costs import breakdown
from apps.gateway.costs.breakdown import Dimension

MOST_ROWS = 10_000
SUMS = (
    "calls", "failed", "unpriced", "hits", "input_tokens", "output_tokens", "cost_usd", "saved_usd",
)  # fmt: skip
FILTERS = (
    "q", "since", "until", "workflow", "member", "key", "route", "provider", "status", "cache",
)  # fmt: skip


@transaction.atomic
def export_usage(by: Dimension, params: Any, *, actor: User) -> str:
    """Return the usage that the parameters ask for as CSV. Raises Forbidden, Invalid."""
    policies.require(actor, "usage.view")
    found = breakdown.rows(by, breakdown.sums(by, params, actor=actor)[:MOST_ROWS], actor=actor)
    asked = {name: params[name] for name in FILTERS if params.get(name)}
    record("usage.exported", actor=actor, after={"by": by.name, "rows": len(found), **asked})
    heading = (by.name, *(("provider",) if by.name == "model" else ("id",)), *SUMS)
    return table([heading, *(_line(by, row) for row in found)])


def _line(by: Dimension, row: breakdown.Row) -> tuple[Any, ...]:
    second = row.more if by.name == "model" else row.value if by.is_named else None
    return (row.name, second, *(_plain(row.sums[name]) for name in SUMS))


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else f"{value:f}"
