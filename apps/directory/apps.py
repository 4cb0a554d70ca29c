"""The directory app."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """Lets companies' directories say who joins, who leaves and who is in which group."""

    name = "apps.directory"

    def ready(self) -> None:
        from apps.directory import policies  # noqa: F401 - registers
        from apps.directory.following import KeptGroups
        from apps.identity import directories

        directories.register(KeptGroups())
