"""Who may do what with runs and what they wait for."""

from django.db.models import Q

from apps.accounts.models import User
from apps.accounts.policies import Policy, Rows, holds_anywhere, register
from apps.runs.models import NodeRun, Run, SavedView, Wait


@register(Run)
class RunPolicy(Policy):
    """Rights on runs are held where their workflow lies."""

    resource = "run"
    folder = "workflow__folder"


@register(NodeRun)
class NodeRunPolicy(Policy):
    """Whoever sees a run sees its steps."""

    resource = "run"
    folder = "run__workflow__folder"


@register(Wait)
class WaitPolicy(Policy):
    """Whoever may decide in a folder decides for the workflows that lie in it."""

    resource = "approval"
    folder = "run__workflow__folder"


@register(SavedView)
class SavedViewPolicy(Policy):
    """Whoever sees runs, be it in one folder, sees their own views and the shared ones."""

    resource = "run"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        if not holds_anywhere(actor, "run.view"):
            return queryset.none()
        return queryset.filter(Q(owner=actor) | Q(is_shared=True))
