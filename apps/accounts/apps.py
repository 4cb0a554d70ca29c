"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users live in their tenant's schema; platform staff in the public one."""

    name = "apps.accounts"

    def ready(self) -> None:
        from apps.accounts import second_factor  # noqa: F401 - hears that one was set up
        from apps.accounts.api import schema  # noqa: F401 - registers the security schemes
