"""Classes of data, as a workspace has them."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from apps.classification.slugs import SLUG
from apps.common.models import TimestampedModel

LONGEST_DAYS = 36_500


class DataClassQuerySet(models.QuerySet["DataClass"]):
    """Reads of classes."""

    def matching(self, words: str) -> Self:
        """Keep those with the text in their name, slug or description."""
        text = words.strip()
        found = models.Q(name__icontains=text) | models.Q(slug__icontains=text)
        return self.filter(found | models.Q(description__icontains=text)) if text else self


class DataClass(TimestampedModel):
    """What marked values are, and what holds for them. Rows, logs and mails never show them."""

    slug = models.CharField(
        max_length=31, unique=True, editable=False, validators=[RegexValidator(SLUG)]
    )
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=500, blank=True)
    # Whether prompts may hold its values for every model, not only where a route allows the class.
    in_prompts = models.BooleanField(default=False)
    # Whether placeholders in a model's answer become the values again.
    puts_back = models.BooleanField(default=True)
    # After so many days a finished run's values are erased; none: they go with their run.
    keep_days = models.PositiveIntegerField(
        null=True, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)]
    )
    is_builtin = models.BooleanField(default=False, editable=False)

    objects = DataClassQuerySet.as_manager()

    class Meta:
        ordering = ["-is_builtin", "name"]
        verbose_name_plural = "data classes"

    def __str__(self) -> str:
        return self.name
