"""How things look in words and small drawings: icons, states, times, money, counts, sparklines."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.common.navigation import MOST
from apps.common.types import JSON
from apps.common.words import of_code

register = template.Library()

NOTHING = "\N{EN DASH}"
MINUTE, HOUR, DAY = 60, 3600, 86400

# What a state is called, its colour and its icon.
STATES: dict[str, tuple[str, str, str]] = {
    "queued": ("Queued", "", "clock"),
    "running": ("Running", "run", "loader-circle"),
    "waiting": ("Waiting", "wait", "hand"),
    "paused": ("Paused", "", "pause"),
    "retrying": ("Retrying", "warn", "refresh-cw"),
    "succeeded": ("Done", "ok", "check"),
    "failed": ("Failed", "bad", "x"),
    "timed_out": ("Timed out", "bad", "timer"),
    "needs_attention": ("Needs you", "warn", "triangle-alert"),
    "cancelled": ("Cancelled", "", "circle-stop"),
    "skipped": ("Skipped", "", "minus"),
    "open": ("Open", "wait", "hand"),
    "decided": ("Decided", "ok", "check"),
    "expired": ("Expired", "", "clock"),
    "pending": ("Pending", "", "clock"),
    "started": ("Started", "run", "play"),
    "duplicate": ("Duplicate", "", "copy"),
    "refused": ("Refused", "bad", "ban"),
    "disabled": ("Disabled", "", "circle-stop"),
    "active": ("Active", "ok", "check"),
    "revoked": ("Revoked", "", "ban"),
    "suspended": ("Suspended", "", "circle-stop"),
    "sent": ("Sent", "ok", "check"),
    "dead": ("Given up", "bad", "x"),
    "withdrawn": ("Not needed", "", "minus"),
}


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw an icon of the sheet; sizes are `small` and `large`."""
    sheet = static("site/img/icons.svg")
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', size, sheet, name
    )


@register.inclusion_tag("components/pill.html")
def pill(status: str, word: str = "") -> dict[str, str]:
    """Show a state as icon and word; another word may be given."""
    known, colour, glyph = STATES.get(status, (status.replace("_", " ").capitalize(), "", "circle"))
    return {"word": word or known, "colour": colour, "icon": glyph}


@register.simple_tag
def opens(dialog: str) -> SafeString:
    """Have a button open the dialog of an id, where scripts are missing too."""
    return format_html('data-dialog="{0}" command="show-modal" commandfor="{0}"', dialog)


@register.inclusion_tag("components/form_foot.html")
def form_foot(label: str, leave: str, *of: Any) -> dict[str, str]:
    """Draw the end of a page's form: the way back to a page by its name, and the button."""
    return {"label": label, "url": reverse(leave, args=of)}


@register.inclusion_tag("components/row_button.html")
def row_button(glyph: str, title: str, label: str, name: str, *of: Any) -> dict[str, str]:
    """Draw a row's small button that does something at once, at an address by its name.

    `title` says what to who sees it, `label` also to what to who hears it.
    """
    return {"glyph": glyph, "title": title, "label": label, "url": reverse(name, args=of)}


@register.filter
def initials(name: Any) -> str:
    """Return one or two letters for an avatar or a workspace's tile."""
    words = str(name).split("@")[0].replace(".", " ").replace("-", " ").split()
    letters = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[:1] for word in letters).upper() or "?"


@register.filter
def joined(text: str, end: Any) -> str:
    """Return text and end as one, for ids of elements."""
    return f"{text}{end}"


@register.filter
def written_out(value: JSON) -> str:
    """Return a value in full as people read it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def without_placeholder(field: BoundField) -> SafeString:
    """Render a control without its placeholder: the label says it, and stays readable."""
    return field.as_widget(attrs={"placeholder": ""})


def in_words(seconds: float) -> str:
    """Return how long ago something was, in the fewest words."""
    if seconds < 10:
        return "now"
    units: list[tuple[str, int, int]] = [("s", 1, MINUTE), ("min", MINUTE, HOUR), ("h", HOUR, DAY)]
    for unit, size, limit in units:
        if seconds < limit:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds // DAY)} d"


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """Show a past time relative to now, the exact one in UTC in its title."""
    if moment is None:
        return NOTHING
    seconds = (timezone.now() - moment).total_seconds()
    local = timezone.localtime(moment)
    words = in_words(seconds) if seconds < 60 * DAY else f"{local:%-d %b %Y}"
    return _time(moment, words, "data-ago")


@register.simple_tag
def since(moment: datetime) -> SafeString:
    """Show since when something goes on: a time today, a day before."""
    local = timezone.localtime(moment)
    days = (timezone.localdate() - local.date()).days
    words = f"{local:%H:%M}" if not days else "yesterday" if days == 1 else f"{local:%-d %b}"
    return _time(moment, words, "")


@register.simple_tag
def until(moment: datetime | None) -> SafeString | str:
    """Show how much time is left until a moment, `expired` once it is over."""
    if moment is None:
        return NOTHING
    seconds = (moment - timezone.now()).total_seconds()
    if seconds <= 0:
        return _time(moment, "expired", "")
    hours = HOUR <= seconds < 4 * DAY  # "62 h left" says more than "2 d left"
    left = f"{int(seconds // HOUR)} h" if hours else in_words(max(seconds, 10))
    return _time(moment, f"{left} left", "")


@register.simple_tag
def day(moment: datetime | None) -> SafeString | str:
    """Show the day in the reader's time zone."""
    if moment is None:
        return NOTHING
    return _time(moment, f"{timezone.localtime(moment):%-d %b %Y}", "")


