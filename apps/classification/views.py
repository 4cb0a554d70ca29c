"""Pages of classes of data: which there are, what holds for each, and where it is used."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.classification import services
from apps.classification.forms import DataClassForm, NewDataClassForm
from apps.classification.models import DataClass
from apps.classification.uses import uses_of
from apps.common.errors import Conflict, Invalid
from apps.common.pagination import page_of


@require_GET
@permission_required("data_class.view")
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the classes; which ones is in the address."""
    words = request.GET.get("q", "")
    kept = policies.visible(request.user, services.classes()).matching(words)
    context = {
        "page": page_of(request, kept),
        "words": words.strip(),
        "may_manage": policies.holds(request.user, "data_class.manage"),
    }
    return render(request, "classification/list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("data_class.manage")
def new(request: AuthenticatedRequest) -> HttpResponse:
    """Make a class."""
    form = NewDataClassForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_class(
                actor=request.user, slug=form.cleaned_data["slug"], changes=form.changes
            )
        except Invalid as error:
            form.add_error("slug", error.detail)
        else:
            messages.success(request, f"Made: {made}. Fields can be marked with it now.")
            return redirect("classification:detail", made.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "classification/new.html", {"form": form}, status=status)


@require_GET
@permission_required("data_class.view")
def detail(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Show a class: what holds for it, and where it is used."""
    return _detail(request, services.find_class(slug, actor=request.user))


@require_POST
@permission_required("data_class.manage")
def change(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Change what holds for a class."""
    found = services.find_class(slug, actor=request.user)
    form = DataClassForm(request.POST, instance=found)
    if not form.is_valid():
        shown = services.find_class(slug, actor=request.user)
        return _detail(request, shown, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
    services.change_class(found, actor=request.user, changes=form.cleaned_data)
    messages.success(request, "Saved. It counts from now on.")
    return redirect("classification:detail", slug)


@require_POST
@permission_required("data_class.manage")
def remove(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Remove a class that marks nothing."""
    found = services.find_class(slug, actor=request.user)
    try:
        services.remove_class(found, actor=request.user)
    except Conflict as error:
        messages.error(request, error.detail)
        return redirect("classification:detail", slug)
    messages.success(request, f"Removed: {found}.")
    return redirect("classification:list")


def _detail(
    request: AuthenticatedRequest, found: DataClass, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    context = {
        "data_class": found,
        "form": DataClassForm(instance=found),
        "uses": uses_of(found.slug, request.user),
        "may_manage": policies.holds(request.user, "data_class.manage"),
        **extra,
    }
    return render(request, "classification/detail.html", context, status=status)
