"""The tabs of RelayCore's pages, and words that several of them use."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse

from apps.accounts import policies
from apps.gateway.guards.kinds import NAMES, Kind
from apps.gateway.routes.words import CHECKS

register = template.Library()


@dataclass(frozen=True)
class Tab:
    """A page that lists something, and who may see it."""

    name: str
    permission: str

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name.capitalize()

    @property
    def url(self) -> str:
        """Where it is."""
        return reverse(f"gateway:{self.name}")


TABS = (
    Tab("overview", "provider.view"),
    Tab("routes", "provider.view"),
    Tab("providers", "provider.view"),
    Tab("prompts", "prompt.view"),
    Tab("playground", "model.call"),
    Tab("keys", "api_key.use"),
    Tab("calls", "usage.view"),
    Tab("budgets", "usage.view"),
    Tab("advice", "usage.view"),
    Tab("prices", "provider.view"),
    Tab("usage", "usage.view"),
)


@register.inclusion_tag("gateway/_tabs.html", takes_context=True)
def relaycore_tabs(context: template.Context, current: str) -> dict[str, Any]:
    """Show the tabs that this person may open, on every page the same ones."""
    user = context["request"].user
    return {
        "tabs": [tab for tab in TABS if policies.holds(user, tab.permission)],
        "current": current,
    }


@register.filter
def check_words(name: str) -> str:
    """Return what an answer was checked by, in words."""
    return CHECKS.get(name, name)


@register.filter
def kind_name(kind: str) -> str:
    """Return how people call what guards found."""
    name = NAMES[Kind(kind)] if kind in set(Kind) else kind
    return name[0].upper() + name[1:]
