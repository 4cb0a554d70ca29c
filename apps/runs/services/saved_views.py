"""Keeping filters of the list of runs under a name, for oneself or for the workspace."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Forbidden, Invalid
from apps.common.types import JSONDict
from apps.runs.exceptions import TooManyViews, ViewNameTaken, ViewOfNobody
from apps.runs.models import SavedView
from apps.runs.models.saved_views import LONGEST_NAME
from apps.runs.searching import NAMES, checked

MOST_OWN, MOST_SHARED = 20, 30
EVERYTHING = "All runs"  # the tab without filters
MODERATE = "workflow.moderate"  # who clears up what others left for all


def find_view(view_id: UUID | str, *, actor: User) -> SavedView:
    """Return a view that is the actor's own or shared. Raises NotFound."""
    return policies.find(actor, SavedView.objects.all(), pk=view_id)


def may_change(view: SavedView, actor: User) -> bool:
    """Tell whether somebody may change a view and remove it: its owner, and for shared ones who moderates."""
    is_owner = view.owner_id is not None and view.owner_id == actor.pk
    return is_owner or (view.is_shared and policies.holds(actor, MODERATE))


@transaction.atomic
def save_view(
    *, actor: User, name: str, filters: Mapping[str, str], is_shared: bool = False
) -> SavedView:
    """Keep filters under a name. Raises Invalid, ViewNameTaken, TooManyViews, Forbidden."""
    if not policies.holds_anywhere(actor, "run.view"):
        raise Forbidden
    view = SavedView(owner=actor, name=_named(name), filters=_kept(filters), is_shared=is_shared)
    if SavedView.objects.filter(owner=actor).count() >= MOST_OWN:
        raise TooManyViews(
            f"You have {MOST_OWN} views, which is the most. Delete one of them first."
        )
    _check_shared(view)
    _store(view)
    record("run_view.saved", actor=actor, target=view, after=_told(view))
    return view


@transaction.atomic
def change_view(view: SavedView, *, actor: User, changes: Mapping[str, Any]) -> SavedView:
    """Give a view another name or other filters, share it, or share it no more.

    Raises Invalid, ViewNameTaken, TooManyViews, ViewOfNobody, Forbidden, NotFound.
    """
    found = _locked(view, actor)
    before, was_shared = _told(found), found.is_shared
    found.name = _named(changes.get("name", found.name))
    found.filters = _kept(changes["filters"]) if "filters" in changes else found.filters
    found.is_shared = changes.get("is_shared", was_shared)
    if found.owner_id is None and not found.is_shared:
        raise ViewOfNobody
    if found.is_shared and not was_shared:
        _check_shared(found)
    _store(found)
    record("run_view.changed", actor=actor, target=found, before=before, after=_told(found))
    return found


@transaction.atomic
def remove_view(view: SavedView, *, actor: User) -> None:
    """Remove a view for everybody who sees it; the runs stay. Raises Forbidden, NotFound."""
    found = _locked(view, actor)
    record("run_view.removed", actor=actor, target=found, before=_told(found))
    found.delete()


def _locked(view: SavedView, actor: User) -> SavedView:
    shown = policies.visible(actor, SavedView.objects.all())
    found = policies.find(actor, shown.select_for_update(), pk=view.pk)
    if not may_change(found, actor):
        raise Forbidden("Only whose view it is may change it, and who administers the workspace.")
    return found


def _named(name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise Invalid.at("name", "Give the view a name.", "required")
    if len(words) > LONGEST_NAME:
        raise Invalid.at("name", f"Use {LONGEST_NAME} characters at most.", "too_long")
    return words


def _kept(filters: Mapping[str, str]) -> dict[str, str]:
    unknown = sorted(filters.keys() - NAMES)
    if unknown:
        raise Invalid.at(f"filters.{unknown[0]}", f"Use {', '.join(sorted(NAMES))}.", "unknown")
    try:
        kept = checked(filters)
    except Invalid as error:
        errors = [{**each, "field": f"filters.{each['field']}"} for each in error.errors]
        raise Invalid(errors=errors) from error
    if not kept:
        raise Invalid.at("filters", "Set a filter first: without one it would show all runs.")
    return kept


def _check_shared(view: SavedView) -> None:
    if view.is_shared and SavedView.objects.shared().count() >= MOST_SHARED:
        raise TooManyViews(
            f"The workspace has {MOST_SHARED} shared views, which is the most. "
            "Keep this one for yourself, or delete a shared one first."
        )


def _store(view: SavedView) -> None:
    """Write a view whose name is neither one of its owner's nor, where it is shared, of a shared one."""
    taken = Q(owner_id=view.owner_id) if view.owner_id else Q(pk=None)
    taken |= Q(is_shared=True) if view.is_shared else Q(pk=None)
    others = SavedView.objects.exclude(pk=view.pk).filter(taken)
    if view.name.lower() == EVERYTHING.lower() or others.filter(name__iexact=view.name).exists():
        raise ViewNameTaken.at("name", ViewNameTaken.__doc__ or "")
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:  # somebody else was faster by a moment
        raise ViewNameTaken.at("name", ViewNameTaken.__doc__ or "") from error


def _told(view: SavedView) -> JSONDict:
    return {"name": view.name, "filters": view.filters, "is_shared": view.is_shared}
