"""How a runbook's words and live blocks are drawn on pages: everything is escaped, whatever it says."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.common.types import JSONDict
from apps.workflows.live_blocks import Block
from apps.workflows.reading import Runbook
from apps.workflows.runbook.tree import text_of

register = template.Library()

TAGS = {"strong": "strong", "em": "em", "strike": "s", "code": "code"}
BREAK = format_html("{}<br>", "")

register.filter("letters", text_of)


@register.filter
def words(nodes: list[JSONDict]) -> SafeString:
    """Draw a line of text with its marks."""
    return format_html_join("", "{}", ((_piece(node),) for node in nodes))


@register.simple_tag
def live_block(runbook: Runbook, node: JSONDict) -> Block | None:
    """Return what a live block shows; None for what is gone or not for this reader."""
    return runbook.block_of(node)


@register.simple_tag
def image_url(runbook: Runbook, node: JSONDict) -> str:
    """Return where a picture's bytes are."""
    return runbook.image_url(node["attrs"]["image"])


def _piece(node: JSONDict) -> SafeString:
    if node["type"] == "hard_break":
        return BREAK
    drawn = format_html("{}", node["text"])
    for mark in reversed(node.get("marks", [])):
        drawn = _marked(mark, drawn)
    return drawn


def _marked(mark: JSONDict, drawn: SafeString) -> SafeString:
    if mark["type"] != "link":
        return format_html("<{0}>{1}</{0}>", TAGS[mark["type"]], drawn)
    href: Any = mark["attrs"]["href"]
    if href.startswith("/"):
        return format_html('<a class="link" href="{}">{}</a>', href, drawn)
    return format_html(
        '<a class="link" href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>',
        href,
        drawn,
    )
