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
            importing,
            policies,  # noqa: F401 - registers the policies
            tasks,
            telling,
        )
        from apps.portability.models import Export, Import
        from apps.tenants.provisioning import restrict_table
        from apps.vault.resealing import register_column

        register_column(Export, "sealed", lambda export: export.seal_context)
        register_column(Import, "sealed", lambda job: job.seal_context)
        kinds.register(*telling.KINDS)
        chores.register(exporting.CHORE, chores.for_each(tasks.write_archive))
        chores.register(exporting.EXPIRY, chores.once(tasks.expire_archives))
        chores.register(importing.CHORE, chores.for_each(tasks.read_archive))
        chores.register(importing.FORGET, chores.for_each(tasks.forget_archive))
        # What came as history stays as it came: nobody here wrote it, and nobody rewrites it.
        restrict_table("portability_formerentry", "SELECT, INSERT")
        restrict_table("portability_formerlink", "SELECT, INSERT")
