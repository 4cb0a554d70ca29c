"""The abstract model that our tables share."""

from django.db import models

from apps.common.ids import uuid7


class TimestampedModel(models.Model):
    """A row with a time-ordered id and the times of its creation and last change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
