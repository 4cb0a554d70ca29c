"""The last resort pages: designed for people, problem+json for programs."""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.common.errors import DomainError, Forbidden, NotFound, ServerError
from apps.common.middleware import unavailable, wants_problem
from apps.common.outages import outage_of
from apps.common.problems import problem_response
from apps.common.requests import request_info


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is malformed before any view sees it."""
    return _answer(request, DomainError("The request could not be understood."), "400.html")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is not allowed."""
    return _answer(request, Forbidden(), "403.html")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for what is not there or not visible: the two look the same."""
    return _answer(request, NotFound(), "404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an unforeseen error; nothing of it is shown.

    Middleware and views outside the REST framework end here too when something is away.
    """
    outage = outage_of(sys.exc_info()[1])
    if outage is not None:
        return unavailable(request, outage)
    return _answer(request, ServerError(), "500.html")


def _answer(request: HttpRequest, error: DomainError, template: str) -> HttpResponse:
    if wants_problem(request):
        return problem_response(error)
    context = {"error": error, "request_id": request_info.get().id}
    return render(request, template, context, status=error.status)
