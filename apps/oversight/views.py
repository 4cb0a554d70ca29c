"""The audit log: who did what, whether its chain holds, and one entry in full."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import SYSTEM
from apps.common.errors import DomainError, Invalid
from apps.common.types import JSONDict
from apps.oversight import entries, services
from apps.oversight.models import Stream
from apps.oversight.searching import asked, filtered

WEEK = 7
DAYS = {"": WEEK, "1": 1, "30": 30, "90": 90}
TIMES = [("1", "last 24 hours"), ("30", "last 30 days"), ("90", "last 90 days")]
TIMES += [("all", "all of it"), ("range", "between two days")]
SELECTS = ("time", "actor", "action", "result")
FIELDS = (*SELECTS, "q", "object", "ip", "request", "since", "until")
MOST_ACTORS = 300


@require_GET
@permission_required("audit.view")
def trail(request: AuthenticatedRequest) -> HttpResponse:
    """Show the trail; the filters, the page and the entry that is open are in the address."""
    filters = {name: request.GET.get(name, "").strip() for name in FIELDS}
    visible = policies.visible(request.user, AuditEntry.objects.all())
    wrong: list[JSONDict] = []
    given = _with_time(filters)
    try:
        found = filtered(visible, given)
    except Invalid as error:
        found, wrong = visible.none(), error.errors
    count, denied = entries.counts(found)
    days = DAYS.get(filters["time"])
    context = {
        "page": entries.page_of(found, request.GET),
        "count": count,
        "more_than_counted": count > entries.MOST_COUNTED,
        "denied": denied,
        "bars": entries.bars(found, days) if days else None,
        "chain": entries.chain(),
        "filters": filters,
        "asked": asked(given),
        "streams": policies.visible(request.user, Stream.objects.all()).count(),
        "wrong": wrong,
        "applied": sum(bool(value) for name, value in filters.items() if name != "q"),
        "is_empty": not any(filters.values()) and not visible.exists(),
        **_choices(),
        **_opened(request),
    }
    return render(request, "oversight/trail.html", context)


def _with_time(filters: dict[str, str]) -> dict[str, str]:
    """Return the filters with the time that was chosen as its beginning and end."""
    if filters["time"] == "range":
        return filters
    given = {**filters, "since": "", "until": ""}
    days = DAYS.get(filters["time"])
    if days:
        given["since"] = (timezone.now() - timedelta(days=days)).isoformat()
    return given


def _choices() -> JSONDict:
    people = User.objects.order_by("name", "email").values_list("pk", "name", "email")
    actions = entries.actions()
    kinds = {action.partition(".")[0] for action in actions}
    whole = [(f"{kind}.*", f"{kind}: any") for kind in kinds]
    return {
        "time_choices": TIMES,
        "actor_choices": [(SYSTEM, "the system")]
        + [(str(pk), name or email) for pk, name, email in people[:MOST_ACTORS]],
        "action_choices": sorted(whole + [(action, action) for action in actions]),
        "result_choices": [("ok", "done"), ("denied", "denied"), ("failed", "failed")],
    }


def _opened(request: AuthenticatedRequest) -> JSONDict:
    """Return the entry that is open in the list, if any."""
    try:
        wanted = UUID(request.GET.get("open", ""))
    except ValueError:
        return {}
    return _detail(services.open_entry(wanted, actor=request.user))


def _detail(found: AuditEntry) -> dict[str, Any]:
    return {
        "opened": found,
        "place": entries.place_of(found),
        "changes": entries.changes_of(found),
    }


@require_GET
@permission_required("audit.view")
def entry(request: AuthenticatedRequest, entry_id: UUID) -> HttpResponse:
    """Show one entry in full."""
    found = services.open_entry(entry_id, actor=request.user)
    return render(request, "oversight/entry.html", _detail(found))


@require_POST
@permission_required("audit.view")
def verify(request: AuthenticatedRequest) -> HttpResponse:
    """Have the chain verified."""
    try:
        services.start_verification(actor=request.user)
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("oversight:trail")
