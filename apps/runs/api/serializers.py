"""Shapes of runs, their steps, events and approvals, and of what is sent to start and steer them."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.types import JSON
from apps.nodes.answers import AnswerType
from apps.runs.interpreter.attention import told
from apps.runs.models import NodeRun, Run, RunEvent, Signal, Vote, Wait
from apps.runs.state import payloads
from apps.runs.state.parts import MODES

MAX_WAIT_S = 60
LISTED, OF_STEP = 16 << 10, 64 << 10  # characters of a value that lists tell


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


class RunPartSerializer(serializers.Serializer[Any]):
    """Which steps the run does, where that is not all of them, and those with pinned outputs."""

    mode = serializers.ChoiceField(choices=MODES)
    node = serializers.CharField(allow_null=True)
    pins = serializers.ListField(child=serializers.CharField())


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "properties": {
            "code": {"type": "string"},
            "node": {"type": "string", "nullable": True},
            "choices": {"type": "array", "items": {"type": "string"}},
        },
    }
)
class AttentionField(serializers.Field[Any, Any, Any, Any]):
    """What a run that stands still asks, and the answers that it takes."""

    def to_representation(self, value: Run) -> JSON:
        return told(value)


class ChunkSerializer(serializers.Serializer[Any]):
    """Which items of a long list the run goes through, for which step of its parent."""

    node = serializers.CharField()
    first = serializers.IntegerField(help_text="Counted from 0.")
    count = serializers.IntegerField()


class RunSerializer(serializers.ModelSerializer[Run]):
    """A run; read only, because runs are started and steered, never edited."""

    workflow = WorkflowNameSerializer(read_only=True)
    version = VersionNumberSerializer(read_only=True)
    error = ErrorField(read_only=True, allow_null=True)
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6, read_only=True)
    retry_of = serializers.UUIDField(source="retry_of_id", read_only=True, allow_null=True)
    part = RunPartSerializer(read_only=True, allow_null=True)
    parent = serializers.UUIDField(  # type: ignore[assignment]  # a name of the base class, too
        source="parent_id", read_only=True, allow_null=True
    )
    chunk = ChunkSerializer(read_only=True, allow_null=True)
    cached_from = serializers.UUIDField(
        source="cached_from_id",
        read_only=True,
        allow_null=True,
        help_text="The run whose result this one has: it was answered from cache, no step ran.",
    )
    saved_usd = serializers.DecimalField(
        max_digits=14,
        decimal_places=6,
        read_only=True,
        allow_null=True,
        help_text="What that result cost when it was made; only of a run answered from cache.",
    )
    attention = AttentionField(source="*", read_only=True)

    class Meta:
        model = Run
        fields = [
            "id", "workflow", "version", "status", "trigger", "inputs", "outputs", "error",
            "cost_usd", "tokens", "cpu_ms", "peak_kb", "retry_of", "part", "parent", "chunk", "cached_from",
            "saved_usd", "attention", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class WholeRunSerializer(RunSerializer):
    """A run with its inputs and outputs whole, however large; read from the file storage at need."""

    def to_representation(self, instance: Run) -> dict[str, Any]:
        told = super().to_representation(instance)
        for name in ("inputs", "outputs"):
            told[name] = payloads.read(told[name], getattr(instance, f"{name}_blob"))
        return told


class ListedRunSerializer(RunSerializer):
    """A run as lists tell it: of inputs and outputs above 16 KiB only the beginning."""

    def to_representation(self, instance: Run) -> dict[str, Any]:
        told = super().to_representation(instance)
        for name in ("inputs", "outputs"):
            told[name] = payloads.at_most(told[name], LISTED)
        return told


class StartedSerializer(serializers.ModelSerializer[Run]):
    """A run that was accepted; ask for it, follow its events, or wait with `wait`."""

    class Meta:
        model = Run
        fields = ["id", "status"]
        read_only_fields = fields


class NodeRunSerializer(serializers.ModelSerializer[NodeRun]):
    """One step of a run: what it got, what it gave, what it cost.

    Of an input or output above 64 KiB only the beginning is told, and where it is found whole.
    """

    input_url = serializers.SerializerMethodField(
        help_text="Where the whole input is, if `input` is its beginning only."
    )
    output_url = serializers.SerializerMethodField(
        help_text="Where the whole output is, if `output` is its beginning only."
    )
    error = ErrorField(read_only=True, allow_null=True)
    cost_usd = serializers.DecimalField(max_digits=14, decimal_places=6, read_only=True)
    logs = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = NodeRun
        fields = [
            "node", "frame", "title", "type", "status", "attempt", "input", "output", "error", "port",
            "pinned", "started_at", "finished_at", "cost_usd", "tokens", "saved_usd", "cpu_ms", "peak_kb",
            "logs", "input_url", "output_url",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: NodeRun) -> dict[str, Any]:
        told = super().to_representation(instance)
        for name in ("input", "output"):
            value = told[name]
            told[name] = payloads.at_most(value, OF_STEP)
            if told[name] is value and getattr(instance, f"{name}_blob_id") is None:
                told[f"{name}_url"] = None
        return told

    def get_input_url(self, row: NodeRun) -> str | None:
        return self._url(row, "input")

    def get_output_url(self, row: NodeRun) -> str | None:
        return self._url(row, "output")

    def _url(self, row: NodeRun, name: str) -> str:
        kwargs = {"pk": row.run_id, "node": row.node, "name": name}
        url = reverse("api:run-node-value", kwargs=kwargs)
        return f"{url}?{urlencode({'frame': row.frame})}" if row.frame else url


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


class ActionSerializer(serializers.Serializer[Any]):
    """An answer that may be given."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a name of the base class, too
    approves = serializers.BooleanField(default=False)
    require_reason = serializers.BooleanField(default=False)


