"""The sandbox app."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """It has no tables; its workers start at first use."""

    name = "apps.sandbox"
