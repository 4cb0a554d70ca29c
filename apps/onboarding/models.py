"""Sign-ups that wait for their e-mail address to be confirmed. They lie in the public schema."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from apps.common.models import TimestampedModel

LIFE = timedelta(hours=1)


class SignUpQuerySet(models.QuerySet["SignUp"]):
    """Reads of sign-ups."""

    def open(self) -> Self:
        """Keep those whose link still works."""
        return self.filter(used_at=None, expires_at__gt=timezone.now())

    def closed(self) -> Self:
        """Keep those that are of no use any more; they hold an address, so they are deleted."""
        return self.filter(expires_at__lte=timezone.now())


class SignUp(TimestampedModel):
    """A wish for a workspace: single use, valid for an hour, only the hash of its token kept."""

    email = models.EmailField()
    name = models.CharField(max_length=80)
    slug = models.CharField(max_length=40)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = SignUpQuerySet.as_manager()

    def __str__(self) -> str:
        return self.slug
