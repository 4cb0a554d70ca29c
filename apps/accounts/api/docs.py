"""The browsable page of the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.decorators import public_page


@require_GET
@public_page
def docs(request: HttpRequest) -> HttpResponse:
    """Show every endpoint, to be tried out as whoever is signed in or with a key."""
    return render(request, "api/docs.html")
