"""Doing the same to many runs: each by itself, so that one refusal stops no other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.errors import DomainError, NotFound
from apps.runs.exceptions import TooManyRuns
from apps.runs.models import Run
from apps.runs.services.repeating import retry_run
from apps.runs.services.steering import cancel_run, resume_run

MOST = 500
ACTIONS: dict[str, Callable[..., Run]] = {
    "cancel": cancel_run,
    "resume": resume_run,
    "retry": retry_run,
}


@dataclass(frozen=True)
class Result:
    """What became of one run: the new one for a retry, or why it was refused."""

    id: UUID
    run: Run | None = None
    error: DomainError | None = None


def steer_many(
    action: str, *, actor: User, ids: Sequence[UUID] = (), among: QuerySet[Run] | None = None
) -> list[Result]:
    """Cancel, resume or retry runs, named or chosen by a query; return what became of each.

    What the actor may not see is refused as not there. Raises TooManyRuns above `MOST`.
    """
    seen = policies.visible(actor, Run.objects.select_related("workflow__folder", "version"))
    if among is not None:
        ids = list(policies.visible(actor, among).values_list("pk", flat=True)[: MOST + 1])
    ids = list(dict.fromkeys(ids))
    if len(ids) > MOST:
        raise TooManyRuns.at("ids", f"At most {MOST} runs at once. Narrow the filter.")
    found = {run.pk: run for run in seen.filter(pk__in=ids)}
    return [_one(ACTIONS[action], each, found.get(each), actor) for each in ids]


def _one(act: Callable[..., Run], run_id: UUID, run: Run | None, actor: User) -> Result:
    try:
        return Result(run_id, act(_there(run), actor=actor))
    except DomainError as error:
        return Result(run_id, error=error)


def _there(run: Run | None) -> Run:
    if run is None:
        raise NotFound
    return run
