"""Every address that the product answers on, read from the resolvers themselves."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

SITES = ("auterity.urls", "auterity.urls_public", "auterity.urls_admin")
HANDLED = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One pattern of one site, with what it declares."""

    site: str
    pattern: str
    name: str
    view: Callable[..., Any]

    @property
    def label(self) -> str:
        """How lists of routes name it: its name, or where it has none its pattern."""
        named = self.name and not self.name.endswith(":")
        return self.name if named else f"{self.name}{self.pattern}"

    @property
    def api(self) -> type[APIView] | None:
        """The class behind it, if it is an endpoint of the REST framework."""
        found = getattr(self.view, "cls", None)
        return found if isinstance(found, type) and issubclass(found, APIView) else None

    @property
    def ours(self) -> bool:
        """Whether the view is our own code."""
        admin = self.name.startswith("admin:")
        return not admin and str(getattr(self.view, "__module__", "")).startswith("apps.")

    @property
    def declared(self) -> Any:
        """What it declares: a permission, or for endpoints one for each method."""
        return getattr(self.api or self.view, "permission_required", None)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it answers; a page says them before it looks at who is asking."""
        if self.api is not None:
            return tuple(name for name in HANDLED if name.lower() in self._handlers(self.api))
        answer = self.view(RequestFactory().generic("TRACE", "/"))
        if hasattr(answer, "close") and not hasattr(answer, "headers"):
            answer = _result(answer)
        return tuple(name for name in HANDLED if name in str(answer.get("Allow", "")))

    def _handlers(self, api: type[APIView]) -> Mapping[str, Any]:
        actions = getattr(self.view, "actions", None)
        return actions or {name: True for name in api.http_method_names if hasattr(api, name)}


def _result(coroutine: Any) -> Any:
    """Return what an async view answers when it needs to wait for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise AssertionError("An async page must refuse a wrong method before it awaits.")


def routes(*sites: str) -> list[Route]:
    """Return the routes of the sites (all of them by default)."""
    return [route for site in sites or SITES for route in _walk(site, get_resolver(site), "", "")]


def _walk(site: str, resolver: URLResolver, path: str, space: str) -> Iterator[Route]:
    for each in resolver.url_patterns:
        here = path + str(each.pattern)
        if isinstance(each, URLPattern):
            yield Route(site, here, space + (each.name or ""), each.callback)
        else:
            inside = f"{space}{each.namespace}:" if each.namespace else space
            yield from _walk(site, each, here, inside)
