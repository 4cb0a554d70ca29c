"""Telling those who manage providers what needs them: a refused key, an empty account, a model in decline."""

from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.common import windows
from apps.common.outages import REDIS_AWAY
from apps.gateway.models import Credential
from apps.gateway.routes.trends import Warning as Decline
from apps.notifications import services
from apps.notifications.kinds import Kind
from apps.notifications.services import Notice

REFUSED, DECLINING = "provider.key_refused", "model.declining"
MONEY = "provider.out_of_money"
KINDS = (
    Kind(REFUSED, "A provider refused its key", "When calls fail until it gets a new one",
         "key-round", is_mailed=False),
    Kind(MONEY, "A provider's account has no money left", "When calls fail until it is topped up",
         "banknote", is_mailed=True),
    Kind(DECLINING, "A model is getting worse", "When it gets slower or fails more often", "activity",
         is_mailed=False),
)  # fmt: skip
MOST_TOLD = 50
A_DAY_S = 86_400
SITE = "auterity.urls"


def key_refused(key: Credential) -> None:
    """Tell that a key was disabled, since its provider refused it."""
    provider = key.provider
    others = len(provider.usable_keys)
    then = (
        f"Its other {'keys go' if others > 1 else 'key goes'} on."
        if others
        else "Routes skip the provider until it gets a new one."
    )
    services.tell(
        [
            Notice(
                user,
                f"{provider.name} refused its key",
                f"The key that ends in {key.last4 or '…'} is disabled. {then}",
                reverse("gateway:provider", args=[provider.pk], urlconf=SITE),
            )
            for user in people()
        ],
        kind=REFUSED,
        key=f"{REFUSED}:{key.pk}",
        about=key.pk,
    )


def out_of_money(key: Credential) -> None:
    """Tell, once a day, that the account of a key has nothing left to pay with."""
    provider, today = key.provider, timezone.now().date()
    services.tell(
        [
            Notice(
                user,
                f"{provider.name} says that its account is empty",
                f"Calls with the key that ends in {key.last4 or '…'} are refused until the account is "
                "topped up at the provider, or its limit is raised there. Routes go on to their next targets.",
                reverse("gateway:provider", args=[provider.pk], urlconf=SITE),
            )
            for user in people()
        ],
        kind=MONEY,
        key=f"{MONEY}:{key.pk}:{today}",
        about=key.pk,
    )


def is_new(account: UUID) -> bool:
    """Tell whether this is the first that is heard today of an account without money."""
    try:
        return windows.count(f"out-of-money:{account}", A_DAY_S) == 1
    except REDIS_AWAY:
        return False  # one of the next calls that fail tells of it


def declining(target: str, decline: Decline) -> None:
    """Tell that a model gets slower or fails more often than usual."""
    services.tell(
        [
            Notice(user, f"{target} is {decline.kind}", words_of(decline), reverse("gateway:routes", urlconf=SITE))
            for user in people()
        ],
        kind=DECLINING,
        key=f"{DECLINING}:{target}:{decline.kind}:{decline.since:.0f}"[:200],
        about=about(target),
    )  # fmt: skip


def words_of(decline: Decline) -> str:
    """Return what is getting worse, from what to what, since when."""
    since = f"since {datetime.fromtimestamp(decline.since, UTC):%H:%M} UTC"
    if decline.kind == "slower":
        what = "First words" if decline.streams else "Whole answers"
        return f"{what} came after {decline.before:.0f} ms, {since} after {decline.now:.0f} ms."
    return f"{decline.before:.0%} of calls failed, {since} {decline.now:.0%}."


def people() -> list[User]:
    """Return who may do something about a provider."""
    members = User.objects.members().filter(is_active=True).with_roles().order_by("pk")
    able = [user for user in members if "provider.manage" in user.permissions_in()]
    return able[:MOST_TOLD]


def about(target: str) -> UUID:
    """Return what names a model among the things that people are told of."""
    return uuid5(NAMESPACE_OID, f"model:{target}")
