"""The comments app."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    """It tells people, and hears when drafts change: steps come and go under their comments."""

    name = "apps.comments"

    def ready(self) -> None:
        from apps.comments import policies  # noqa: F401 - registers itself
        from apps.comments.anchors import follow
        from apps.comments.news import KINDS
        from apps.notifications import kinds
        from apps.workflows.settling import register_listener

        register_listener(follow)
        kinds.register(*KINDS)
