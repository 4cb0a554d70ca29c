"""What a kind of row in an archive is: where it comes from, and what becomes of it elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.db.models import BigAutoField, BinaryField, Field, ForeignKey, Model, Q, QuerySet

from apps.files.models import Blob

AnyField: TypeAlias = "Field[Any, Any]"


@dataclass(frozen=True)
class Kept:
    """Rows of a model that go into an archive, under a name, without some of their fields.

    `comes` says in words what an import makes of them. Rows without `taken_in` are read by people
    and other programs alone; why is in `comes`.
    """

    model: type[Model]
    name: str
    comes: str
    without: tuple[str, ...] = ()
    where: Q = field(default_factory=Q)
    taken_in: bool = True

    @property
    def label(self) -> str:
        """The name of the model."""
        return self.model._meta.label

    @property
    def fields(self) -> list[AnyField]:
        """The fields that are written; a number that only orders rows here is none of them."""
        return [
            each
            for each in self.model._meta.concrete_fields
            if each.name not in self.without and not isinstance(each, BigAutoField)
        ]

    @property
    def blob_fields(self) -> list[AnyField]:
        """The fields that refer to stored bytes."""
        return [
            each
            for each in self.fields
            if isinstance(each, ForeignKey) and each.remote_field.model is Blob
        ]

    @property
    def binary_fields(self) -> set[str]:
        """The names of the fields that hold bytes."""
        return {each.name for each in self.fields if isinstance(each, BinaryField)}


@dataclass(frozen=True)
class LeftOut:
    """A model whose rows no archive holds, and why."""

    model: type[Model]
    why: str

    @property
    def label(self) -> str:
        """The name of the model."""
        return self.model._meta.label


@dataclass(frozen=True)
class Secret:
    """A sealed column that goes into an archive by explicit wish alone, sealed with a passphrase."""

    model: type[Model]
    name: str  # of the kind whose rows it belongs to
    column: str
    context: Callable[[Any], str]

    def rows(self) -> Iterator[Any]:
        """Yield the rows that have one."""
        found: QuerySet[Any] = QuerySet(self.model)
        yield from found.exclude(**{self.column: ""}).order_by("pk").iterator(100)
