"""What is looked for in the calls of a workspace."""

from django.db import models


class GuardDefaults(models.Model):
    """The guards of calls whose route has none of its own."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    settings = models.JSONField(default=dict, blank=True)  # what `guards.policy.Guards` says
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return "Guards of the workspace"
