"""The permission that a page needs, declared where the page is: what declares none fails a test."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from apps.accounts import duties, policies
from apps.accounts.models import User
from apps.accounts.roles import ANY_MEMBER
from apps.common.errors import Forbidden
from apps.common.permissions import public_page as public_page
from apps.tenants.database import query

View = TypeVar("View", bound=Callable[..., Any])


class AuthenticatedRequest(HttpRequest):
    """A request whose user is a member."""

    user: User


def permission_required(permission: str) -> Callable[[View], View]:
    """Serve a page to members who hold the permission on the workspace or on some folder.

    The service still checks the object. Strangers are led to the sign-in and back.
    """

    def decorate(view: View) -> View:
        guarded = _async_guard(view, permission) if iscoroutinefunction(view) else None
        guarded = guarded or _guard(view, permission)
        guarded.permission_required = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def member_required(view: View) -> View:
    """Serve a page to every member."""
    return permission_required(ANY_MEMBER)(view)


def _guard(view: Callable[..., Any], permission: str) -> Callable[..., Any]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refusal = _refusal(request, permission)
        if refusal is not None:
            return refusal
        answer: HttpResponseBase = view(request, *args, **kwargs)
        return answer

    return guarded


def _async_guard(view: Callable[..., Any], permission: str) -> Callable[..., Any]:
    @wraps(view)
    async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refusal = await query(_refusal, request, permission)
        if refusal is not None:
            return refusal
        answer: HttpResponseBase = await view(request, *args, **kwargs)
        return answer

    return guarded


def _refusal(request: HttpRequest, permission: str) -> HttpResponse | None:
    """Return the way to the sign-in for strangers, and to what a member owes. Raises Forbidden."""
    if not isinstance(request.user, User):
        return _to_sign_in(request)
    if duties.is_overdue(request.user, request.session):
        return _led(request, redirect("mfa_index"))
    if not policies.holds_anywhere(request.user, permission):
        raise Forbidden
    return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in; whose session ended meanwhile is told so there."""
    came_with_one = settings.SESSION_COOKIE_NAME in request.COOKIES
    if came_with_one and request.session.session_key is None:
        messages.info(request, "Your session ended. Sign in to go on; your work is saved.")
    return _led(request, redirect_to_login(request.get_full_path()), HTTPStatus.UNAUTHORIZED)


def _led(
    request: HttpRequest, answer: HttpResponse, status: int = HTTPStatus.FORBIDDEN
) -> HttpResponse:
    """Return the redirect as the asker understands it: htmx would put the page into a corner."""
    if not request.headers.get("HX-Request"):
        return answer
    led = HttpResponse(status=status)
    led["HX-Redirect"] = answer["Location"]
    return led
