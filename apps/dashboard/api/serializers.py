"""What the API says about limits."""

from typing import Any

from rest_framework import serializers


class UseSerializer(serializers.Serializer[Any]):
    """How much of something is taken, and how much there is."""

    now = serializers.IntegerField()
    limit = serializers.IntegerField()


class WorkflowUseSerializer(serializers.Serializer[Any]):
    """The runs of a workflow whose settings say how many may go on at a time."""

    workflow = serializers.UUIDField(source="workflow.pk")
    name = serializers.CharField(source="workflow.name")
    running = UseSerializer(source="use.running")
    held = serializers.IntegerField(source="use.held")


class LimitsSerializer(serializers.Serializer[Any]):
    """What the workspace may take up, and takes up now."""

    running = UseSerializer(source="standing.running")
    queued = UseSerializer(source="standing.queued")
    outside = UseSerializer(
        source="standing.outside",
        allow_null=True,
        help_text="Steps that call other services; null where their number is not limited.",
    )
    waiting = serializers.IntegerField(source="standing.waiting")
    paused = serializers.IntegerField(source="standing.paused")
    weight = serializers.IntegerField(source="standing.weight")
    is_paused = serializers.BooleanField(source="standing.is_paused")
    api_calls_per_minute = serializers.IntegerField(source="calls_per_minute")
    workflows = WorkflowUseSerializer(many=True)
