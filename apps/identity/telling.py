"""Whom we tell when a way around the company's provider is used."""

from uuid import uuid4

from django.urls import reverse

from apps.accounts.models import User
from apps.identity.models import Domain
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.tenants.context import current_tenant

BROKEN_GLASS = "identity.broken_glass"
KINDS = (
    Kind(
        BROKEN_GLASS,
        "Sign-in without the provider",
        "When an owner signs in beside an enforced single sign-on",
        "shield-check",
    ),
)


def tell_of_broken_glass(user: User, domain: Domain) -> None:
    """Tell all owners, the one who did it too: it may not have been them."""
    words = {"who": str(user), "domain": domain.name, "workspace": current_tenant().name}
    letter = Letter("broken_glass", f"{user} signed in without single sign-on", words)
    title = f"{user} signed in without {domain.connection}"
    text = f"{domain.name} must be signed in through {domain.connection}; owners on the emergency list need not."
    owners = User.objects.members().filter(
        is_active=True, role_bindings__role__name="owner", role_bindings__folder=None
    )
    notices = [Notice(owner, title, text, reverse("identity:overview"), letter) for owner in owners]
    notifications.tell(notices, kind=BROKEN_GLASS, key=f"{BROKEN_GLASS}:{uuid4().hex}")
