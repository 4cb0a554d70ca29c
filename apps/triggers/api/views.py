"""Endpoints of triggers."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.common.errors import Invalid, NotFound
from apps.common.types import JSONDict
from apps.triggers import services
from apps.triggers.api.serializers import (
    DeliverySerializer,
    FireTimesSerializer,
    MadeTriggerSerializer,
    NewTriggerSerializer,
    TriggerChangeSerializer,
    TriggerSerializer,
)
from apps.triggers.filters import STATES, filtered, with_outcome
from apps.triggers.models import Delivery, Trigger, TriggerQuerySet
from apps.triggers.schedule import in_words
from apps.workflows.services import find_workflow

FILTERS = [
    OpenApiParameter("q", str, description="A part of the name, path or workflow's name."),
    OpenApiParameter("kind", str, enum=Trigger.Kind.values),
    OpenApiParameter("workflow", UUID),
    OpenApiParameter("state", str, enum=STATES),
]
RIGHTS = {
    "GET": "trigger.view",
    "POST": "trigger.edit",
    "PATCH": "trigger.edit",
    "DELETE": "trigger.edit",
}


class TriggerViewSet(mixins.ListModelMixin, TenantViewSet[Trigger]):
    """What starts runs: schedules, webhooks, and events of other runs."""

    queryset = Trigger.objects.select_related(
        "workflow__folder", "workflow__published_version", "run_as", "test_by"
    )
    serializer_class = TriggerSerializer
    permission_required: ClassVar = RIGHTS
    shows_secret = True

    def get_queryset(self) -> QuerySet[Trigger]:
        queryset = super().get_queryset()
        if self.action == "list":
            assert isinstance(queryset, TriggerQuerySet)
            return filtered(queryset, self.request.query_params)
        return queryset

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List triggers, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewTriggerSerializer, responses={201: MadeTriggerSerializer})
    def create(self, request: Request) -> Response:
        """Make a trigger; its runs use your rights.

        A webhook whose `auth` needs a secret gets the one that you give, or a new one, shown once.
        """
        asked = self.asked(NewTriggerSerializer)
        made = services.create_trigger(actor=self.actor, **self._named(asked))
        return self._answer(*made, status=HTTPStatus.CREATED)

    @extend_schema(responses=TriggerSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a trigger."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=TriggerChangeSerializer, responses=MadeTriggerSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a trigger; from then on its runs use your rights."""
        trigger = self.get_object()
        asked = self.asked(TriggerChangeSerializer)
        changes = self._named(asked)
        return self._answer(*services.update_trigger(trigger, actor=self.actor, changes=changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a trigger; the runs that it started stay."""
        services.delete_trigger(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses=TriggerSerializer)
    @action(detail=True, methods=["POST"])
    def enable(self, request: Request, pk: str) -> Response:
        """Switch a trigger on; its runs use your rights."""
        return self._switched(enabled=True)

    @extend_schema(request=None, responses=TriggerSerializer)
    @action(detail=True, methods=["POST"])
    def disable(self, request: Request, pk: str) -> Response:
        """Switch a trigger off; runs that go on are not stopped."""
        return self._switched(enabled=False)

    @extend_schema(request=None, responses=TriggerSerializer)
    @action(detail=True, methods=["POST"])
    def listen(self, request: Request, pk: str) -> Response:
        """Let the test address of a webhook run the draft in your name for ten minutes."""
        trigger = services.listen(self.get_object(), actor=self.actor)
        return Response(self.get_serializer(trigger).data)

    @extend_schema(
        responses=FireTimesSerializer,
        parameters=[OpenApiParameter("count", int, description="How many, up to 50.")],
    )
    @action(detail=True, methods=["GET"], url_path="next", pagination_class=None)
    def next_(self, request: Request, pk: str) -> Response:
        """Return when a schedule fires next."""
        trigger = self.get_object()
        times = services.next_fire_times(trigger, _count(request))
        told = {"description": in_words(trigger.schedule), "results": times}
        return Response(FireTimesSerializer(told).data)

    def _switched(self, *, enabled: bool) -> Response:
        changes = {"enabled": enabled}
        trigger, _ = services.update_trigger(self.get_object(), actor=self.actor, changes=changes)
        return Response(self.get_serializer(trigger).data)

    def _named(self, data: JSONDict) -> JSONDict:
        """Return what was sent with the workflow that it names."""
        if "workflow" not in data:
            return data
        try:
            return {**data, "workflow": find_workflow(data["workflow"], actor=self.actor)}
        except NotFound:
            raise Invalid.at("workflow", "There is no such workflow.") from None

    def _answer(self, trigger: Trigger, secret: str, status: int = HTTPStatus.OK) -> Response:
        context = {**self.get_serializer_context(), "secret": secret}
        return Response(MadeTriggerSerializer(trigger, context=context).data, status=status)


class DeliveryViewSet(mixins.ListModelMixin, TenantViewSet[Delivery]):
    """What came of each time a trigger fired."""

    queryset = Delivery.objects.select_related("trigger__workflow__folder", "run")
    serializer_class = DeliverySerializer
    permission_required: ClassVar = RIGHTS

    def get_queryset(self) -> QuerySet[Delivery]:
        queryset = super().get_queryset()
        if "trigger_id" not in self.kwargs:
            return queryset
        return with_outcome(
            queryset.filter(trigger_id=self.kwargs["trigger_id"]),
            self.request.query_params.get("outcome", ""),
        )

    @extend_schema(parameters=[OpenApiParameter("outcome", str, enum=Delivery.Outcome.values)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the deliveries of a trigger, newest first; the last few hundred are kept."""
        services.find_trigger(kwargs["trigger_id"], actor=self.actor)
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses={201: DeliverySerializer})
    def replay(self, request: Request, trigger_id: UUID, pk: UUID) -> Response:
        """Start a run with what a delivery brought, in your name."""
        trigger = services.find_trigger(trigger_id, actor=self.actor)
        delivery = services.find_delivery(trigger, pk, actor=self.actor)
        again = services.replay(delivery, actor=self.actor)
        return Response(DeliverySerializer(again).data, status=HTTPStatus.CREATED)


def _count(request: Request) -> int:
    text = request.query_params.get("count") or "5"
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 50 and len(text) < 4):
        raise Invalid.at("count", "Give a number from 1 to 50.")
    return int(text)
