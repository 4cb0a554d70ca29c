"""The endpoint of what a workflow usually takes."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.runs.usual import usual_of
from apps.workflows.services import find_workflow


class UsualStepSerializer(serializers.Serializer[Any]):
    """What a step usually takes."""

    node = serializers.CharField()
    ms = serializers.IntegerField(allow_null=True)
    cost_usd = serializers.CharField(allow_null=True)


class UsualSerializer(serializers.Serializer[Any]):
    """Medians over the last runs that succeeded; `runs` says how many these are."""

    runs = serializers.IntegerField()
    ms = serializers.IntegerField(allow_null=True)
    cost_usd = serializers.CharField(allow_null=True)
    nodes = UsualStepSerializer(many=True)


class UsualView(TenantAPIView):
    """What the runs of a workflow usually take."""

    permission_required: ClassVar = {"GET": "run.view"}

    @extend_schema(responses=UsualSerializer, operation_id="workflow_usual")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return time and cost over the last 20 runs that succeeded, also of each step."""
        workflow = find_workflow(pk, actor=self.actor)
        return Response(UsualSerializer(usual_of(workflow, self.actor)).data)
