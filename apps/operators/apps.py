"""The operators app."""

from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    """Its tables lie in the public schema, out of reach of workspaces' roles."""

    name = "apps.operators"
    verbose_name = "Access"

    def ready(self) -> None:
        from apps.operators.api import schema  # noqa: F401 - registers the security scheme