class AnswerFieldSerializer(serializers.Serializer[Any]):
    """A field to fill in; `form` of the decision has its value under the name."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # names of the base class, too
    type = serializers.ChoiceField(choices=[each.value for each in AnswerType])
    required = serializers.BooleanField()  # type: ignore[assignment]
    default = serializers.JSONField(allow_null=True)
    options = serializers.ListField(child=serializers.CharField())


class VoteSerializer(serializers.ModelSerializer[Vote]):
    """One person's answer."""

    by = serializers.CharField(source="voter", read_only=True)
    at = serializers.DateTimeField(source="created_at", read_only=True)
    form = ObjectField(read_only=True, allow_null=True)

    class Meta:
        model = Vote
        fields = ["by", "decision", "comment", "form", "stage", "round", "edited", "at"]
        read_only_fields = fields


class ApprovalSerializer(serializers.ModelSerializer[Wait]):
    """A question that a run asks people: `assignees` are asked now, `stages` one after the other."""

    run = serializers.UUIDField(source="run_id", read_only=True)
    workflow = WorkflowNameSerializer(source="run.workflow", read_only=True)
    actions = ActionSerializer(many=True, read_only=True)
    decided_by = serializers.CharField(read_only=True, allow_null=True)
    assignees = serializers.ListField(child=serializers.CharField(), read_only=True)
    form_fields = AnswerFieldSerializer(many=True, source="terms.fields", default=list)
    quorum = serializers.IntegerField(source="terms.quorum", default=1)
    stages = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        source="terms.stages",
        default=list,
    )
    votes = VoteSerializer(many=True, read_only=True)
    value = serializers.JSONField(read_only=True, allow_null=True)

    class Meta:
        model = Wait
        fields = [
            "id", "run", "workflow", "node", "frame", "title", "body", "actions", "assignees", "stages",
            "stage", "quorum", "form_fields", "value", "require_reason", "votes", "status", "decision",
            "comment", "decided_by", "decided_at", "expires_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class DecisionSerializer(serializers.Serializer[Any]):
    """An answer: the id of one of the actions, and why."""

    decision = serializers.CharField(max_length=63)
    comment = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=10_000, trim_whitespace=True
    )
    form = ObjectField(required=False, allow_null=True, default=None)
    value = serializers.JSONField(
        required=False,
        allow_null=True,
        help_text="The value that is approved, edited or not; required where there is one.",
    )


class SignalSerializer(serializers.Serializer[Any]):
    """A signal into a run: its name and key as the waiting step has them, and what it says."""

    name = serializers.CharField(max_length=63)
    key = serializers.CharField(max_length=200)
    payload = serializers.JSONField(required=False, allow_null=True, default=None)
    id = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=200,
        help_text="Yours; sending it again changes nothing and has the same answer.",
    )  # fmt: skip


class AcceptedSignalSerializer(serializers.ModelSerializer[Signal]):
    """A signal that a run has taken, or keeps for the step that will wait for it."""

    id = serializers.SerializerMethodField()
    run = serializers.UUIDField(source="run_id", read_only=True)
    received_at = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Signal
        fields = ["id", "run", "name", "key", "received_at"]
        read_only_fields = fields

    def get_id(self, signal: Signal) -> str:
        return signal.external_id or str(signal.pk)
