"""Decide first: every address of every site says who may use it, or says that anybody may."""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.accounts.api.views import HasDeclaredPermission, TenantAPIView
from apps.accounts.roles import ANY_MEMBER, PERMISSIONS
from apps.common.permissions import PUBLIC
from apps.operators.api.authentication import HasScope
from apps.operators.api.views import PlatformAPIView
from apps.operators.scopes import SCOPES
from tests.factories.routes import Route, routes

KNOWN = PERMISSIONS | {ANY_MEMBER}
ALLOWED = Path(__file__).with_name("foreign_routes.txt")
OWN = [route for route in routes() if route.ours]
ADMIN = [route for route in routes("auterity.urls_admin") if route.name.startswith("admin:")]
FOREIGN = [route for route in routes() if not route.ours]


def _label(route: Route) -> str:
    return f"{route.site.removeprefix('auterity.')} {route.label}"


@pytest.mark.parametrize("route", OWN, ids=_label)
def test_each_route_declares_its_permission(route: Route) -> None:
    assert route.methods, f"{_label(route)} does not say which methods it answers"
    if route.api is None:
        assert route.declared in KNOWN | {PUBLIC}, f"{_label(route)} declares {route.declared!r}"
        return
    if route.declared == PUBLIC:
        return
    if issubclass(route.api, PlatformAPIView):
        assert route.site == "auterity.urls_admin"
        assert route.api.permission_classes == [HasScope]
        assert {_declared(route).get(each) for each in route.methods} <= set(SCOPES)
        return
    assert issubclass(route.api, TenantAPIView)
    assert HasDeclaredPermission in route.api.permission_classes
    missing = {each: route.declared.get(each) for each in route.methods} if route.declared else {}
    assert route.declared, f"{_label(route)} declares nothing"
    assert set(missing.values()) <= KNOWN, f"{_label(route)} declares {missing}"


def _declared(route: Route) -> dict[str, str]:
    """Return what an action declares, or the class that it belongs to."""
    own: dict[str, Any] = getattr(route.view, "initkwargs", {})
    declared: dict[str, str] = own.get("permission_required") or route.declared
    return declared


def allowed() -> dict[str, str]:
    """Return the views of libraries that we serve, each with the reason why that is right."""
    lines = [line for line in ALLOWED.read_text().splitlines() if line and line[0] != "#"]
    return {route: reason for line in lines for route, _, reason in [line.partition(" | ")]}


def test_views_of_libraries_are_listed_with_a_reason() -> None:
    listed, found = allowed(), {_label(route) for route in FOREIGN}
    unlisted = {route for route in found if not any(fnmatch(route, each) for each in listed)}
    assert not unlisted, "add them to foreign_routes.txt, each with its reason"
    idle = {each for each in listed if not any(fnmatch(route, each) for route in found)}
    assert not idle, "listed, but not served any more"
    assert all(reason.strip() for reason in listed.values())


@pytest.mark.parametrize("route", ADMIN, ids=_label)
def test_strangers_see_nothing_of_the_administration(route: Route, public: None) -> None:
    path = re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]*>", "1", route.pattern).strip("^$")
    answer = Client(HTTP_HOST="admin.localhost").get(f"/{path}")
    assert answer.status_code in {302, 404}, path


def _consumers(patterns: list[Any]) -> list[Any]:
    return [getattr(each.callback, "consumer_class", each.callback) for each in patterns]


def test_each_socket_declares_its_permission() -> None:
    from auterity.asgi import websocket_urlpatterns

    for consumer in _consumers(websocket_urlpatterns):
        assert getattr(consumer, "permission_required", None) in KNOWN, consumer
