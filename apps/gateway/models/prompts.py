"""Prompts that a workspace keeps: what each was at any time, and which of it is used for what."""

from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.common.ids import uuid7
from apps.common.models import TimestampedModel

SLUG = RegexValidator(
    r"\A[a-z][a-z0-9-]{0,62}\Z", "Use small letters, digits and dashes, and start with a letter."
)


class PromptQuerySet(models.QuerySet["Prompt"]):
    """Reads of prompts."""

    def matching(self, text: str) -> Self:
        """Keep those with the text in name, slug, description or the words of their newest version."""
        if not text.strip():
            return self
        words = text.strip()
        found = Q(slug__icontains=words) | Q(name__icontains=words)
        found |= Q(description__icontains=words) | Q(words__icontains=words)
        return self.filter(found)

    def labelled(self, label: str) -> Self:
        """Keep those that have a label."""
        return self.filter(labels__name=label) if label else self


class Prompt(TimestampedModel):
    """A prompt by its name; what it says is in its versions."""

    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    newest = models.PositiveIntegerField(default=0)  # the number of its last version
    words = models.TextField(blank=True)  # of its newest version, to be searched

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """What a prompt said at one time: never altered, so that what a call was told can be looked up."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()  # `prompts.content.Content`
    sha256 = models.CharField(max_length=64)
    notes = models.CharField(max_length=300, blank=True)
    author = models.CharField(max_length=200, blank=True)  # as people know them, no foreign key
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["prompt", "number"], name="gateway_prompt_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.prompt.slug}@{self.number}"


class PromptLabel(models.Model):
    """A name for one of a prompt's versions, such as production, that can be moved to another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=63, validators=[SLUG])
    version = models.ForeignKey(PromptVersion, on_delete=models.CASCADE, related_name="labels")
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["prompt", "name"], name="gateway_prompt_label_once")
        ]

    def __str__(self) -> str:
        return self.name
