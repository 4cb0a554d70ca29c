"""The runs app."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Carries runs to their end; `dispatch` says which one may go on now."""

    name = "apps.runs"

    def ready(self) -> None:
        from apps.dispatch.services import register_advance
        from apps.runs import policies  # noqa: F401 - registers the policies
        from apps.runs.tasks import ring
        from apps.tenants.provisioning import restrict_table

        register_advance(ring)
        # Events are added and, with their run, removed; nothing rewrites what happened.
        restrict_table("runs_runevent", "SELECT, INSERT, DELETE")
