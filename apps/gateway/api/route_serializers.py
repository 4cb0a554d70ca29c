"""Shapes of routes, their versions, and decisions."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.gateway.asks import Ask, Caps
from apps.gateway.models import AllowList, ModelRoute, RouteTarget, RouteVersion
from apps.gateway.route_pages import explaining
from apps.gateway.routes.policy import CAPABILITIES, LONGEST_MS
from apps.gateway.routes.versions import MAX_CONTEXT, MAX_ORDER, MAX_WEIGHT

MESSAGE = {"role": "user", "content": "Hello"}


class TargetSerializer(serializers.ModelSerializer[RouteTarget]):
    """A model that a route leads to, and what is stated of it."""

    provider = serializers.CharField(source="provider.slug")

    class Meta:
        model = RouteTarget
        fields = [
            "provider", "model", "params", "order", "weight", "role", "context_tokens",
            "capabilities", "region", "quality",
        ]  # fmt: skip


class RouteSerializer(serializers.ModelSerializer[ModelRoute]):
    """A route with its policy, of which only what is not as usual is told, and its targets."""

    targets = TargetSerializer(many=True)
    policy = serializers.DictField()

    class Meta:
        model = ModelRoute
        fields = [
            "alias", "description", "version", "policy", "targets", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewTargetSerializer(serializers.Serializer[Any]):
    """A target to set: provider by its slug."""

    provider = serializers.CharField(max_length=63)
    model = serializers.CharField(max_length=200, required=False, allow_blank=True)
    params = serializers.DictField(required=False)
    order = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_ORDER,
        help_text="The lowest is asked first; those of one order share its calls. "
        "Without one: the place in the list.",
    )  # fmt: skip
    weight = serializers.IntegerField(required=False, min_value=1, max_value=MAX_WEIGHT)
    role = serializers.ChoiceField(choices=RouteTarget.Role.choices, required=False)
    context_tokens = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MAX_CONTEXT
    )
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(choices=CAPABILITIES), required=False, max_length=10
    )
    region = serializers.RegexField(
        r"^[a-z0-9][a-z0-9-]*$", max_length=40, required=False, allow_blank=True
    )
    quality = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=1)


class RouteChangeSerializer(serializers.Serializer[Any]):
    """What of a route can be changed; targets and policy are replaced as a whole."""

    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    targets = NewTargetSerializer(many=True, required=False)
    policy = serializers.DictField(
        required=False,
        help_text="capabilities, min_context, regions, quality_floor, max_cost_usd, max_latency_ms, "
        "interactive (people wait: a stream's first word within 2,000 ms, unless max_ttft_ms says "
        "otherwise), max_ttft_ms, retries, hedge, mending, prefer, verify, unverified, judge, judge_usd, explore, "
        "guards (as at gateway/guards/).",
    )


class NewRouteSerializer(RouteChangeSerializer):
    """A route to make."""

    alias = serializers.CharField(max_length=63)
    targets = NewTargetSerializer(many=True)


class RouteVersionSerializer(serializers.ModelSerializer[RouteVersion]):
    """What a route was."""

    version = serializers.IntegerField(source="number")
    settings = serializers.DictField()

    class Meta:
        model = RouteVersion
        fields = ["version", "settings", "author", "created_at"]
        read_only_fields = fields


class RestoreSerializer(serializers.Serializer[Any]):
    """Which version to make the newest."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class AllowedSerializer(serializers.ModelSerializer[AllowList]):
    """Models as `provider/model`, which may hold * and ?, and regions; empty lists allow all."""

    patterns = serializers.ListField(child=serializers.CharField(max_length=264), max_length=200)
    regions = serializers.ListField(
        child=serializers.RegexField(r"^[a-z0-9][a-z0-9-]*$", max_length=40), max_length=50
    )

    class Meta:
        model = AllowList
        fields = ["patterns", "regions"]


