"""Placeholders on pages: a lock with the class, and a button for who may see what stood there."""

import json
import re
from collections.abc import Iterator

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.classification.placeholders import PLACEHOLDER
from apps.classification.veil import MANY, PAYLOAD
from apps.common.templatetags.look import icon
from apps.runs.models import Run

register = template.Library()

PERSON_SEES = "Show what stands here. The audit log says that you were shown it."
NOBODY_SEES = "Erased for good: nobody can tell what stood here."
OTHERS_SEE = "Withheld. Whoever has the right to see withheld values can have it shown."
NAMES = {PAYLOAD: "not kept", MANY: "withheld as a whole"}


@register.simple_tag
def with_locks(text: str, run: Run, may_reveal: bool) -> SafeString:
    """Return a text in which placeholders are locks."""
    return format_html_join("", "{}", ((part,) for part in _parts(str(text), run, may_reveal)))


@register.simple_tag
def paragraphs_with_locks(text: str, run: Run, may_reveal: bool) -> SafeString:
    """Return the lines of a text as paragraphs in which placeholders are locks."""
    lines = (line for line in str(text).splitlines() if line.strip())
    drawn = ((with_locks(line, run, may_reveal),) for line in lines)
    return format_html_join("", "<p>{}</p>", drawn)


@register.filter
def holds_placeholders(run: Run) -> bool:
    """Tell whether something is withheld in a run."""
    return run.veil_id is not None


def _parts(text: str, run: Run, may_reveal: bool) -> Iterator[str]:
    """Yield what lies between placeholders, and a lock for each of these."""
    place = 0
    for found in PLACEHOLDER.finditer(text) if run.veil_id is not None else ():
        yield text[place : found.start()]
        yield _lock(found, run, may_reveal)
        place = found.end()
    yield text[place:]


def _lock(found: re.Match[str], run: Run, may_reveal: bool) -> SafeString:
    name = NAMES.get(found["class"], found["class"])
    if not may_reveal:
        why, glyph = (OTHERS_SEE, "lock") if run.erased_at is None else (NOBODY_SEES, "eye-off")
        return _drawn(name, why, icon(glyph, "small"), "")
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


def _drawn(name: str, why: str, glyph: str, button: str) -> SafeString:
    return format_html(
        '<span class="withheld" title="{}">{}<span>{}</span>{}</span>', why, glyph, name, button
    )
