"""Connections to identity providers, the domains they stand for, and whom they signed in."""

import secrets
from copy import copy
from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from apps.accounts.models import Folder, Role, User
from apps.common.models import TimestampedModel
from apps.common.types import JSONDict
from apps.vault import services as vault

TOKEN_PREFIX = "auterity-verification="  # noqa: S105 - what the record begins with
ATTEMPT_LIFE = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)
NAME_ID, NAME_ID_FORMAT = "Name ID", "Name ID format"


def new_token() -> str:
    """Return the text that proves a domain when it stands in its DNS."""
    return secrets.token_hex(16)


class ConnectionQuerySet(models.QuerySet["Connection"]):
    """Reads of connections."""

    def active(self) -> Self:
        """Keep those that people may sign in through."""
        return self.filter(status=Connection.Status.ACTIVE)

    def saml(self) -> Self:
        """Keep those whose provider answers with assertions."""
        return self.filter(protocol=Connection.Protocol.SAML)


class Connection(TimestampedModel):
    """An identity provider as one workspace knows it."""

    class Protocol(models.TextChoices):
        OIDC = "oidc", "OpenID Connect"
        SAML = "saml", "SAML 2.0"

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        DISABLED = "disabled"

    name = models.CharField(max_length=80)
    vendor = models.CharField(max_length=16)
    protocol = models.CharField(max_length=4, choices=Protocol, default=Protocol.OIDC)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    issuer = models.CharField(max_length=500, blank=True)
    client_id = models.CharField(max_length=250, blank=True)
    sealed_secret = models.TextField(blank=True)
    # What a SAML provider's metadata say: where people sign in, and which keys it signs with.
    sso_url = models.CharField(max_length=1000, blank=True)
    certificates = models.JSONField(default=list, blank=True)
    metadata_url = models.CharField(max_length=1000, blank=True)
    email_claim = models.CharField(max_length=120, default="email")
    name_claim = models.CharField(max_length=120, default="name")
    groups_claim = models.CharField(max_length=120, default="groups", blank=True)
    # What people get who are in no mapped group; nobody comes in that way without it.
    default_role = models.ForeignKey(Role, null=True, blank=True, on_delete=models.PROTECT)
    members_only = models.BooleanField(default=False)  # whether signing in makes nobody a member
    # A digest of the settings that the last passed test was made with.
    tested = models.CharField(max_length=64, blank=True)
    # The most that anybody holds who comes in: set where a set-up link switched it on, until an owner
    # confirms that this is the company's provider. Never emptied by itself: nothing means no limit.
    ceiling = models.ForeignKey(
        Role, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # What was changed while people sign in with the settings above: it waits for a test.
    waiting = models.JSONField(default=dict, blank=True)
    sealed_waiting_secret = models.TextField(blank=True)

    is_elsewhere = False  # whether a test tries another issuer: it would know nobody yet

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], name="identity_connection_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_saml(self) -> bool:
        """Whether the provider answers with assertions and not with tokens."""
        return self.protocol == self.Protocol.SAML

    @property
    def is_active(self) -> bool:
        """Whether people sign in through it."""
        return self.status == self.Status.ACTIVE

    @property
    def is_waiting(self) -> bool:
        return bool(self.waiting or self.sealed_waiting_secret)

    @property
    def proposed(self) -> "Connection":
        """The connection as a test tries it: with the settings that wait. It is never saved."""
        tried = copy(self)
        for name, value in self.waiting.items():
            setattr(tried, name, value)
        tried.sealed_secret = self.sealed_waiting_secret or self.sealed_secret
        tried.is_elsewhere = tried.issuer != self.issuer
        return tried

    @property
    def subject_claim(self) -> str:
        """What says who somebody is."""
        return NAME_ID if self.is_saml else "sub"

    @property
    def secret(self) -> str:
        """The client secret; empty for a public client."""
        return (
            vault.unseal(self.sealed_secret, context=self.seal_context)
            if self.sealed_secret
            else ""
        )

    @secret.setter
    def secret(self, plain: str) -> None:
        self.sealed_secret = vault.seal(plain, context=self.seal_context) if plain else ""

    @property
    def seal_context(self) -> str:
        return f"connection:{self.pk}"


