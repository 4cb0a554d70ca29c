"""Everything that comes over the wire: static files, HTTP and sockets."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")
django_app = get_asgi_application()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.urls import re_path
from servestatic import ServeStaticASGI

from apps.collaboration.routing import websocket_urlpatterns as collaboration
from apps.common import memory
from apps.common.bodies import BodyLimit
from apps.common.protection import Protected
from apps.gateway.asgi import v1
from apps.gateway.ledger import journal
from apps.runs.routing import websocket_urlpatterns as runs
from apps.tenants.asgi import Mounts
from apps.tenants.consumers import TenantSockets, nowhere
from apps.triggers.asgi import hooks

websocket_urlpatterns: list[Any] = [*runs, *collaboration]
# HTTP that is served without Django's middleware; tests/isolation walks each.
mounts = {"/hooks/": hooks, "/v1/": v1}

static = ServeStaticASGI(django_app, allow_all_origins=False)
for finder in get_finders():  # ours, and those of installed apps such as the admin
    for storage in finder.storages.values():  # type: ignore[attr-defined]
        prefix = getattr(storage, "prefix", "")
        static.add_files(storage.location, prefix=f"static/{prefix}/" if prefix else "static/")

elsewhere: Any = nowhere
anywhere: list[Any] = [re_path("", elsewhere)]
sockets = AuthMiddlewareStack(URLRouter([*websocket_urlpatterns, *anywhere]))
served: Any = ProtocolTypeRouter(
    {
        "http": Mounts(BodyLimit(static, settings.DATA_UPLOAD_MAX_MEMORY_SIZE), mounts),
        "websocket": TenantSockets(sockets),
    }
)
application = Protected(served)
journal.start()
memory.settle()
