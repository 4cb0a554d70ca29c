"""The dashboard app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Home and the shell around every page: it reads from all apps and owns no table."""

    name = "apps.dashboard"

    def ready(self) -> None:
        from apps.dashboard.activity import activity_of
        from apps.workflows.activity import register_source

        register_source(activity_of)
