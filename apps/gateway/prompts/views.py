"""Pages of the library of prompts."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError
from apps.common.forms import blame
from apps.common.pagination import page_of
from apps.gateway.models import Prompt, PromptQuerySet
from apps.gateway.prompts import services
from apps.gateway.prompts.differing import sections
from apps.gateway.prompts.filters import filtered, label_choices
from apps.gateway.prompts.forms import DetailsForm, LabelForm, NewPromptForm, VersionForm
from apps.gateway.prompts.usage import uses_of

VIEW, EDIT = "prompt.view", "prompt.edit"


@require_GET
@permission_required(VIEW)
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the prompts; search and filter are in the address."""
    seen = policies.visible(request.user, _prompts())
    context = {
        "prompts": page_of(request, filtered(seen, request.GET)),
        "total": seen.count(),
        "filters": {name: request.GET.get(name, "") for name in ("q", "label")},
        "applied": int(bool(request.GET.get("label"))),
        "label_choices": label_choices(),
        "may_edit": policies.holds(request.user, EDIT),
    }
    return render(request, "gateway/prompts/list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(EDIT)
def new(request: AuthenticatedRequest) -> HttpResponse:
    """Write a prompt's first version."""
    policies.require(request.user, EDIT)
    form = NewPromptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_prompt(actor=request.user, **form.values)
            messages.success(request, f"{made.name} is in the library.")
            return redirect("gateway:prompt", made.slug)
        except DomainError as error:
            blame(form, error)
    return _form(request, "gateway/prompts/new.html", form=form)


@require_http_methods(["GET", "POST"])
@permission_required(VIEW)
def detail(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Show a prompt with its labels and versions; posting changes its name and description."""
    prompt = policies.find(request.user, _prompts(), slug=slug)
    form = DetailsForm(request.POST or None, prompt=prompt)
    if request.method == "POST":
        policies.check(request.user, "edit", prompt)
    if request.method == "POST" and form.is_valid():
        services.change_prompt(prompt, actor=request.user, changes=form.cleaned_data)
        messages.success(request, "The details are saved.")
        return redirect("gateway:prompt", slug)
    return _detail(request, prompt, details=form)


@require_http_methods(["GET", "POST"])
@permission_required(EDIT)
def new_version(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Write another version, beginning with one that there is."""
    prompt = policies.find(request.user, _prompts(), slug=slug)
    start = _number(request, "from") or prompt.newest
    content = services.version_of(prompt, start).content
    form = VersionForm(request.POST or None, content=content)
    if request.method == "POST" and form.is_valid():
        notes = form.cleaned_data["notes"]
        try:
            made = services.add_version(
                prompt, actor=request.user, content=form.content, notes=notes
            )
            messages.success(request, f"Version {made.number} is saved.")
            return redirect("gateway:prompt", slug)
        except DomainError as error:
            blame(form, error)
    return _form(request, "gateway/prompts/new_version.html", form=form, prompt=prompt, start=start)


@require_GET
@permission_required(VIEW)
def diff(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Show what differs between two versions; without any, between the last two."""
    prompt = policies.find(request.user, _prompts(), slug=slug)
    newer = _number(request, "to") or prompt.newest
    older = _number(request, "from") or max(1, newer - 1)
    before, after = (services.version_of(prompt, number) for number in (older, newer))
    context = {
        "prompt": prompt, "before": before, "after": after,
        "sections": sections(before.content, after.content),
        "numbers": [(str(each), f"v{each}") for each in range(prompt.newest, 0, -1)],
    }  # fmt: skip
    return render(request, "gateway/prompts/diff.html", context)


@require_POST
@permission_required(EDIT)
def set_label(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Give a version a label."""
    prompt = policies.find(request.user, _prompts(), slug=slug)
    form = LabelForm(request.POST, prompt=prompt)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.set_label(prompt, data["name"], actor=request.user, number=data["number"])
            messages.success(request, f"{data['name']} is version {data['number']} now.")
            return redirect("gateway:prompt", slug)
        except DomainError as error:
            messages.error(request, _words(error))
            return redirect("gateway:prompt", slug)
    return _detail(request, prompt, label_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@permission_required(EDIT)
def remove_label(request: AuthenticatedRequest, slug: str, name: str) -> HttpResponse:
    """Take a label away."""
    prompt = policies.find(request.user, _prompts(), slug=slug)
    try:
        services.remove_label(prompt, name, actor=request.user)
        messages.success(request, f"The label {name} is removed.")
    except DomainError as error:
        messages.error(request, _words(error))
    return redirect("gateway:prompt", slug)


@require_POST
@permission_required(EDIT)
def delete(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Remove a prompt that nothing uses."""
    prompt = policies.find(request.user, _prompts(), slug=slug)
    try:
        services.delete_prompt(prompt, actor=request.user)
    except DomainError as error:
        messages.error(request, _words(error))
        return redirect("gateway:prompt", slug)
    messages.success(request, f"{prompt.name} is removed.")
    return redirect("gateway:prompts")


def _prompts() -> PromptQuerySet:
    return Prompt.objects.prefetch_related("labels__version")


def _detail(
    request: AuthenticatedRequest, prompt: Prompt, *, status: int | None = None, **forms: Any
) -> HttpResponse:
    versions: QuerySet[Any] = prompt.versions.prefetch_related("labels")
    shown = services.version_of(prompt, _number(request, "version") or prompt.newest)
    context = {
        "prompt": prompt,
        "shown": shown,
        "versions": page_of(request, versions),
        "uses": uses_of(prompt.slug, request.user),
        "label_choices": label_choices(),
        "may_edit": policies.allows(request.user, "edit", prompt),
        "may_ask": policies.holds(request.user, "model.call"),
        "details": DetailsForm(prompt=prompt),
        "label_form": LabelForm(prompt=prompt),
        **forms,
    }
    failed = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, "gateway/prompts/detail.html", context, status=status or failed)


def _form(request: AuthenticatedRequest, template: str, **context: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, template, context, status=status)


def _words(error: DomainError) -> str:
    return " ".join(entry["message"] for entry in error.errors) or error.detail


def _number(request: AuthenticatedRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
