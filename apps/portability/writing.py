"""Writing the rows of an archive into this workspace: all of them in one transaction, or none.

Rows keep their ids and times, as they were written there, past what models set by themselves. Each is
held to its fields, to the rule of its kind, and to the rows that it refers to, and the database's own constraints are
asked before the end.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import DataError, IntegrityError, connection
from django.db.models import BigAutoField, Model, QuerySet
from django.db.models.sql import InsertQuery

from apps.audit.models import AuditEntry, Link
from apps.gateway.models import AllowList, GuardDefaults, ModelPrice, ModelRoute, MoneyRules
from apps.portability.archive import SEALED
from apps.portability.contents import KEPT
from apps.portability.emptiness import samples
from apps.portability.exceptions import BadArchive
from apps.portability.kinds import Kept
from apps.portability.models import FormerEntry, FormerLink
from apps.portability.taking import people, secrets, work
from apps.portability.taking.arrival import After, Arrival, Left, Rule
from apps.portability.values import Wrong, row_of
from apps.retention.models import RetentionRule

BATCH = 200
RULES: dict[str, Rule] = {**people.RULES, **secrets.RULES, **work.RULES}
AFTER: dict[str, After] = {**people.AFTER, **work.AFTER}
# What every workspace has from the beginning, and an archive has its own of.
DELIVERED: tuple[type[Model], ...] = (
    ModelRoute, ModelPrice, MoneyRules, GuardDefaults, AllowList, RetentionRule,
)  # fmt: skip
Tell = Callable[[int], None]


def write(arrival: Arrival, tell: Tell) -> None:
    """Write all that comes in; in the caller's transaction. Raises BadArchive.

    `tell` hears every now and then how many rows are behind it, and may raise to end it.
    """
    for row in arrival.archive.rows(SEALED):
        secrets.keep_secret(arrival, row)
    for model in DELIVERED:
        QuerySet(model).delete()
    gone = samples().count()
    samples().delete()
    if gone:
        arrival.note("workflows", "The samples that this workspace began with gave way.", gone)
    done = 0
    for kind in KEPT:
        for count in _write_kind(arrival, kind):
            done += count
            tell(done)
    arrival.set_later()
    people.check_folders(arrival)
    _check_constraints()


def _write_kind(arrival: Arrival, kind: Kept) -> Iterator[int]:
    """Write the rows of a kind; yield after each batch how many they were."""
    if kind.model in (AuditEntry, Link):
        yield from _write_history(arrival, kind)
    elif not kind.taken_in:
        count = sum(1 for _ in arrival.archive.rows(kind.name))
        if count:
            arrival.left[kind.name, kind.comes] += count
        yield count
    else:
        yield from _write_rows(arrival, kind)
        if kind.name in AFTER:
            AFTER[kind.name](arrival)


def _write_rows(arrival: Arrival, kind: Kept) -> Iterator[int]:
    batch, count = list[Model](), 0
    for row in _instances(arrival, kind):
        count += 1
        if _is_taken(arrival, kind, row):
            batch.append(row)
        if count % BATCH == 0:
            _insert(arrival, kind, batch)
            batch = []
            yield BATCH
    _insert(arrival, kind, batch)
    yield count % BATCH


def _instances(arrival: Arrival, kind: Kept) -> Iterator[Model]:
    model = kind.model
    for number, row in enumerate(arrival.archive.rows(kind.name), start=1):
        try:
            yield model(**row_of(kind, row))
        except Wrong as error:
            raise BadArchive(f"{kind.name}, row {number}: {error}.") from error


def _is_taken(arrival: Arrival, kind: Kept, row: Model) -> bool:
    try:
        arrival.resolve(kind, row)
        rule = RULES.get(kind.name)
        return rule is None or rule(arrival, row)
    except Left as left:
        arrival.drop(kind, row.pk, str(left))
        return False


def _insert(arrival: Arrival, kind: Kept, rows: list[Model]) -> None:
    """Insert rows as they are, past what a model sets by itself when it is saved."""
    if not rows:
        return
    arrival.check_references(kind, rows)
    _insert_as_they_are(kind.model, rows, kind.name)
    arrival.came[kind.name] += len(rows)


def _insert_as_they_are(model: type[Model], rows: list[Any], name: str) -> None:
    fields = [each for each in model._meta.concrete_fields if not isinstance(each, BigAutoField)]
    query = InsertQuery(model)
    query.insert_values(fields, rows, raw=True)
    try:
        query.get_compiler(using=connection.alias).execute_sql()
    except (IntegrityError, DataError) as error:
        raise BadArchive(f"{name}: {_told(error)}") from error


def _told(error: Exception) -> str:
    """Return what the database refused, without the values that it names."""
    cause = getattr(error.__cause__, "diag", None)
    constraint = getattr(cause, "constraint_name", None)
    return f"Rows contradict each other, or a rule of the product ({constraint or 'a value'})."


def _check_constraints() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        raise BadArchive(_told(error)) from error


def _write_history(arrival: Arrival, kind: Kept) -> Iterator[int]:
    """Write the trail of the other workspace as history, which no check takes for the trail here."""
    is_entry = kind.model is AuditEntry
    batch = list[Any]()
    for each in _instances(arrival, kind):
        batch.append(each)
        if len(batch) == BATCH:
            (_keep_entries if is_entry else _keep_places)(arrival, batch)
            yield BATCH
            batch = []
    (_keep_entries if is_entry else _keep_places)(arrival, batch)
    yield len(batch)


def _keep_entries(arrival: Arrival, entries: list[AuditEntry]) -> None:
    names = [each.name for each in AuditEntry._meta.concrete_fields if each.name != "id"]
    former = [
        FormerEntry(job=arrival.job, entry=each.pk, **{name: getattr(each, name) for name in names})
        for each in entries
    ]
    if former:
        _insert_as_they_are(FormerEntry, former, "trail")
        arrival.came["trail"] += len(former)


def _keep_places(arrival: Arrival, links: list[Link]) -> None:
    former = [
        FormerLink(job=arrival.job, number=each.number, entry=each.entry, hash=each.hash)
        for each in links
    ]
    if former:
        _insert_as_they_are(FormerLink, former, "trail_links")
        arrival.came["trail_links"] += len(former)
