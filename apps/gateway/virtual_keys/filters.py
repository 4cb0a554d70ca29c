"""Reads and filters of virtual keys, for the API and the pages alike."""

from collections.abc import Mapping

from django.db.models import Q, QuerySet

from apps.accounts.models import ApiKey
from apps.common.words import chosen

STATES = ("active", "expired", "revoked")
MOST_CHOICES = 200  # of a select; the page of a key leads to its calls too


def virtual_keys() -> QuerySet[ApiKey]:
    """Return the API keys that have terms on asking models, the newest first."""
    found = ApiKey.objects.exclude(virtual=None).select_related("virtual", "user", "created_by")
    return found.order_by("-created_at", "-pk")


def filtered(keys: QuerySet[ApiKey], params: Mapping[str, str]) -> QuerySet[ApiKey]:
    """Keep what the parameters ask for: q, state, route. Raises Invalid."""
    kept = keys
    if text := params.get("q", "").strip():
        kept = kept.filter(Q(name__icontains=text) | Q(key_id=text.removeprefix("aut_")[:8]))
    if state := chosen("state", params, STATES):
        kept = kept.filter(pk__in=ApiKey.objects.in_state(state).values("pk"))
    if route := params.get("route"):
        may_ask = Q(virtual__routes=None) | Q(virtual__routes__contains=[route])
        kept = kept.filter(may_ask)
    return kept


def key_choices(keys: QuerySet[ApiKey], chosen: str) -> list[tuple[str, str]]:
    """Return the keys to filter calls by: those with terms, and the one that is chosen already."""
    found = keys.exclude(virtual=None).order_by("name", "pk").values_list("pk", "name")
    choices = [(str(pk), name) for pk, name in found[:MOST_CHOICES]]
    if chosen and chosen not in dict(choices):
        choices.append((chosen, "another key"))
    return choices
