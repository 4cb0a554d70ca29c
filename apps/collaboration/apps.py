"""The collaboration app."""

from django.apps import AppConfig


class CollaborationConfig(AppConfig):
    """Rooms in which people and programs edit one draft; the draft itself is of `workflows`."""

    name = "apps.collaboration"
