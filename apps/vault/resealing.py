"""Giving what is sealed to another data key: which columns there are, and a few of their rows at a time.

Whoever seals something that stays registers it. Each value is opened and sealed again with the key
of the day, and written only where it still is what was opened: readers find the one or the other,
and both open as long as the older key is kept.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from apps.tenants.context import current_scope
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import VERSION, seal, unseal

logger = logging.getLogger(__name__)

BATCH = 100
M = TypeVar("M", bound=Model)


class Sealed(Protocol):
    """Something that is sealed and kept."""

    @property
    def place(self) -> str:
        """Where it is kept, such as `triggers_trigger.secret`."""

    def left(self, key_id: UUID) -> int:
        """Return how many are sealed with another key than this one."""

    def reseal(self, key_id: UUID) -> Iterator[int]:
        """Seal them with the current key, some at a time; yield how many were looked at each time.

        What does not open stays as it is, and is logged.
        """


@dataclass(frozen=True)
class SealedColumn(Generic[M]):
    """A text column of a model, whose value is a sealed text or empty."""

    model: type[M]
    column: str
    context: Callable[[M], str]

    @property
    def place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def left(self, key_id: UUID) -> int:
        return self._others(key_id).count()

    def reseal(self, key_id: UUID) -> Iterator[int]:
        rows = list(self._others(key_id).order_by("pk")[:BATCH])
        while rows:
            for row in rows:
                self._seal_again(row)
            yield len(rows)
            rows = list(self._others(key_id).filter(pk__gt=rows[-1].pk).order_by("pk")[:BATCH])

    def _seal_again(self, row: M) -> None:
        before, context = getattr(row, self.column), self.context(row)
        try:
            after = seal(unseal(before, context=context), context=context)
        except CannotUnseal:
            logger.error("%s of %s does not open; it stays as it is.", self.place, row.pk)
            return
        same: QuerySet[M] = QuerySet(self.model).filter(**{"pk": row.pk, self.column: before})
        same.update(**{self.column: after})

    def _others(self, key_id: UUID) -> "QuerySet[M]":
        current = Q(**{f"{self.column}__startswith": f"{VERSION}.{key_id}."})
        return (
            QuerySet(self.model)
            .filter(**{f"{self.column}__startswith": f"{VERSION}."})
            .exclude(current)
        )


_tenants: list[Sealed] = []
_publics: list[Sealed] = []


def register(sealed: Sealed, *, tenants: bool = True, public: bool = False) -> None:
    """Have it given to the next key: in workspaces, in the public schema. For `AppConfig.ready()`."""
    _tenants.extend([sealed] if tenants else [])
    _publics.extend([sealed] if public else [])


def register_column(model: type[M], column: str, context: Callable[[M], str], **where: Any) -> None:
    """Register a column of sealed texts."""
    register(SealedColumn(model, column, context), **where)


def every() -> list[Sealed]:
    """Return what may be sealed in this scope."""
    return _tenants if current_scope().tenant is not None else _publics


def left(key_id: UUID) -> dict[str, int]:
    """Return how much is sealed with other keys than this one, by where it is; nothing of nothing."""
    counted = ((sealed.place, sealed.left(key_id)) for sealed in every())
    return {place: count for place, count in counted if count}


def reseal(key_id: UUID) -> Iterator[int]:
    """Seal all that is left in this scope with the current key; yield as `Sealed.reseal` does."""
    for sealed in every():
        yield from sealed.reseal(key_id)
