"""Keeping the filters of the list of runs as a view, and changing or deleting one.

Its addresses carry the filters of the list in their query, so that a form that is refused is shown
above the same list.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import Conflict, Invalid
from apps.common.forms import blame
from apps.runs import services
from apps.runs.models import SavedView
from apps.runs.pages.listing import show
from apps.runs.pages.saved_view_forms import SaveViewForm, ViewForm
from apps.runs.searching import named
from apps.runs.services.saved_views import may_change


@require_http_methods(["GET", "POST"])
@permission_required("run.view")
def save(request: AuthenticatedRequest) -> HttpResponse:
    """Keep the filters of the address as a new view, or for one that is there."""
    if request.method == "GET":
        return redirect(_list(request.GET.urlencode()))
    seen = policies.visible(request.user, SavedView.objects.order_by("created_at"))
    views = [view for view in seen if may_change(view, request.user)]
    form = SaveViewForm(request.POST, views=views)
    if form.is_valid():
        try:
            view = _saved(request, form)
            messages.success(request, f"“{view}” is saved.")
            return redirect(_list(urlencode(view.filters)))
        except (Invalid, Conflict) as error:
            blame(form, error)
    return _refused(request, save_form=form)


def _saved(request: AuthenticatedRequest, form: SaveViewForm) -> SavedView:
    asked, filters = dict(form.cleaned_data), named(request.GET)
    replaced = form.views.get(asked.pop("replaces"))
    if replaced is not None:
        return services.change_view(replaced, actor=request.user, changes={"filters": filters})
    return services.save_view(actor=request.user, filters=filters, **asked)


@require_http_methods(["GET", "POST"])
@permission_required("run.view")
def view(request: AuthenticatedRequest, view_id: UUID) -> HttpResponse:
    """Lead to the list as a view shows it, or give the view another name or other readers."""
    found = services.find_view(view_id, actor=request.user)
    if request.method == "GET":
        return redirect(_list(request.GET.urlencode() or urlencode(found.filters)))
    form = ViewForm(request.POST)
    if form.is_valid():
        try:
            changed = services.change_view(found, actor=request.user, changes=form.cleaned_data)
            messages.success(request, f"“{changed}” is changed.")
            return redirect(_list(urlencode(changed.filters)))
        except (Invalid, Conflict) as error:
            blame(form, error)
    return _refused(request, view=found, view_form=form)


@require_POST
@permission_required("run.view")
def delete(request: AuthenticatedRequest, view_id: UUID) -> HttpResponse:
    """Delete a view and show all runs."""
    found = services.find_view(view_id, actor=request.user)
    services.remove_view(found, actor=request.user)
    messages.success(request, f"“{found}” is deleted.")
    return redirect("runs:list")


def _refused(request: AuthenticatedRequest, **shown: Any) -> HttpResponse:
    return show(request, HTTPStatus.UNPROCESSABLE_ENTITY, **shown)


def _list(query: str) -> str:
    return reverse("runs:list") + (f"?{query}" if query else "")
