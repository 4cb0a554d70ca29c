"""Whether a workspace is new: an archive comes into one in which nobody has made anything yet."""

from django.db.models import F, Model, Q, QuerySet

from apps.accounts.models import Folder, Group, Role
from apps.credentials.models import StoredCredential
from apps.gateway.models import Budget, Prompt, Provider
from apps.portability.exceptions import NotEmpty
from apps.portability.models import FormerEntry
from apps.retention.models import LegalHold
from apps.runs.models import Run
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow

# What people make first, and what it is called; what is delivered counts for nothing.
MADE: tuple[tuple[type[Model], str, Q], ...] = (
    (Folder, "folders", Q()),
    (Group, "groups", Q()),
    (Role, "roles of its own", Q(builtin=False)),
    (StoredCredential, "credentials", Q()),
    (Provider, "providers", Q(grant_id=None) & ~Q(kind="builtin")),
    (Prompt, "prompts", Q()),
    (Budget, "budgets", Q()),
    (Trigger, "triggers", Q()),
    (Run, "runs", Q()),
    (LegalHold, "legal holds", Q()),
    (FormerEntry, "an archive that came before", Q()),
)


def samples() -> "QuerySet[Workflow]":
    """Return the workflows that came with the workspace and are as they came."""
    return Workflow.objects.filter(
        created_via=Workflow.Via.TEMPLATE, draft_sha256=F("published_version__sha256")
    )


def found() -> list[str]:
    """Return what people have made here."""
    workflows = Workflow.objects.exclude(pk__in=samples().values("pk"))
    others = [word for model, word, where in MADE if QuerySet(model).filter(where).exists()]
    return [*(["workflows"] if workflows.exists() else []), *others]


def check_empty() -> None:
    """Raise NotEmpty where somebody has made something."""
    made = found()
    if made:
        raise NotEmpty(
            f"This workspace is not new: it has {', '.join(made)}. Make a new one for the archive."
        )
