"""Keys to the platform API, and the deletions of workspaces with what proves them.

They lie in the public schema, where no workspace's role reads.
"""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from apps.accounts.models import User
from apps.common.models import TimestampedModel

KIND = "aup"  # how the texts of these keys begin


class PlatformKeyQuerySet(models.QuerySet["PlatformKey"]):
    """Reads of platform keys."""

    def usable(self) -> Self:
        """Keep the keys that are neither revoked nor expired and whose maker is still staff."""
        staff = {"user__is_active": True, "user__is_staff": True}
        return self.filter(revoked_at=None, expires_at__gt=timezone.now(), **staff)


class PlatformKey(TimestampedModel):
    """A key of a member of staff to the platform API. Only a keyed hash of its secret is kept."""

    key_id = models.CharField(max_length=8, unique=True)
    name = models.CharField(max_length=80)
    secret_hash = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = PlatformKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "platform key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def prefix(self) -> str:
        """What its text begins with: this tells keys apart and opens nothing."""
        return f"{KIND}_{self.key_id}"

    @property
    def allowed(self) -> frozenset[str]:
        """What it allows inside of a workspace: nothing."""
        return frozenset()

    @property
    def state(self) -> str:
        """`active`, `revoked` or `expired`."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= timezone.now() else "active"


class DeletionQuerySet(models.QuerySet["Deletion"]):
    """Reads of deletions."""

    def open(self) -> Self:
        """Keep those that are neither over nor taken back."""
        return self.filter(state__in=[Deletion.State.SCHEDULED, Deletion.State.RUNNING])

    def due(self) -> Self:
        """Keep those whose time has come and that nobody carries now."""
        now = timezone.now()
        free = models.Q(carried_until=None) | models.Q(carried_until__lt=now)
        return self.open().filter(free, due_at__lte=now)

    def keeping(self, slug: str) -> Self:
        """Keep those for whose sake nobody may have the address."""
        return self.filter(slug=slug, slug_free_at__gt=timezone.now())


class Deletion(TimestampedModel):
    """The end of a workspace: wanted, then carried out step by step, and proved ever after.

    It outlives the workspace, so it refers to it by words alone.
    """

    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"

    workspace = models.UUIDField()  # the tenant's id
    slug = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    schema_name = models.CharField(max_length=63)
    role_name = models.CharField(max_length=63)
    state = models.CharField(max_length=9, choices=State, default=State.SCHEDULED)
    asked_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    slug_free_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField(default=0)  # how many are behind it
    found = models.JSONField(default=dict)  # what there was to delete
    keys = ArrayField(models.CharField(max_length=36), default=list)  # ids of destroyed data keys
    carried_until = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True)  # why it stands still
    certificate = models.JSONField(null=True)
    signature = models.TextField(blank=True)

    objects = DeletionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"],
                condition=models.Q(state__in=["scheduled", "running"]),
                name="operators_one_deletion_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"
