"""What budgets ask about workflows."""

from collections.abc import Collection
from uuid import UUID

from apps.accounts import policies
from apps.accounts.models import User
from apps.workflows.models import Workflow, WorkflowQuerySet


class BudgetedWorkflows:
    """Workflows as a budget names them."""

    def visible(self, actor: User) -> WorkflowQuerySet:
        """Return those that somebody may see, by name."""
        return policies.visible(actor, Workflow.objects.filter(deleted_at=None).order_by("name"))

    def names(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Return how they are called; those in the bin, too."""
        return dict(Workflow.objects.filter(pk__in=ids).values_list("pk", "name"))

    def within(self, path: str) -> WorkflowQuerySet:
        """Return those that lie in the folder of a path or deeper, those in the bin too."""
        return Workflow.objects.filter(folder__path__startswith=path)

    def seen(self, actor: User) -> WorkflowQuerySet:
        """Return those that somebody may see, those in the bin too."""
        return policies.visible(actor, Workflow.objects.all())

    def paths(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Return the paths of the folders in which they lie."""
        found = Workflow.objects.filter(pk__in=ids).exclude(folder=None)
        return dict(found.values_list("pk", "folder__path"))
