"""Who may do what with runs and what they wait for."""

from apps.accounts.policies import Policy, register
from apps.runs.models import NodeRun, Run, Wait


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
