"""How the trail looks: what an entry tells, values before and after, bars over time."""

import json
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.common.types import JSON
from apps.oversight import words
from apps.oversight.entries import Bars

register = template.Library()

HEIGHT, STEP, BAR = 32, 13, 10


@register.filter
def in_words(action: str) -> str:
    """Return what was done, so that the name of the object can follow."""
    return words.told(action)


@register.filter
def as_value(value: JSON) -> str:
    """Return a value of a field in one line: text as it is, a list of texts with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)


@register.filter
def short_hash(text: str) -> str:
    """Return the beginning and the end of a hash."""
    return f"{text[:4]}…{text[-4:]}" if text else "nothing"


@register.simple_tag
def time_bars(bars: Bars, label: str) -> SafeString:
    """Draw a bar for each stretch of time, and above it in red what was denied then."""
    most = max((total for total, _ in bars.counts), default=0) or 1
    drawn = []
    for index, (total, denied) in enumerate(bars.counts):
        height = max(2, round((HEIGHT - 8) * total / most)) if total else 1
        drawn.append((index * STEP, HEIGHT - height, height, ""))
        if denied:
            drawn.append((index * STEP, HEIGHT - height - 5, 4, "bad"))
    rects = format_html_join(
        "",
        f'<rect x="{{}}" y="{{}}" width="{BAR}" height="{{}}" rx="1.5" class="{{}}"></rect>',
        drawn,
    )
    return format_html(
        '<svg class="spark time-bars" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        len(bars.counts) * STEP - STEP + BAR,
        HEIGHT,
        label,
        rects,
    )


@register.filter
def words_of(text: str) -> list[str]:
    """Return the words of a text, to go over them."""
    return text.split()


@register.filter
def value_of(filters: dict[str, str], name: str) -> str:
    """Return the value of one filter."""
    return filters.get(name, "")


@register.filter
def is_today(moment: datetime) -> bool:
    """Tell whether it was today, where the reader is."""
    return timezone.localtime(moment).date() == timezone.localdate()


@register.filter
def is_same(one: object, other: object) -> bool:
    """Tell whether two ids are the same; with none there is nothing to be the same."""
    return one == other
