"""Endpoints of what people try a draft with: pinned outputs and data sets."""

from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.workflows import services, trying
from apps.workflows.api.trying_serializers import (
    DataSetSerializer,
    DataSetsSerializer,
    PinSerializer,
    PinsSerializer,
)
from apps.workflows.models import Workflow

EDITORS = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), "workflow.edit")


class _TryingView(TenantAPIView):
    """Of one workflow; only who edits it, since outputs and inputs are content of runs."""

    permission_required: ClassVar = EDITORS

    def initial(self, request: Request, *args: object, **kwargs: UUID) -> None:
        super().initial(request, *args, **kwargs)
        self.workflow: Workflow = services.find_workflow(kwargs["pk"], actor=self.actor)


class PinsView(_TryingView):
    """The pinned outputs of a draft."""

    @extend_schema(responses=PinsSerializer, operation_id="workflow_pins")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return all pinned outputs; together they have at most 4 MiB."""
        pins = trying.pins_of(self.workflow, actor=self.actor)
        return Response(PinsSerializer({"results": pins}).data)


class PinView(_TryingView):
    """The pinned output of one step."""

    @extend_schema(request=PinSerializer, responses=PinSerializer, operation_id="workflow_pin")
    def put(self, request: Request, pk: UUID, node: str) -> Response:
        """Let an output stand in for the step in test runs."""
        asked = self.asked(PinSerializer)
        pin = trying.pin_output(
            self.workflow, node, actor=self.actor, output=asked["output"], port=asked["port"]
        )
        return Response(PinSerializer(pin).data)

    @extend_schema(responses={204: None}, operation_id="workflow_unpin")
    def delete(self, request: Request, pk: UUID, node: str) -> Response:
        """Let the step run again."""
        trying.unpin(self.workflow, node, actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


class DataSetsView(_TryingView):
    """The data sets of a workflow."""

    @extend_schema(responses=DataSetsSerializer, operation_id="workflow_data_sets")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return the data sets, at most 100."""
        found = trying.data_sets_of(self.workflow, actor=self.actor)
        return Response(DataSetsSerializer({"results": found}).data)

    @extend_schema(
        request=DataSetSerializer,
        responses={201: DataSetSerializer},
        operation_id="workflow_data_set_create",
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Keep a set of inputs, perhaps with what should come out."""
        asked = self.asked(DataSetSerializer)
        made = trying.save_data_set(self.workflow, actor=self.actor, changes=asked)
        return Response(DataSetSerializer(made).data, status=HTTPStatus.CREATED)


class DataSetView(_TryingView):
    """One data set."""

    @extend_schema(
        request=DataSetSerializer,
        responses=DataSetSerializer,
        operation_id="workflow_data_set_change",
    )
    def patch(self, request: Request, pk: UUID, set_id: UUID) -> Response:
        """Change name, inputs or what should come out."""
        asked = self.asked(DataSetSerializer, partial=True)
        changed = trying.save_data_set(
            self.workflow, actor=self.actor, changes=asked, set_id=set_id
        )
        return Response(DataSetSerializer(changed).data)

    @extend_schema(responses={204: None}, operation_id="workflow_data_set_delete")
    def delete(self, request: Request, pk: UUID, set_id: UUID) -> Response:
        """Remove a data set."""
        trying.delete_data_set(self.workflow, set_id, actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)
