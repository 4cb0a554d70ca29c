"""What owners are told: a way around the provider was used, or something is about to end."""

import hashlib
from datetime import datetime
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.identity.models import Connection, Domain
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.tenants.context import current_tenant

SITE = "auterity.urls"
BROKEN_GLASS = "identity.broken_glass"
RUNS_OUT = "identity.certificate"
SIGNED = "Nobody can sign in with what it signs then. Add the next one under Single sign-on before."
KINDS = (
    Kind(
        RUNS_OUT,
        "Certificates and tokens of single sign-on",
        "Before one ends, and where a provider's metadata cannot be read or lead elsewhere",
        "shield-check",
    ),
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
    _tell_owners(BROKEN_GLASS, title, text, letter, key=uuid4().hex)


def tell_of_end(what: str, ends_at: datetime, *, key: str, text: str = SIGNED) -> None:
    """Tell owners until when something works, and what then; once for each key."""
    over = ends_at <= timezone.now()
    title = f"{what} {'ended' if over else 'ends'} on {ends_at:%-d %b %Y}"
    _tell_owners(RUNS_OUT, title, text, _letter(title, text), key=key)


def tell_of_metadata(connection: Connection, trouble: str, *, key: str) -> None:
    """Tell owners that a provider's metadata could not be read; once for each key."""
    title = f"The metadata of {connection} could not be read"
    text = f"{trouble} Sign-ins go on with the certificates that are known."
    _tell_owners(RUNS_OUT, title, text, _letter(title, text), key=f"metadata:{key}")


def tell_of_move(connection: Connection, sso_url: str) -> None:
    """Tell owners that the metadata name another sign-in page; once for each."""
    title = f"{connection} names another sign-in page"
    text = (
        f"Its metadata say {sso_url[:300]}. People go on to the one that was tested. If the provider told "
        "you of this, change it under Single sign-on and test it; if not, ask them before you do."
    )
    key = f"moved:{connection.pk}:{hashlib.sha256(sso_url.encode()).hexdigest()[:16]}"
    _tell_owners(RUNS_OUT, title, text, _letter(title, text), key=key)


def _letter(title: str, text: str) -> Letter:
    words = {"title": title, "text": text, "workspace": current_tenant().name}
    return Letter("single_sign_on", title, words)


def _tell_owners(kind: str, title: str, text: str, letter: Letter, *, key: str) -> None:
    owners = User.objects.members().filter(
        is_active=True, role_bindings__role__name="owner", role_bindings__folder=None
    )
    path = reverse("identity:overview", urlconf=SITE)
    notices = [Notice(owner, title, text, path, letter) for owner in owners]
    notifications.tell(notices, kind=kind, key=f"{kind}:{key}")
