"""Who may do what with workflows."""

from apps.accounts.policies import Policy, register
from apps.workflows.models import DataSet, Image, Pin, Point, Workflow, WorkflowVersion


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


@register(Point)
class PointPolicy(VersionPolicy):
    """As for versions."""


@register(Pin)
class PinPolicy(Policy):
    """Pinned outputs belong to who sees the workflow; `trying` asks for the right to edit it."""

    resource = "workflow"
    folder = "workflow__folder"


@register(DataSet)
class DataSetPolicy(PinPolicy):
    """As for pins."""


@register(Image)
class ImagePolicy(PinPolicy):
    """As for pins; `images` asks for the right to edit."""