class QuestionSerializer(serializers.Serializer[Any]):
    """A call that is only thought of, in the words of /v1."""

    messages = serializers.ListField(
        child=serializers.DictField(), required=False, max_length=1_000
    )
    input = serializers.CharField(required=False, max_length=1_000_000)
    tools = serializers.ListField(child=serializers.DictField(), required=False, max_length=200)
    response_format = serializers.DictField(required=False)
    max_tokens = serializers.IntegerField(required=False, min_value=1, max_value=MAX_CONTEXT)
    stream = serializers.BooleanField(required=False)
    max_cost_usd = serializers.DecimalField(
        max_digits=12, decimal_places=8, min_value=Decimal("0.00000001"), required=False
    )
    max_latency_ms = serializers.IntegerField(min_value=1, max_value=LONGEST_MS, required=False)

    def ask(self, route: ModelRoute) -> Ask:
        """Return the call."""
        body = dict(self.validated_data)
        caps = Caps(body.pop("max_cost_usd", None), body.pop("max_latency_ms", None))
        if "input" not in body:
            body.setdefault("messages", [MESSAGE])
        return replace(explaining.ask_of(body, route), caps=caps)


class ExpectedSerializer(serializers.Serializer[Any]):
    """What a target's calls took lately; null where too few are known."""

    p50_ms = serializers.IntegerField(allow_null=True)
    p95_ms = serializers.IntegerField(allow_null=True)
    first_p50_ms = serializers.IntegerField(allow_null=True)
    first_p95_ms = serializers.IntegerField(allow_null=True)
    samples = serializers.IntegerField()


class QualitySerializer(serializers.Serializer[Any]):
    """What is known of a target's answers to calls of this class: what was learnt, or is stated.

    `bound` is what the quality is above with 19 to 1; it counts from 20 checked answers on.
    """

    stated = serializers.FloatField(allow_null=True, source="candidate.quality")
    passed = serializers.FloatField(source="candidate.passed")
    failed = serializers.FloatField(source="candidate.failed")
    bound = serializers.FloatField(allow_null=True, source="candidate.bound")
    proven = serializers.FloatField(allow_null=True, source="candidate.proven")


class CandidateSerializer(serializers.Serializer[Any]):
    """A target as the choice saw it."""

    provider = serializers.CharField(source="candidate.provider")
    model = serializers.CharField(source="candidate.model")
    order = serializers.IntegerField(source="candidate.order")
    weight = serializers.IntegerField(source="candidate.weight")
    canary = serializers.BooleanField(source="candidate.canary")
    place = serializers.IntegerField(allow_null=True, help_text="When it is asked, from 1 on.")
    reasons = serializers.ListField(child=serializers.CharField())
    words = serializers.ListField(child=serializers.CharField())
    estimated_cost_usd = serializers.DecimalField(
        max_digits=24, decimal_places=10, allow_null=True, source="cost_usd"
    )
    expected_cost_usd = serializers.DecimalField(
        max_digits=24, decimal_places=10, allow_null=True,
        help_text="With what its provider still has of the input.",
    )  # fmt: skip
    quality = QualitySerializer(source="*")
    load_ms = serializers.FloatField(source="candidate.load_ms")
    cooling_s = serializers.FloatField(source="candidate.cooling_s")
    resting_s = serializers.FloatField(source="candidate.resting_s")
    expected = ExpectedSerializer()


class ExplanationSerializer(serializers.Serializer[Any]):
    """A decision; `holds` says whether choosing again from the same inputs ended in the same."""

    chosen = CandidateSerializer(allow_null=True)
    candidates = CandidateSerializer(many=True)
    refused = serializers.CharField(allow_blank=True)
    route_version = serializers.IntegerField(allow_null=True, source="decision.inputs.version")
    task_class = serializers.CharField(allow_blank=True, source="decision.inputs.need.task")
    checks = serializers.ListField(
        child=serializers.CharField(), source="decision.inputs.need.checks",
        help_text="What the answer can be checked by: fields, label, tools, schema, json, judge.",
    )  # fmt: skip
    verified = serializers.BooleanField(
        source="decision.inputs.verified", help_text="Whether answers are held until they hold."
    )
    explored = serializers.BooleanField(source="decision.outcome.explored")
    in_need = serializers.BooleanField(source="decision.outcome.in_need")
    seed = serializers.CharField(source="decision.inputs.seed")
    holds = serializers.BooleanField()
