"""Shapes of what is sent to control runs, and of answers that are no run."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.types import JSON
from apps.runs.api.serializers import MAX_WAIT_S, ObjectField, VersionField
from apps.runs.interpreter.attention import AGAIN, FAIL, HAPPENED
from apps.runs.models import Run
from apps.runs.searching import NAMES, named
from apps.runs.services.many import ACTIONS, MOST, Result
from apps.runs.state.parts import ALL, MODES, ONLY, UNTIL, Part


@extend_schema_field(OpenApiTypes.ANY)
class AnyField(serializers.JSONField):
    """Any JSON value."""


class PinsSerializer(serializers.Serializer[Any]):
    """Outputs that stand in for steps, which then do not run."""

    pins = ObjectField(
        required=False, default=dict, help_text="Outputs by the id of the step they stand in for."
    )
    exits = serializers.DictField(
        child=serializers.CharField(max_length=80),
        required=False,
        default=dict,
        help_text="By which port a pinned step is left, where it has several.",
    )


class RetrySerializer(serializers.Serializer[Any]):
    """Where to start again; without a step, where the run failed."""

    from_node = serializers.CharField(required=False, allow_null=True, default=None, max_length=63)
    inputs = ObjectField(
        required=False, allow_null=True, default=None, help_text="Instead of the step's own input."
    )


class RerunSerializer(PinsSerializer):
    """Which part of a run to do once more."""

    mode = serializers.ChoiceField(choices=MODES, default=ALL)
    node = serializers.CharField(required=False, allow_blank=True, default="", max_length=63)
    inputs = AnyField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Instead of what the step gets; for `all` and `until`, the run's inputs.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the part and the inputs."""
        mode, node = attrs["mode"], attrs["node"]
        if mode != ALL and not node:
            raise serializers.ValidationError({"node": "Name the step."})
        part = Part(mode, node if mode != ALL else "", attrs["pins"], attrs["exits"])
        return {"part": part, "inputs": attrs["inputs"]}


class PartSerializer(PinsSerializer):
    """Which part of a workflow to run: up to a step, or one alone."""

    until = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=63,
        help_text="The step after which the run ends.",
    )
    only = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=63,
        help_text="The one step to run; pin what it needs.",
    )

    def part_of(self, attrs: dict[str, Any]) -> Part:
        """Return the part that validated data ask for."""
        until, only = attrs["until"], attrs["only"]
        mode = ONLY if only else UNTIL if until else ALL
        return Part(mode, only or until, attrs["pins"], attrs["exits"])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two parts at once."""
        if attrs["until"] and attrs["only"]:
            raise serializers.ValidationError({"only": "Name one of until and only."})
        return attrs


class StartSerializer(PartSerializer):
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
    dedupe_key = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=200,
        help_text="What makes this run one of a kind: while the workflow has a run with the same key, "
        "that run is the answer and none is started, whatever the other fields say.",
    )


class SettlementSerializer(serializers.Serializer[Any]):
    """An answer to a run that stands still."""

    choice = serializers.ChoiceField(choices=(HAPPENED, AGAIN, FAIL))
    output = AnyField(
        required=False,
        allow_null=True,
        default=None,
        help_text="What the step gave, if it happened.",
    )
    port = serializers.CharField(required=False, allow_blank=True, default="", max_length=80)
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=2_000, trim_whitespace=True
    )


class MoveSerializer(serializers.Serializer[Any]):
    """The version to go on with; `dry_run` only says what that would mean."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    dry_run = serializers.BooleanField(required=False, default=False)


class FateSerializer(serializers.Serializer[Any]):
    """What a move means for one step."""

    node = serializers.CharField()
    title = serializers.CharField()
    meaning = serializers.ChoiceField(choices=("kept", "changed", "gone", "new", "passed_over"))
    status = serializers.CharField(help_text="What the step has done so far; empty: not reached.")


class RefusalSerializer(serializers.Serializer[Any]):
    """Why a run cannot be moved."""

    field = serializers.CharField()
    message = serializers.CharField()
    code = serializers.CharField()


class MovedSerializer(serializers.Serializer[Any]):
    """What a move means, or has meant."""

    moved = serializers.BooleanField()
    possible = serializers.BooleanField()
    to = serializers.IntegerField()
    refusals = RefusalSerializer(many=True)
    steps = FateSerializer(many=True)
    diff = ObjectField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add `from`, which Python keeps for itself."""
        return {"from": serializers.IntegerField(allow_null=True), **super().get_fields()}


class ManySerializer(serializers.Serializer[Any]):
    """Which runs, by their ids or by the filters of the list, and what to do to each."""

    action = serializers.ChoiceField(choices=sorted(ACTIONS))
    ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST)
    filter = ObjectField(required=False, help_text="status, workflow, trigger, since, until")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both ways at once, and neither."""
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"ids": "Give either ids or a filter."})
        chosen = attrs.get("filter", {})
        if not all(isinstance(value, str) for value in chosen.values()):
            raise serializers.ValidationError({"filter": "Give each filter as text."})
        if ("filter" in attrs and not named(chosen)) or chosen.keys() - NAMES:
            raise serializers.ValidationError({"filter": f"Use {', '.join(sorted(NAMES))}."})
        return attrs


class ResultSerializer(serializers.Serializer[Any]):
    """What became of one run."""

    id = serializers.UUIDField()
    ok = serializers.BooleanField()
    run = serializers.UUIDField(allow_null=True, help_text="For a retry, the new run.")
    status = serializers.ChoiceField(choices=Run.Status.choices, allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)

    def to_representation(self, result: Result) -> dict[str, JSON]:
        """Tell the run, or the refusal."""
        run, error = result.run, result.error
        return {
            "id": str(result.id),
            "ok": error is None,
            "run": run and str(run.pk),
            "status": run and run.status,
            "code": error and error.code,
            "detail": error and error.detail,
        }


class ResultsSerializer(serializers.Serializer[Any]):
    """What became of each run, in the order in which they were named."""

    results = ResultSerializer(many=True)
