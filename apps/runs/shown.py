"""Runs and approvals as a workflow's runbook shows them to one reader."""

from collections.abc import Collection

from django.urls import reverse

from apps.accounts import policies
from apps.accounts.models import User
from apps.runs.models import Run, Wait
from apps.workflows.live_blocks import Block

ANYBODY = "Whoever may decide here"


def runs_shown(reader: User, ids: Collection[str]) -> dict[str, Block]:
    """Return what the reader is shown of runs, by id."""
    rows = policies.visible(reader, Run.objects.filter(pk__in=ids))
    return {
        str(run.pk): Block(
            title=f"Run {str(run.pk)[-6:].upper()}",
            detail=f"{run.workflow.name}, {_version(run)}",
            status=run.status,
            url=reverse("runs:detail", args=[run.pk]),
            at=run.created_at,
        )
        for run in rows.select_related("workflow", "version")
    }


def approvals_shown(reader: User, ids: Collection[str]) -> dict[str, Block]:
    """Return what the reader is shown of questions, by id: who decides, or how it was decided."""
    rows = policies.visible(reader, Wait.objects.approvals().filter(pk__in=ids))
    return {
        str(wait.pk): Block(
            title=wait.headline,
            detail=_deciders(wait),
            status=wait.status,
            url=reverse("runs:approval", args=[wait.pk]),
            at=wait.decided_at or wait.created_at,
        )
        for wait in rows.select_related("decided_by")
    }


def _version(run: Run) -> str:
    return f"version {run.version.number}" if run.version.number else "draft"


def _deciders(wait: Wait) -> str:
    if wait.status == Wait.Status.OPEN:
        return f"Decides: {', '.join(wait.assignees) or ANYBODY}"
    labels = {action["id"]: action["label"] for action in wait.actions}
    if wait.status == Wait.Status.DECIDED:
        said = labels.get(wait.decision, wait.decision)
        return f"{said}, by {wait.decided_by}" if wait.decided_by else said
    expired = wait.status == Wait.Status.EXPIRED
    return "Nobody decided in time" if expired else "The run ended before somebody decided"
