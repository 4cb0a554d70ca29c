"""Who may do what with workflows."""

from apps.accounts.policies import Policy, register
from apps.workflows.models import Workflow, WorkflowVersion


@register(Workflow)
class WorkflowPolicy(Policy):
    """Rights are held on the workspace or on the folder that the workflow lies in."""

    resource = "workflow"
    folder = "folder"


@register(WorkflowVersion)
class VersionPolicy(Policy):
    """Whoever sees the workflow sees its versions."""

    resource = "workflow"
    folder = "workflow__folder"
