"""Where people are signed in, and what the workspace asks of their sign-ins."""

from datetime import timedelta
from typing import Self

from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.accounts import networks
from apps.accounts.models.people import User
from apps.common.models import TimestampedModel

KEPT_FOR = timedelta(days=400)  # a browser that was away for longer counts as a new one


class SignInQuerySet(models.QuerySet["SignIn"]):
    """Reads of sign-ins."""

    def lasting(self) -> Self:
        """Keep those whose session can still be used, as far as its own life goes."""
        alive = Session.objects.filter(expire_date__gt=timezone.now())
        return self.filter(session_name__in=alive.values("pk"))

    def beyond(self, most: int) -> Self:
        """Keep what is more than so many of one person, those that were not used the longest.

        What a new password ended is older than what is open, so nothing open is kept in its place.
        """
        last_used = [F("seen_at").desc(), F("pk").desc()]
        place = Window(RowNumber(), partition_by="user", order_by=last_used)
        return self.lasting().annotate(place=place).filter(place__gt=most)

    def of(self, user: User) -> list["SignIn"]:
        """Return where the user is signed in now, the last used first."""
        found = self.lasting().filter(user=user).order_by("-seen_at")
        return [each for each in found if each.bound_to == bound_to(user)]

    def forgotten(self) -> Self:
        """Keep those that nobody has to recognise any more."""
        return self.filter(seen_at__lt=timezone.now() - KEPT_FOR)


class SignIn(TimestampedModel):
    """Where somebody is or was signed in: one browser's session, as its owner can recognise it.

    The session itself stays in Django's table, in the row of this name. `bound_to` tells the epoch and the password that it
    was opened under, so that what those ended is not shown as going on.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session_name = models.CharField(max_length=40, unique=True)
    bound_to = models.CharField(max_length=64)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    device = models.CharField(max_length=32, blank=True)  # what the browser's cookie says
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = SignInQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.browser} on {self.system}"

    @property
    def browser(self) -> str:
        """What the browser calls itself, in a word."""
        return _named(BROWSERS, self.user_agent, "A browser")

    @property
    def system(self) -> str:
        """The system that the browser says it runs on, in a word."""
        return _named(SYSTEMS, self.user_agent, "an unknown system")


# Looked for in this order: Edge says Chrome too, and Chrome says Safari.
BROWSERS = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def _named(words: dict[str, str], text: str, otherwise: str) -> str:
    return next((name for word, name in words.items() if word in text), otherwise)


def bound_to(user: User) -> str:
    """Return what the user's present sessions are bound to, as a hash that tells nothing."""
    return salted_hmac(
        "accounts.sign_in", user.get_session_auth_hash(), algorithm="sha256"
    ).hexdigest()


class SignInRulesQuerySet(models.QuerySet["SignInRules"]):
    """The one row."""

    def now(self) -> "SignInRules":
        """Return the rules as they are; the defaults where nobody changed any."""
        return self.first() or SignInRules()


class SignInRules(TimestampedModel):
    """What a workspace asks of sign-ins: how long sessions last, from where, and who needs a second factor."""

    class FactorFor(models.TextChoices):
        NOBODY = "nobody", "Nobody"
        ROLES = "roles", "Some roles"
        EVERYBODY = "everybody", "Everybody"

    only = models.BooleanField(default=True, unique=True, editable=False)
    idle = models.DurationField(default=timedelta(days=7))
    longest = models.DurationField(default=timedelta(days=30))
    factor_for = models.CharField(max_length=9, choices=FactorFor, default=FactorFor.NOBODY)
    factor_roles: list[str] = models.JSONField(default=list)  # type: ignore[assignment]
    factor_grace = models.DurationField(default=timedelta(days=7))
    factor_since = models.DateTimeField(null=True)
    most_sessions = models.PositiveSmallIntegerField(null=True)  # of one person at once
    networks: list[str] = models.JSONField(default=list)  # type: ignore[assignment] # empty: everywhere

    objects = SignInRulesQuerySet.as_manager()

    def __str__(self) -> str:
        return "Rules of sign-ins"

    def let_in(self, address: str) -> bool:
        """Tell whether people are let in from an address."""
        return networks.accept(self.networks, address)

    def asks_factor_of(self, user: User) -> bool:
        """Tell whether the user needs a second factor, by the roles held anywhere."""
        if self.factor_for == self.FactorFor.ROLES:
            return any(held.role.name in self.factor_roles for held in user.bindings)
        return self.factor_for == self.FactorFor.EVERYBODY
