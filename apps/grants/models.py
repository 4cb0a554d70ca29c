"""Providers of the platform with their sealed keys, and what of them each workspace may use.

They lie in the public schema, out of reach of tenants' roles. What a workspace sees of them is a row
of its own without a key.
"""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from apps.common.models import TimestampedModel
from apps.tenants.models import Tenant


class PlatformProvider(TimestampedModel):
    """Somebody who answers calls to models, asked with a key of the platform."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        DISABLED = "disabled"

    slug = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    base_url = models.CharField("Address", max_length=500)
    litellm_provider = models.CharField("Known as", max_length=40, blank=True)
    default_model = models.CharField("Model", max_length=200)
    capabilities = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    disabled_reason = models.CharField(max_length=40, blank=True)
    sealed = models.TextField(blank=True)
    origin = models.CharField(max_length=300, blank=True)  # the one place the key is sent to
    last4 = models.CharField(max_length=4, blank=True)
    # What it told of itself: its models, and what a million tokens of each cost and how long they may be.
    known_models = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, editable=False
    )
    prices = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ["created_at"]
        verbose_name = "provider"

    def __str__(self) -> str:
        return self.name

    @property
    def context(self) -> str:
        """What the sealed key is bound to: moved to another row or origin, it does not open."""
        return f"grants.provider:{self.pk}:{self.origin}"


class Grant(TimestampedModel):
    """What a workspace may use of a provider of the platform, and what it used of that lately."""

    provider = models.ForeignKey(PlatformProvider, on_delete=models.CASCADE, related_name="grants")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="+", verbose_name="workspace"
    )
    # Patterns of the models that may be asked; empty: all.
    patterns = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    tokens_a_day = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    usd_a_month = models.DecimalField(
        "dollars a month", max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )  # fmt: skip
    # What is reserved counts at once, so that what a process lost on its way is counted whole.
    day = models.DateField(null=True, editable=False)
    day_tokens = models.BigIntegerField(default=0, editable=False)
    month = models.DateField(null=True, editable=False)  # its first day, in UTC
    month_usd = models.DecimalField(
        max_digits=18, decimal_places=10, default=Decimal(0), editable=False
    )

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "tenant"], name="grants_one_each"),
            models.CheckConstraint(
                condition=~Q(tokens_a_day=None, usd_a_month=None), name="grants_have_a_quota"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} for {self.tenant}"
