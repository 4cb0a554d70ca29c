"""Shapes of runs, their steps, events and approvals, and of what is sent to start and steer them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.types import JSON
from apps.runs.models import NodeRun, Run, RunEvent, Wait

MAX_WAIT_S = 60


@extend_schema_field(OpenApiTypes.OBJECT)
class ObjectField(serializers.Field[Any, Any, Any, Any]):
    """A JSON object; what may be in it is judged by the service, which names each field."""

    default_error_messages = {"no_object": "Give a JSON object."}

    def to_internal_value(self, data: JSON) -> JSON:
        if not isinstance(data, dict):
            self.fail("no_object")
        return data

    def to_representation(self, value: JSON) -> JSON:
        return value


@extend_schema_field({"type": "object", "additionalProperties": True, "nullable": True})
class ErrorField(serializers.JSONField):
    """What went wrong: code, message, hint and, for a run, the node."""


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 1}, {"const": "draft"}]})
class VersionField(serializers.Field[Any, Any, Any, Any]):
    """The number of a published version, or the draft as it is now."""

    default_error_messages = {"unknown": "Give the number of a version, or “draft”."}

    def to_internal_value(self, data: JSON) -> JSON:
        if data == "draft" or (type(data) is int and 0 < data < 2**31):
            return data
        return self.fail("unknown")


class WorkflowNameSerializer(serializers.Serializer[Any]):
    """Which workflow it is."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class VersionNumberSerializer(serializers.Serializer[Any]):
    """Which version it is; a draft's snapshot has no number."""

    id = serializers.UUIDField()
    number = serializers.IntegerField(allow_null=True)


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run; read only, because runs are started and steered, never edited."""

    workflow = WorkflowNameSerializer(read_only=True)
    version = VersionNumberSerializer(read_only=True)
    error = ErrorField(read_only=True, allow_null=True)
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6, read_only=True)
    retry_of = serializers.UUIDField(source="retry_of_id", read_only=True, allow_null=True)

    class Meta:
        model = Run
        fields = [
            "id", "workflow", "version", "status", "trigger", "inputs", "outputs", "error",
            "cost_usd", "tokens", "retry_of", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class StartedSerializer(serializers.ModelSerializer[Run]):
    """A run that was accepted; ask for it, follow its events, or wait with `wait`."""

    class Meta:
        model = Run
        fields = ["id", "status"]
        read_only_fields = fields


class NodeRunSerializer(serializers.ModelSerializer[NodeRun]):
    """One step of a run: what it got, what it gave, what it cost."""

    error = ErrorField(read_only=True, allow_null=True)
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6, read_only=True)
    logs = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = NodeRun
        fields = [
            "node", "frame", "title", "type", "status", "attempt", "input", "output", "error", "port",
            "started_at", "finished_at", "cost_usd", "tokens", "logs",
        ]  # fmt: skip
        read_only_fields = fields


class NodeRunsSerializer(serializers.Serializer[Any]):
    """The steps of a run in the order of the graph."""

    results = NodeRunSerializer(many=True)


class EventSerializer(serializers.ModelSerializer[RunEvent]):
    """Something that happened in a run; `seq` has no gaps. Only steps have node and attempt."""

    class Meta:
        model = RunEvent
        fields = ["seq", "type", "at", "frame", "node", "attempt", "data"]
        extra_kwargs = {"node": {"required": False}, "attempt": {"required": False}}


class EventsSerializer(serializers.Serializer[Any]):
    """Events after `after`, at most 1,000; ask again with the last `seq` for more."""

    results = EventSerializer(many=True)
    status = serializers.ChoiceField(choices=Run.Status.choices)


class StartSerializer(serializers.Serializer[Any]):
    """What a run starts with."""

    inputs = ObjectField(required=False, default=dict)
    version = VersionField(required=False, default=None)
    wait = serializers.FloatField(
        required=False,
        default=0,
        min_value=0,
        max_value=MAX_WAIT_S,
        help_text="Seconds to wait for the end; 200 with the finished run, or 202 as without it.",
    )


class RetrySerializer(serializers.Serializer[Any]):
    """Where to start again; without a step, where the run failed."""

    from_node = serializers.CharField(required=False, allow_null=True, default=None, max_length=63)
    inputs = ObjectField(
        required=False, allow_null=True, default=None, help_text="Instead of the step's own input."
    )


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"id": {"type": "string"}, "label": {"type": "string"}},
            "required": ["id", "label"],
        },
    }
)
class ActionsField(serializers.Field[Any, Any, Any, Any]):
    """The answers that may be given."""

    def to_representation(self, value: JSON) -> JSON:
        return [{"id": action["id"], "label": action["label"]} for action in value]


class ApprovalSerializer(serializers.ModelSerializer[Wait]):
    """A question that a run asks people."""

    run = serializers.UUIDField(source="run_id", read_only=True)
    workflow = WorkflowNameSerializer(source="run.workflow", read_only=True)
    actions = ActionsField(read_only=True)
    decided_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Wait
        fields = [
            "id", "run", "workflow", "node", "title", "body", "actions", "require_reason",
            "status", "decision", "comment", "decided_by", "decided_at", "expires_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class DecisionSerializer(serializers.Serializer[Any]):
    """An answer: the id of one of the actions, and why."""

    decision = serializers.CharField(max_length=63)
    comment = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=10_000, trim_whitespace=True
    )
    form = ObjectField(required=False, allow_null=True, default=None)
