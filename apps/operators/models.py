"""Keys to the platform API. They lie in the public schema, where no workspace's role reads."""

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
