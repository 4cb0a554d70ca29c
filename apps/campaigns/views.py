"""Pages of access reviews: all of them, a new one, and one with its rights and what can be done to it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, member_required, permission_required
from apps.accounts.models import User
from apps.accounts.proof import proof_required
from apps.accounts.rights_forms import offered_people
from apps.campaigns import filters as filtering
from apps.campaigns import independence, rights, series, services
from apps.campaigns.forms import CampaignForm, HandOnForm, ReasonForm, SignForm
from apps.campaigns.models import Campaign, Item, ItemQuerySet, Series, Sort
from apps.common.errors import DomainError, Invalid
from apps.common.forms import blame
from apps.common.pagination import page_of

MOST_REVIEWERS = 50
STATE_CHOICES = [
    ("mine", "for me"), ("open", "open"), ("gathering", "being prepared"), ("signed", "signed"),
    ("closed", "closed"), ("cancelled", "given up"),
]  # fmt: skip
ITEM_CHOICES = {
    "sort_choices": Sort.choices,
    "decision_choices": [("none", "not decided"), ("keep", "keep"), ("remove", "remove"), ("change", "change")],
    "reviewer_choices": [("me", "me"), ("nobody", "nobody")],
    "outcome_choices": [("hand", "to see to"), *Item.Outcome.choices],
    "sign_choices": [("dormant", "dormant, 90 days"), ("bare", "no second factor"), ("suspended", "suspended")],
}  # fmt: skip


@require_GET
@member_required
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the access reviews that somebody may see, and what begins again."""
    filters = {name: request.GET.get(name, "").strip() for name in filtering.CAMPAIGN_FIELDS}
    seen = policies.visible(request.user, Campaign.objects.select_related("owner").counted())
    wrong = ""
    try:
        found = filtering.campaigns_in(seen, filters, request.user)
    except Invalid as error:
        found, wrong = seen.none(), error.first
    context = {
        "page": page_of(request, found),
        "filters": filters,
        "applied": 1 if filters["state"] else 0,
        "wrong": wrong,
        "any_campaign": seen.exists(),
        "asked": set(seen.asking(request.user).values_list("pk", flat=True)),
        "series": policies.visible(request.user, Series.objects.select_related("owner")),
        "state_choices": STATE_CHOICES,
        "may_manage": policies.holds(request.user, "campaign.manage"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "campaigns/list.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission_required("campaign.manage")
def new(request: AuthenticatedRequest) -> HttpResponse:
    """Begin an access review, once or again and again."""
    policies.require(request.user, "campaign.manage")
    form = CampaignForm(request.POST or None, actor=request.user)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid() and (campaign := _begun(form, request.user)):
            return redirect("campaigns:detail", campaign.pk)
    context = {"form": form, "people": offered_people(request.user)}
    return render(request, "campaigns/new.html", context, status=status)


def _begun(form: CampaignForm, actor: User) -> Campaign | None:
    months = form.cleaned_data["months"]
    try:
        if months:
            return series.start_series(actor=actor, months=months, **form.terms)[1]
        return services.start_campaign(actor=actor, **form.terms)
    except Invalid as error:
        blame(form, error)
        return None


@require_GET
@member_required
def detail(request: AuthenticatedRequest, campaign_id: UUID) -> HttpResponse:
    """Show one access review: how far it is, and its rights."""
    return show(request, services.find_campaign(campaign_id, actor=request.user))


def items_of(
    request: AuthenticatedRequest, campaign: Campaign
) -> tuple[ItemQuerySet, dict[str, str]]:
    """Return the items that the address asks for. Raises Invalid."""
    asked = filtering.asked(request.GET)
    seen: ItemQuerySet = policies.visible(
        request.user,
        Item.objects.filter(campaign=campaign).select_related("reviewer", "decided_by"),
    )
    return filtering.items_in(seen, asked, request.user), asked


def show(
    request: AuthenticatedRequest, campaign: Campaign, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    """Draw a campaign."""
    wrong = ""
    try:
        found, asked = items_of(request, campaign)
    except Invalid as error:
        found, asked, wrong = Item.objects.none(), {}, error.first
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    page = page_of(request, found)
    now = {} if campaign.status in Campaign.ENDED else rights.now(page.object_list)
    user = request.user
    mine = (
        independence.without_own(found.asked_of(user), user) if campaign.is_open else found.none()
    )
    context = {
        "campaign": campaign,
        "page": page,
        "rows": [(item, _stands(item, now, campaign)) for item in page.object_list],
        "filters": {name: asked.get(name, "") for name in filtering.ITEM_FIELDS},
        "applied": sum(1 for name in asked if name != "q"),
        "asked": request.GET.urlencode(),
        "wrong": wrong,
        "keepable": mine.count(),
        "decidable": set(
            mine.filter(pk__in=[each.pk for each in page]).values_list("pk", flat=True)
        ),
        **_figures(campaign, user),
        **ITEM_CHOICES,
        **_may(campaign, user),
        "hand_form": HandOnForm(actor=user),
        "sign_form": SignForm(),
        "cancel_form": ReasonForm(),
        **extra,
    }
    return render(request, "campaigns/detail.html", context, status=status)


def _stands(item: Item, now: dict[rights.Key, rights.Right], campaign: Campaign) -> str:
    """Return what became of a right since the moment of the campaign: `gone`, `changed` or nothing."""
    if campaign.status in Campaign.ENDED or item.outcome:
        return ""
    right = now.get((item.sort, item.ref))
    if right is None:
        return "gone"
    return "changed" if rights.changes(item, right) else ""


def _figures(campaign: Campaign, user: User) -> dict[str, Any]:
    """Return how far everybody is, for those who see all of it; else how far oneself is."""
    seen = policies.visible(user, Item.objects.filter(campaign=campaign)).order_by()
    by = seen.values("reviewer", "reviewer__name", "reviewer__is_active").annotate(
        total=Count("pk"), decided=Count("pk", filter=~Q(decision="")),
        removed=Count("pk", filter=Q(decision=Item.Decision.REMOVE)),
        together=Count("pk", filter=Q(with_others=True)),
    )  # fmt: skip
    totals = seen.aggregate(
        total=Count("pk"), decided=Count("pk", filter=~Q(decision="")),
        keep=Count("pk", filter=Q(decision=Item.Decision.KEEP)),
        remove=Count("pk", filter=Q(decision=Item.Decision.REMOVE)),
        change=Count("pk", filter=Q(decision=Item.Decision.CHANGE)),
        hand=Count("pk", filter=Q(outcome__in=Item.OPEN_ENDS)),
        unasked=Count("pk", filter=Q(decision="") & (Q(reviewer=None) | Q(reviewer__is_active=False))),
    )  # fmt: skip
    return {"progress": by.order_by("-total")[:MOST_REVIEWERS], "totals": totals}


def _may(campaign: Campaign, user: User) -> dict[str, Any]:
    manages = policies.holds(user, "campaign.manage")
    stoppable = campaign.status in (Campaign.Status.GATHERING, Campaign.Status.OPEN)
    return {
        "may_hand_on": manages and campaign.is_open,
        "may_cancel": manages and stoppable,
        "may_sign": campaign.is_open and policies.holds(user, "campaign.sign"),
        "formats": [("csv", "CSV"), ("json", "JSON")],
        "may_export": policies.holds(user, "campaign.view"),
        "people": offered_people(user) if manages and campaign.is_open else [],
    }


@require_POST
@permission_required("campaign.decide")
def keep(request: AuthenticatedRequest, campaign_id: UUID) -> HttpResponse:
    """Keep all of what the filters show that one is asked."""
    campaign = services.find_campaign(campaign_id, actor=request.user)
    found, asked = items_of(request, campaign)
    kept = services.keep_all(campaign, found, actor=request.user, filters=asked)
    messages.success(request, f"{kept} kept together. Each says so.")
    return _back(request, campaign)


@require_POST
@permission_required("campaign.manage")
def hand_on(request: AuthenticatedRequest, campaign_id: UUID) -> HttpResponse:
    """Have somebody else decide what the filters show."""
    campaign = services.find_campaign(campaign_id, actor=request.user)
    form = HandOnForm(request.POST, actor=request.user)
    if form.is_valid():
        found, _ = items_of(request, campaign)
        to = form.cleaned_data["reviewer"]
        try:
            moved, left = services.hand_on(campaign, found, to=to, actor=request.user)
            stays = f" {left} stay: they are {to}'s own." if left else ""
            messages.success(request, f"{moved} handed on to {to}.{stays}")
            return _back(request, campaign)
        except DomainError as error:
            form.add_error("reviewer", error.first)
    return show(request, campaign, HTTPStatus.UNPROCESSABLE_ENTITY, hand_form=form)


@require_POST
@permission_required("campaign.sign")
@proof_required
def sign(request: AuthenticatedRequest, campaign_id: UUID) -> HttpResponse:
    """Sign off: what is to go is taken away from now on."""
    campaign = services.find_campaign(campaign_id, actor=request.user)
    form = SignForm(request.POST)
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            services.sign(campaign, actor=request.user, **form.cleaned_data)
            messages.success(request, "Signed off. What is to go is taken away now.")
            return redirect("campaigns:detail", campaign.pk)
        except DomainError as error:
            form.add_error(None, error.detail)
            status = error.status
    return show(request, campaign, status, sign_form=form)


@require_POST
@permission_required("campaign.manage")
def cancel(request: AuthenticatedRequest, campaign_id: UUID) -> HttpResponse:
    """Give it up; nothing is taken away."""
    campaign = services.find_campaign(campaign_id, actor=request.user)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return show(request, campaign, HTTPStatus.UNPROCESSABLE_ENTITY, cancel_form=form)
    services.cancel(campaign, actor=request.user, **form.cleaned_data)
    messages.success(request, "Given up. Nothing is taken away.")
    return redirect("campaigns:detail", campaign.pk)


def _back(request: AuthenticatedRequest, campaign: Campaign) -> HttpResponse:
    asked = request.GET.urlencode()
    path = reverse("campaigns:detail", args=[campaign.pk])
    return redirect(f"{path}?{asked}" if asked else path)
