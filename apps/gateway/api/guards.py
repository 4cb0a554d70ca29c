"""Endpoints of guards: those of the workspace, a text to try, and what they did."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView
from apps.classification.slugs import SLUG
from apps.gateway.guard_rules.forms import MOST_TRIED
from apps.gateway.guard_rules.services import guards_of_route, guards_of_workspace, set_guards
from apps.gateway.guards import counts, door
from apps.gateway.guards.kinds import GROUPS, Action, Group, Place, Severity
from apps.gateway.guards.policy import LONGEST_HOURS, MASKED, MOST_CLASSES, MOST_HOSTS, MOST_PATHS
from apps.gateway.kept.services import open_body
from apps.gateway.models import LlmCall, ModelRoute

ACTIONS = [str(each) for each in Action]
SEVERITIES = [str(each) for each in Severity]


class GuardRuleSerializer(serializers.Serializer[Any]):
    """What becomes of what is found of a group in prompts and in answers."""

    input = serializers.ChoiceField(choices=ACTIONS, required=False, default="allow")
    output = serializers.ChoiceField(choices=ACTIONS, required=False, default="allow")


class KeepingSerializer(serializers.Serializer[Any]):
    """How long bodies of calls are kept; without hours none are. What is not unmasked is masked."""

    hours = serializers.IntegerField(
        min_value=1, max_value=LONGEST_HOURS, required=False, allow_null=True
    )
    unmasked = serializers.ListField(
        child=serializers.ChoiceField(choices=[str(each) for each in MASKED]), required=False
    )
    leave_out = serializers.ListField(
        child=serializers.CharField(max_length=400), max_length=MOST_PATHS, required=False,
        help_text="Paths such as asked.messages.*.content; * stands for any name or place.",
    )  # fmt: skip


class GuardsSerializer(serializers.Serializer[Any]):
    """A rule for each group of what guards look for."""

    contact = GuardRuleSerializer(required=False, help_text=GROUPS[Group.CONTACT].text)
    financial = GuardRuleSerializer(required=False, help_text=GROUPS[Group.FINANCIAL].text)
    identity = GuardRuleSerializer(required=False, help_text=GROUPS[Group.IDENTITY].text)
    secrets = GuardRuleSerializer(required=False, help_text=GROUPS[Group.SECRETS].text)
    hidden = GuardRuleSerializer(required=False, help_text=GROUPS[Group.HIDDEN].text)
    override = GuardRuleSerializer(required=False, help_text=GROUPS[Group.OVERRIDE].text)
    links = GuardRuleSerializer(required=False, help_text=GROUPS[Group.LINKS].text)
    trusted_hosts = serializers.ListField(
        child=serializers.CharField(max_length=255), max_length=MOST_HOSTS, required=False
    )
    refuse_unreadable = serializers.BooleanField(required=False)
    data_classes = serializers.ListField(
        child=serializers.RegexField(SLUG), max_length=MOST_CLASSES, required=False,
        help_text="Classes of data whose values prompts of runs may hold; of others placeholders.",
    )  # fmt: skip
    keeping = KeepingSerializer(required=False)


class GuardTextSerializer(serializers.Serializer[Any]):
    """A text to try, with the guards of a route or of the workspace."""

    text = serializers.CharField(max_length=MOST_TRIED, trim_whitespace=False)
    place = serializers.ChoiceField(choices=[str(each) for each in Place])
    route = serializers.CharField(max_length=63, required=False)


class FoundSerializer(serializers.Serializer[Any]):
    """What of one kind was found."""

    kind = serializers.CharField()
    group = serializers.CharField(source="about.label")
    severity = serializers.ChoiceField(choices=SEVERITIES, source="about.severity")
    action = serializers.ChoiceField(choices=ACTIONS)
    count = serializers.IntegerField()


class TriedSerializer(serializers.Serializer[Any]):
    """What would become of the text: `text` is passed on, unless `refusal` says why the call ends."""

    found = FoundSerializer(many=True)
    text = serializers.CharField()
    refusal = serializers.CharField()


class CountedSerializer(FoundSerializer):
    """How often a kind was found in one place, and in how many calls."""

    place = serializers.ChoiceField(choices=[str(each) for each in Place])
    calls = serializers.IntegerField()


class GuardsView(TenantAPIView):
    """What is looked for in calls whose route has no guards of its own."""

    permission_required = {"GET": "provider.view", "PUT": "provider.manage"}

    @extend_schema(responses=GuardsSerializer, operation_id="gateway_guards_retrieve")
    def get(self, request: Request) -> Response:
        """Return the guards of the workspace."""
        return Response(GuardsSerializer(guards_of_workspace()).data)

    @extend_schema(
        request=GuardsSerializer,
        responses=GuardsSerializer,
        operation_id="gateway_guards_update",
    )
    def put(self, request: Request) -> Response:
        """Set them, for every call from now on."""
        asked = self.asked(GuardsSerializer)
        set_guards(actor=self.actor, guards=asked)
        return Response(GuardsSerializer(guards_of_workspace()).data)


class BodySerializer(serializers.Serializer[Any]):
    """What is kept of a call. An answer that was a stream is told as its parts."""

    asked = serializers.JSONField()
    answered = serializers.JSONField()


class BodyView(TenantAPIView):
    """What was asked and answered in a call."""

    permission_required = {"GET": "call_body.view"}

    @extend_schema(responses=BodySerializer, operation_id="gateway_calls_body")
    def get(self, request: Request, call_id: str) -> Response:
        """Return what is kept; the trail says who looked."""
        call = policies.find(self.actor, LlmCall.objects.all(), pk=call_id)
        return Response(BodySerializer(open_body(call, actor=self.actor)).data)


class TryView(TenantAPIView):
    """What guards would do with a text."""

    permission_required = {"POST": "provider.manage"}

    @extend_schema(
        request=GuardTextSerializer, responses=TriedSerializer, operation_id="gateway_guards_try"
    )
    def post(self, request: Request) -> Response:
        """Try a text. It is sent to nobody and kept nowhere."""
        data = self.asked(GuardTextSerializer)
        guards = guards_of_workspace()
        if "route" in data:
            routes = ModelRoute.objects.all()
            guards = guards_of_route(policies.find(self.actor, routes, alias=data["route"]))
        return Response(
            TriedSerializer(door.tried(guards, Place(data["place"]), data["text"])).data
        )


class CountsView(TenantAPIView):
    """What guards did lately."""

    permission_required = {"GET": "usage.view"}

    @extend_schema(
        parameters=[OpenApiParameter("route", str, description="Of this route alone.")],
        responses=CountedSerializer(many=True),
        operation_id="gateway_guards_counts",
    )
    def get(self, request: Request) -> Response:
        """Count what was found in the last 30 days: kinds, never values."""
        alias = request.query_params.get("route")
        routes = ModelRoute.objects.all()
        route = policies.find(self.actor, routes, alias=alias) if alias else None
        return Response(CountedSerializer(counts.lately(route), many=True).data)
