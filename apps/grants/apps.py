"""The grants app."""

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    """Its tables are shared, and no tenant's role may touch them: they hold keys of the platform."""

    name = "apps.grants"
    verbose_name = "Models of the platform"

    def ready(self) -> None:
        from apps.grants.models import PlatformProvider
        from apps.vault.resealing import register_column

        register_column(
            PlatformProvider, "sealed", lambda key: key.context, tenants=False, public=True
        )
