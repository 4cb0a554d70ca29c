"""Pages of one right in an access review, and of series."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, member_required, permission_required
from apps.campaigns import rights, series, services
from apps.campaigns.forms import DecisionForm, ReasonForm
from apps.campaigns.models import Campaign, Item, Series
from apps.common.errors import DomainError, NotFound

ACTIONS = {"pause": series.pause, "resume": series.resume, "end": series.end}


@require_GET
@member_required
def item(request: AuthenticatedRequest, item_id: UUID) -> HttpResponse:
    """Show one right: as it was, as it is, and what was decided."""
    return _item(request, services.find_item(item_id, actor=request.user))


@require_POST
@permission_required("campaign.decide")
def decide(request: AuthenticatedRequest, item_id: UUID) -> HttpResponse:
    """Say whether it stays, goes or is to be changed."""
    found = services.find_item(item_id, actor=request.user)
    form = DecisionForm(request.POST)
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            services.decide(found, actor=request.user, **form.cleaned_data)
            return _next(request, found)
        except DomainError as error:
            form.add_error("reason", error.first)
            status = error.status
    return _item(request, found, status, form=form)


@require_POST
@permission_required("campaign.manage")
def settle(request: AuthenticatedRequest, item_id: UUID) -> HttpResponse:
    """Say that a person has seen to it."""
    found = services.find_item(item_id, actor=request.user)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _item(request, found, HTTPStatus.UNPROCESSABLE_ENTITY, settle_form=form)
    services.settle(found, actor=request.user, note=form.cleaned_data["reason"])
    messages.success(request, "Noted.")
    return redirect("campaigns:item", found.pk)


@require_POST
@permission_required("campaign.manage")
def act_on_series(request: AuthenticatedRequest, series_id: UUID, action: str) -> HttpResponse:
    """Pause a series, let it begin again, or end it."""
    act = ACTIONS.get(action)
    if act is None:
        raise NotFound
    found = policies.find(request.user, Series.objects.all(), pk=series_id)
    try:
        act(found, actor=request.user)
        messages.success(request, f"“{found}”: saved.")
    except DomainError as error:
        messages.error(request, error.first)
    return redirect("campaigns:list")


def _next(request: AuthenticatedRequest, found: Item) -> HttpResponse:
    """Lead back to the list as it was, else to the next right that one is asked."""
    asked = request.GET.urlencode()
    if asked:
        path = reverse("campaigns:detail", args=[found.campaign_id])
        return redirect(f"{path}?{asked}#item-{found.pk}")
    waiting = Item.objects.filter(campaign=found.campaign_id).asked_of(request.user).first()
    if waiting is None:
        messages.success(request, "You have decided all that you are asked here.")
        return redirect("campaigns:detail", found.campaign_id)
    return redirect("campaigns:item", waiting.pk)


def _item(
    request: AuthenticatedRequest, found: Item, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    ended = found.campaign.status in Campaign.ENDED
    right = None if ended else rights.now([found]).get((found.sort, found.ref))
    initial = {"decision": found.decision, "reason": found.reason}
    manages = policies.holds(request.user, "campaign.manage")
    context = {
        "item": found,
        "campaign": found.campaign,
        "is_gone": right is None and not ended and not found.outcome,
        "changes": [] if found.outcome else rights.changes(found, right),
        "terms": _shown(found.terms),
        "signs": _shown(found.signs),
        "may_decide": services.may_decide(found, request.user),
        "may_settle": manages and found.needs_hand,
        "form": DecisionForm(initial=initial),
        "settle_form": ReasonForm(),
        **extra,
    }
    return render(request, "campaigns/item.html", context, status=status)


def _shown(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Return values as people read them, without what only machines compare."""
    told = []
    for name, value in values.items():
        if name in ("allows", "group") or value in ("", [], None):
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list) else value
        text = {True: "yes", False: "no"}.get(value, text) if isinstance(value, bool) else text
        told.append((name.capitalize(), str(text)))
    return told
