"""The local app."""

from django.apps import AppConfig


class LocalConfig(AppConfig):
    """It has no tables; production does not need it."""

    name = "apps.local"
