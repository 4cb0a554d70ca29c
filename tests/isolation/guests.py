"""Platform support at a workspace's door, for the walk: one who asks, one who is in."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.operators import support
from apps.operators.models import SupportAccess
from apps.tenants.context import current_tenant, public_scope
from tests.factories.operators import staff


def make(owner: User, canary: str) -> dict[str, str]:
    """Let somebody of platform support ask, and somebody come in; return their ids and the link."""
    tenant = current_tenant()
    actor = staff(f"sven@{tenant.slug}.example")  # a world shares no rows with another
    asks = support.ask(tenant, reason=canary, hours=1, actor=actor)
    wanted = support.ask(tenant, reason=canary, hours=8, actor=actor)
    inside = support.approve(wanted.pk, role="viewer", actor=owner)
    token = support.entrance(inside, actor=actor).rstrip("/").rpartition("/")[2]
    with public_scope():  # for as long as the walk takes
        later = timezone.now() + timedelta(hours=8)
        SupportAccess.objects.filter(pk=inside.pk).update(entry_until=later)
    return {
        "asking_support": str(asks.pk),
        "inside_support": str(inside.pk),
        "entrance": token,
    }
