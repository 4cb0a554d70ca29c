"""Marked values in what a draft is tried with: placeholders stand in pins and data sets.

The values are sealed beside them, so that rows, answers and backups hold none. Whoever edits the
workflow runs it with the values; what is shown of that run withholds them in its turn.
"""

import json
from collections.abc import Iterable

from apps.accounts import policies
from apps.accounts.models import User
from apps.classification.register import Entry, names_in
from apps.classification.veil import Veil
from apps.common.errors import Invalid
from apps.common.types import JSON, JSONDict
from apps.vault import services as vault
from apps.vault.exceptions import CannotUnseal
from apps.workflows.marks import Mark, found
from apps.workflows.models import DataSet, Pin, Workflow

Trial = Pin | DataSet


class TooManyMarked(Invalid):
    """Too many marked values. Keep fewer rows to try the workflow with."""

    code = "too_many_marked"


def put_aside(row: Trial, marks: Iterable[Mark], first: str, *others: str) -> None:
    """Seal what is marked in a column of a row, wherever else in the row it stands, too.

    A placeholder that the row had before stands for its value as before. Raises TooManyMarked.
    """
    named = names_in([getattr(row, name) for name in (first, *others)])
    veil = _veil([each for each in entries_of(row) if each.name in named])
    for value, data_class in found(veil.resolved(getattr(row, first)), marks):
        veil.learn(value, data_class)
    if veil.is_whole:
        raise TooManyMarked
    kept: JSONDict = {}
    for name in (first, *others):
        masked = veil.masked(veil.resolved(getattr(row, name)))
        setattr(row, name, masked)
        kept |= {e.name: [e.data_class, e.value] for e in veil.among(names_in(masked))}
    row.sealed = vault.seal(json.dumps(kept), context=row.seal_context) if kept else ""


def opened(workflow: Workflow, value: JSON, *, actor: User) -> tuple[JSON, list[Entry]]:
    """Return what somebody tries a draft with as it was, and the marked values in it.

    For who may not edit the workflow placeholders are only words.
    """
    named = names_in(value)
    if not named or not policies.allows(actor, "edit", workflow):
        return value, []
    rows: list[Trial] = [*workflow.pins.exclude(sealed=""), *workflow.data_sets.exclude(sealed="")]
    entries = [each for row in rows for each in entries_of(row) if each.name in named]
    return _veil(entries).resolved(value), entries


def entries_of(row: Trial) -> list[Entry]:
    """Return what is sealed beside a row; nothing where its key is gone."""
    if not row.sealed:
        return []
    try:
        kept = json.loads(vault.unseal(row.sealed, context=row.seal_context))
    except CannotUnseal:
        return []
    return [Entry(data_class, name, value) for name, (data_class, value) in kept.items()]


def _veil(entries: Iterable[Entry]) -> Veil:
    veil = Veil(lambda _family, _names: (), str)
    veil.know(entries)
    return veil
