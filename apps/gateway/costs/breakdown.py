"""Usage by workflow, member, key, route or model: sums of the calls that fit, with names.

What is gone, or what its reader may not see, still has its sums: they would not add up without.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts import policies
from apps.accounts.models import ApiKey, User
from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.gateway.budgets import standing, subjects
from apps.gateway.budgets.standing import Standing
from apps.gateway.budgets.subjects import Payer
from apps.gateway.filters import narrowed, period
from apps.gateway.models import LlmCall, LlmCallQuerySet

PAYERS = {"workflow": "workflow_id", "member": "member_id", "key": "key_id"}
MOST_NAMED = 1_000  # whose names hold what is searched for


@dataclass(frozen=True)
class Dimension:
    """What usage is told by: columns of the ledger, and how what they hold is called."""

    name: str
    columns: tuple[str, ...]
    none: str  # what those calls are that have none
    gone: str = ""  # what one is whose name is not known to the reader

    @property
    def is_named(self) -> bool:
        """Whether the column holds an id, whose name stands elsewhere."""
        return bool(self.gone)


DIMENSIONS = {
    each.name: each
    for each in (
        Dimension("workflow", ("workflow_id",), "outside of workflows", "another workflow"),
        Dimension("member", ("user_id",), "nobody in person", "somebody else"),
        Dimension("key", ("key_id",), "without a key", "another key"),
        Dimension("route", ("route",), "tests of providers"),
        Dimension("model", ("provider", "model"), "no model reached"),
    )
}


@dataclass(frozen=True)
class Row:
    """The sums of one of them. `value` filters the list of calls by it; None: it has no such filter."""

    name: str
    more: str
    value: str | None
    sums: JSONDict
    limit: Standing | None = None  # the budget that stops its calls first


def dimension_of(name: str) -> Dimension:
    """Return what is asked for. Raises NotFound."""
    if name not in DIMENSIONS:
        raise NotFound
    return DIMENSIONS[name]


def sums(by: Dimension, params: Any, *, actor: User) -> QuerySet[Any]:
    """Return the sums of those calls that the parameters ask for, the dearest first. Raises Invalid."""
    since, until = period(params)
    seen = policies.visible(actor, LlmCall.objects.between(since, until))
    calls = _searched(by, narrowed(seen, params), params.get("q", "").strip()[:200], actor)
    found: QuerySet[Any] = calls.totals_by(*by.columns).order_by("-cost_usd", "-calls", *by.columns)
    return found


def rows(by: Dimension, found: Iterable[JSONDict], *, actor: User) -> list[Row]:
    """Return sums as rows, with the names that somebody may see."""
    found = list(found)
    names = _names(by, [each[by.columns[0]] for each in found], actor) if by.is_named else {}
    return [_row(by, each, names) for each in found]


def with_limits(by: Dimension, found: list[Row], *, actor: User) -> list[Row]:
    """Return the rows with the budget that stops each first; routes and models have none."""
    if by.name not in PAYERS:
        return found
    ids = [UUID(each.value) if each.value else None for each in found]
    owners = _owners(ids) if by.name == "key" else {}
    payers = [
        Payer(**{PAYERS[by.name]: pk, **({"member_id": owners[pk]} if pk in owners else {})})
        for pk in ids
    ]
    limits = standing.foremost_of(payers, actor)
    return [replace(row, limit=limit) for row, limit in zip(found, limits, strict=True)]


def chosen(name: str, value: str, *, actor: User) -> list[tuple[str, str]]:
    """Return the one that calls are filtered by, as the choice of a select; none where none is."""
    if not value:
        return []
    try:
        found = known(name, UUID(value), actor=actor)
    except ValueError:
        found = None
    return [(value, str(found or DIMENSIONS[name].gone))]


def known(name: str, pk: UUID, *, actor: User) -> Any:
    """Return a workflow, member or key that somebody may see; None where there is none."""
    return _known(DIMENSIONS[name], actor).filter(pk=pk).first()


def _owners(ids: Iterable[UUID | None]) -> dict[UUID | None, UUID]:
    """Return on whose behalf keys ask: what they spend counts for that member too."""
    keys = ApiKey.objects.filter(pk__in={each for each in ids if each})
    return dict(keys.values_list("pk", "user_id"))


def _row(by: Dimension, sums: JSONDict, names: dict[UUID, str]) -> Row:
    first = sums[by.columns[0]]
    value = str(first) if first else None
    if by.name == "model":
        return Row(sums["model"] or by.none, sums["provider"], sums["model"] or None, sums)
    if not by.is_named:
        return Row(first or by.none, "", value, sums)
    return Row(names.get(first, by.gone) if first else by.none, "", value, sums)


def _known(by: Dimension, actor: User) -> QuerySet[Any]:
    """Return those that somebody may see, also those that are no longer used."""
    if by.name == "workflow":
        return subjects.seen_workflows(actor)
    rows: QuerySet[Any] = ApiKey.objects.all() if by.name == "key" else User.objects.all()
    return policies.visible(actor, rows)


def _names(by: Dimension, ids: Sequence[UUID | None], actor: User) -> dict[UUID, str]:
    known = _known(by, actor).filter(pk__in={each for each in ids if each})
    return {each.pk: str(each) for each in known}


def _searched(by: Dimension, calls: LlmCallQuerySet, text: str, actor: User) -> LlmCallQuerySet:
    if not text:
        return calls
    if not by.is_named:
        fits = Q()
        for column in by.columns:
            fits |= Q(**{f"{column}__icontains": text})
        return calls.filter(fits)
    named = Q(name__icontains=text)
    if by.name == "member":
        named |= Q(email__icontains=text)
    ids = _known(by, actor).filter(named).order_by("pk").values_list("pk", flat=True)
    return calls.filter(**{f"{by.columns[0]}__in": list(ids[:MOST_NAMED])})
