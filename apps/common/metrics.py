"""Figures for a monitor, in Prometheus' text form: each process answers for itself.

Apps make their counters with `REGISTRY`; what the database knows is read when a web process is
asked. Whoever asks shows the operator's token; without one set, only a neighbour on the private
network who came without a proxy is answered, so that no workspace's people ever are.
"""

import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest

from apps.common.errors import NotFound
from apps.common.middleware import AsyncCapableMiddleware
from apps.common.permissions import public_page

REGISTRY = CollectorRegistry()
REQUESTS = Histogram(
    "auterity_http_request_seconds",
    "Time until the answer to an HTTP request begins, by area of the site.",
    ["area", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")
Environ = dict[str, Any]


@public_page
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the operator's monitor; for everybody else there is nothing here."""
    if not may_read(request.META):
        raise NotFound
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def may_read(environ: Environ) -> bool:
    """Tell whether a request may see the figures: by the token, else by where it came from."""
    token = settings.METRICS_TOKEN
    if token:
        return constant_time_compare(environ.get("HTTP_AUTHORIZATION", ""), f"Bearer {token}")
    if any(environ.get(name) for name in FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback or address.is_private


class MetricsMiddleware(AsyncCapableMiddleware):
    """Measure how long answers take; outermost, so that all is in it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        begun = time.perf_counter()
        if self.is_async:
            return self._serve_async(request, begun)
        response = self.get_response(request)
        assert isinstance(response, HttpResponseBase)
        _observe(request, response, begun)
        return response

    async def _serve_async(self, request: HttpRequest, begun: float) -> HttpResponseBase:
        response = self.get_response(request)
        assert isinstance(response, Awaitable)
        answer: HttpResponseBase = await response
        _observe(request, answer, begun)
        return answer


def serve(host: str, port: int) -> None:
    """Answer on a port of this process until it ends; for workers, which have no web server."""
    make_server(host, port, _wsgi, handler_class=_Quiet).serve_forever()


def _observe(request: HttpRequest, response: HttpResponseBase, begun: float) -> None:
    match = request.resolver_match
    area = (match.namespaces or [match.url_name or "other"])[0] if match else "none"
    method = request.method if request.method in METHODS else "other"
    status = f"{response.status_code // 100}xx"
    REQUESTS.labels(area, method, status).observe(time.perf_counter() - begun)


def _wsgi(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/metrics" or not may_read(environ):
        start("404 Not Found", [("Content-Length", "0")])
        return []
    start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [generate_latest(REGISTRY)]


class _Quiet(WSGIRequestHandler):
    """Writes no line for each scrape, and looks no names up."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""
