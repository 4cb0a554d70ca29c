"""Where the sign-in begins."""

from django import template

from apps.accounts import entrance

register = template.Library()


@register.simple_tag
def first_page() -> str:
    """Return where people say who they are before they choose how; empty: on the sign-in page."""
    return entrance.first_page()
