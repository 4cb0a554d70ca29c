"""The oversight app."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Shows the trail to those who may see it, and sends it where they say."""

    name = "apps.oversight"

    def ready(self) -> None:
        from apps.dispatch import chores
        from apps.oversight import (
            delivering,
            exporting,
            policies,  # noqa: F401 - registers the policies
            tasks,
            verifying,
        )
        from apps.oversight.models import Stream
        from apps.vault.resealing import register_column

        register_column(Stream, "sealed", delivering.context_of)
        chores.register(verifying.CHORE, tasks.call_verify)
        chores.register(exporting.CHORE, tasks.call_write)
        chores.register(exporting.EXPIRY, tasks.call_expire)
        chores.register(delivering.CHORE, tasks.call_deliver)
