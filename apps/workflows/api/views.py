"""Endpoints of workflows, their drafts and their versions."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.common.errors import Invalid, NotFound, PreconditionFailed, PreconditionRequired
from apps.common.types import JSONDict
from apps.workflows import drafts, services
from apps.workflows.api.serializers import (
    DiffSerializer,
    EditSerializer,
    ImportedSerializer,
    NewWorkflowSerializer,
    ProblemsSerializer,
    PublishSerializer,
    ValidateSerializer,
    VersionSerializer,
    WorkflowDetailSerializer,
    WorkflowSerializer,
)
from apps.workflows.definition import parse
from apps.workflows.diff import diff
from apps.workflows.filters import filtered
from apps.workflows.models import Workflow, WorkflowQuerySet, WorkflowVersion
from apps.workflows.validation import validate

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag last read."
)
MAX_DOCUMENT_BODY = 16 << 20  # a definition has its own limit, told with the field
STATE_VECTOR = OpenApiParameter("sv", str, description="What the client has, as URL-safe Base64.")
FILTERS = [
    OpenApiParameter("q", str, description="Text in name, description or a tag."),
    OpenApiParameter("tag", str),
    OpenApiParameter("folder", UUID),
    OpenApiParameter("created_via", str, enum=Workflow.Via.values),
    OpenApiParameter("published", bool),
    OpenApiParameter("state", str, enum=["current", "archived", "bin"]),
]


def answer(workflow: Workflow, status: int = HTTPStatus.OK) -> Response:
    """Return a workflow with its draft and ETag."""
    data = WorkflowDetailSerializer(workflow).data
    return Response(data, status=status, headers={"ETag": workflow.etag})


def revision_of(request: Request) -> int | None:
    """Return the revision of `If-Match`; None for `*`. Raises PreconditionRequired or -Failed."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise PreconditionRequired
    if header == "*":
        return None
    number = header.strip('"')
    if not (number.isascii() and number.isdigit()):  # “²” is a digit too, but no number
        raise PreconditionFailed
    return int(number[:18])


