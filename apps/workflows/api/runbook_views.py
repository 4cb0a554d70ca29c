"""Endpoints of runbooks and of the pictures in them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.common.rendering import AsItIs
from apps.common.types import JSONDict
from apps.files import services as files
from apps.workflows import images, services
from apps.workflows.exceptions import ImageTooLarge
from apps.workflows.models import Image
from apps.workflows.reading import runbook_of


class MarkdownRenderer(AsItIs):
    """Sends a text as Markdown."""

    media_type, format, charset = "text/markdown", "md", "utf-8"


class ImageParser(BaseParser):
    """Hands a picture's bytes on, as far as one may be sent."""

    media_type = "image/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        data = stream.read(images.MAX_IMAGE + 1)
        if len(data) > images.MAX_IMAGE:
            raise ImageTooLarge
        return data


class ImageRenderer(AsItIs):
    """Lets whoever asks for a picture have one."""

    media_type, format = "image/*", "image"


class RunbookSerializer(serializers.Serializer[JSONDict]):
    """A runbook: `doc` is ProseMirror's JSON."""

    seq = serializers.IntegerField(help_text="How far the draft is.")
    doc = serializers.JSONField()


class ImageSerializer(serializers.ModelSerializer[Image]):
    """A picture; its address is made of its id."""

    size = serializers.IntegerField(source="blob.size", read_only=True)

    class Meta:
        model = Image
        fields = ["id", "media_type", "size", "added_at"]
        read_only_fields = fields


class RunbookView(TenantAPIView):
    """What people wrote for a workflow."""

    renderer_classes = [JSONRenderer, MarkdownRenderer]
    permission_required: ClassVar = {"GET": "workflow.view"}

    @extend_schema(
        responses={(200, "application/json"): RunbookSerializer, (200, "text/markdown"): str},
        operation_id="workflow_runbook",
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Return the runbook; with `Accept: text/markdown` as Markdown."""
        workflow = services.find_workflow(pk, actor=self.actor)
        runbook = runbook_of(workflow, reader=self.actor)
        if isinstance(request.accepted_renderer, MarkdownRenderer):
            return Response(runbook.markdown)
        return Response({"seq": workflow.draft_seq, "doc": runbook.tree})


class ImagesView(TenantAPIView):
    """The pictures of a runbook."""

    keeps_answers = False  # a picture that is sent twice is two
    parser_classes = [ImageParser]
    max_body = images.MAX_IMAGE
    permission_required: ClassVar = {"POST": "workflow.edit"}

    @extend_schema(
        request={"image/png": bytes, "image/jpeg": bytes, "image/gif": bytes, "image/webp": bytes},
        responses={201: ImageSerializer},
        operation_id="workflow_image_add",
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Keep a picture of up to 5 MiB for the runbook."""
        workflow = services.find_workflow(pk, actor=self.actor)
        data: Any = request.data
        data = data if isinstance(data, bytes) else b""
        image = images.add_image(workflow, data, actor=self.actor)
        return Response(ImageSerializer(image).data, status=HTTPStatus.CREATED)


class ImageView(TenantAPIView):
    """One picture."""

    renderer_classes = [ImageRenderer, JSONRenderer]
    permission_required: ClassVar = {"GET": "workflow.view"}

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY}, operation_id="workflow_image")
    def get(self, request: Request, pk: UUID, image_id: UUID) -> HttpResponse:
        """Return a picture's bytes; nothing in them is ever run."""
        workflow = services.find_workflow(pk, actor=self.actor)
        image = images.find_image(workflow, image_id)
        answer = HttpResponse(files.load(image.blob), content_type=image.media_type)
        answer["Content-Disposition"] = "inline"
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cross-Origin-Resource-Policy"] = "same-origin"
        # It never changes, but who may see it does: the browser asks again after a while.
        answer["Cache-Control"] = "private, max-age=300"
        return answer
