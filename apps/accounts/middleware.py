"""Who reads a page: by which session, where they are signed in, in which time zone and language."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.conf import settings
from django.contrib.sessions import middleware
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from apps.accounts import refusals, services
from apps.accounts.arrivals import browser_of
from apps.accounts.models import User
from apps.common.middleware import AsyncCapableMiddleware, outage_answer, wants_problem
from apps.common.problems import as_domain_error
from apps.tenants.database import query


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, which lets the browser keep a cookie that opens nothing.

    A fresh proof gives the session another key. A request that was on its way with the one before
    must not take the new one out of the browser.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session, and tell the browser its key or, where it was ended, to forget it."""
        if request.session.is_empty() and not request.session.modified:
            patch_vary_headers(response, ("Cookie",))
            return response
        answer: HttpResponse = super().process_response(request, response)
        return answer


class RefusalMiddleware(AsyncCapableMiddleware):
    """Have it in the trail that a page was refused; innermost, so that it hears of it first."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        refused = as_domain_error(error)
        user = getattr(request, "user", None)
        is_refused = refused is not None and refused.status == HTTPStatus.FORBIDDEN
        if refused and is_refused and isinstance(user, User):
            refusals.note_request(request, user, refused.code)


class PreferencesMiddleware(AsyncCapableMiddleware):
    """Show pages in the time zone and language of their reader; programs always get UTC."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._serve_async(request)
        try:
            reader = _reader(request)
        except DatabaseError as error:
            return outage_answer(request, error)
        with _preferences(reader):
            response = self.get_response(request)
        assert isinstance(response, HttpResponseBase)
        return response

    async def _serve_async(self, request: HttpRequest) -> HttpResponseBase:
        # In the sync hop the view finds the user already loaded in request.user.
        try:
            reader = await query(_reader, request) if _may_have_reader(request) else None
        except DatabaseError as error:
            return outage_answer(request, error)
        with _preferences(reader):
            response = self.get_response(request)
            assert isinstance(response, Awaitable)
            answer: HttpResponseBase = await response
        return answer


def _may_have_reader(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and not wants_problem(request)


def _reader(request: HttpRequest) -> User | None:
    if not _may_have_reader(request) or not isinstance(request.user, User):
        return None
    if not request.headers.get("HX-Request"):  # a page that looks by itself is nobody who is there
        services.note_use(request.session, request.user, browser_of(request))
    return request.user


@contextmanager
def _preferences(reader: User | None) -> Iterator[None]:
    if reader is None:
        yield
        return
    with timezone.override(reader.time_zone), translation.override(reader.locale):
        yield
