"""The vault app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Data keys, in each tenant's schema and in the public one."""

    name = "apps.vault"

    def ready(self) -> None:
        from apps.vault.models import VerifyingKey
        from apps.vault.resealing import register_column

        register_column(VerifyingKey, "sealed", lambda kept: kept.seal_context, public=True)
