"""The operators app."""

from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    """Its tables lie in the public schema, out of reach of workspaces' roles."""

    name = "apps.operators"
    verbose_name = "Platform"

    def ready(self) -> None:
        from apps.notifications import kinds
        from apps.operators import telling, workers  # noqa: F401 - goes round
        from apps.operators.api import schema  # noqa: F401 - registers the security scheme
        from apps.operators.models import Deletion
        from apps.tenants.services import register_rest

        kinds.register(*telling.KINDS)
        register_rest(lambda slug: Deletion.objects.keeping(slug).exists())
