"""The grants app."""

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    """Its tables are shared, and no tenant's role may touch them: they hold keys of the platform."""

    name = "apps.grants"
    verbose_name = "Models of the platform"
