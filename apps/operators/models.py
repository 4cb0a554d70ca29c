"""Keys to the platform API, deletions of workspaces with what proves them, and support accesses.

They lie in the public schema, where no workspace's role reads.
"""

from datetime import timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from apps.accounts.models import User
from apps.common.models import TimestampedModel
from apps.tenants.models import Tenant

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


MOST_HOURS = 8
ASKED_FOR = timedelta(days=7)  # after which an answer to a wish comes too late


class SupportAccessQuerySet(models.QuerySet["SupportAccess"]):
    """Reads of support accesses."""

    def waiting(self) -> Self:
        """Keep those that nobody has answered yet."""
        asked = SupportAccess.State.ASKED
        return self.filter(state=asked, created_at__gt=timezone.now() - ASKED_FOR)

    def live(self) -> Self:
        """Keep those by which somebody may be inside now."""
        return self.filter(state=SupportAccess.State.OPEN, ends_at__gt=timezone.now())

    def over(self) -> Self:
        """Keep those whose time has passed and that nobody has ended yet."""
        return self.filter(state=SupportAccess.State.OPEN, ends_at__lte=timezone.now())


class SupportAccess(TimestampedModel):
    """A wish of staff to look into a workspace, and what its people said to it."""

    class State(models.TextChoices):
        ASKED = "asked"
        OPEN = "open", "Let in"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        OVER = "over"

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="+", verbose_name="workspace"
    )
    staff = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    staff_email = models.EmailField()
    reason = models.CharField(max_length=200)
    hours = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    role = models.CharField(max_length=40, blank=True)  # chosen by who let them in
    decided_by = models.CharField(max_length=200, blank=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    guest = models.UUIDField(null=True)  # the user inside of the workspace
    entry_hash = models.CharField(max_length=64, blank=True)
    entry_until = models.DateTimeField(null=True)

    objects = SupportAccessQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "support accesses"

    def __str__(self) -> str:
        return f"{self.staff_email}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_lapsed(self) -> bool:
        """Whether nobody answered in time."""
        return self.created_at <= timezone.now() - ASKED_FOR

    @property
    def is_waiting(self) -> bool:
        """Whether it can still be answered."""
        return self.state == self.State.ASKED and not self.is_lapsed

    @property
    def is_live(self) -> bool:
        """Whether somebody may be inside now."""
        ends = self.ends_at
        return self.state == self.State.OPEN and ends is not None and ends > timezone.now()

    @property
    def word(self) -> str:
        """How it stands, in a word."""
        if self.state == self.State.ASKED and self.is_lapsed:
            return "Not answered"
        over = self.state == self.State.OPEN and not self.is_live
        return "Over" if over else str(self.get_state_display())
