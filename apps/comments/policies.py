"""Who may do what with comments: whoever sees the workflow reads them."""

from apps.accounts.policies import Policy, register
from apps.comments.models import Comment, Thread


@register(Thread)
class ThreadPolicy(Policy):
    """Rights are held where the workflow lies: view, `workflow.comment`, `workflow.moderate`."""

    resource = "workflow"
    folder = "workflow__folder"


@register(Comment)
class CommentPolicy(Policy):
    """As for its thread."""

    resource = "workflow"
    folder = "thread__workflow__folder"
