"""Showing what is withheld in a run to who asks for it, and erasing it for good."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.classification.placeholders import PLACEHOLDER, in_form
from apps.common.errors import Forbidden
from apps.common.types import JSON
from apps.runs.engine import engine
from apps.runs.exceptions import BadPlaceholder, NothingWithheld, PartOfOther, RunNotFinished
from apps.runs.models import Run, Withheld
from apps.runs.state import withholding
from apps.workflows.purging import check_may_go

MOST = 50  # values that are shown at a time


@dataclass(frozen=True)
class Shown:
    """What stood where a placeholder stands; `is_kept` is false where nobody can tell any more."""

    placeholder: str
    data_class: str
    value: JSON
    is_kept: bool


def may_reveal(run: Run, actor: User) -> bool:
    """Tell whether somebody may be shown what is withheld in a run."""
    return policies.allows(actor, "view", run) and policies.holds(
        actor, "data.reveal", _path_of(run)
    )


def may_erase(run: Run, actor: User) -> bool:
    """Tell whether somebody may erase what is withheld in a run."""
    return policies.allows(actor, "view", run) and policies.holds(
        actor, "data.erase", _path_of(run)
    )


def may_be_erased(run: Run) -> bool:
    """Tell whether there is something to erase in a run, and nothing that needs it any more."""
    return run.veil_id == run.pk and run.is_finished and _of(run).exists()


@transaction.atomic
def reveal(run: Run, *, actor: User, placeholders: Sequence[str]) -> list[Shown]:
    """Return what stands behind placeholders of a run, with an entry in the trail that says so.

    Raises BadPlaceholder, Forbidden, NotFound.
    """
    policies.check(actor, "view", run)
    if not may_reveal(run, actor):
        raise Forbidden
    found = [PLACEHOLDER.fullmatch(each) for each in placeholders[:MOST]]
    if not found or any(each is None for each in found):
        raise BadPlaceholder.at("values", BadPlaceholder.__doc__ or "")
    wanted = [(each["class"], each["name"], each["form"] or "") for each in found if each]
    kept = _kept(run, {name for _, name, _ in wanted})
    shown = [
        Shown(placeholder, data_class, _in_form(kept.get(name), form), name in kept)
        for placeholder, (data_class, name, form) in zip(placeholders, wanted, strict=False)
    ]
    told = sorted(
        {f"[{each.data_class}:{name}]" for each, (_, name, _) in zip(shown, wanted, strict=True)}
    )
    record("data.revealed", actor=actor, target=run, after={"values": told})
    return shown


def summary(run: Run) -> dict[str, int]:
    """Return how many values are withheld in a run and those around and inside it, by class."""
    rows = _of(run).values_list("data_class")
    return dict(rows.annotate(n=Count("pk")).order_by("data_class"))


@transaction.atomic
def erase(run: Run, *, actor: User) -> int:
    """Erase for good what is withheld in a run and those inside it; return how many values that were.

    Placeholders stay, and nobody can tell any more what stood there. Raises NothingWithheld,
    PartOfOther, RunNotFinished, Forbidden, and what forbids that anything of the workflow goes.
    """
    policies.check(actor, "view", run)
    if not may_erase(run, actor):
        raise Forbidden
    engine().lock(run.pk)
    run.refresh_from_db(fields=["status", "veil_id"])
    if not _of(run).exists():
        raise NothingWithheld
    if run.veil_id != run.pk:
        raise PartOfOther
    if not run.is_finished:
        raise RunNotFinished
    check_may_go(run.workflow)
    count = erase_values([run])
    record("data.erased", actor=actor, target=run, after={"values": count})
    return count


def erase_values(runs: Collection[Run]) -> int:
    """Delete what is withheld in finished runs, in the caller's transaction."""
    ids = [run.pk for run in runs]
    count, _ = Withheld.objects.filter(run__in=ids).delete()
    Run.objects.filter(veil_id__in=ids).update(erased_at=timezone.now())
    return count


def _kept(run: Run, names: set[str]) -> dict[str, JSON]:
    rows = _of(run).filter(name__in=names)
    return {each.name: each.value for each in withholding.entries_of(rows)}


def _of(run: Run) -> QuerySet[Withheld]:
    """Return what is withheld in a run and those around and inside it."""
    return Withheld.objects.filter(run=run.veil_id) if run.veil_id else Withheld.objects.none()


def _in_form(value: JSON, form: str) -> JSON:
    return in_form(value, form.lstrip(".")) if form and isinstance(value, str) else value


def _path_of(run: Run) -> str:
    return run.workflow.folder.path if run.workflow.folder else ""
