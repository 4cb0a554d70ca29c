"""How runs look: tiles of step types, segments, durations, values."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import Form
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from apps.common.templatetags.look import icon
from apps.common.types import JSON, JSONDict
from apps.nodes import registry
from apps.runs.models import Wait
from apps.runs.moving import Fate
from apps.runs.pages import waterfall
from apps.runs.pages.kinship import items_of

register = template.Library()

MOST_CHARACTERS = 20_000
MOST_FIELDS = 100
SOON = timedelta(days=1)  # whose time ends within it is warned


@register.simple_tag
def kind_tile(type_name: str, extra: str = "") -> SafeString:
    """Draw the coloured square of a step's type."""
    try:
        node = registry.find(type_name)
        glyph, hue = node.icon, f"kind hue-{node.group.name.lower()}"
    except registry.UnknownNodeType:
        glyph, hue = "circle-help", "neutral"
    return format_html('<span class="tile {} {}">{}</span>', hue, extra, icon(glyph))


@register.simple_tag
def segments(states: Iterable[str]) -> SafeString:
    """Draw the steps of a run as small bars; the words beside it say the same."""
    drawn = list(enumerate(states))
    rects = format_html_join(
        "",
        '<rect x="{}" y="0.5" width="5" height="9" rx="1.5" class="{}"></rect>',
        ((place * 8 + 0.5, state) for place, state in drawn),
    )
    return format_html(
        '<svg class="segments-bar" width="{}" height="10" aria-hidden="true">{}</svg>',
        max(len(drawn) * 8 - 2, 1),
        rects,
    )


@register.filter
def clock(seconds: float | None) -> str:
    """Return a duration in words; a dash for none."""
    return "\N{EN DASH}" if seconds is None else waterfall.clock(seconds)


@register.filter(name="bytes")
def in_bytes(size: int) -> str:
    """Return a size in words: 712 B, 390.6 KiB, 12.0 MiB."""
    for unit, bits in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << bits:
            return f"{size / (1 << bits):.1f} {unit}"
    return f"{size} B"


@register.filter
def short_id(value: Any) -> str:
    """Return the end of an id, which is what differs between ids of the same hour."""
    return str(value)[-6:].upper()


@register.filter
def sentence(text: str) -> str:
    """Return a text with a full stop, to go on after it."""
    trimmed = str(text or "").strip()
    return trimmed if not trimmed or trimmed[-1] in ".!?:" else f"{trimmed}."


@register.filter
def is_table(value: JSON) -> bool:
    """Tell whether a value can be shown as rows of key and value."""
    return isinstance(value, dict) and 0 < len(value) <= MOST_FIELDS


@register.filter
def in_words(value: JSON) -> str:
    """Return a value as it stands in a text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def fields(value: JSON) -> list[tuple[str, str]]:
    """Return an object's keys with their values as text."""
    return [(key, as_text(item)) for key, item in value.items()] if isinstance(value, dict) else []


def as_text(value: JSON) -> str:
    """Return a value on one line; a dash for none."""
    if value is None or value == "":
        return "\N{EN DASH}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def as_json(value: JSON) -> str:
    """Return a value as indented JSON, cut where it is too long for a page."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}\n… {len(text) - MOST_CHARACTERS:,} more characters"


@register.filter
def due_group(wait: Wait) -> str:
    """Return under which heading an open question stands."""
    if wait.expires_at is None:
        return "Whenever you can"
    return "Due today" if localdate(wait.expires_at) <= localdate() else "Due later"


@register.filter
def is_soon(moment: datetime | None) -> bool:
    """Tell whether a moment comes within a day, or is over."""
    return moment is not None and moment - timezone.now() <= SOON


@register.filter
def as_editable(value: JSON) -> str:
    """Return a value as indented JSON, whole: somebody is going to change it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def one_line(value: JSON) -> str:
    """Return a value on one line, cut where it is long."""
    return as_text(value)[:200]


@register.filter
def sent_for(form: Form | None, wanted: str) -> Form | None:
    """Return the form if it was sent by this dialog; several on a page have fields of one name."""
    if form is None or not wanted:
        return form
    is_whole = form["mode"].value() == "all"
    return form if is_whole == (wanted == "all") else None


@register.filter
def errors_of(form: Form | None, name: str) -> list[str]:
    """Return what is wrong with a field."""
    return [str(error) for error in form.errors.get(name, [])] if form else []


@register.filter
def text_of(form: Form, name: str) -> str:
    """Return what was written into a field, as it was written."""
    return str(form.data.get(name, ""))


@register.filter
def cpu(milliseconds: float | None) -> str:
    """Return processor time in words; a dash where none was measured."""
    if milliseconds is None:
        return "\N{EN DASH}"
    return f"{milliseconds:.2f} ms" if milliseconds < 1000 else waterfall.clock(milliseconds / 1000)


@register.filter
def memory(kilobytes: int | None) -> str:
    """Return memory in MiB; a dash where none was measured."""
    return "\N{EN DASH}" if kilobytes is None else f"{kilobytes / 1024:.1f} MiB"


FATES = {
    "kept": "Stays as it is",
    "changed": "Has other settings from now on",
    "gone": "Is not in that version; what it did stays in the history",
    "new": "Is new, and runs when its turn comes",
    "passed_over": "Is new, and lies before what has begun: it is passed over",
}


@register.filter
def fate_words(fate: Fate) -> str:
    """Say what a move means for a step."""
    if fate.meaning == "changed" and fate.status in {"succeeded", "failed", "skipped"}:
        return "Has other settings there; what it did stays as it is"
    return FATES[fate.meaning]


@register.filter
def items(chunk: JSONDict) -> str:
    """Return which items of a list a run goes through, as people count."""
    return items_of(chunk)
