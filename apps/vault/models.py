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


class VerifyingKey(TimestampedModel):
    """What checks the signatures that a data key made in a context, after the key itself is gone."""

    data_key_id = models.UUIDField()
    context = models.CharField(max_length=80)
    # Public, and sealed all the same: who writes into the database cannot put another one there.
    sealed = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["data_key_id", "context"], name="vault_verifying_key_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.context} of {self.data_key_id}"

    @property
    def seal_context(self) -> str:
        """What its sealed text is bound to."""
        return f"verifying-key:{self.data_key_id}:{self.context}"
