"""Keeping marked values out of the rows of a run: placeholders stand there, the values are sealed.

A run and those inside it share what they withhold: it is kept with the outermost of them. Whatever
the run has learnt is stored in the transaction that writes the first placeholder. Where a version
marks nothing, none of this asks the database anything.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.classification.register import Entry
from apps.classification.veil import WHOLE, Veil, column, current, is_sealed, lying
from apps.common import records
from apps.common.derived import Derived
from apps.common.types import JSON, JSONDict
from apps.runs.models import NodeRun, Run, Withheld
from apps.runs.state.events import Event
from apps.vault import services as vault
from apps.workflows.marks import OUTPUT, Mark, Marks, found
from apps.workflows.models import WorkflowVersion

SALT = "runs.withheld"
SAID = frozenset({"error", "preview", "reason"})  # of an event, with words from outside
_marks = Derived[Marks](500)


def marks_of(version: WorkflowVersion) -> Marks:
    """Return the marks of a version."""
    return _marks.get(version.sha256, lambda: Marks.of_definition(version.definition))


def opened(run: Run) -> Veil:
    """Return the veil over a run, knowing what is withheld already."""
    veil = Veil(_fetch, partial(_digest, run.root_id), whole=not run.keeps_payloads)
    veil.family = run.veil_id
    if run.veil_id is not None:
        veil.know(
            entries_of(Withheld.objects.filter(run=run.veil_id).exclude(data_class__in=WHOLE))
        )
    return veil


@contextmanager
def veiled(run: Run) -> Iterator[Veil]:
    """Lay the veil over what is done with a run in the block."""
    veil = opened(run)
    with lying(veil):
        yield veil


@contextmanager
def writing(run: Run) -> Iterator[Veil]:
    """Lay the veil over what is written about a run that is stored; what it learns is stored, too."""
    with veiled(run) as veil:
        yield veil
        if veil.unstored:
            Run.objects.filter(pk=run.pk).update(veil_id=claimed(run))
            store(run)


def learn(run: Run, node: str, place: str, value: JSON) -> None:
    """Withhold what is marked in what a step is given or gives."""
    if marks := marks_of(run.version):  # most versions have none
        learn_marked(value, marks.at(node, place))


def learn_inputs(run: Run, inputs: JSON) -> None:
    """Withhold what is marked in the inputs of a run."""
    marks = marks_of(run.version)
    learn_marked(inputs, marks.at(marks.start, OUTPUT))


def gives_marked(run: Run, node: str) -> bool:
    """Tell whether something is marked in what a step gives."""
    return bool(marks_of(run.version).at(node, OUTPUT))


def sealed(value: JSON) -> Any:
    """Return what a column holds of a value of which nothing is to be kept."""
    veil = current()
    return value if veil is None or is_sealed(value) else veil.sealed(value)


def learn_marked(value: JSON, marks: Iterable[Mark]) -> None:
    """Withhold what is marked in a value."""
    veil = current()
    if veil is None or not marks:
        return
    for each, data_class in found(value, marks):
        veil.learn(each, data_class)


def learn_value(value: JSON, data_class: str) -> None:
    """Withhold a value that was marked where it came from."""
    veil = current()
    if veil is not None:
        veil.learn(value, data_class)


def is_withholding() -> bool:
    """Tell whether anything is withheld from what is written here."""
    veil = current()
    return veil is not None and veil.is_active


def claimed(run: Run) -> UUID | None:
    """Let a run know under which one its values are withheld; nothing changes where none is."""
    veil = current()
    if veil is not None and veil.unstored and run.veil_id is None:
        run.veil_id = veil.family = run.pk
    return run.veil_id


def store(run: Run) -> list[Entry]:
    """Store what was learnt and is not stored yet, in the caller's transaction; return it."""
    entries = unstored()
    if not entries:
        return entries
    assert run.veil_id is not None
    now = timezone.now()
    rows = [
        Withheld(run_id=run.veil_id, data_class=e.data_class, name=e.name, created_at=now)
        for e in entries
    ]
    sealed = vault.seal_all(
        {row.seal_context: json.dumps(e.value) for row, e in zip(rows, entries, strict=True)}
    )
    for row in rows:
        row.sealed = sealed[row.seal_context]
    records.write(records.rows_of(Withheld, rows))
    return entries


