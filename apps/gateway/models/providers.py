"""Who answers calls to models, and the sealed keys that they are shown."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from apps.common.models import TimestampedModel
from apps.common.types import JSONDict
from apps.grants.lending import Lent

MOST_CALLS = 10_000  # that may be allowed to go on at a time
MOST_KEYS = 20  # of a provider, those that stopped not counted
NAME = RegexValidator(
    r"\A[a-z][a-z0-9._-]{0,62}\Z",
    "Use small letters, digits, dots, dashes and underscores, and start with a letter.",
)


class ProviderQuerySet(models.QuerySet["Provider"]):
    """Reads of providers."""

    def with_keys(self) -> Self:
        """Read their keys along: which one is used, and how a provider stands, follows from them."""
        return self.prefetch_related("credentials")

    def matching(self, text: str) -> Self:
        """Keep those with the text in name, slug or address."""
        found = Q(name__icontains=text) | Q(slug__icontains=text) | Q(base_url__icontains=text)
        return self.filter(found) if text else self


class Provider(TimestampedModel):
    """Somebody who answers calls to models, and where."""

    class Kind(models.TextChoices):
        BUILTIN = "builtin", "Built-in rules, no AI model"
        OPENAI = "openai_compatible", "OpenAI-compatible address"
        LITELLM = "litellm", "Other provider"

    class Status(models.TextChoices):
        ACTIVE = "active"
        DISABLED = "disabled"
        WITHDRAWN = "withdrawn"  # the platform lends it no longer

    slug = models.CharField(max_length=63, unique=True, validators=[NAME])
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind)
    base_url = models.CharField(max_length=500, blank=True)
    litellm_provider = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    capabilities = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    needs_key = models.BooleanField(default=True)
    default_model = models.CharField(max_length=200, blank=True)
    # How many steps may call it at a time, and of other calls each process, whichever key it has;
    # empty: as many as like.
    max_calls = models.PositiveSmallIntegerField(null=True, blank=True)
    # Where the platform lends it: what it is then stands in `grants`, and not in this row.
    grant_id = models.UUIDField(null=True, blank=True)
    # Those that it told of when it was asked; offered where a model is named.
    known_models = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    lent: Lent | None = None  # filled in by the router

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_calls__gte=1), name="gateway_provider_has_calls"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_builtin(self) -> bool:
        """Whether it is ours, without a model."""
        return self.kind == self.Kind.BUILTIN

    @property
    def usable_keys(self) -> "list[Credential]":
        """The keys that may be used, in their order; reads prefetched rows."""
        usable = [each for each in self.credentials.all() if each.is_active]
        return sorted(usable, key=lambda each: (each.order, each.created_at))

    @property
    def credential(self) -> "Credential | None":
        """The key that is used first; where none is usable, the newest. Reads prefetched rows."""
        newest = max(self.credentials.all(), key=lambda each: each.created_at, default=None)
        return next(iter(self.usable_keys), newest)

    @property
    def state(self) -> str:
        """`ready`, `disabled`, `withdrawn`, `needs_key` or `key_refused`."""
        if self.status != self.Status.ACTIVE:
            return str(self.status)
        key = self.credential
        if self.is_builtin or self.grant_id or not self.needs_key or (key and key.is_active):
            return "ready"
        return "key_refused" if key and key.disabled_reason == Credential.REFUSED else "needs_key"


class Credential(TimestampedModel):
    """A provider's key: sealed, bound to its row and to the one origin that it may be sent to.

    Those of the lowest order are used, by their weights, as long as the provider takes them.
    """

    class Status(models.TextChoices):
        ACTIVE = "active"
        DISABLED = "disabled"

    PLACE = ("label", "order", "weight")
    REFUSED, REPLACED, MOVED, STOPPED = "refused", "replaced", "address changed", "by hand"

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="credentials")
    sealed = models.TextField()
    origin = models.CharField(max_length=300)  # scheme://host:port
    last4 = models.CharField(max_length=4, blank=True)
    label = models.CharField(max_length=80, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    weight = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    disabled_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["order", "created_at"]

    def __str__(self) -> str:
        return self.label or f"…{self.last4}"

    @property
    def is_active(self) -> bool:
        """Whether it may be used."""
        return self.status == self.Status.ACTIVE

    @property
    def place(self) -> JSONDict:
        """Where it stands among the others; the key that takes over from it stands there too."""
        return {name: getattr(self, name) for name in self.PLACE}

    @property
    def context(self) -> str:
        """What the sealed key is bound to: moved to another row or origin, it does not open."""
        return f"gateway.credential:{self.pk}:{self.origin}"

    def disable(self, reason: str) -> None:
        """Stop using it."""
        self.status, self.disabled_reason = self.Status.DISABLED, reason
        self.save(update_fields=["status", "disabled_reason", "updated_at"])
