"""Where the sign-in begins, and what it still asks for."""

from django import template
from django.template import Context

from apps.accounts import duties, entrance
from apps.accounts.duties import Owed
from apps.accounts.models import User

register = template.Library()


@register.simple_tag
def first_page() -> str:
    """Return where people say who they are before they choose how; empty: on the sign-in page."""
    return entrance.first_page()


@register.simple_tag(takes_context=True)
def factor_owed(context: Context) -> Owed | None:
    """Return the second factor that the reader still has to set up; None where nobody asks."""
    request = context["request"]
    if not isinstance(getattr(request, "user", None), User):
        return None
    return duties.owed(request.user, request.session)
