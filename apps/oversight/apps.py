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
        chores.register(verifying.CHORE, chores.for_each(tasks.verify_trail))
        chores.register(exporting.CHORE, chores.for_each(tasks.write_export))
        chores.register(exporting.EXPIRY, chores.once(tasks.expire_exports))
        chores.register(delivering.CHORE, chores.for_each(tasks.deliver_stream))
