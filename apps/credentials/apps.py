"""The credentials app."""

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    """Secrets that steps send along without ever holding them."""

    name = "apps.credentials"

    def ready(self) -> None:
        from apps.credentials import policies  # noqa: F401 - registers the policy
        from apps.credentials.data_keys.carrying import CHORE
        from apps.credentials.data_keys.tasks import reseal
        from apps.credentials.models import StoredCredential
        from apps.dispatch import chores
        from apps.vault.resealing import register_column

        chores.register(CHORE, chores.for_each(reseal))
        register_column(StoredCredential, "sealed", lambda credential: credential.context)
