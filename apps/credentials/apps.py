"""The credentials app."""

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    """Secrets that steps send along without ever holding them."""

    name = "apps.credentials"

    def ready(self) -> None:
        from apps.credentials import policies  # noqa: F401 - registers the policy
