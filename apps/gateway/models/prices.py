"""What a workspace says that models cost; for the others the delivered list counts."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.common.models import TimestampedModel
from apps.gateway import catalogue
from apps.gateway.usage import Usage

if TYPE_CHECKING:
    from apps.gateway.models import Provider
    from apps.grants.lending import Lent

MILLION = Decimal(1_000_000)
EXACT = Decimal("1e-10")


class ModelPriceQuerySet(models.QuerySet["ModelPrice"]):
    """Reads of prices."""

    def at(self, moment: datetime) -> Self:
        """Keep, of each price, the version that was valid at a time."""
        valid = self.filter(valid_from__lte=moment)
        return valid.order_by("provider", "model", "-valid_from").distinct("provider", "model")


class ModelPrice(TimestampedModel):
    """What a million tokens cost from a time on; patterns as in file names, the provider by slug or host.

    Setting a price again adds a version. What is not said of cached or reasoning tokens costs like
    the others.
    """

    provider = models.CharField(max_length=200)
    model = models.CharField(max_length=200)
    valid_from = models.DateTimeField(default=timezone.now)
    input_usd = models.DecimalField(max_digits=18, decimal_places=6)
    output_usd = models.DecimalField(max_digits=18, decimal_places=6)
    cache_read_usd = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    cache_write_usd = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    reasoning_usd = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    context_tokens = models.PositiveIntegerField(null=True, blank=True)
    answer_tokens = models.PositiveIntegerField(null=True, blank=True)  # the longest answer
    retires_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=60, blank=True)  # empty: the workspace's own word

    objects = ModelPriceQuerySet.as_manager()

    class Meta:
        ordering = ["provider", "model", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "model", "valid_from"], name="gateway_price_version"
            ),
            models.CheckConstraint(
                condition=Q(input_usd__gte=0, output_usd__gte=0), name="gateway_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"

    @property
    def weight(self) -> tuple[int, int]:
        """How exactly it is meant."""
        stars = sum(sign in "*?[" for sign in self.model + self.provider)
        return -stars, len(self.model) + len(self.provider)

    def cost(self, usage: Usage) -> Decimal:
        """Return what the tokens cost, in dollars."""
        parts = (
            (self.input_usd, usage.input - usage.cached - usage.written),
            (_or(self.cache_read_usd, self.input_usd), usage.cached),
            (_or(self.cache_write_usd, self.input_usd), usage.written),
            (self.output_usd, usage.output - usage.reasoning),
            (_or(self.reasoning_usd, self.output_usd), usage.reasoning),
        )
        used = sum((price * tokens for price, tokens in parts), Decimal(0))
        return (used / MILLION).quantize(EXACT)

    @property
    def dearest_input(self) -> Decimal:
        """The most that a token of the input may cost."""
        return max(self.input_usd, self.cache_write_usd or Decimal(0))

    @property
    def dearest_output(self) -> Decimal:
        """The most that a token of the output may cost."""
        return max(self.output_usd, self.reasoning_usd or Decimal(0))


def best_price(
    prices: Iterable[ModelPrice], provider: "Provider", host: str, model: str
) -> ModelPrice | None:
    """Return what fits best: the workspace's own price, the lent provider's own, the delivered one.

    Of its own ones, what is named exactly comes before what is matched, long before short.
    """
    names = {provider.slug, host, provider.litellm_provider} - {""}
    fitting = [
        price
        for price in prices
        if any(fnmatchcase(name, price.provider) for name in names)
        and fnmatchcase(model, price.model)
    ]
    if fitting:
        return max(fitting, key=lambda price: price.weight)
    if provider.lent is not None and (told := told_by(provider.lent, provider.slug, model)):
        return told
    found = catalogue.find(sorted(names), model, on=timezone.now().date())
    return delivered(found) if found else None


def told_by(lent: "Lent", provider: str, model: str) -> ModelPrice | None:
    """Return what a provider of the platform itself says that a model costs; it is no row."""
    figures = lent.prices.get(model)
    if figures is None:
        return None
    return ModelPrice(
        provider=provider, model=model, input_usd=Decimal(figures["input_usd"]),
        output_usd=Decimal(figures["output_usd"]), context_tokens=figures["context_tokens"],
        answer_tokens=figures["answer_tokens"], source="the platform",
    )  # fmt: skip


def delivered(found: catalogue.Listed) -> ModelPrice:
    """Return an entry of the delivered list as a price; it is no row."""
    return ModelPrice(
        provider=found.provider, model=found.model, input_usd=found.input_usd,
        output_usd=found.output_usd, cache_read_usd=found.cache_read_usd,
        cache_write_usd=found.cache_write_usd, reasoning_usd=found.reasoning_usd,
        context_tokens=found.context_tokens, answer_tokens=found.answer_tokens,
        retires_on=found.retires_on, source=catalogue.source(),
    )  # fmt: skip


def _or(price: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if price is None else price
