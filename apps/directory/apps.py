"""The directory app."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """Lets companies' directories say who joins, who leaves and who is in which group."""

    name = "apps.directory"

    def ready(self) -> None:
        from apps.accounts import sources
        from apps.directory import (
            policies,  # noqa: F401 - registers
            tasks,
            watching,
        )
        from apps.directory.following import KeptGroups
        from apps.directory.imports import carrying
        from apps.directory.showing import KeptMembers
        from apps.dispatch import chores
        from apps.identity import directories

        directories.register(KeptGroups())
        sources.register(KeptMembers())
        chores.register(carrying.CHORE, chores.for_each(tasks.import_people))
        chores.register(carrying.FORGET, chores.for_each(tasks.forget_import))
        chores.register(watching.CHORE, chores.for_all(tasks.look_at_tokens))
