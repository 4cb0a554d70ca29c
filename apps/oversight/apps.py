"""The oversight app."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Shows the trail to those who may see it."""

    name = "apps.oversight"

    def ready(self) -> None:
        from apps.dispatch import chores
        from apps.oversight import policies, verifying  # noqa: F401 - registers the policies
        from apps.oversight.tasks import call_verify

        chores.register(verifying.CHORE, call_verify)
