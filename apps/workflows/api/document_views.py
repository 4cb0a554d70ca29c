"""Endpoints of a draft as a document, of versions, and of what helps to write them."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.accounts.models import Folder
from apps.accounts.roles import ANY_MEMBER
from apps.accounts.services import create_folder
from apps.common.rendering import OCTETS, Octets
from apps.workflows import drafts, services
from apps.workflows.api.binary import OctetParser, state_vector
from apps.workflows.api.serializers import (
    ExpressionSerializer,
    FolderSerializer,
    PreviewedSerializer,
    PreviewSerializer,
    ProblemsSerializer,
    VersionDetailSerializer,
    VersionSerializer,
    WorkflowDetailSerializer,
)
from apps.workflows.api.views import MAX_DOCUMENT_BODY, STATE_VECTOR, answer, find_version
from apps.workflows.definition import json_schema
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.previews import preview_text
from apps.workflows.starts import starts
from apps.workflows.validation import check_text


class UpdatesView(TenantAPIView):
    """The draft as a document: binary updates in both directions.

    Merging the same update twice changes nothing, so no answers are kept for repeats.
    """

    keeps_answers = False
    parser_classes = [OctetParser]
    renderer_classes = [Octets]
    permission_required: ClassVar = {"GET": "workflow.view", "POST": "workflow.edit"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.workflow = services.find_workflow(kwargs["pk"], actor=self.actor)

    @extend_schema(parameters=[STATE_VECTOR], responses={(200, "application/octet-stream"): bytes})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """Return what the client lacks; everything without `sv`."""
        known = state_vector(request.query_params.get("sv"))
        return _octets(services.read_update(self.workflow, known), self.workflow)

    def _body(self) -> bytes:
        data: Any = self.request.data
        return data if isinstance(data, bytes) else b""

    @extend_schema(
        parameters=[STATE_VECTOR],
        request={"application/octet-stream": bytes},
        responses={(200, "application/octet-stream"): bytes},
    )
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Merge an update into the draft and return what the client lacks."""
        merged = services.append_update(
            self.workflow,
            actor=self.actor,
            update=self._body(),
            state_vector=state_vector(request.query_params.get("sv")),
        )
        return _octets(merged.missing, merged.workflow)


def _octets(data: bytes, workflow: Workflow) -> HttpResponse:
    return HttpResponse(data, content_type=OCTETS, headers={"ETag": workflow.etag})


class VersionsView(mixins.ListModelMixin, TenantViewSet[WorkflowVersion]):
    """The published versions of a workflow."""

    queryset = WorkflowVersion.objects.exclude(number=None).select_related("created_by", "workflow")
    serializer_class = VersionSerializer
    permission_required: ClassVar = {"GET": "workflow.view", "POST": "workflow.edit"}

    def get_queryset(self) -> Any:
        queryset = super().get_queryset()
        return queryset.filter(workflow_id=self.kwargs["pk"]) if "pk" in self.kwargs else queryset

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the versions, newest first."""
        services.find_workflow(kwargs["pk"], actor=self.actor)
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=VersionDetailSerializer)
    def retrieve(self, request: Request, pk: UUID, number: int) -> Response:
        """Return a version with its definition."""
        workflow = services.find_workflow(pk, actor=self.actor)
        return Response(VersionDetailSerializer(find_version(workflow, number)).data)

    @extend_schema(request=None, responses=WorkflowDetailSerializer)
    def restore(self, request: Request, pk: UUID, number: int) -> Response:
        """Make the draft equal to a version."""
        workflow = services.find_workflow(pk, actor=self.actor)
        version = find_version(workflow, number)
        return answer(services.restore_version(version, actor=self.actor))


class ExpressionView(TenantAPIView):
    """Checks what somebody is writing between braces."""

    permission_required: ClassVar = {"POST": ANY_MEMBER}
    keeps_answers = False

    @extend_schema(
        request=ExpressionSerializer, responses=ProblemsSerializer, operation_id="check_expression"
    )
    def post(self, request: Request) -> Response:
        """Say what is wrong with a text; with workflow and node, also with the names in it."""
        asked = self.asked(ExpressionSerializer)
        definition = None
        if "workflow" in asked:
            workflow = services.find_workflow(asked["workflow"], actor=self.actor)
            definition = drafts.load(workflow).definition
        found = check_text(asked["text"], definition, asked["node"])
        return Response({"problems": [each.as_json() for each in found]})


class PreviewView(TenantAPIView):
    """Shows what somebody is writing between braces would give."""

    max_body = MAX_DOCUMENT_BODY  # values are outputs of steps
    permission_required: ClassVar = {"POST": "workflow.edit"}  # the service asks for run as well
    keeps_answers = False

    @extend_schema(
        request=PreviewSerializer, responses=PreviewedSerializer, operation_id="preview_expression"
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Evaluate a text with expressions in the sandbox; nothing is stored."""
        workflow = services.find_workflow(pk, actor=self.actor)
        found = preview_text(workflow, actor=self.actor, **self.asked(PreviewSerializer))
        return Response({"value": found.value, "problem": found.problem})


class DefinitionSchemaView(TenantAPIView):
    """The JSON Schema of definitions."""

    permission_required: ClassVar = {"GET": ANY_MEMBER}

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="definition_schema")
    def get(self, request: Request) -> Response:
        """Return the schema."""
        return Response(json_schema())


class StartsView(TenantAPIView):
    """The ways in which a workflow may begin, the templates among them."""

    permission_required: ClassVar = {"GET": ANY_MEMBER}

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="workflow_starts")
    def get(self, request: Request) -> Response:
        """Return each with its definition."""
        return Response({"results": [start.as_json() for start in starts().values()]})


class FolderViewSet(mixins.ListModelMixin, TenantViewSet[Folder]):
    """Folders of workflows."""

    queryset = Folder.objects.select_related("parent")
    serializer_class = FolderSerializer
    permission_required: ClassVar = {"GET": "workflow.view", "POST": "folder.manage"}

    def create(self, request: Request) -> Response:
        """Make a folder."""
        folder = create_folder(actor=self.actor, **self.asked(FolderSerializer))
        return Response(FolderSerializer(folder).data, status=HTTPStatus.CREATED)
