"""Endpoints of retention: rules, legal holds, deletions."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.types import JSONDict
from apps.retention import services
from apps.retention.api.serializers import (
    ChangedRulesSerializer,
    HoldSerializer,
    JobSerializer,
    NewHoldSerializer,
    RulesSerializer,
)
from apps.retention.classes import RULED
from apps.retention.models import LegalHold, RetentionJob
from apps.workflows.services import find_workflow


class RulesView(TenantAPIView):
    """How long what is kept."""

    permission_required: ClassVar = {"GET": "retention.view", "PATCH": "retention.manage"}

    @extend_schema(responses=RulesSerializer)
    def get(self, request: Request) -> Response:
        """Return how long each class of data is kept."""
        return Response(_told(services.rules()))

    @extend_schema(request=ChangedRulesSerializer, responses=RulesSerializer)
    def patch(self, request: Request) -> Response:
        """Keep classes longer or shorter; what is then over its time goes with the next deletion."""
        asked = self.asked(ChangedRulesSerializer)
        return Response(_told(services.change_rules(asked, actor=self.actor)))


def _told(days: dict[str, int | None]) -> JSONDict:
    return {
        "rules": [
            {
                "name": name,
                "label": RULED[name].kind.label,
                "days": days[name],
                "default_days": RULED[name].kind.default_days,
                "minimum_days": RULED[name].kind.minimum_days,
            }
            for name in RULED
        ]
    }


class HoldViewSet(mixins.ListModelMixin, TenantViewSet[LegalHold]):
    """Legal holds: what must be kept whatever the rules say."""

    queryset = LegalHold.objects.select_related("placed_by", "released_by")
    serializer_class = HoldSerializer
    permission_required: ClassVar = {"GET": "retention.view", "POST": "retention.manage"}

    @extend_schema()
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List holds, newest first; released ones too."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewHoldSerializer, responses={201: HoldSerializer})
    def create(self, request: Request) -> Response:
        """Place a hold on a workflow, or on the whole workspace."""
        asked = self.asked(NewHoldSerializer)
        workflow = asked["workflow"] and find_workflow(asked["workflow"], actor=self.actor)
        hold = services.place_hold(actor=self.actor, reason=asked["reason"], workflow=workflow)
        return Response(HoldSerializer(hold).data, status=HTTPStatus.CREATED)

    @extend_schema(request=None, responses=HoldSerializer)
    @action(detail=True, methods=["POST"])
    def release(self, request: Request, pk: str) -> Response:
        """End a hold; owners only."""
        hold = services.release_hold(self.get_object(), actor=self.actor)
        return Response(HoldSerializer(hold).data)


class JobViewSet(mixins.ListModelMixin, TenantViewSet[RetentionJob]):
    """Deletions of what is over its time."""

    queryset = RetentionJob.objects.select_related("started_by")
    serializer_class = JobSerializer
    permission_required: ClassVar = {"GET": "retention.view", "POST": "retention.manage"}

    @extend_schema()
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List deletions, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=JobSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a deletion, with its progress and its proof."""
        return Response(JobSerializer(self.get_object()).data)

    @extend_schema(request=None, responses={202: JobSerializer})
    def create(self, request: Request) -> Response:
        """Delete now what is over its time."""
        job = services.start_job(actor=self.actor)
        return Response(JobSerializer(job).data, status=HTTPStatus.ACCEPTED)
