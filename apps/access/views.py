"""The page that says who has what, and its copies."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.access import services
from apps.access.filters import FIELDS, seen_by
from apps.access.holders import describe, dormant, everyone
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.forms import key_role_choices
from apps.accounts.models import User
from apps.accounts.proof import proof_required
from apps.common.errors import Invalid
from apps.common.pagination import page_of
from apps.directory.models import Token
from apps.files.sending import as_attachment

CHOICES = {
    "formats": [("csv", "CSV"), ("jsonl", "JSONL")],
    "kind_choices": [("person", "people"), ("program", "programs")],
    "state_choices": [("active", "active"), ("suspended", "suspended")],
    "factor_choices": [("on", "set up"), ("off", "none")],
    "use_choices": [("dormant", "dormant, 90 days")],
}


@require_GET
@permission_required("audit.view")
def report(request: AuthenticatedRequest) -> HttpResponse:
    """Show who has what, where it comes from, and when it was last used."""
    filters = {name: request.GET.get(name, "").strip() for name in FIELDS}
    wrong = ""
    try:
        found = seen_by(request.user, filters)
    except Invalid as error:
        found, wrong = seen_by(request.user, {}).none(), error.first
    page: Any = page_of(request, found)
    page.object_list = describe(list(page.object_list))
    context = {
        "page": page,
        "filters": filters,
        "applied": sum(1 for name in FIELDS if name != "q" and filters[name]),
        "wrong": wrong,
        "counts": _counts(),
        "tokens": Token.objects.usable().select_related("directory__connection", "directory__cap"),
        "role_choices": key_role_choices(),
        "asked": request.GET.urlencode(),
        **CHOICES,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "access/report.html", context, status=status)


@require_POST
@permission_required("audit.view")
@proof_required
def export(request: AuthenticatedRequest) -> HttpResponse:
    """Hand out the report, as it is filtered, as a file."""
    format_ = request.POST.get("format", "")
    asked = {name: request.GET[name] for name in FIELDS if request.GET.get(name)}
    found = seen_by(request.user, asked)
    body = services.export(found, asked=asked, format_=format_, actor=request.user)
    name = f"access-{timezone.localdate():%Y-%m-%d}.{format_}"
    return as_attachment(HttpResponse(body, content_type=services.FORMATS[format_]), name)


def _counts() -> dict[str, int]:
    everybody = everyone()
    people = everybody.filter(kind=User.Kind.HUMAN)
    return {
        "people": people.count(),
        "programs": everybody.filter(kind=User.Kind.SERVICE).count(),
        "dormant": everybody.filter(dormant()).count(),
        "bare": people.filter(is_active=True).with_second_factor(wanted=False).count(),
    }
