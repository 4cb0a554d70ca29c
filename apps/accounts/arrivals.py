"""What a completed sign-in leaves behind: proof, trail, a known browser, a mail if it is a new one."""

import logging
from typing import Any
from uuid import UUID, uuid4

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest, HttpResponse

from apps.accounts import duties, proof, services
from apps.accounts.models import User
from apps.accounts.services import Browser
from apps.common.cookies import cookie_name
from apps.common.requests import client_ip

logger = logging.getLogger(__name__)
REMEMBERED = 400 * 24 * 3600  # the longest that browsers keep a cookie


def browser_of(request: HttpRequest) -> Browser:
    """Return what the request tells of its browser."""
    agent = request.headers.get("User-Agent", "")
    return Browser(client_ip(request), agent, _device_of(request))


def note(request: HttpRequest, user: User, response: HttpResponse, *, through: object) -> None:
    """Write down that somebody signed in; `through` is the connection that they came by, if any."""
    session = request.session
    methods = [str(each["method"]) for each in get_authentication_records(request, user)]
    session[duties.SHOWN] = "mfa" in methods
    session[duties.THROUGH] = str(through or "")
    if through:
        methods = ["company", *(each for each in methods if each == "mfa")]
        if not session[duties.SHOWN]:
            proof.withdraw(session)
    came_with = browser_of(request)
    device = came_with.device or uuid4().hex
    by = list(dict.fromkeys(methods)) or ["link"]
    found = Browser(came_with.ip, came_with.user_agent, device)
    if services.begin_session(session, user, found, by=by):
        _tell_of_new_browser(user)
    response.set_cookie(
        _cookie(request), device, max_age=REMEMBERED,
        secure=request.is_secure(), httponly=True, samesite="Lax",
    )  # fmt: skip


def _tell_of_new_browser(user: User) -> None:
    try:
        get_adapter().send_notification_mail("account/email/new_browser", user)
    except OSError:  # a mail server that is away keeps nobody out
        logger.exception("The mail about a new browser could not be sent.")


def _device_of(request: HttpRequest) -> str:
    """Return the id that an earlier sign-in gave the browser; empty for none, or what is no id."""
    said: Any = request.COOKIES.get(_cookie(request), "")
    try:
        return UUID(hex=said).hex
    except ValueError:
        return ""


def _cookie(request: HttpRequest) -> str:
    return cookie_name("browser", secure=request.is_secure())
