"""What owners are told: a way around the provider was used, or something is about to end."""

import hashlib
from datetime import datetime
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.identity.models import Connection, Domain, SetupLink
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

SITE = "auterity.urls"
BROKEN_GLASS = "identity.broken_glass"
RUNS_OUT = "identity.certificate"
BY_LINK = "identity.by_link"
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
    Kind(
        BY_LINK,
        "What a set-up link decided",
        "When whoever holds one switches a sign-in on, or requires it",
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


def tell_of_switching_on(connection: Connection, link: SetupLink) -> None:
    """Tell owners what to look at, and that nobody with more rights comes in before they did."""
    title = f"{connection} was switched on by its set-up link"
    text = (
        f"{link.domain} is proved, and its people can sign in through {_place(connection)}. Until an owner "
        f"confirms that this is the company's own, nobody comes in who has more rights than {connection.ceiling}."
    )
    _tell_of_link(title, text, connection, link)


def tell_of_requiring(domain: Domain, link: SetupLink) -> None:
    """Tell owners that other ways in are closed, and how to open them again."""
    connection = link.connection
    title = f"{connection} is required by its set-up link"
    text = (
        f"Addresses of {domain} sign in through {_place(connection)} alone. Whoever has more rights than came with "
        "the link goes on as before until an owner confirms it. Owners can allow other ways again under Single sign-on."
    )
    _tell_of_link(title, text, connection, link)


def _place(connection: Connection) -> str:
    return connection.sso_url or connection.issuer


def _tell_of_link(title: str, text: str, connection: Connection, link: SetupLink) -> None:
    path = reverse("identity:test", args=[connection.pk], urlconf=SITE)
    words = _letter(title, text).context | {"link": workspace_url(current_tenant()) + path}
    letter = Letter("single_sign_on", title, words)
    _tell_owners(BY_LINK, title, text, letter, key=uuid4().hex, path=path)


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


def _tell_owners(
    kind: str, title: str, text: str, letter: Letter, *, key: str, path: str = ""
) -> None:
    owners = User.objects.members().filter(
        is_active=True, role_bindings__role__name="owner", role_bindings__folder=None
    )
    path = path or reverse("identity:overview", urlconf=SITE)
    notices = [Notice(owner, title, text, path, letter) for owner in owners]
    notifications.tell(notices, kind=kind, key=f"{kind}:{key}")
