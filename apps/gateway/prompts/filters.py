"""Filters of the list of prompts, for the API and the page alike."""

from typing import Any

from apps.gateway.models import PromptLabel, PromptQuerySet


def filtered(prompts: PromptQuerySet, params: Any) -> PromptQuerySet:
    """Keep what the parameters ask for: `q` in names and words, `label`."""
    return prompts.matching(params.get("q", "")).labelled(params.get("label", ""))


def label_choices() -> list[tuple[str, str]]:
    """Return the labels that any prompt has."""
    names = PromptLabel.objects.order_by("name").values_list("name", flat=True).distinct()
    return [(name, name) for name in names]
