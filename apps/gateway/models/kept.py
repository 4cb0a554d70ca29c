"""What was asked and answered in a call, where the guards say that it is kept."""

from typing import Self

from django.db import models
from django.utils import timezone


class KeptBodyQuerySet(models.QuerySet["KeptBody"]):
    """Reads of kept bodies."""

    def unexpired(self) -> Self:
        """Keep those whose time is not over; the others go with the next deletion of what is over."""
        return self.filter(expires_at__gt=timezone.now())


class KeptBody(models.Model):
    """What of one call is kept, masked and sealed."""

    call_id = models.UUIDField(primary_key=True)  # no foreign key: the call's row comes later
    run_id = models.UUIDField(null=True)  # runs live above; a hold on a workflow keeps its bodies
    sealed = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    expires_at = models.DateTimeField(db_index=True)

    objects = KeptBodyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Body of the call {self.call_id}"

    @property
    def context(self) -> str:
        """What its seal is bound to."""
        return f"call-body:{self.call_id}"
