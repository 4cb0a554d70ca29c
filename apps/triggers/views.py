"""Pages of triggers: the list, one trigger with its deliveries, and the forms."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from pydantic import ValidationError

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError, Invalid, NotFound
from apps.common.pagination import page_of
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.triggers import services
from apps.triggers.configs import EVENTS, ScheduleConfig
from apps.triggers.curl import curl
from apps.triggers.filters import STATES, filtered, with_outcome
from apps.triggers.forms import FORMS, ScheduleForm, TriggerForm
from apps.triggers.models import Delivery, Trigger
from apps.triggers.schedule import in_words, next_times
from apps.workflows.models import Workflow

KINDS = [("schedule", "schedules"), ("webhook", "webhooks"), ("event", "events")]
PREVIEWED = 5


@require_GET
@permission_required("trigger.view")
def list_triggers(request: AuthenticatedRequest) -> HttpResponse:
    """Show the triggers; search and filters are in the address."""
    seen = policies.visible(request.user, Trigger.objects.all())
    problem, status = None, HTTPStatus.OK
    try:
        kept = filtered(seen, request.GET)
    except Invalid as error:
        problem, status, kept = error, HTTPStatus.UNPROCESSABLE_ENTITY, seen.none()
    rows = kept.select_related("workflow", "run_as").with_last().order_by("-created_at", "-id")
    page = page_of(request, rows)
    workflows = policies.visible(request.user, Workflow.objects.filter(triggers__isnull=False))
    context = {
        "page": page,
        "total": seen.count(),
        "filters": request.GET,
        "applied": sum(1 for name in ("kind", "workflow", "state") if request.GET.get(name)),
        "is_filtered": any(request.GET.get(name) for name in ("q", "kind", "workflow", "state")),
        "kinds": KINDS,
        "states": [(state, state) for state in STATES],
        "workflows": _choices(workflows),
        "problem": problem,
        "may_edit": policies.holds_anywhere(request.user, "trigger.edit"),
    }
    return render(request, "triggers/list.html", context, status=status)


def _choices(workflows: Any) -> list[tuple[str, str]]:
    named = workflows.order_by("name").values_list("pk", "name").distinct()
    return [(str(pk), name) for pk, name in named]


@require_GET
@permission_required("trigger.view")
def detail(request: AuthenticatedRequest, trigger_id: UUID) -> HttpResponse:
    """Show a trigger, how it is called or when it fires, and what came of it lately."""
    trigger = services.find_trigger(trigger_id, actor=request.user)
    context = {
        **_deliveries(request, trigger),
        "events": [EVENTS[name] for name in trigger.event.events] if _is(trigger, "event") else [],
        "watched": _watched(request, trigger) if _is(trigger, "event") else [],
        "may_listen": policies.allows(request.user, "edit", trigger.workflow)
        and policies.allows(request.user, "run", trigger.workflow),
    }
    if _is(trigger, "schedule"):
        context["words"] = in_words(trigger.schedule)
        times = services.next_fire_times(trigger, PREVIEWED)
        context["times"] = [each.astimezone(trigger.schedule.zone) for each in times]
    if _is(trigger, "webhook"):
        context |= _addresses(request, trigger)
    return render(request, "triggers/detail.html", context)


def _is(trigger: Trigger, kind: str) -> bool:
    return trigger.kind == kind


def _addresses(request: AuthenticatedRequest, trigger: Trigger) -> JSONDict:
    url = request.build_absolute_uri(f"/hooks/{trigger.path}")
    test_url = request.build_absolute_uri(f"/hooks/test/{trigger.path}")
    listening = trigger.test_until is not None and trigger.test_until > chores.now()
    return {
        "url": url,
        "test_url": test_url,
        "curl": curl(trigger.webhook, test_url if listening else url),
        "listening": listening,
    }


def _watched(request: AuthenticatedRequest, trigger: Trigger) -> list[str]:
    chosen = Workflow.objects.filter(pk__in=trigger.event.workflows)
    return list(policies.visible(request.user, chosen).values_list("name", flat=True))


def _deliveries(request: AuthenticatedRequest, trigger: Trigger) -> JSONDict:
    """Return the deliveries of a trigger as its page lists them."""
    seen = policies.visible(request.user, Delivery.objects.filter(trigger=trigger))
    wanted = request.GET.get("outcome", "")
    outcome = wanted if wanted in Delivery.Outcome.values else ""
    rows = with_outcome(seen, outcome).select_related("run", "replayed_by")
    return {
        "trigger": trigger,
        "page": page_of(request, rows.order_by("-created_at", "-id"), 20),
        "outcome": outcome,
        "outcomes": [(value, label.lower()) for value, label in Delivery.Outcome.choices],
        "may_edit": policies.allows(request.user, "edit", trigger),
        "may_replay": policies.allows(request.user, "edit", trigger)
        and policies.allows(request.user, "run", trigger.workflow),
    }


@require_GET
@permission_required("trigger.view")
def deliveries(request: AuthenticatedRequest, trigger_id: UUID) -> HttpResponse:
    """Show the deliveries as they are now, for a page that listens."""
    trigger = services.find_trigger(trigger_id, actor=request.user)
    return render(request, "triggers/_deliveries.html", _deliveries(request, trigger))


@require_GET
@permission_required("trigger.view")
def preview(request: AuthenticatedRequest) -> HttpResponse:
    """Say what a schedule that is being written means: in words, and the next fire times."""
    form = ScheduleForm(request.GET, actor=request.user)
    form.is_valid()
    context: JSONDict = {}
    try:
        config = ScheduleConfig.model_validate(form.config)
        now = chores.now()
        times = next_times(config, now, start=now, count=PREVIEWED)
        context = {"words": in_words(config), "zone": config.time_zone}
        context["times"] = [each.astimezone(config.zone) for each in times]
    except (ValidationError, KeyError) as error:
        context["problem"] = _reason(error)
    return render(request, "triggers/_preview.html", context)


def _reason(error: ValidationError | KeyError) -> str:
    if isinstance(error, KeyError):
        return "Some fields are not filled in yet."
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")


@require_http_methods(["GET", "POST"])
@permission_required("trigger.edit")
def new(request: AuthenticatedRequest, kind: str) -> HttpResponse:
    """Make a trigger."""
    if kind not in FORMS:
        raise NotFound
    first = {"workflow": request.GET.get("workflow", "")}
    form = FORMS[kind](request.POST or None, actor=request.user, initial=first)

    def make(values: JSONDict) -> tuple[Trigger, str]:
        return services.create_trigger(actor=request.user, kind=kind, **values)

    return _form(request, form, make, None)


@require_http_methods(["GET", "POST"])
@permission_required("trigger.edit")
def edit(request: AuthenticatedRequest, trigger_id: UUID) -> HttpResponse:
    """Change a trigger; from then on its runs use the rights of who changed it."""
    trigger = services.find_trigger(trigger_id, actor=request.user)
    policies.check(request.user, "edit", trigger)
    form_class = FORMS[trigger.kind]
    first = form_class.initial_of(trigger)
    form = form_class(request.POST or None, actor=request.user, initial=first)

    def change(values: JSONDict) -> tuple[Trigger, str]:
        return services.update_trigger(trigger, actor=request.user, changes=values)

    return _form(request, form, change, trigger)


def _form(
    request: AuthenticatedRequest,
    form: TriggerForm,
    save: Callable[[JSONDict], tuple[Trigger, str]],
    trigger: Trigger | None,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            saved, secret = save(form.values)
        except DomainError as error:
            if error.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
                raise
            form.blame(error)
        else:
            if secret:  # shown in this answer and nowhere else
                context = {"trigger": saved, "secret": secret, **_addresses(request, saved)}
                return render(request, "triggers/saved.html", context, status=HTTPStatus.CREATED)
            messages.success(request, f"“{saved.name}” is saved.")
            return redirect("triggers:detail", saved.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    context = {"form": form, "kind": form.kind, "trigger": trigger, "hooks": _hooks(request)}
    return render(request, "triggers/form.html", context, status=status)


def _hooks(request: AuthenticatedRequest) -> str:
    return request.build_absolute_uri("/hooks/")


@require_POST
@permission_required("trigger.edit")
def act(request: AuthenticatedRequest, trigger_id: UUID, name: str) -> HttpResponse:
    """Enable, disable or remove a trigger, or listen on its test address."""
    trigger = services.find_trigger(trigger_id, actor=request.user)
    back = reverse("triggers:detail", args=[trigger.pk])
    try:
        match name:
            case "delete":
                services.delete_trigger(trigger, actor=request.user)
                messages.success(request, f"“{trigger.name}” is removed. Its runs stay.")
                return redirect("triggers:list")
            case "listen":
                services.listen(trigger, actor=request.user)
                messages.success(request, "Listening for ten minutes: call the test address.")
            case _:
                changes = {"enabled": name == "enable"}
                services.update_trigger(trigger, actor=request.user, changes=changes)
                messages.success(request, f"“{trigger.name}” is {name}d.")
    except DomainError as error:
        _say(request, error)
    return redirect(back)


@require_POST
@permission_required("trigger.edit")
def replay(request: AuthenticatedRequest, trigger_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Start a run with what a delivery brought."""
    trigger = services.find_trigger(trigger_id, actor=request.user)
    delivery = services.find_delivery(trigger, delivery_id, actor=request.user)
    try:
        services.replay(delivery, actor=request.user)
        messages.success(request, "A new run has started with what this delivery brought.")
    except DomainError as error:
        _say(request, error)
    return redirect("triggers:detail", trigger.pk)


def _say(request: AuthenticatedRequest, error: DomainError) -> None:
    """Show what the state does not allow; what is not allowed to this person stays a refusal."""
    if error.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        raise error
    fields = " ".join(f"{each['field']}: {each['message']}" for each in error.errors)
    messages.error(request, f"{error.detail} {fields}".strip())
