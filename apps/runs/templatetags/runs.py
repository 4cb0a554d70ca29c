"""How runs look: tiles of step types, segments, durations, values."""

import json
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from apps.common.templatetags.look import icon
from apps.common.types import JSON
from apps.nodes import registry
from apps.runs import waterfall
from apps.runs.models import Wait

register = template.Library()

MOST_CHARACTERS = 20_000
MOST_FIELDS = 100


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
def in_capitals(code: str) -> str:
    """Return an error's code as the beginning of a sentence."""
    text = str(code).replace("_", " ").strip()
    return (
        text.replace("http", "HTTP", 1) if text.startswith("http") else text[:1].upper() + text[1:]
    )


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
def written_out(value: JSON) -> str:
    """Return a value in full as people read it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def due_group(wait: Wait) -> str:
    """Return under which heading an open question stands."""
    if wait.expires_at is None:
        return "Whenever you can"
    return "Due today" if localdate(wait.expires_at) <= localdate() else "Due later"
