"""Shapes of rules, holds and jobs."""

from typing import Any

from rest_framework import serializers

from apps.retention.classes import LONGEST_DAYS, RULED
from apps.retention.models import LegalHold, RetentionJob


class RuleSerializer(serializers.Serializer[Any]):
    """How long one class of data is kept."""

    name = serializers.ChoiceField(choices=list(RULED))
    label = serializers.CharField()  # type: ignore[assignment]  # the name in the contract
    days = serializers.IntegerField(allow_null=True, help_text="None: for ever.")
    default_days = serializers.IntegerField()
    minimum_days = serializers.IntegerField()


class RulesSerializer(serializers.Serializer[Any]):
    """How long each class of data is kept."""

    rules = RuleSerializer(many=True)


class DaysField(serializers.IntegerField):
    """Days of one class; null keeps it for ever."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(
            min_value=RULED[name].kind.minimum_days,
            max_value=LONGEST_DAYS,
            allow_null=True,
            required=False,
            help_text=RULED[name].kind.about,
            **options,
        )


class ChangedRulesSerializer(serializers.Serializer[Any]):
    """The classes to be kept longer or shorter; the others stay as they are."""

    payloads = DaysField("payloads")
    history = DaysField("history")
    runs = DaysField("runs")
    audit = DaysField("audit")


class HoldSerializer(serializers.ModelSerializer[LegalHold]):
    """A legal hold; without a workflow it keeps the whole workspace."""

    workflow = serializers.UUIDField(source="workflow_id", read_only=True, allow_null=True)
    placed_by = serializers.CharField(read_only=True, allow_null=True)
    released_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = LegalHold
        fields = [
            "id", "workflow", "label", "reason", "placed_by", "created_at", "released_at", "released_by",
        ]  # fmt: skip
        read_only_fields = fields


class NewHoldSerializer(serializers.Serializer[Any]):
    """What is to be kept, and why."""

    workflow = serializers.UUIDField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=400)


class JobSerializer(serializers.ModelSerializer[RetentionJob]):
    """A deletion: what it deleted so far, and the hash that chains the ids of it."""

    started_by = serializers.CharField(read_only=True, allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    plan = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = RetentionJob
        fields = [
            "id", "status", "trigger", "started_by", "plan", "counts", "digest", "trouble",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields
