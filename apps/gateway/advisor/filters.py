"""Filters of the list of advice, for the API and the page alike."""

from collections.abc import Mapping

from apps.common.words import chosen
from apps.gateway.models import Advice, AdviceQuerySet


def filtered(advice: AdviceQuerySet, params: Mapping[str, str]) -> AdviceQuerySet:
    """Keep what the parameters ask for: `q` in route or model, `status`, `route`. Raises Invalid."""
    status = chosen("status", params, Advice.Status.values)
    kept = advice.filter(status=status) if status else advice
    if route := params.get("route", ""):
        kept = kept.filter(route__alias=route)
    text = params.get("q", "").strip()[:200]
    return kept.about(text) if text else kept
