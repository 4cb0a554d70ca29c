"""The vault app."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Data keys, in each tenant's schema and in the public one."""

    name = "apps.vault"
