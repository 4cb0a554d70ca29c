"""How services look in words."""

import math

from django import template

from apps.breakers.services import KINDS
from apps.common.templatetags.look import MINUTE
from apps.egress.circuits import Circuit

register = template.Library()


@register.filter
def kind_of(service: Circuit) -> str:
    """Return what kind of service it is."""
    return KINDS.get(service.service, service.service.capitalize())


@register.filter
def wait_of(service: Circuit) -> str:
    """Return how long it is still left alone: seconds up to two minutes, as they are counted down."""
    seconds = math.ceil(service.left_s)
    return f"{seconds} s" if seconds < 2 * MINUTE else f"{math.ceil(seconds / MINUTE)} min"