@register.simple_tag
def at(moment: datetime | None) -> SafeString | str:
    """Show day and time in the reader's time zone."""
    if moment is None:
        return NOTHING
    return _time(moment, f"{timezone.localtime(moment):%-d %b %Y, %H:%M}", "")


def _time(moment: datetime, words: str, mark: str) -> SafeString:
    exact = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}" {}>{}</time>',
        exact.isoformat(timespec="seconds"),
        f"{exact:%Y-%m-%d %H:%M:%S} UTC",
        mark,
        words,
    )


@register.simple_block_tag(takes_context=True)
def filterbar(
    context: template.RequestContext,
    content: str,
    placeholder: str,
    *,
    value: str | None = "",
    applied: int | str = 0,
    page: Page[Any] | None = None,
    into: str = "list",
    also: str = "",
    url: str = "",
) -> SafeString:
    """Draw a list's search and, as content, its selects; the list follows what is chosen.

    `value` is what is searched for, `applied` how many selects are set, `into` the id of what is
    drawn anew and `also` that of one thing more.
    """
    given = {"placeholder": placeholder, "value": value or "", "applied": applied, "page": page}
    given |= {"into": into, "also": also, "content": content}
    given["url"] = url or context["request"].path
    return render_to_string("components/filter_bar.html", given)


@register.simple_block_tag(takes_context=True)
def selects(
    context: template.RequestContext,
    content: str,
    label: str,
    *,
    page: Page[Any],
    into: str = "main",
    url: str = "",
) -> SafeString:
    """Draw the selects, given as content, of a list without a search; `into` is drawn anew."""
    given = {"label": label, "url": url or context["request"].path, "into": into, "page": page}
    return render_to_string("components/selects.html", given | {"content": content})


@register.simple_tag(takes_context=True)
def address_without(context: template.RequestContext, name: str) -> str:
    """Return the page's address without one of its filters, on the first page."""
    query = context["request"].GET.copy()
    query.pop(name, None)
    query.pop("page", None)
    return f"?{query.urlencode()}"


@register.filter
def money(amount: Decimal | float | str | None) -> str:
    """Return dollars: four digits under one dollar, then two; a dash for an unknown price."""
    if amount is None or isinstance(amount, str):  # what a template does not find is an empty text
        return NOTHING
    dollars = Decimal(amount)
    return f"${dollars:,.2f}" if abs(dollars) >= 1 else f"${dollars:.4f}"


register.filter("of_code", of_code)


@register.filter
def thousands(number: float | str | None) -> str:
    """Return a number with separators; a dash for none."""
    return NOTHING if number is None or isinstance(number, str) else f"{number:,}"


@register.filter
def bounded(number: int) -> str:
    """Return a count of things that are counted up to a hundred."""
    return str(number) if number < MOST else f"{MOST - 1}+"


@register.simple_tag
def sparkline(bars: Iterable[tuple[float, str]], label: str) -> SafeString:
    """Draw the last 20 as bars: pairs of a share of the height and a state ("" done, bad, run, wait).

    What failed is full height; what is missing is a line of one pixel on the left.
    """
    given = list(bars)[-20:]
    padded: list[tuple[float, str]] = [(0.0, "none")] * (20 - len(given)) + given
    drawn = []
    for index, (share, state) in enumerate(padded):
        height = 20 if state == "bad" else max(1 if state == "none" else 3, round(share * 20))
        drawn.append((index * 5, 20 - height, height, state))
    rects = format_html_join(
        "", '<rect x="{}" y="{}" width="3" height="{}" rx="1" class="{}"></rect>', drawn
    )
    return format_html(
        '<svg class="spark" width="98" height="20" role="img" aria-label="{}">{}</svg>',
        label,
        rects,
    )


@register.simple_tag
def day_bars(days: Iterable[tuple[int, int]], label: str) -> SafeString:
    """Draw a bar for each day: pairs of how many there were and how many of them failed."""
    given = list(days)
    most = max((total for total, _ in given), default=0) or 1
    drawn = []
    for index, (total, failed) in enumerate(given):
        height = max(1, round(20 * total / most))
        red = max(2, round(20 * failed / most)) if failed else 0
        drawn.append((index * 6, 20 - height, height, ""))
        drawn.append((index * 6, 20 - red, red, "bad"))
    rects = format_html_join(
        "", '<rect x="{}" y="{}" width="4" height="{}" rx="1" class="{}"></rect>', drawn
    )
    return format_html(
        '<svg class="spark" width="{}" height="20" role="img" aria-label="{}">{}</svg>',
        len(given) * 6,
        label,
        rects,
    )


@register.inclusion_tag("components/running_total.html")
def running_total(sums: list[Decimal], days: int, forecast: Decimal, label: str) -> dict[str, Any]:
    """Draw sums that grow day by day as a line over its area, and their forecast dotted."""
    width, height = 300, 96
    top = max(float(forecast), float(sums[-1])) or 1.0
    points = [
        (round(index * width / max(days - 1, 1), 1), round(height - float(sum_) / top * height, 1))
        for index, sum_ in enumerate(sums)
    ]
    ticks = [(4 + height - height * part, money(top * part)) for part in (0, 0.5, 1)]
    return {
        "label": label,
        "line": " ".join(f"{x},{y}" for x, y in points),
        "last": points[-1],
        "end": round(height - float(forecast) / top * height, 1),
        "ticks": ticks,
    }


@register.filter
def percent(share: float | str | None) -> str:
    """Return a share of a hundred with one digit; a dash for none."""
    return NOTHING if share is None or isinstance(share, str) else f"{share:.1f} %"
