"""The dashboard app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Home and the shell around every page: it reads from all apps and owns no table."""

    name = "apps.dashboard"
