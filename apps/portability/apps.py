"""The portability app."""

from django.apps import AppConfig


class PortabilityConfig(AppConfig):
    """Writes the workspace as an archive, and reads one into an empty workspace."""

    name = "apps.portability"

    def ready(self) -> None:
        from apps.dispatch import chores
        from apps.notifications import kinds
        from apps.portability import (
            exporting,
            policies,  # noqa: F401 - registers the policies
            tasks,
            telling,
        )
        from apps.portability.models import Export
        from apps.vault.resealing import register_column

        register_column(Export, "sealed", lambda export: export.seal_context)
        kinds.register(*telling.KINDS)
        chores.register(exporting.CHORE, tasks.call_write)
        chores.register(exporting.EXPIRY, tasks.call_expire)