class WorkflowViewSet(mixins.ListModelMixin, TenantViewSet[Workflow]):
    """Workflows and their drafts."""

    queryset = Workflow.objects.select_related("published_version", "created_by", "folder")
    serializer_class = WorkflowSerializer
    max_body = MAX_DOCUMENT_BODY
    permission_required: ClassVar = {
        "GET": "workflow.view",
        "POST": "workflow.view",  # each action's service asks for more
        "PATCH": "workflow.edit",
        "DELETE": "workflow.delete",
    }

    def get_queryset(self) -> QuerySet[Workflow]:
        queryset = super().get_queryset()
        if self.action == "list":
            assert isinstance(queryset, WorkflowQuerySet)
            return filtered(queryset, self.request.query_params, self.actor)
        return queryset

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List workflows, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewWorkflowSerializer, responses={201: WorkflowDetailSerializer})
    def create(self, request: Request) -> Response:
        """Make a workflow; a definition without positions is laid out."""
        workflow = services.create_workflow(actor=self.actor, **self.asked(NewWorkflowSerializer))
        return answer(workflow, HTTPStatus.CREATED)

    @extend_schema(responses=WorkflowDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a workflow with its draft."""
        return answer(self.get_object())

    @extend_schema(
        request=EditSerializer, responses=WorkflowDetailSerializer, parameters=[IF_MATCH]
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change details or draft of the state last read."""
        workflow, revision = self.get_object(), revision_of(request)
        changes = self.asked(EditSerializer)
        may_empty = changes.pop("allow_empty")
        changed = services.update_workflow(
            workflow, actor=self.actor, revision=revision, changes=changes, may_empty=may_empty
        )
        return answer(changed)

    @extend_schema(parameters=[OpenApiParameter("purge", bool)], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Move to the bin; with `?purge=true` delete from the bin for good (owners)."""
        workflow = self.get_object()
        purge = request.query_params.get("purge") == "true"
        change = services.purge_workflow if purge else services.delete_workflow
        change(workflow, actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=PublishSerializer, responses={201: VersionSerializer})
    @action(detail=True, methods=["POST"])
    def publish(self, request: Request, pk: str) -> Response:
        """Freeze the draft as the next version."""
        notes = self.asked(PublishSerializer)["notes"]
        version = services.publish_workflow(self.get_object(), actor=self.actor, notes=notes)
        return Response(VersionSerializer(version).data, status=HTTPStatus.CREATED)

    @extend_schema(request=None, responses=WorkflowDetailSerializer)
    @action(detail=True, methods=["POST"])
    def layout(self, request: Request, pk: str) -> Response:
        """Lay the draft out anew."""
        return answer(services.arrange_workflow(self.get_object(), actor=self.actor))

    @extend_schema(request=None, responses={201: WorkflowDetailSerializer})
    @action(detail=True, methods=["POST"])
    def duplicate(self, request: Request, pk: str) -> Response:
        """Make a copy beside the original."""
        copy = services.duplicate_workflow(self.get_object(), actor=self.actor)
        return answer(copy, HTTPStatus.CREATED)

    @extend_schema(request=None, responses=WorkflowDetailSerializer)
    @action(detail=True, methods=["POST"])
    def archive(self, request: Request, pk: str) -> Response:
        """Take out of the lists."""
        return answer(services.archive_workflow(self.get_object(), actor=self.actor))

    @extend_schema(request=None, responses=WorkflowDetailSerializer)
    @action(detail=True, methods=["POST"])
    def unarchive(self, request: Request, pk: str) -> Response:
        """Put an archived workflow back."""
        workflow = self.get_object()
        return answer(services.archive_workflow(workflow, actor=self.actor, archived=False))

    @extend_schema(request=None, responses=WorkflowDetailSerializer)
    @action(detail=True, methods=["POST"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take out of the bin."""
        return answer(services.undelete_workflow(self.get_object(), actor=self.actor))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["GET"])
    def export(self, request: Request, pk: str) -> Response:
        """Return the workflow as a file's content, without secrets."""
        workflow = self.get_object()
        name = f'attachment; filename="workflow-{workflow.pk}.json"'
        return Response(services.export_workflow(workflow), headers={"Content-Disposition": name})

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: ImportedSerializer})
    @action(detail=False, methods=["POST"], url_path="import")
    def import_(self, request: Request) -> Response:
        """Make a workflow from an exported file, also one of n8n; nothing of it is executed."""
        made = services.import_workflow(request.data, actor=self.actor)
        data = ImportedSerializer(made.workflow, context={"report": made.report}).data
        headers = {"ETag": made.workflow.etag}
        return Response(data, status=HTTPStatus.CREATED, headers=headers)

    @extend_schema(request=ValidateSerializer, responses=ProblemsSerializer)
    @action(detail=True, methods=["POST"])
    def validate(self, request: Request, pk: str) -> Response:
        """Say what is wrong with a definition, or with the draft."""
        asked = self.asked(ValidateSerializer)
        workflow = self.get_object()
        given = asked.get("definition")
        definition = parse(given) if given is not None else services.definition_of(workflow)
        return Response({"problems": [each.as_json() for each in validate(definition)]})

    @extend_schema(
        responses=DiffSerializer,
        parameters=[
            OpenApiParameter("from", str, required=True, description="A number or `draft`."),
            OpenApiParameter("to", str, required=True, description="A number or `draft`."),
        ],
    )
    @action(detail=True, methods=["GET"])
    def diff(self, request: Request, pk: str) -> Response:
        """Compare two versions, or a version with the draft."""
        workflow = self.get_object()
        ends = [self._definition(workflow, request, name) for name in ("from", "to")]
        return Response(diff(*ends))

    def _definition(self, workflow: Workflow, request: Request, name: str) -> JSONDict:
        text = request.query_params.get(name, "")
        if text == "draft":
            return drafts.load(workflow).data
        if not (text.isascii() and text.isdigit()):
            raise Invalid.at(name, "Give the number of a version, or “draft”.")
        definition: JSONDict = find_version(workflow, int(text[:9])).definition
        return definition


def find_version(workflow: Workflow, number: int) -> WorkflowVersion:
    """Return a published version. Raises NotFound."""
    version = workflow.versions.select_related("created_by").filter(number=number).first()
    if version is None:
        raise NotFound(f"This workflow has no version {number}.")
    return version
