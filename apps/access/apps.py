"""The access app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Reads what all other apps know about who may do what; it owns no tables."""

    name = "apps.access"
