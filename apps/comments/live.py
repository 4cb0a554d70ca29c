"""Telling those who look at a workflow that something was said: which thread, never what."""

from uuid import UUID

from django.db.models import Max

from apps.accounts import policies
from apps.accounts.models import User
from apps.comments.models import Thread
from apps.common.events import publish_on_commit
from apps.common.types import JSONDict
from apps.tenants.keys import group_name
from apps.workflows.bells import channel_of
from apps.workflows.models import Workflow

KIND = "comments"


def frame_of(workflow_id: UUID, thread_id: UUID | None = None) -> JSONDict:
    """Return what a page is told: a thread to read again; without one, all of them."""
    return {
        "type": KIND,
        "workflow": str(workflow_id),
        "thread": str(thread_id) if thread_id else None,
    }


def tell(thread: Thread) -> None:
    """Have pages read a thread again once the transaction is committed."""
    told = frame_of(thread.workflow_id, thread.pk) | {"at": thread.updated_at.isoformat()}
    publish_on_commit(group_name(channel_of(thread.workflow_id)), told)


def reached(workflow_id: UUID, user: User) -> str | None:
    """Return when a thread changed last, for somebody who may see the workflow; None for others."""
    seen = policies.visible(user, Workflow.objects.filter(pk=workflow_id))
    if not seen.exists():
        return None
    newest = Thread.objects.filter(workflow=workflow_id).aggregate(at=Max("updated_at"))["at"]
    return newest.isoformat() if newest else ""
