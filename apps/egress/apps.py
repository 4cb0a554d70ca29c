"""The egress app."""

from django.apps import AppConfig


class EgressConfig(AppConfig):
    """It has no tables."""

    name = "apps.egress"
