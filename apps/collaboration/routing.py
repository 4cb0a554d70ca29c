"""Addresses of the sockets."""

from typing import Any

from django.urls import path

from apps.collaboration.consumers import EditorSocket

editor: Any = EditorSocket()  # no view: Channels' router calls it with an ASGI scope
websocket_urlpatterns = [path("ws/wf/<uuid:workflow_id>", editor)]
