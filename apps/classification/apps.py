"""The classification app."""

from django.apps import AppConfig


class ClassificationConfig(AppConfig):
    """Knows classes of data and what is withheld for them; who uses classes registers itself."""

    name = "apps.classification"

    def ready(self) -> None:
        from apps.classification import policies  # noqa: F401 - registers itself
