"""Addresses of the sockets."""

from typing import Any

from django.urls import path

from apps.runs.watching.consumers import LiveConsumer

live: Any = LiveConsumer.as_asgi()  # no view: Channels' router calls it with an ASGI scope
websocket_urlpatterns = [path("ws/live", live)]
