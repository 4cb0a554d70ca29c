"""What the API takes and tells of reviews."""

from typing import Any

from rest_framework import serializers

from apps.accounts.models import Folder
from apps.reviews.models import MOST_APPROVALS, Opinion, Review, Rule


class OpinionSerializer(serializers.ModelSerializer[Opinion]):
    """What one person said."""

    reviewer = serializers.CharField()

    class Meta:
        model = Opinion
        fields = ["reviewer", "approves", "comment", "created_at"]
        read_only_fields = fields


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """A review: `sha256` is the hash of the draft that it is about."""

    sha256 = serializers.CharField(source="version.sha256")
    base = serializers.IntegerField(source="base.number", default=None, allow_null=True)
    requested_by = serializers.CharField(allow_null=True)
    opinions = OpinionSerializer(many=True)

    class Meta:
        model = Review
        fields = [
            "id", "workflow", "status", "sha256", "base", "notes", "needed", "requested_by",
            "opinions", "created_at", "closed_at",
        ]  # fmt: skip
        read_only_fields = fields


class RequestSerializer(serializers.Serializer[Any]):
    """What is said to the reviewers."""

    notes = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)


class AnswerSerializer(serializers.Serializer[Any]):
    """One's own opinion; a refusal needs a comment."""

    approves = serializers.BooleanField()
    comment = serializers.CharField(required=False, allow_blank=True, default="", max_length=10_000)


class NeedSerializer(serializers.Serializer[Any]):
    """Whether publishing a workflow needs a review, and how far the newest one is.

    `may_publish` is true where nothing of reviews stands against publishing the draft as it is now.
    """

    needed = serializers.IntegerField()
    may_publish = serializers.BooleanField()
    review = ReviewSerializer(allow_null=True)


class ReviewRuleSerializer(serializers.ModelSerializer[Rule]):
    """Where publishing needs how many approvals; `folder` null is the whole workspace."""

    folder = serializers.PrimaryKeyRelatedField(
        queryset=Folder.objects.all(), allow_null=True, required=False, default=None
    )
    approvals = serializers.IntegerField(min_value=1, max_value=MOST_APPROVALS, default=1)

    class Meta:
        model = Rule
        fields = ["id", "folder", "approvals", "created_at"]
        read_only_fields = ["id", "created_at"]
        validators: list[Any] = []


class ReviewRuleChangeSerializer(serializers.Serializer[Any]):
    """How many approvals."""

    approvals = serializers.IntegerField(min_value=1, max_value=MOST_APPROVALS)
