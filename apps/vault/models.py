"""Data keys."""

from django.db import models

from apps.common.models import TimestampedModel


class DataKey(TimestampedModel):
    """A key of this schema, wrapped by a master key; retired ones still decrypt."""

    wrapped = models.TextField()
    master_id = models.CharField(max_length=12)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(retired_at=None),
                name="vault_one_current_data_key",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
