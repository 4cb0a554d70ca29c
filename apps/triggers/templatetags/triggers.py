"""How triggers are told in a line."""

from django import template

from apps.triggers.configs import EVENTS
from apps.triggers.models import Trigger
from apps.triggers.schedule import in_words

register = template.Library()


@register.simple_tag
def trigger_rule(trigger: Trigger) -> str:
    """Say in one line when a trigger starts its workflow."""
    match trigger.kind:
        case Trigger.Kind.SCHEDULE:
            return in_words(trigger.schedule)
        case Trigger.Kind.WEBHOOK:
            return f"{', '.join(trigger.webhook.methods)} /hooks/{trigger.path}"
    first, *others = (EVENTS[name] for name in trigger.event.events)
    return f"{first}, and {len(others)} more" if others else first
