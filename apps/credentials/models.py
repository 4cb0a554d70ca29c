"""Credentials of a workspace, and which runs have used them."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from apps.accounts.models import Folder, User
from apps.common.models import TimestampedModel
from apps.credentials.kinds import CHOICES, KINDS, Kind

MOST_CALLS = 10_000  # that may be allowed to go on at a time


class StoredCredentialQuerySet(models.QuerySet["StoredCredential"]):
    """Reads of credentials; every method returns a queryset."""

    def matching(self, text: str) -> Self:
        """Keep those with the text in name, description or a host."""
        words = text.strip()
        if not words:
            return self
        found = Q(name__icontains=words) | Q(description__icontains=words)
        return self.filter(found | Q(hosts__icontains=words))

    def in_state(self, state: str) -> Self:
        """Keep what is `active`, `disabled`, or was never used (`unused`)."""
        match state:
            case "active":
                return self.filter(disabled_at=None)
            case "disabled":
                return self.exclude(disabled_at=None)
            case "unused":
                return self.filter(last_used_at=None)
        return self


class StoredCredential(TimestampedModel):
    """A secret that steps name by its id; it is sent to its hosts and shown to nobody."""

    class Source(models.TextChoices):
        KEPT = "kept", "Kept here"
        VAULT = "vault", "HashiCorp Vault"
        ENV = "env", "Operator's environment"

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=12, choices=CHOICES)
    # Where the secret is, and what names it there; what opens the door there is sealed.
    source = models.CharField(max_length=8, choices=Source, default=Source.KEPT)
    reference = models.JSONField(default=dict)
    # What of the values people may see, and what nobody may.
    settings = models.JSONField(default=dict)
    sealed = models.TextField()
    last4 = models.CharField(max_length=4, blank=True)
    hosts = ArrayField(models.CharField(max_length=260))
    # How many steps may call with it at a time; empty: as many as like.
    max_calls = models.PositiveSmallIntegerField(null=True)
    folder = models.ForeignKey(
        Folder, null=True, blank=True, on_delete=models.PROTECT, related_name="credentials"
    )
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="stored_credentials"
    )
    rotated_at = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    # When a run last began to use it, and of which workflow: that lives floors above.
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_workflow_id = models.UUIDField(null=True, editable=False)

    objects = StoredCredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="credentials_name_once"),
            # None at a time would let its steps wait for ever.
            models.CheckConstraint(condition=Q(max_calls__gte=1), name="credentials_has_calls"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shape(self) -> type[Kind]:
        """What it consists of."""
        return KINDS[self.kind]

    @property
    def is_active(self) -> bool:
        """Whether steps get it."""
        return self.disabled_at is None

    @property
    def context(self) -> str:
        """What its sealed values are bound to."""
        return f"stored-credential:{self.pk}"


class CredentialUse(TimestampedModel):
    """That a run used a credential: once, however often its steps did."""

    credential = models.ForeignKey(StoredCredential, on_delete=models.CASCADE, related_name="uses")
    run_id = models.UUIDField()
    workflow_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "run_id"], name="credentials_use_once")
        ]
        indexes = [models.Index(fields=["credential", "-created_at"], name="credentials_uses")]

    def __str__(self) -> str:
        return f"{self.credential_id} in {self.run_id}"
