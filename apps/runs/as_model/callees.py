"""Which workflows answer as models, and to whom."""

import re

from apps.accounts import policies
from apps.accounts.models import User
from apps.gateway.workflow_models import Callee
from apps.runs.as_model.asked import takes_words
from apps.runs.state.accepting import form_of
from apps.workflows.models import Workflow, WorkflowQuerySet

MOST = 1_000
SLUG = re.compile(r"[a-z0-9_-]{1,63}")  # what comes is any text, also such as no database takes


def find(slug: str, actor: User) -> Callee | None:
    """Return a workflow that somebody may run and that can be asked in words."""
    found = find_workflow(slug, actor)
    return _callee(found) if found is not None else None


def callable_by(actor: User) -> list[Callee]:
    """Return all of them, by slug."""
    seen = policies.visible(actor, _published().order_by("slug"))
    return [_callee(each) for each in seen[:MOST] if _answers(each, actor)]


def find_workflow(slug: str, actor: User) -> Workflow | None:
    """Return the workflow itself."""
    if not SLUG.fullmatch(slug):
        return None
    found = _published().filter(slug=slug).first()
    return found if found is not None and _answers(found, actor) else None


def _published() -> WorkflowQuerySet:
    published = Workflow.objects.current().exclude(published_version=None)
    return published.select_related("published_version", "folder").defer("snapshot")


def _answers(workflow: Workflow, actor: User) -> bool:
    version = workflow.published_version
    may_run = policies.allows(actor, "run", workflow)
    return may_run and version is not None and takes_words(form_of(version))


def _callee(workflow: Workflow) -> Callee:
    version = workflow.published_version
    assert version is not None
    assert version.number is not None
    return Callee(workflow.slug or "", workflow.name, version.number, version.created_at)
