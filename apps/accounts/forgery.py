"""What is answered to a form that does not carry its page's token, or that another site sent."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts import refusals
from apps.common.errors import Forbidden
from apps.common.middleware import wants_problem
from apps.common.problems import problem_response


class PageTooOld(Forbidden):
    """The page is from before you signed in, or another site sent this. Open the page and try again."""

    code = refusals.FORGED


def refuse(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say so, and write it down (Django's CSRF_FAILURE_VIEW)."""
    refusals.note_forgery(request, reason)
    error = PageTooOld()
    if wants_problem(request):
        return problem_response(error)
    return render(request, "403.html", {"error": error}, status=HTTPStatus.FORBIDDEN)
