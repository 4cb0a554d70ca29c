"""Views of the list of runs: filters that somebody keeps under a name, for themselves or for all."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from apps.accounts.models import User
from apps.common.models import TimestampedModel

LONGEST_NAME = 60


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Reads of saved views; every method returns a queryset."""

    def shared(self) -> Self:
        """Keep those that everybody sees who sees runs."""
        return self.filter(is_shared=True)


class SavedView(TimestampedModel):
    """Filters of the list of runs under a name. What it shows is what each reader may see."""

    name = models.CharField(max_length=LONGEST_NAME)
    # By the names of the list's query parameters; see `runs.searching`.
    filters = models.JSONField(default=dict)
    is_shared = models.BooleanField(default=False)
    # Nobody's is one that is shared and whose owner has left.
    owner = models.ForeignKey(
        User, null=True, on_delete=models.CASCADE, related_name="run_views", db_index=False
    )

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("owner", Lower("name"), name="runs_own_view_named_once"),
            models.UniqueConstraint(
                Lower("name"), condition=Q(is_shared=True), name="runs_shared_view_named_once"
            ),
            models.CheckConstraint(
                condition=Q(is_shared=True) | Q(owner__isnull=False), name="runs_view_has_readers"
            ),
        ]

    def __str__(self) -> str:
        return self.name
