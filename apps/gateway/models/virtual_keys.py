"""What keys may ask of models."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.accounts.models import ApiKey, User


class VirtualKey(models.Model):
    """What an API key may ask of models, and how often; a key without one asks by its role alone."""

    key = models.OneToOneField(
        ApiKey, on_delete=models.CASCADE, primary_key=True, related_name="virtual"
    )
    # Aliases, and workflows as `workflow/<slug>`; null: every route, those made later too.
    routes = ArrayField(models.CharField(max_length=80), null=True, blank=True)
    # Who named the workflows answers for them: they run in this person's name.
    vouched_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="vouched_keys"
    )
    # Patterns of `provider/model` that it may name past all routes.
    direct = ArrayField(models.CharField(max_length=264), default=list, blank=True)
    rpm = models.PositiveIntegerField(null=True, blank=True)  # calls a minute
    tpm = models.PositiveIntegerField(null=True, blank=True)  # tokens a minute

    class Meta:
        ordering = ["-key__created_at"]

    def __str__(self) -> str:
        return str(self.key)
