"""The common app."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Registered for its template tags and commands; it has no tables."""

    name = "apps.common"

    def ready(self) -> None:
        from apps.common import startup_files  # noqa: F401 - registers its check
