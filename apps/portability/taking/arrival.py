"""One import under way: what came in under which id, what was left out and why, what is still to be set."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import ForeignKey, Model, QuerySet

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.portability import sealing
from apps.portability.archive import Archive
from apps.portability.exceptions import BadArchive
from apps.portability.kinds import Kept
from apps.portability.models import Import
from apps.vault.exceptions import CannotUnseal

# References to rows that come later, or to rows of the same kind: set once all are there.
LATER = frozenset(
    {
        ("folders", "parent"),
        ("workflows", "published_version"),
        ("runs", "retry_of"),
        ("runs", "cached_from"),
        ("runs", "parent"),
    }
)
MOST_WORDS = 300
AT_ONCE = 500


class Left(Exception):
    """A row is left out; the words say why."""


@dataclass
class Arrival:
    """What is known while rows come in."""

    archive: Archive
    job: Import
    actor: User
    key: bytes | None = None
    # Ids that are others here, by model.
    ids: dict[type[Model], dict[Any, Any]] = field(default_factory=lambda: defaultdict(dict))
    dropped: dict[type[Model], set[Any]] = field(default_factory=lambda: defaultdict(set))
    came: Counter[str] = field(default_factory=Counter)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: Counter[tuple[str, str]] = field(default_factory=Counter)
    later: list[tuple[type[Model], Any, str, Any]] = field(default_factory=list)
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)  # what rules remember for each other

    def note(self, kind: str, words: str, count: int = 1) -> None:
        """Tell of rows that came in otherwise than they were."""
        self.changed[kind, words[:MOST_WORDS]] += count

    def drop(self, kind: Kept, row_id: Any, why: str) -> None:
        """Leave a row out, and with it what belongs to it."""
        self.dropped[kind.model].add(row_id)
        self.left[kind.name, why[:MOST_WORDS]] += 1

    def secret_of(self, kind: str, row_id: UUID) -> str | None:
        """Return the secret of a row, if the archive has it and its key is known."""
        sealed = self.secrets.get((kind, str(row_id)))
        if sealed is None or self.key is None:
            return None
        place = sealing.place_of(self.archive.id, kind, row_id)
        try:
            return sealing.unseal(sealed, key=self.key, place=place)
        except CannotUnseal as error:
            raise BadArchive(f"A secret of {kind} does not open where it stands.") from error

    def resolve(self, kind: Kept, row: Model) -> None:
        """Let a row refer to what is here for what it refers to there. Raises Left."""
        for each in kind.fields:
            if isinstance(each, ForeignKey):
                self._resolve(kind, row, each)

    def _resolve(self, kind: Kept, row: Model, each: "ForeignKey[Any, Any]") -> None:
        old = getattr(row, each.attname)
        if old is None:
            return
        target = each.remote_field.model
        assert isinstance(target, type)
        new = self.ids[target].get(old, old)
        if old in self.dropped[target]:
            if not each.null:
                raise Left("What it belongs to was left out.")
            new = None
            self.note(kind.name, f"Without the {each.name.replace('_', ' ')}, which was left out.")
        if (kind.name, each.name) in LATER and new is not None:
            self.later.append((kind.model, row.pk, each.attname, new))
            new = None
        setattr(row, each.attname, new)

    def check_references(self, kind: Kept, rows: list[Model]) -> None:
        """Refuse rows that refer to what is not in the archive: a few questions for many rows."""
        for each in kind.fields:
            if isinstance(each, ForeignKey):
                wanted = {getattr(row, each.attname) for row in rows} - {None}
                self._check_there(each.remote_field.model, wanted, kind.name, each.name)

    def _check_there(self, model: Any, wanted: set[Any], kind: str, name: str) -> None:
        there = set(QuerySet(model).filter(pk__in=wanted).values_list("pk", flat=True))
        if wanted - there:
            raise BadArchive(f"{kind}: {name} refers to a row that is not in the archive.")

    def set_later(self) -> None:
        """Set what had to wait for other rows."""
        waiting = defaultdict[tuple[type[Model], str], list[tuple[Any, Any]]](list)
        for model, pk, attname, value in self.later:
            waiting[model, attname].append((pk, value))
        for (model, attname), pairs in waiting.items():
            name = attname.removesuffix("_id")
            target: Any = model._meta.get_field(name).related_model
            gone = self.dropped[target]
            for start in range(0, len(pairs), AT_ONCE):
                batch = [pair for pair in pairs[start : start + AT_ONCE] if pair[1] not in gone]
                wanted = {value for _, value in batch}
                self._check_there(target, wanted, str(model._meta.verbose_name_plural), name)
                for pk, value in batch:
                    QuerySet(model).filter(pk=pk).update(**{attname: value})

    def report(self) -> JSONDict:
        """Return what people are told: what came in, what did not and why, and what is otherwise now."""
        return {
            "came": dict(sorted(self.came.items())),
            "left": [
                {"kind": kind, "why": why, "count": count}
                for (kind, why), count in sorted(self.left.items())
            ],
            "changed": [
                {"kind": kind, "what": words, "count": count}
                for (kind, words), count in sorted(self.changed.items())
            ],
        }


Rule = Callable[[Arrival, Any], bool]
After = Callable[[Arrival], None]
