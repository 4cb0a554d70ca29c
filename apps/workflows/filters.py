"""Filters of the list of workflows, for the API and the page alike."""

from typing import Any
from uuid import UUID

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.common.errors import Invalid
from apps.common.words import one_of
from apps.workflows.models import Origin, PointQuerySet, WorkflowQuerySet

STATES = ("current", "archived", "bin")
POINT_KINDS = ("publish", *Origin.values)  # what a point can be


def filtered(queryset: WorkflowQuerySet, params: Any, actor: User) -> WorkflowQuerySet:
    """Keep what the query parameters ask for: q, folder, tag, created_via, published, state.

    Raises Invalid naming the parameter that makes no sense.
    """
    kept = _in_state(queryset, params.get("state") or "current").matching(params.get("q", ""))
    if tag := params.get("tag"):
        kept = kept.filter(tags__contains=[tag])
    if via := params.get("created_via"):
        kept = kept.filter(created_via=via)
    if folder := params.get("folder"):
        kept = kept.in_folder(_folder(folder, actor))
    if published := params.get("published"):
        kept = kept.filter(published_version__isnull=published != "true")
    return kept


def _in_state(queryset: WorkflowQuerySet, state: str) -> WorkflowQuerySet:
    if one_of("state", state, STATES) == "archived":
        return queryset.archived()
    return queryset.in_bin() if state == "bin" else queryset.current()


def _folder(text: str, actor: User) -> Folder:
    try:
        return policies.visible(actor, Folder.objects.all()).get(pk=UUID(text))
    except (ValueError, Folder.DoesNotExist) as error:
        raise Invalid.at("folder", "There is no such folder, or you may not see it.") from error


def filtered_points(queryset: PointQuerySet, params: Any) -> PointQuerySet:
    """Keep what the query parameters ask for: author, kind, q. Raises Invalid naming the parameter."""
    kept = queryset
    if author := params.get("author"):
        try:
            kept = kept.filter(authors__contains=[UUID(author)])
        except ValueError as error:
            raise Invalid.at("author", "Give the id of a member.") from error
    if kind := params.get("kind"):
        kept = _of_kind(kept, kind)
    if words := params.get("q", "").strip():
        kept = kept.filter(name__icontains=words)
    return kept


def _of_kind(queryset: PointQuerySet, kind: str) -> PointQuerySet:
    if one_of("kind", kind, ("named", *POINT_KINDS)) == "named":
        return queryset.exclude(name="")
    if kind == "publish":
        return queryset.exclude(version=None)
    return queryset.filter(version=None, origin=kind)