def noted(entries: Collection[Entry]) -> None:
    """Note that what `unstored` gave is stored for good."""
    veil = current()
    if veil is not None and entries:
        veil.stored(entries)


def unstored() -> list[Entry]:
    """Return what is to be stored with the next writing."""
    veil = current()
    return [] if veil is None else list(veil.unstored)


def adopt(run: Run, inner: Run) -> None:
    """Withhold in a run what one inside it withholds on its own: it is given its answer."""
    veil = current()
    if veil is None or inner.veil_id is None or inner.veil_id == run.veil_id:
        return
    known = entries_of(Withheld.objects.filter(run=inner.veil_id))
    own = [each for each in known if each.data_class not in WHOLE]
    veil.know(own)
    veil.unstored += own
    veil.lend(each for each in known if each.data_class in WHOLE)


def take_over(run: Run, earlier: Run) -> None:
    """Copy what an earlier run withholds to one that takes over its results; both have rows."""
    if earlier.veil_id is None or run.veil_id != run.pk:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO runs_withheld (created_at, run_id, data_class, name, sealed)"
            " SELECT created_at, %s, data_class, name, sealed FROM runs_withheld WHERE run_id = %s"
            " ON CONFLICT DO NOTHING",
            [run.pk, earlier.veil_id],
        )


def revealed(run: Run, value: JSON) -> JSON:
    """Return what was read of a run as it was before it was written, for whom it was made."""
    return value if run.veil_id is None else opened(run).resolved(value)


def entries_of(rows: Iterable[Withheld]) -> list[Entry]:
    """Return what is sealed in rows."""
    kept = {row.seal_context: row for row in rows}
    plain = vault.unseal_all({context: row.sealed for context, row in kept.items()})
    return [
        Entry(row.data_class, row.name, json.loads(plain[context])) for context, row in kept.items()
    ]


def described(marks: Iterable[Mark]) -> list[JSONDict]:
    """Return marks as a wait keeps them, for whoever answers it."""
    return [{"path": list(each.path), "data_class": each.data_class} for each in marks]


def kept_marks(terms: JSONDict) -> list[Mark]:
    """Return the marks that a wait keeps."""
    return [Mark(tuple(each["path"]), each["data_class"]) for each in terms.get("withholds", ())]


def _fetch(family: UUID, names: Collection[str]) -> list[Entry]:
    """Return what is withheld under names, in a family of runs and nowhere else."""
    return entries_of(Withheld.objects.filter(run=family, name__in=names))


def _digest(root_id: UUID, text: str) -> str:
    """Return a digest that is another one in each line of runs, and that nobody outside can make."""
    return vault.sealer(SALT).name(f"{root_id}:{text}".encode("utf-8", "replace"))


def withhold_row(row: NodeRun) -> None:
    """Take out of a step's row what is withheld by now."""
    veil = current()
    if veil is None or not veil.is_active:
        return
    row.input, row.output = veil.masked(row.input), veil.masked(row.output)
    row.logs, row.error = (veil.masked(each, texts_only=True) for each in (row.logs, row.error))


def event_stored(event: Event) -> Event:
    """Return an event as it is stored and told: what is withheld is not in its words."""
    veil = current()
    if veil is None or not veil.is_active or not event.data:
        return event
    said = {name: event.data[name] for name in SAID & event.data.keys()}
    return replace(event, data={**event.data, **veil.masked(said, texts_only=True)})


def loops_stored(loops: JSONDict) -> JSONDict:
    """Return open rounds as they are stored: what their expressions know may be withheld."""
    if not is_withholding():
        return loops
    return {key: {**each, "plan": _plan(each["plan"])} for key, each in loops.items()}


def _plan(plan: JSONDict) -> JSONDict:
    return {**plan, "vars": {name: column(value) for name, value in plan["vars"].items()}}