class DomainQuerySet(models.QuerySet["Domain"]):
    """Reads of domains."""

    def proved(self) -> Self:
        """Keep those whose DNS names us."""
        return self.exclude(verified_at=None)

    def of_email(self, email: str) -> "Domain | None":
        """Return the proved domain that an address lies in, with its connection."""
        name = email.strip().lower().rpartition("@")[2]
        return self.proved().select_related("connection").filter(name=name).first()


class Domain(TimestampedModel):
    """A domain of e-mail addresses that the workspace claims, and proves by a TXT record."""

    name = models.CharField(max_length=253, unique=True)
    token = models.CharField(max_length=64, default=new_token)
    verified_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="domains"
    )
    enforced = models.BooleanField(default=False)

    objects = DomainQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(enforced=False) | models.Q(verified_at__isnull=False),
                name="identity_only_proved_is_enforced",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def record(self) -> str:
        """What the TXT record says."""
        return f"{TOKEN_PREFIX}{self.token}"


class BreakGlass(TimestampedModel):
    """An owner who may sign in without the provider, for the day on which it fails."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="break_glass")

    def __str__(self) -> str:
        return str(self.user)


class GroupRule(TimestampedModel):
    """What members of a group of the provider may do here."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="rules")
    group = models.CharField(max_length=250)
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    folder = models.ForeignKey(Folder, null=True, blank=True, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "group", "folder"],
                nulls_distinct=False,
                name="identity_one_rule_per_place",
            )
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.role}"


class Link(TimestampedModel):
    """Who a subject of a provider is here; the subject never changes, addresses do."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="links")
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="company_links")
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "subject"], name="identity_subject_once"),
            models.UniqueConstraint(fields=["connection", "user"], name="identity_link_once"),
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.user}"


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Reads of attempts."""

    def tests(self) -> Self:
        """Keep the answered tests, the latest first."""
        return self.filter(is_test=True).exclude(report=None).order_by("-created_at")

    def over(self) -> Self:
        """Keep those that nobody looks at any more."""
        return self.filter(created_at__lt=timezone.now() - KEPT_FOR)


class Attempt(TimestampedModel):
    """One way to a provider and back: bound to a browser, answered once, soon too old."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="attempts")
    is_test = models.BooleanField(default=False)
    following = models.CharField(max_length=2000, default="/")
    used_at = models.DateTimeField(null=True, blank=True)
    report: JSONDict | None = models.JSONField(null=True)  # type: ignore[assignment]
    # What a SAML provider vouched for, until the browser that asked comes for it.
    answer: JSONDict | None = models.JSONField(null=True)  # type: ignore[assignment]

    objects = AttemptQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.connection}, {self.created_at:%H:%M}"

    @property
    def is_open(self) -> bool:
        """Whether an answer may still come."""
        return self.used_at is None and self.created_at > timezone.now() - ATTEMPT_LIFE


class SeenAssertionQuerySet(models.QuerySet["SeenAssertion"]):
    """Reads of seen assertions."""

    def over(self) -> Self:
        """Keep those that would be refused for their age by now."""
        return self.filter(expires_at__lt=timezone.now())


class SeenAssertion(TimestampedModel):
    """An assertion that was taken: it counts once, however it comes again."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)  # of its id
    expires_at = models.DateTimeField(db_index=True)

    objects = SeenAssertionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "digest"], name="identity_assertion_once")
        ]

    def __str__(self) -> str:
        return f"Assertion of {self.connection}"


class SigningKey(TimestampedModel):
    """A key with which the workspace signs its requests to SAML providers."""

    class Use(models.TextChoices):
        NOW = "now"
        NEXT = "next"  # published, so that providers know it before it signs

    use = models.CharField(max_length=4, choices=Use, unique=True)
    sealed_key = models.TextField()
    certificate = models.TextField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Signing key, valid to {self.expires_at:%-d %b %Y}"

    @property
    def private_key(self) -> str:
        """The key itself, in PEM."""
        return vault.unseal(self.sealed_key, context=self.seal_context)

    @private_key.setter
    def private_key(self, pem: str) -> None:
        self.sealed_key = vault.seal(pem, context=self.seal_context)

    @property
    def seal_context(self) -> str:
        return f"signing-key:{self.pk}"
