"""Telling people that a model disappears to which their routes lead: well before, and on the day."""

from hashlib import sha256

from django.urls import reverse
from django.utils import timezone

from apps.gateway import outlook
from apps.gateway.models import RouteTarget
from apps.gateway.prices import table
from apps.gateway.prices.table import Row
from apps.gateway.telling import SITE, tell_managers
from apps.notifications.kinds import Kind

WARNED_DAYS = (90, 30, 7, 1, 0)  # before the day
KIND = Kind("model.retires", "A model is retired", "Where a route leads to it", "route")


def look() -> None:
    """Tell of what routes lead to and is going, and have advice looked for; again tomorrow as long as models are used."""
    for row in table.leaving():
        _tell(row)
    outlook.advise()
    if RouteTarget.objects.exclude(provider__kind="builtin").exists():
        outlook.look_tomorrow()
    else:
        outlook.rest()


def _tell(row: Row) -> None:
    """Tell once at each of the days, of several at once the nearest."""
    end = row.price.retires_on
    assert end is not None
    step = min(days for days in WARNED_DAYS if days >= max(0, (end - timezone.now().date()).days))
    verb = "is retired on" if row.life == table.RETIRING else "was retired on"
    named = f"{row.price.provider}/{row.price.model}"
    tell_managers(
        "provider.manage", kind=KIND.name,
        key=f"retires:{sha256(named.encode()).hexdigest()[:32]}:{end}:{step}",
        title=f"{row.price.model} {verb} {end:%-d %b %Y}",
        text=f"Give these routes another model: {', '.join(row.routes)}.",
        path=reverse("gateway:route", args=[row.routes[0]], urlconf=SITE),
    )  # fmt: skip
