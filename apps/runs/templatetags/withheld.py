"""Placeholders on pages: a lock with the class, and a button for who may see what stood there."""

import json
import re

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from apps.classification.placeholders import PLACEHOLDER
from apps.classification.veil import PAYLOAD
from apps.common.templatetags.look import icon
from apps.runs.models import Run

register = template.Library()

PERSON_SEES = "Show what stands here. The audit log says that you were shown it."
NOBODY_SEES = "Erased for good: nobody can tell what stood here."
OTHERS_SEE = "Withheld. Whoever has the right to see withheld values can have it shown."
NAMES = {PAYLOAD: "not kept"}


@register.simple_tag
def with_locks(text: str, run: Run, may_reveal: bool) -> SafeString:
    """Return a text in which placeholders are locks; other signs are escaped, if they are not yet."""
    shown = str(conditional_escape(text))
    if run.veil_id is None:
        return mark_safe(shown)  # noqa: S308 - escaped above
    drawn = PLACEHOLDER.sub(lambda found: _lock(found, run, may_reveal), shown)
    return mark_safe(drawn)  # noqa: S308 - escaped above; a placeholder is letters, digits and points


@register.filter
def holds_placeholders(run: Run) -> bool:
    """Tell whether something is withheld in a run."""
    return run.veil_id is not None


def _lock(found: re.Match[str], run: Run, may_reveal: bool) -> str:
    name = NAMES.get(found["class"], found["class"])
    if run.erased_at is not None:
        return _drawn(name, NOBODY_SEES, icon("eye-off", "small"), "")
    if not may_reveal:
        return _drawn(name, OTHERS_SEE, icon("lock", "small"), "")
    button = format_html(
        '<button type="button" class="link" hx-post="{}" hx-vals="{}"'
        ' hx-target="closest .withheld" hx-swap="outerHTML" aria-label="Show this value: {}"'
        ' title="{}">Show</button>',
        reverse("runs:reveal", args=[run.pk]),
        json.dumps({"value": found.group()}),
        name,
        PERSON_SEES,
    )
    return _drawn(name, "", icon("lock", "small"), button)


def _drawn(name: str, why: str, glyph: str, button: str) -> str:
    return format_html(
        '<span class="withheld" title="{}">{}<span>{}</span>{}</span>', why, glyph, name, button
    )
