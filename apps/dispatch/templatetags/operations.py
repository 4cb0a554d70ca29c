"""The strip of figures on the console's first page."""

from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone

from apps.common.templatetags.look import in_words
from apps.dispatch import figures

register = template.Library()

LATE_S = 5  # from here on the sweep is late enough to be told of in colour


@register.inclusion_tag("admin/dispatch/overview.html")
def overview() -> dict[str, Any]:
    """Show how the queue and the workers are doing."""
    found = figures.read()
    queued = found.oldest_queued
    age = (timezone.now() - queued).total_seconds() if queued else 0
    return {
        "figures": found,
        "tickets": found.tickets,
        "oldest_queued": in_words(age),
        "lag": in_words(found.sweep_lag_s) if found.pulse.swept_at else "never",
        "sweep_is_late": found.sweep_lag_s > LATE_S or found.pulse.swept_at is None,
        "known": found.workers + found.lost,
        "exceptions": settings.EGRESS_ALLOW,
    }
