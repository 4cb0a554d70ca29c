"""Middleware that every request passes."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeAlias

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.common.errors import DomainError, Forbidden, Unavailable
from apps.common.ids import uuid7
from apps.common.outages import outage_of
from apps.common.problems import problem_response
from apps.common.requests import RequestInfo, client_ip, request_info

logger = logging.getLogger(__name__)
PROGRAMS = ("/api/", "/v1/", "/scim/")  # what lies below is called with keys

Handler: TypeAlias = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class NulInAddress(DomainError):
    """The address holds a NUL character. Remove it."""


class AsyncCapableMiddleware:
    """A middleware that never forces an async view into a thread."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)  # type: ignore[type-var]


class RequestInfoMiddleware(AsyncCapableMiddleware):
    """Give each request an id, echoed as X-Request-Id and kept in audit entries and logs."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        info = RequestInfo(id=str(uuid7()), ip=client_ip(request))
        if self.is_async:
            return self._serve_async(request, info)
        token = request_info.set(info)
        try:
            response = self.get_response(request)
        finally:
            request_info.reset(token)
        assert isinstance(response, HttpResponseBase)
        response["X-Request-Id"] = info.id
        return response

    async def _serve_async(self, request: HttpRequest, info: RequestInfo) -> HttpResponseBase:
        request_info.set(info)  # each request is a task of its own: nothing to reset
        response = self.get_response(request)
        assert isinstance(response, Awaitable)
        answer: HttpResponseBase = await response
        answer["X-Request-Id"] = info.id
        return answer


class TransportMiddleware(SecurityMiddleware):
    """Django's, which leads browsers to https; a program is refused.

    Its key has gone over the wire in the clear by then. A redirect would make that work, every time.
    """

    def process_request(self, request: HttpRequest) -> Any:
        """Answer what came in the clear where that is not allowed."""
        answer = super().process_request(request)
        if answer is not None and request.path.startswith(PROGRAMS):
            return problem_response(Forbidden("Call this address with https."))
        return answer


class ErrorMiddleware(AsyncCapableMiddleware):
    """Turn a domain error or an outage that a page view met into a designed answer."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        response = self.get_response(request)
        if isinstance(response, HttpResponseBase):
            return _told(request, response)
        return self._serve_async(request, response)

    async def _serve_async(
        self, request: HttpRequest, response: Awaitable[HttpResponseBase]
    ) -> HttpResponseBase:
        return _told(request, await response)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """Refuse an address with a NUL: no text in the database holds one, so asking would fail."""
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return self.process_exception(request, NulInAddress())
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if outage_of(error) is not None:
            return outage_answer(request, error)
        if not isinstance(error, DomainError):
            return None
        if wants_problem(request):
            return problem_response(error)
        template = {HTTPStatus.FORBIDDEN: "403.html", HTTPStatus.NOT_FOUND: "404.html"}
        page = template.get(HTTPStatus(error.status), "400.html")
        answer = render(request, page, {"error": error}, status=error.status)
        for name, value in error.headers.items():
            answer[name] = value
        return answer


def _told(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Say what is wrong where an address takes no visits: a browser shows nothing of its own."""
    if not isinstance(response, HttpResponseNotAllowed) or wants_problem(request):
        return response
    if not response.content:
        response.content = render_to_string("405.html").encode()
        response["Content-Type"] = "text/html; charset=utf-8"
    return response


def outage_answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer a request that met an outage; what is none is raised again."""
    outage = outage_of(error)
    if outage is None:
        raise error
    logger.warning("Not served, something is away: %s", str(error).strip())
    return unavailable(request, outage)


def unavailable(request: HttpRequest, outage: Unavailable) -> HttpResponse:
    """Answer while something is away; the page needs neither a session nor the database."""
    if wants_problem(request):
        return problem_response(outage)
    page = render_to_string("503.html", {"error": outage})
    return HttpResponse(page, status=outage.status, headers=outage.headers)


def wants_problem(request: HttpRequest) -> bool:
    """Tell whether the caller is a program: then errors are problem+json, not pages."""
    return request.path.startswith((*PROGRAMS, "/healthz/", "/metrics"))
